import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

// One after the other: a test opens many connections, and a server has only so many.
@Suite(.serialized) struct TransferTests {
    @Test(arguments: DatabaseKind.available)
    func `an export that is imported and exported again is the same but for ids`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let chat = try await server.makeChat(server.owner, bot: bot)
            let conversation = chat.conversation
            let token = server.owner.token
            _ = try await server.send(.POST, "/v1/conversations/\(conversation)/clear", token: token)
            let noted: JSON = [
                "role": "user", "content": "after\n```swift\nlet 杭州 = \"🏯\"\n```", "content_type": "text",
                "meta_data": ["a": "b"],
            ]
            _ = try await server.send(
                .POST, "/v1/conversation/message/create?conversation_id=\(conversation)", noted, token: token)
            let first = try await server.export(conversation)
            let answer = first["messages"]!.elements.first { $0["type"] == "answer" }!["id"]!.text
            _ = try await server.send(
                .POST, "/v1/conversations/\(conversation)/messages/\(answer)/feedback",
                ["feedback_type": "like", "reason_types": ["clear"], "comment": "thanks"], token: token)
            let exported = try await server.export(conversation)
            #expect(exported["messages"]!.elements.contains { $0["feedback"]?["comment"] == "thanks" })
            #expect(exported["chats"]!.elements.count == 1 && exported["sections"]!.elements.count == 2)
            let made = try await server.send(.POST, "/buckle/v1/conversations/import", exported, token: token)
            #expect(made.code == 0, "\(made.json)")
            let id = made["data", "id"]!.text
            #expect(id != conversation && made["data", "name"] == exported["conversation"]!["name"])
            let again = try await server.export(id)
            #expect(Self.comparable(again) == Self.comparable(exported))
            // And it is a conversation like any other.
            let listed = try await server.send(
                .POST, "/v1/conversation/message/list?conversation_id=\(id)", ["order": "asc"], token: token)
            #expect(listed["data"]!.elements.map { $0["content"] } == Self.visible(exported))
            let copied = again["chats"]!.elements[0]["id"]!.text
            let retrieved = try await server.send(
                .GET, "/v3/chat/retrieve?conversation_id=\(id)&chat_id=\(copied)", token: token)
            #expect(retrieved["data", "status"] == "completed", "\(retrieved.json)")
            #expect(try await server.search("杭州").count == 2)
        }
    }

    private static func visible(_ archive: JSON) -> [JSON?] {
        archive["messages"]!.elements.filter { ["question", "answer"].contains($0["type"]!.text) }.map { $0["content"] }
    }

    /// An archive with its ids numbered as they first occur, and without what tells when and by whom it was made.
    private static func comparable(_ archive: JSON) -> JSON {
        var numbers: [String: Int] = [:]
        func walk(_ value: JSON) -> JSON {
            switch value {
            case .object(let members):
                return .object(
                    members.filter { !["exported_at", "creator_id"].contains($0.key) }.map {
                        .init(key: $0.key, value: walk($0.value))
                    })
            case .array(let values): return .array(values.map(walk))
            case .string(let text) where text.count > 15 && ID(text) != nil:
                let number = numbers[text] ?? numbers.count
                numbers[text] = number
                return .string("id \(number)")
            default: return value
            }
        }
        return walk(archive)
    }

    @Test(arguments: DatabaseKind.available)
    func `in another account bots and files that are not its own are not referred to`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let talk = try await server.talk(["hello"], bot: bot)
            let (owner, file) = (server.owner.user, ID(7_300_000_000_000_000_001))
            try await server.application.storage.database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                    VALUES (\(file), \(owner), 'plan.pdf', 'application/pdf', 3, 'x', 1)
                    """)
            }
            let parts = #"[{"type":"text","text":"see"},{"type":"file","file_id":"\#(file)"}]"#
            let two = #"[{"type":"file","file_id":"\#(file)"},{"type":"image","file_url":"https://x.example/y"}]"#
            for content in [parts, two] {
                _ = try await server.send(
                    .POST, "/v1/conversation/message/create?conversation_id=\(talk.id)",
                    ["role": "user", "content": .string(content), "content_type": "object_string"],
                    token: server.owner.token)
            }
            let archive = try await server.export(talk.id)
            #expect(archive["files"]!.elements.map { $0["file_name"] } == ["plan.pdf"])

            let theirs = try await server.importing(archive, as: server.stranger)
            let copy = try await server.export(theirs["data", "id"]!.text, as: server.stranger)
            #expect(copy["conversation"]!["bot_id"] == nil)
            #expect(copy["conversation"]!["creator_id"]!.text == server.stranger.user.description)
            #expect(copy["files"] == [])
            let messages = copy["messages"]!.elements
            #expect(messages[1]["content"] == "see\n[plan.pdf]" && messages[1]["content_type"] == "text")
            #expect(messages[2]["content_type"] == "object_string")
            #expect(messages[2]["content"]!.text.contains("[plan.pdf]"))
            #expect(messages[2]["content"]!.text.contains("https://x.example/y"))
            #expect(!messages[2]["content"]!.text.contains(file.description))

            let own = try await server.importing(archive, as: server.owner)
            let kept = try await server.export(own["data", "id"]!.text)
            #expect(kept["conversation"]!["bot_id"]!.text == bot)
            #expect(kept["messages"]!.elements[1]["content"]!.text == parts)
            #expect(kept["files"] == archive["files"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a chat that had not ended is imported as one that failed`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let chat = try await server.makeChat(server.owner, bot: bot)
            var archive = try await server.export(chat.conversation)
            archive = Self.setting(archive, ["chats", "0", "status"], to: "in_progress")
            let made = try await server.importing(archive, as: server.owner)["data", "id"]!.text
            let imported = try await server.export(made)["chats"]!.elements[0]
            #expect(imported["status"] == "failed" && imported["last_error"]!["code"] == .integer(5000))
            #expect(imported["failed_at"] != nil)
        }
    }

    /// Places in an archive, what they are set to, and what the refusal names.
    private static let faults: [([String], JSON, String)] = [
        (["format"], "other", "format"), (["version"], .integer(2), "version"),
        (["conversation", "id"], "x", "conversation.id"),
        (["conversation", "name"], .string(String(repeating: "x", count: 101)), "conversation.name"),
        (["conversation", "last_section_id"], "5", "conversation.last_section_id"),
        (["conversation", "created_at"], .integer(-1), "conversation.created_at"),
        (["conversation", "meta_data"], ["": "x"], "conversation.meta_data"),
        (["sections"], [], "conversation.last_section_id"), (["sections", "0", "id"], .integer(5), "sections[0].id"),
        (["chats", "0", "status"], "sleeping", "chats[0].status"), (["chats", "0", "section_id"], "5", "chats[0]."),
        (["chats", "0", "usage", "input_count"], .integer(-1), "chats[0].usage"),
        (["messages", "1", "role"], "system", "messages[1].role"),
        (["messages", "1", "type"], "song", "messages[1].type"),
        (["messages", "1", "type"], "question", "messages[1].role"),
        (["messages", "1", "content"], .integer(5), "messages[1].content"),
        (["messages", "1", "content_type"], "html", "messages[1].content_type"),
        (["messages", "1", "content_type"], "object_string", "messages[1].content"),
        (["messages", "1", "section_id"], "5", "messages[1].section_id"),
        (["messages", "1", "id"], "5", "messages[1].id"),
        (["messages", "1", "updated_at"], .integer(1 << 60), "messages[1]."),
        (["messages", "1", "feedback"], ["feedback_type": "love", "updated_at": .integer(1)], "messages[1].feedback"),
        (["messages", "0", "feedback"], ["feedback_type": "like", "updated_at": .integer(1)], "messages[0].feedback"),
    ]

    @Test(arguments: DatabaseKind.available)
    func `an archive that is not sound is refused by the place at fault, and nothing of it is kept`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let archive = try await server.export(try await server.makeChat(server.owner, bot: bot).conversation)
            let before = try await server.rows()
            for (path, value, place) in Self.faults {
                let reply = try await server.importing(Self.setting(archive, path[...], to: value), as: server.owner)
                #expect(reply.code == 4000 && reply.message.contains(place), "\(path) \(reply.json)")
            }
            #expect(try await server.rows() == before)
        }
    }

    /// The value with another at a path.
    private static func setting(_ value: JSON, _ path: ArraySlice<String>, to new: JSON) -> JSON {
        guard let name = path.first else { return new }
        switch value {
        case .array(var values):
            values[Int(name)!] = setting(values[Int(name)!], path.dropFirst(), to: new)
            return .array(values)
        case .object(var members):
            let changed = setting(value[name] ?? .object([]), path.dropFirst(), to: new)
            members.removeAll { $0.key == name }
            return .object(members + [.init(key: name, value: changed)])
        default: return new
        }
    }

    @Test func `markdown keeps what was said, and closes code that was left open`() async throws {
        try await TestServer.with(.sqlite) { server in
            let code = "Look:\n\n~~~~python\nprint('```')\n\tindented *not emphasis*\n~~~~"
            let talk = try await server.talk([code, "```\nnever closed", "next"], name: "On # code")
            let reply = try await server.send(
                .GET, "/buckle/v1/conversations/\(talk.id)/export?format=markdown", token: server.owner.token)
            let text = reply["data"]!.text
            #expect(text.hasPrefix("# On # code\n"))
            #expect(text.contains("\n\n\(code)\n\n## Assistant, "))
            #expect(text.contains("```\nnever closed\n```\n\n## User, "))
            #expect(reply.headers["content-disposition"][0].contains("conversation-\(talk.id).md"))
        }
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01 00:00:00 UTC"), (951_782_400, "2000-02-29 00:00:00 UTC"),
        (1_767_225_599, "2025-12-31 23:59:59 UTC"), (4_107_542_400, "2100-03-01 00:00:00 UTC"),
    ])
    func `times are written as people read them`(_ time: Int64, _ text: String) {
        #expect(UTC.text(time) == text)
    }

    @Test(arguments: DatabaseKind.available)
    func `another's conversation is exported as little as an unknown one`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let talk = try await server.talk(["private"])
            for id in [talk.id, "99"] {
                for format in ["json", "markdown"] {
                    let reply = try await server.send(
                        .GET, "/buckle/v1/conversations/\(id)/export?format=\(format)", token: server.stranger.token)
                    #expect(reply.code == 4002)
                }
            }
            let reply = try await server.send(
                .GET, "/buckle/v1/conversations/\(talk.id)/export?format=pdf", token: server.owner.token)
            #expect(reply.code == 4000 && reply.message.contains("format"))
        }
    }

    @Test func `a long conversation is exported whole and in order`() async throws {
        try await TestServer.with(.sqlite) { server in
            let talk = try await server.talk((1...230).map { "message \($0)" })
            let archive = try await server.export(talk.id)
            #expect(archive["messages"]!.elements.map { $0["id"]!.text } == talk.messages)
        }
    }
}

extension TestServer {
    fileprivate func export(_ conversation: String, as caller: Caller? = nil) async throws -> JSON {
        let reply = try await send(
            .GET, "/buckle/v1/conversations/\(conversation)/export", token: (caller ?? owner).token)
        #expect(reply.status == 200 && reply.json["format"] == "buckle.conversation", "\(reply.json)")
        return reply.json
    }

    fileprivate func importing(_ archive: JSON, as caller: Caller) async throws -> Reply {
        try await send(.POST, "/buckle/v1/conversations/import", archive, token: caller.token)
    }

    /// How many rows there are of what an import makes.
    fileprivate func rows() async throws -> [Int] {
        try await application.storage.database.read { connection in
            try connection.query(
                """
                SELECT COUNT(*) FROM conversation UNION ALL SELECT COUNT(*) FROM message
                UNION ALL SELECT COUNT(*) FROM chat
                """
            ) { $0.int(0) }
        }
    }
}
