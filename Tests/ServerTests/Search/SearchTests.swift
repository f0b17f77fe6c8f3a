import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

// One after the other: a test opens many connections, and a server has only so many.
@Suite(.serialized) struct SearchTests {
    @Test(arguments: DatabaseKind.available)
    func `names and messages are found, newest first, with their place`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let first = try await server.talk(["天气预报 for Hangzhou", "Sunny in 杭州, 25°C"])
            let second = try await server.talk(["What about the weather?"], name: "Hangzhou trip")
            let hits = try await server.search("hangzhou")
            #expect(hits.map { $0["conversation"]!["id"]!.text } == [second.id, first.id, first.id])
            #expect(hits.map { $0["message_id"]!.text } == ["", first.messages[0], ""])
            #expect(hits.map { $0["role"]!.text } == ["", "user", ""])
            #expect(hits[0]["snippet"] == "Hangzhou trip")
            #expect(hits[0]["highlights"] == [[.integer(0), .integer(8)]])
            #expect(hits[0]["conversation"]!["name"] == "Hangzhou trip")
            #expect(hits[1]["chat_id"] == "")
            let chinese = try await server.search("杭州")
            #expect(chinese.map { $0["message_id"]!.text } == [first.messages[1]])
            #expect(chinese[0]["role"] == "assistant")
            #expect(chinese[0]["highlights"] == [[.integer(9), .integer(2)]])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what changes is found as it is now, and what is deleted not at all`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let talk = try await server.talk(["alpha question", "alpha answer"], name: "alpha talk")
            let token = server.owner.token
            #expect(try await server.search("alpha").count == 3)
            _ = try await server.send(.PUT, "/v1/conversations/\(talk.id)", ["name": "beta talk"], token: token)
            let query = "conversation_id=\(talk.id)&message_id="
            let change: JSON = ["content": "beta question", "content_type": "text"]
            _ = try await server.send(
                .POST, "/v1/conversation/message/modify?\(query)\(talk.messages[0])", change, token: token)
            // Even before it is indexed, nothing is shown that is no longer so.
            #expect(try await server.search("alpha", drains: false).count == 1)
            #expect(try await server.search("alpha").map { $0["message_id"]!.text } == [talk.messages[1]])
            #expect(try await server.search("beta").count == 2)
            _ = try await server.send(
                .POST, "/v1/conversation/message/delete?\(query)\(talk.messages[1])", token: token)
            #expect(try await server.search("alpha").isEmpty)
            _ = try await server.send(.DELETE, "/v1/conversations/\(talk.id)", token: token)
            #expect(try await server.search("beta").isEmpty)
            let left = try await server.application.storage.database.read { connection in
                try connection.first("SELECT COUNT(*) FROM search_document") { $0.int(0) }
            }
            #expect(left == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `nobody finds what is another's`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            _ = try await server.talk(["secret plan"])
            _ = try await server.talk(["secret recipe"], as: server.stranger)
            let found = try await server.search("secret", as: server.stranger)
            #expect(found.map { $0["snippet"]!.text } == ["secret recipe", "secret recipe"])
            for item in found {
                #expect(item["conversation"]!["creator_id"]!.text == server.stranger.user.description)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `pages follow each other without gaps or repetitions`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            for number in 1...7 { _ = try await server.talk(["apple \(number)", "banana", "apple too"], name: "n") }
            let all = try await server.search("apple", limit: 50).map { $0["message_id"]!.text }
            #expect(all.count == 14 && Set(all).count == 14)
            #expect(all == all.sorted(by: >))
            var (seen, cursor, pages): ([String], String, Int) = ([], "", 0)
            repeat {
                let reply = try await server.send(
                    .GET, "/buckle/v1/conversations/search?query=apple&limit=4&cursor=\(cursor)",
                    token: server.owner.token)
                seen += reply["data", "items"]!.elements.map { $0["message_id"]!.text }
                cursor = reply["data", "next_cursor"]!.text
                #expect(reply["data", "has_more"] == .bool(!cursor.isEmpty))
                pages += 1
            } while !cursor.isEmpty && pages < 10
            #expect(seen == all && pages == 4)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a bot's conversations can be searched alone, also those that it joins later`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let with = try await server.talk(["orange"], bot: bot)
            let without = try await server.talk(["orange"])
            func found() async throws -> [String] {
                try await server.search("orange", bot: bot).filter { $0["message_id"] != "" }.map {
                    $0["conversation"]!["id"]!.text
                }
            }
            #expect(try await found() == [with.id])
            let (id, botID) = (ID(without.id)!, ID(bot)!)
            try await server.application.storage.database.write { connection in
                try connection.execute("UPDATE conversation SET bot_id = \(botID) WHERE id = \(id)")
            }
            #expect(try await found() == [without.id, with.id])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `of an object_string the text is searched and nothing else`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let talk = try await server.talk(["hello"])
            let content =
                #"[{"type":"image","file_url":"https://pictures.example/x.png"},{"type":"text","text":"look 这里"}]"#
            let message: JSON = ["role": "user", "content": .string(content), "content_type": "object_string"]
            _ = try await server.send(
                .POST, "/v1/conversation/message/create?conversation_id=\(talk.id)", message,
                token: server.owner.token)
            #expect(try await server.search("这里").map { $0["snippet"]!.text } == ["look 这里"])
            for absent in ["pictures", "image", "type"] { #expect(try await server.search(absent).isEmpty) }
        }
    }

    @Test(arguments: [
        "query=", "query=%20", "query=!!", "query=x&limit=0", "query=x&limit=51", "query=x&cursor=y",
        "query=x&cursor=-1", "query=x&bot_id=y", "",
    ])
    func `what cannot be understood is refused`(_ query: String) async throws {
        try await TestServer.with(.sqlite) { server in
            let reply = try await server.send(
                .GET, "/buckle/v1/conversations/search?\(query)", token: server.owner.token)
            #expect(reply.status == 200 && reply.code == 4000)
        }
    }
}

extension TestServer {
    /// Makes a conversation with messages of the user and the assistant in turn, and returns all ids.
    func talk(
        _ messages: [String], name: String? = nil, bot: String? = nil, as caller: Caller? = nil
    ) async throws -> (id: String, messages: [String]) {
        let caller = caller ?? owner
        var body: [JSON.Member] = []
        if let name { body.append(.init(key: "name", value: .string(name))) }
        if let bot { body.append(.init(key: "bot_id", value: .string(bot))) }
        let made = try await send(.POST, "/v1/conversation/create", .object(body), token: caller.token)
        let id = made["data", "id"]!.text
        var ids: [String] = []
        for (index, text) in messages.enumerated() {
            let message: JSON = [
                "role": index % 2 == 0 ? "user" : "assistant", "content": .string(text), "content_type": "text",
            ]
            let reply = try await send(
                .POST, "/v1/conversation/message/create?conversation_id=\(id)", message, token: caller.token)
            ids.append(reply["data", "id"]!.text)
        }
        return (id, ids)
    }

    /// Searches once all is indexed.
    func search(
        _ query: String, bot: String? = nil, limit: Int = 20, as caller: Caller? = nil, drains: Bool = true
    ) async throws -> [JSON] {
        if drains { try await SearchIndexer(storage: application.storage).drain() }
        let encoded = query.utf8.map { byte in "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        let filter = bot.map { "&bot_id=\($0)" } ?? ""
        let reply = try await send(
            .GET, "/buckle/v1/conversations/search?query=\(encoded)&limit=\(limit)\(filter)",
            token: (caller ?? owner).token)
        return try #require(reply["data", "items"]).elements
    }
}
