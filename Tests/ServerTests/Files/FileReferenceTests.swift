import APIKit
import Database
import TestSupport
import Testing

@testable import Platform

/// Files in messages, and as pictures of bots.
@Suite struct FileReferenceTests {
    private static func conversation(_ bench: FileBench) async throws -> ID {
        try await conversations(bench).create(
            owner: bench.owner, bot: nil, name: nil, connector: "1024", metaData: [:], messages: []
        ).id
    }

    private static func conversations(_ bench: FileBench) -> ConversationStore {
        ConversationStore(storage: bench.storage, messages: MessageStore(storage: bench.storage))
    }

    /// Which files each message refers to.
    private static func references(_ bench: FileBench) async throws -> [ID: Set<ID>] {
        try await bench.storage.database.read { connection in
            let rows = try connection.query("SELECT message_id, file_id FROM message_file") { ($0.id(0), $0.id(1)) }
            return Dictionary(grouping: rows, by: \.0).mapValues { Set($0.map(\.1)) }
        }
    }

    private static func content(_ files: [String]) -> JSON {
        let parts = files.map { #"{"type":"image","file_id":"\#($0)","file_url":null}"# }
        return .string("[" + (parts + [#"{"type":"text","text":"look","file_id":null}"#]).joined(separator: ",") + "]")
    }

    private static func message(_ files: [String]) -> JSON {
        ["role": "user", "content": content(files), "content_type": "object_string"]
    }

    @Test(arguments: DatabaseKind.available)
    func `a message refers to its files until it is modified or deleted`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let first = try await bench.upload([1]).id
            let second = try await bench.upload([2]).id
            let conversation = try await Self.conversation(bench)
            let messages = Messages(messages: MessageStore(storage: bench.storage))
            let fields = ["conversation_id": "\(conversation)"]
            let reply = try await bench.send(
                messages, .post, "/v1/conversation/message/create", fields,
                body: Self.message(["\(first)", "\(second)", "\(first)"]), as: bench.owner)
            let made = ID(try FileBench.json(reply)["data"]!["id"]!.text)!
            #expect(try await Self.references(bench) == [made: [first, second]])

            func modify(_ body: JSON) async throws {
                _ = try await bench.send(
                    messages, .post, "/v1/conversation/message/modify",
                    fields.merging(["message_id": "\(made)"]) { $1 }, body: body, as: bench.owner)
            }
            try await modify(["meta_data": ["a": "b"]])
            #expect(try await Self.references(bench) == [made: [first, second]])
            try await modify(["content": Self.content(["\(second)"]), "content_type": "object_string"])
            #expect(try await Self.references(bench) == [made: [second]])
            let theirs = try await bench.upload([3], as: bench.stranger).id
            await #expect(throws: APIError.self) {
                try await modify(["content": Self.content(["\(theirs)"]), "content_type": "object_string"])
            }
            #expect(try await Self.references(bench) == [made: [second]])
            try await modify(["content": "words", "content_type": "text"])
            #expect(try await Self.references(bench) == [:])

            try await modify(["content": Self.content(["\(first)"]), "content_type": "object_string"])
            try await bench.files.delete(first, owner: bench.owner)
            #expect(try await Self.references(bench) == [:])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a file that is not the caller's is refused by the field's name, and nothing is stored`(
        _ kind: DatabaseKind
    ) async throws {
        try await FileBench.with(kind) { bench in
            let mine = try await bench.upload([1]).id
            let theirs = try await bench.upload([2], as: bench.stranger).id
            let conversation = try await Self.conversation(bench)
            let store = MessageStore(storage: bench.storage)
            let conversations = Conversations(
                conversations: Self.conversations(bench), bots: BotStore(storage: bench.storage))
            var seen: Set<String> = []
            for file in ["\(theirs)", "99", "0", "-1", "abc"] {
                let wrong = Self.message(["\(mine)", file])
                let error = await #expect(throws: APIError.self) {
                    try await bench.send(
                        Messages(messages: store), .post, "/v1/conversation/message/create",
                        ["conversation_id": "\(conversation)"], body: wrong, as: bench.owner)
                }
                #expect(error?.code.number == 4000)
                seen.insert(error?.message ?? "")
                let second = await #expect(throws: APIError.self) {
                    try await bench.send(
                        conversations, .post, "/v1/conversation/create",
                        body: ["messages": .array([Self.message(["\(mine)"]), wrong])], as: bench.owner)
                }
                #expect(second?.message.contains("messages[1].content") == true)
            }
            #expect(seen == ["Request parameter error: content: names a file_id that is not an upload of yours"])
            let counts = try await bench.storage.database.read { connection in
                try ["conversation", "message", "message_file"].map { table in
                    try connection.first(SQL(text: "SELECT COUNT(*) FROM \(table)", values: [])) { $0.int(0) }
                }
            }
            #expect(counts == [1, 0, 0])
        }
    }

