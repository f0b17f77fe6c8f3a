import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ConversationTests {
    @Test(arguments: DatabaseKind.available)
    func `renaming changes the name and the time of change and nothing else`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (id, _, _) = try await server.makeConversation(server.owner)
            let uri = "/v1/conversation/retrieve?conversation_id=\(id)"
            let now = server.application.storage.clock.now()
            try await server.application.storage.database.write { connection in
                _ = try connection.execute("UPDATE conversation SET created_at = 5, updated_at = 6")
            }
            let before = try await server.send(.GET, uri, token: server.owner.token)
            let renamed = try await server.send(
                .PUT, "/v1/conversations/\(id)", ["name": "  杭州 🏯 "], token: server.owner.token)
            #expect(renamed.code == 0)
            #expect(renamed["data", "name"]?.text == "  杭州 🏯 ")
            for field in ["id", "meta_data", "creator_id", "connector_id", "created_at", "last_section_id"] {
                #expect(renamed["data", field] == before["data", field], "\(field)")
            }
            guard case .integer(let updated)? = renamed["data", "updated_at"] else {
                Issue.record("updated_at is no integer")
                return
            }
            #expect(updated >= now)
            let after = try await server.send(.GET, uri, token: server.owner.token)
            #expect(after.json["data"] == renamed.json["data"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a name is 1 to 100 characters that are not all blank, and a refused one changes nothing`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let (id, _, _) = try await server.makeConversation(server.owner)
            let uri = "/v1/conversations/\(id)"
            let longest = String(repeating: "扣", count: 100)
            let accepted = try await server.send(.PUT, uri, ["name": .string(longest)], token: server.owner.token)
            #expect(accepted["data", "name"]?.text == longest)
            let wrong: [JSON] = [
                ["name": .string(longest + "扣")], ["name": ""], ["name": " \u{3000}\n"], ["name": .null], [:],
                ["name": .integer(5)], ["name": ["a"]], [], "x", ["name": "a\u{0}b"],
            ]
            for body in wrong {
                let reply = try await server.send(.PUT, uri, body, token: server.owner.token)
                #expect(reply.code == 4000 && reply.status == 200, "\(body)")
            }
            let kept = try await server.send(
                .GET, "/v1/conversation/retrieve?conversation_id=\(id)", token: server.owner.token)
            #expect(kept["data", "name"]?.text == longest)
        }
    }

    @Test(arguments: ["0", "-1", "abc", "9223372036854775808", "1.5", "007", "%31%32", "1%00"])
    func `an id that is none is refused, an unknown one is not found`(_ id: String) async throws {
        try await TestServer.with(.sqlite) { server in
            let reply = try await server.send(
                .PUT, "/v1/conversations/\(id)", ["name": "x"], token: server.owner.token)
            #expect(reply.code == (id == "%31%32" ? 4002 : 4000))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `deleting takes the messages along`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (id, _, answer) = try await server.makeConversation(server.owner)
            _ = try await server.send(
                .POST, "/v1/conversations/\(id)/messages/\(answer)/feedback", ["feedback_type": "like"],
                token: server.owner.token)
            #expect(try await server.send(.DELETE, "/v1/conversations/\(id)", token: server.owner.token).code == 0)
            #expect(try await server.send(.DELETE, "/v1/conversations/\(id)", token: server.owner.token).code == 4002)
            let rest = try await server.application.storage.database.read { connection in
                try connection.first(
                    """
                    SELECT (SELECT COUNT(*) FROM conversation) + (SELECT COUNT(*) FROM message)
                    + (SELECT COUNT(*) FROM message_feedback)
                    """
                ) { $0.int(0) }
            }
            #expect(rest == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a list pages through the owner's conversations of a bot in both orders`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            var made: [String] = []
            for _ in 1...7 { made.append(try await server.makeConversation(server.owner, bot: bot).id) }
            _ = try await server.makeConversation(server.owner)
            for (order, expected) in [("ASC", made), ("desc", made.reversed())] {
                var seen: [String] = []
                for page in 1...4 {
                    let reply = try await server.send(
                        .GET, "/v1/conversations?bot_id=\(bot)&page_num=\(page)&page_size=3&sort_order=\(order)",
                        token: server.owner.token)
                    seen += reply["data", "conversations"]!.elements.map { $0["id"]!.text }
                    #expect(reply["data", "has_more"] == .bool(page < 3))
                }
                #expect(seen == expected)
            }
            for query in ["page_num=0", "page_size=51", "page_size=0", "sort_order=up", "page_num=x"] {
                let reply = try await server.send(
                    .GET, "/v1/conversations?bot_id=\(bot)&\(query)", token: server.owner.token)
                #expect(reply.code == 4000, "\(query)")
            }
        }
    }
}
