import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ConversationListTests {
    @Test(arguments: DatabaseKind.available)
    func `conversations with all bots are paged, latest made first, and a rename keeps their places`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bots = [try await server.makeBot(server.owner), try await server.makeBot(server.owner)]
            var made: [(id: String, bot: String?)] = []
            for number in 0..<9 {
                let bot = number % 3 == 2 ? nil : bots[number % 3]
                made.append((try await server.makeConversation(server.owner, bot: bot).id, bot))
            }
            _ = try await server.makeConversation(server.stranger)
            // Some of the same second, and one that is older than its id: it was imported.
            let (imported, now) = (ID(made[4].id)!, server.application.storage.clock.now())
            try await server.application.storage.database.write { connection in
                try connection.execute("UPDATE conversation SET created_at = \(now)")
                try connection.execute("UPDATE conversation SET created_at = 5 WHERE id = \(imported)")
            }
            _ = try await server.send(
                .PUT, "/v1/conversations/\(made[0].id)", ["name": "renamed"], token: server.owner.token)
            let expected = made.map(\.id).reversed().filter { $0 != made[4].id } + [made[4].id]
            for limit in [1, 2, 4, 9, 30] {
                #expect(try await server.walk("limit=\(limit)") == expected, "\(limit)")
            }
            let first = made.filter { $0.bot == bots[0] }.map(\.id)
            #expect(try await server.walk("limit=2&bot_id=\(bots[0])") == first.reversed())
            #expect(try await server.walk("bot_id=99").isEmpty)
            #expect(try await server.walk("limit=1", as: server.stranger).count == 1)
            for query in ["limit=0", "limit=101", "before=x", "before=1", "before=-", "before=1-x", "before=1-2-3"] {
                let reply = try await server.send(
                    .GET, "/buckle/v1/conversations?\(query)", token: server.owner.token)
                #expect(reply.code == 4000, "\(query)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a conversation tells of its bot what the caller may see of it`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let (id, _, _) = try await server.makeConversation(server.owner, bot: bot)
            let (alone, _, _) = try await server.makeConversation(server.owner)
            func item(_ id: String) async throws -> JSON {
                let one = try await server.send(
                    .GET, "/buckle/v1/conversations/\(id)", token: server.owner.token)
                let all = try await server.send(.GET, "/buckle/v1/conversations", token: server.owner.token)
                let item = try #require(one["data"], "\(one.json)")
                #expect(all["data", "conversations"]!.elements.contains(item))
                return item
            }
            let draft = try await item(id)
            #expect(draft["bot_id"]?.text == bot && draft["bot_name"] == "helper" && draft["bot_icon_url"] == "")
            #expect(draft["is_bot_available"] == true)
            let retrieved = try await server.send(
                .GET, "/v1/conversation/retrieve?conversation_id=\(id)", token: server.owner.token)
            guard case .object(let fields)? = retrieved["data"] else { return }
            for field in fields { #expect(draft[field.key] == field.value, "\(field.key)") }

            try await server.publish(bot, as: server.owner)
            let update: JSON = ["bot_id": .string(bot), "name": "draft's name"]
            _ = try await server.send(.POST, "/v1/bot/update", update, token: server.owner.token)
            #expect(try await item(id)["bot_name"] == "helper")
            let none = try await item(alone)
            #expect(none["bot_id"] == "" && none["bot_name"] == "" && none["is_bot_available"] == false)

            // Whoever leaves the workspace keeps the conversations and sees the bot no more.
            let workspace = server.owner.workspace
            try await server.application.storage.database.write { connection in
                try connection.execute(
                    "DELETE FROM workspace_member WHERE workspace_id = \(workspace) AND user_id = \(server.owner.user)")
            }
            let left = try await item(id)
            #expect(left["bot_id"]?.text == bot && left["bot_name"] == "" && left["is_bot_available"] == false)
        }
    }

    @Test func `a session sees its own conversations alone`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (id, _, _) = try await server.makeConversation(server.owner)
            let storage = server.application.storage
            let (session, now) = (storage.ids.next(), storage.clock.now())
            try await storage.database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO account (id, user_name, nick_name, kind, parent_id, created_at)
                    VALUES (\(session), 'session', 'Session', 'session', \(server.owner.user), \(now))
                    """)
                try connection.execute("UPDATE conversation SET owner_id = \(session) WHERE id = \(ID(id)!)")
            }
            #expect(try await server.walk("limit=5").isEmpty)
            let reply = try await server.send(.GET, "/buckle/v1/conversations/\(id)", token: server.owner.token)
            #expect(reply.code == 4002)
        }
    }
}

extension TestServer {
    /// The ids of all pages.
    fileprivate func walk(_ query: String, as caller: Caller? = nil) async throws -> [String] {
        var (ids, next): ([String], String) = ([], "")
        repeat {
            let reply = try await send(
                .GET, "/buckle/v1/conversations?\(query)&before=\(next)", token: (caller ?? owner).token)
            let page = try #require(reply["data", "conversations"], "\(reply.json)").elements
            ids += page.map { $0["id"]!.text }
            next = reply["data", "next"]!.text
        } while !next.isEmpty && ids.count < 100
        return ids
    }
}