    @Test func `the parts of a content are told apart`() throws {
        let json = """
            [{"type":"file","file_id":"7"},{"type":"text","text":"what is it?"},{"type":"audio","file_url":"https://a/b"},
            {"type":"image","file_id":"8","file_url":"https://a/c"},{"type":"image","file_id":"7"}]
            """
        let content = try MessageContent(json, type: "object_string")
        #expect(content.parts.map(\.kind) == [.file, .text, .audio, .image, .image])
        #expect(content.parts.map(\.fileID) == [7, nil, nil, 8, 7])
        #expect(content.parts.map(\.fileURL) == [nil, nil, "https://a/b", "https://a/c", nil])
        #expect(content.parts[1].text == "what is it?" && content.plainText == "what is it?")
        #expect(content.fileIDs == [7, 8])
        let text = try MessageContent("[1]", type: "text")
        #expect(text.parts.map(\.text) == ["[1]"] && text.parts[0].kind == .text && text.fileIDs == [])
    }

    @Test func `a message refers to 100 files at most`() throws {
        func content(_ count: Int) -> String {
            "[" + (1...count).map { #"{"type":"file","file_id":"\#($0)"}"# }.joined(separator: ",") + "]"
        }
        #expect(try MessageContent(content(100), type: "object_string").fileIDs.count == 100)
        #expect(throws: APIError.self) { try MessageContent(content(101), type: "object_string") }
    }

    // MARK: Pictures of bots

    @Test(arguments: DatabaseKind.available)
    func `a bot shows the picture it was given, wherever it is listed`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let icon = try await bench.upload(FileBench.picture("1"), fileName: "icon.png").id
            let workspace = try await bench.storage.database.read { connection in
                try connection.first("SELECT workspace_id FROM workspace_member WHERE user_id = \(bench.owner)") {
                    $0.id(0)
                }!
            }
            let versions = BotVersionStore(storage: bench.storage, links: bench.links)
            let bots = Bots(
                bots: BotStore(storage: bench.storage), versions: versions, files: bench.files, links: bench.links)
            let made = try FileBench.json(
                try await bench.send(
                    bots, .post, "/v1/bot/create",
                    body: ["space_id": .string("\(workspace)"), "name": "helper", "icon_file_id": .string("\(icon)")],
                    as: bench.owner))
            let bot = made["data"]!["bot_id"]!
            func iconURL(published: Bool) async throws -> JSON? {
                try FileBench.json(
                    try await bench.send(
                        bots, .get, "/v1/bots/{bot_id}", ["bot_id": bot.text, "is_published": "\(published)"],
                        as: bench.owner))["data"]?["icon_url"]
            }
            let link = JSON.string(bench.links.icon(icon))
            #expect(try await iconURL(published: false) == link)
            _ = try await bench.send(
                bots, .post, "/v1/bot/publish", body: ["bot_id": bot, "connector_ids": ["1024"]], as: bench.owner)
            // An update without a picture keeps it; a new one shows in the draft first.
            _ = try await bench.send(
                bots, .post, "/v1/bot/update", body: ["bot_id": bot, "name": "x"], as: bench.owner)
            #expect(try await iconURL(published: false) == link)
            let newer = try await bench.upload(FileBench.picture("2"), fileName: "icon.png").id
            _ = try await bench.send(
                bots, .post, "/v1/bot/update", body: ["bot_id": bot, "icon_file_id": .string("\(newer)")],
                as: bench.owner)
            #expect(try await iconURL(published: false) == .string(bench.links.icon(newer)))
            #expect(try await iconURL(published: true) == link)
            let list = BotList(bots: BotListStore(storage: bench.storage, links: bench.links))
            let listed = try FileBench.json(
                try await bench.send(
                    list, .get, "/v1/bots", ["workspace_id": "\(workspace)"], as: bench.owner))
            #expect(listed["data"]?["items"]?.elements.first?["icon_url"] == link)

            let text = try await bench.upload([1], fileName: "icon.txt").id
            let theirs = try await bench.upload(FileBench.picture("3"), fileName: "icon.png", as: bench.stranger).id
            for wrong in [text, theirs, 99] {
                let error = await #expect(throws: APIError.self) {
                    try await bench.send(
                        bots, .post, "/v1/bot/update", body: ["bot_id": bot, "icon_file_id": .string("\(wrong)")],
                        as: bench.owner)
                }
                #expect(error?.code.number == 4200 && error?.message.contains("icon_file_id") == true)
            }
            #expect(try await iconURL(published: false) == .string(bench.links.icon(newer)))
        }
    }
}
