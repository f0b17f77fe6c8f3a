import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ChatTokenTests {
    @Test func `a token for some bots neither begins nor goes on with chats of others`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (bot, other) = (try await server.makeBot(server.owner), try await server.makeBot(server.owner))
            let (conversation, chat) = try await server.makeChat(server.owner, bot: bot)
            let narrow = try await server.token(server.owner, bots: [ID(other)!])
            let wide = try await server.token(server.owner, bots: [ID(other)!, ID(bot)!])
            let output: JSON = ["tool_call_id": "call", "output": "sunny"]
            let requests: [(String, JSON)] = [
                (
                    "/v3/chat",
                    [
                        "bot_id": .string(bot), "user_id": "someone", "publish_status": "unpublished_draft",
                        "additional_messages": [["role": "user", "content": "hello", "content_type": "text"]],
                    ]
                ),
                (
                    "/v3/chat/submit_tool_outputs?conversation_id=\(conversation)&chat_id=\(chat)",
                    ["tool_outputs": .array([output])]
                ),
                ("/buckle/v1/chats/\(chat)/regenerate", ["conversation_id": .string(conversation)]),
            ]
            let before = try await server.count("SELECT COUNT(*) FROM chat")
            for (uri, body) in requests {
                let refused = try await server.send(.POST, uri, body, token: narrow)
                #expect(refused.code == 4101, "\(uri) \(refused.json)")
            }
            #expect(try await server.count("SELECT COUNT(*) FROM chat") == before)
            for (uri, body) in requests {
                let reply = try await server.send(.POST, uri, body, token: wide)
                #expect(reply.code != 4101, "\(uri)")
            }
        }
    }
}

extension TestServer {
    /// A caller's token that may chat with some bots only.
    fileprivate func token(_ caller: Caller, bots: [ID]) async throws -> String {
        let storage = application.storage
        return try await storage.database.write { connection in
            var new = NewToken(.jwt, user: caller.user, name: "narrow", permissions: ["all"], lifetime: nil)
            new.bots = bots
            return try TokenStore(storage: storage).create(new, in: connection)
        }.secret.text
    }
}
