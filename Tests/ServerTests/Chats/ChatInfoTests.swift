import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ChatInfoTests {
    @Test(arguments: DatabaseKind.available)
    func `a chat page learns what it shows of a bot, and nothing of what the bot is made of`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let uri = "/buckle/v1/bots/\(bot)/chat_info"
            #expect(try await server.send(.GET, uri, token: server.owner.token).code == 4015)
            let draft: JSON = [
                "name": "天气", "description": "d", "prompt_info": ["prompt": "SECRET instructions"],
                "onboarding_info": ["prologue": "Hello {{name}}!", "suggested_questions": ["Rain?", ""]],
                "suggest_reply_info": ["reply_mode": "enable"], "tools": [BotExtrasTests.weather],
                "variables": [["keyword": "name", "default_value": "friend"], ["keyword": "SECRET"]],
                "shortcut_commands": [
                    [
                        "name": "Weather", "query_template": "SECRET {{city}}",
                        "components": [["name": "city"], ["name": "SECRET", "is_hide": true]],
                    ]
                ],
            ]
            let set = try await server.send(.PUT, "/buckle/v1/bots/\(bot)/draft", draft, token: server.owner.token)
            #expect(set.code == 0, "\(set.json)")
            let version = try await server.publish(bot, as: server.owner)
            let reply = try await server.send(.GET, uri, token: server.owner.token)
            let facts = try #require(reply["data"], "\(reply.json)")
            for (field, value): (String, JSON) in [
                ("bot_id", .string(bot)), ("name", "天气"), ("description", "d"), ("icon_url", ""),
                ("version", .string(version)), ("prologue", "Hello friend!"), ("suggested_questions", ["Rain?"]),
                ("suggests_replies", true), ("is_model_available", true), ("capabilities", ["tools", "vision"]),
                ("can_upload", true),
            ] { #expect(facts[field] == value, "\(field)") }
            let commands = facts["shortcut_commands"]!.elements
            #expect(commands.map { $0["name"]!.text } == ["Weather"])
            #expect(commands[0]["components"]!.elements.map { $0["name"]!.text } == ["city"])
            #expect(try !JSONOutput.text(reply.json).contains("SECRET"))

            let changed: JSON = ["name": "new", "model_info": ["model_id": "nobody's"]]
            _ = try await server.send(.PUT, "/buckle/v1/bots/\(bot)/draft", changed, token: server.owner.token)
            #expect(try await server.send(.GET, uri, token: server.owner.token)["data"] == facts)
            let other = try await server.send(
                .GET, uri + "?publish_status=unpublished_draft", token: server.owner.token)
            #expect(other["data", "name"] == "new" && other["data", "version"] == "")
            #expect(other["data", "is_model_available"] == false && other["data", "capabilities"] == [])
            #expect(
                try await server.send(.GET, uri + "?connector_id=999", token: server.owner.token).code == 4015)
            #expect(try await server.send(.GET, uri, token: server.stranger.token).code == 4200)
        }
    }

    @Test func `a token that may chat with this bot is enough, and one for other bots is not`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (bot, other) = (try await server.makeBot(server.owner), try await server.makeBot(server.owner))
            for bot in [bot, other] { try await server.publish(bot, as: server.owner) }
            let storage = server.application.storage
            let token = try await storage.database.write { connection in
                var new = NewToken(.jwt, user: server.owner.user, name: "page", permissions: ["chat"], lifetime: nil)
                new.bots = [ID(bot)!]
                return try TokenStore(storage: storage).create(new, in: connection)
            }.secret.text
            let own = try await server.send(.GET, "/buckle/v1/bots/\(bot)/chat_info", token: token)
            #expect(own.code == 0 && own["data", "can_upload"] == false, "\(own.json)")
            #expect(try await server.send(.GET, "/buckle/v1/bots/\(other)/chat_info", token: token).code == 4101)
        }
    }
}
