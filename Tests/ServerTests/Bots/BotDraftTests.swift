import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct BotDraftTests {
    /// All that a draft can have, as it is sent and as it is shown.
    static let whole: JSON = [
        "name": "天气", "description": "Tells the weather",
        "prompt_info": ["prompt": "You know {{city}}.", "prompt_mode": "standard"],
        "onboarding_info": ["prologue": "Hello!", "suggested_questions": ["Rain?", "Snow?"]],
        "model_info": [
            "model_id": "demo", "temperature": .number(0.5), "top_p": .number(0.25), "top_k": 7, "max_tokens": 100,
            "context_round": 3, "response_format": "markdown", "presence_penalty": .number(-1.5),
            "frequency_penalty": .number(1.5), "parameters": ["thinking_type": "disabled"], "api_mode": "chat_api",
            "cache_type": "closed", "sp_anti_leak": true, "sp_current_time": true,
        ],
        "suggest_reply_info": ["reply_mode": "customized", "customized_prompt": "Ask more."],
        "tools": [BotExtrasTests.weather],
        "variables": [
            [
                "keyword": "city", "default_value": "杭州", "description": "where", "enable": true, "prompt_enable": true,
                "channel": "custom",
            ]
        ],
        "shortcut_commands": [
            [
                "name": "Weather", "command": "/weather", "description": "of a city", "query_template": "In {{city}}?",
                "components": [
                    [
                        "name": "city", "description": "", "type": "text", "tool_parameter": "", "default_value": "",
                        "is_hide": false,
                    ]
                ],
            ]
        ],
        "knowledge": ["dataset_ids": ["7"], "auto_call": false, "search_strategy": 20],
        "plugin_id_list": ["id_list": [["plugin_id": "5", "api_id": "6"]]],
        "workflow_id_list": ["ids": [["id": "8"]]],
        "media_config": ["is_voice_call_closed": true],
    ]

    @Test(arguments: DatabaseKind.available)
    func `a draft is replaced, read, published, compared with its version and reverted`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let fresh = try await server.draft(of: bot)
            #expect(fresh["has_unpublished_changes"] == true && fresh["latest_version"] == "")
            #expect(fresh["online_channels"] == [] && fresh["can_edit"] == true && fresh["can_delete"] == true)

            let file = try await server.addPicture(of: server.owner)
            let set = try await server.replaceDraft(of: bot, Self.whole.with("icon_file_id", .string(file)))
            #expect(set.code == 0, "\(set.json)")
            let draft = try await server.draft(of: bot)
            #expect(draft == set["data"])
            #expect(draft["icon_file_id"]?.text == file && draft["icon_url"]!.text.contains(file))
            #expect(draft["workspace_id"]?.text == server.owner.workspace.description)
            for name in ["name", "description", "prompt_info", "onboarding_info", "suggest_reply_info", "tools"] {
                #expect(draft[name] == Self.whole[name], "\(name)")
            }
            guard case .object(let settings) = Self.whole["model_info"]! else { return }
            for setting in settings { #expect(draft["model_info"]?[setting.key] == setting.value, "\(setting.key)") }
            for (name, index) in [("variables", "keyword"), ("shortcut_commands", "query_template")] {
                #expect(draft[name]!.elements[0][index] == Self.whole[name]!.elements[0][index])
            }
            #expect(draft["knowledge"]?["dataset_ids"] == ["7"])

            let version = try await server.publish(bot, changelog: "First\n第一版")
            let published = try await server.draft(of: bot)
            #expect(published["has_unpublished_changes"] == false)
            #expect(published["latest_version"]?.text == version)
            #expect(
                published["online_channels"] == [["connector_id": "1024", "version": .string(version)]])
            let shown = try await server.send(
                .GET, "/buckle/v1/bots/\(bot)/versions/\(version)", token: server.owner.token)
            #expect(shown["data", "version"]?.text == version)
            #expect(shown["data", "changelog"] == "First\n第一版" && shown["data", "connector_ids"] == ["1024"])
            #expect(shown["data", "publisher", "id"]?.text == server.owner.user.description)
            let own: Set = [
                "revision", "has_unpublished_changes", "latest_version", "online_channels", "collaboration_mode",
                "can_edit", "can_delete", "version",
            ]
            guard case .object(let fields) = published else { return }
            for field in fields where !own.contains(field.key) {
                #expect(shown["data", field.key] == field.value, "\(field.key)")
            }

            // What was read can be sent back as it is.
            let same = try await server.replaceDraft(of: bot, published)
            #expect(same["data", "has_unpublished_changes"] == false, "\(same.json)")
            #expect(same["data", "shortcut_commands"] == published["shortcut_commands"])
            let changed = try await server.replaceDraft(of: bot, ["name": "other"])
            #expect(changed["data", "has_unpublished_changes"] == true)
            let reverted = try await server.send(
                .POST, "/buckle/v1/bots/\(bot)/draft/revert", ["version": .string(version)], token: server.owner.token)
            #expect(reverted["data", "has_unpublished_changes"] == false && reverted["data", "name"] == "天气")
            for name in ["prompt_info", "model_info", "tools", "variables", "shortcut_commands", "icon_file_id"] {
                #expect(reverted["data", name] == published[name], "\(name)")
            }
            #expect(
                try await server.audit(of: bot) == [
                    "bot.create", "bot.update", "bot.publish", "bot.update", "bot.update", "bot.revert",
                ])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what a new draft lacks is cleared, but for what consoles do not show`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let file = try await server.addPicture(of: server.owner)
            _ = try await server.replaceDraft(of: bot, Self.whole.with("icon_file_id", .string(file)))
            let empty: JSON = [
                "name": "n", "description": "", "prompt_info": ["prompt": ""], "model_info": .null,
                "onboarding_info": ["prologue": "", "suggested_questions": []], "icon_file_id": "",
            ]
            for body in [["name": "n"], empty] as [JSON] {
                _ = try await server.replaceDraft(of: bot, Self.whole.with("icon_file_id", .string(file)))
                let draft = try #require(try await server.replaceDraft(of: bot, body)["data"])
                #expect(draft["name"] == "n" && draft["description"] == "" && draft["icon_url"] == "")
                #expect(draft["icon_file_id"] == nil && draft["model_info"] == nil)
                #expect(draft["prompt_info"]?["prompt"] == "")
                #expect(draft["onboarding_info"] == ["prologue": "", "suggested_questions": []])
                #expect(draft["suggest_reply_info"]?["reply_mode"] == "disable")
                for name in ["tools", "variables", "shortcut_commands"] { #expect(draft[name] == [], "\(name)") }
                #expect(draft["knowledge"]?["dataset_ids"] == ["7"])
                #expect(draft["plugin_info_list"]!.elements.count == 1)
                #expect(draft["workflow_info_list"]!.elements.count == 1)
                #expect(draft["media_config"] == ["is_voice_call_closed": true])
            }
            // A bot that was made otherwise and means the same is the same.
            _ = try await server.publish(bot, changelog: "")
            _ = try await server.send(
                .POST, "/v1/bot/update",
                [
                    "bot_id": .string(bot), "prompt_info": ["prompt": ""],
                    "suggest_reply_info": ["reply_mode": "disable"],
                ],
                token: server.owner.token)
            #expect(try await server.draft(of: bot)["has_unpublished_changes"] == false)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `of two who change what they both saw the second is refused`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let seen = try await server.draft(of: bot)["revision"]!
            let first = try await server.replaceDraft(of: bot, ["name": "first", "revision": seen])
            #expect(first.code == 0)
            let version = try await server.publish(bot, changelog: "")
            let second = try await server.replaceDraft(of: bot, ["name": "second", "revision": seen])
            #expect(second.code == 4000 && second.message.contains("revision"))
            let revert = try await server.send(
                .POST, "/buckle/v1/bots/\(bot)/draft/revert", ["version": .string(version), "revision": seen],
                token: server.owner.token)
            #expect(revert.code == 4000 && revert.message.contains("revision"))
            #expect(try await server.draft(of: bot)["name"] == "first")
            #expect(try await server.audit(of: bot) == ["bot.create", "bot.update", "bot.publish"])
            let now = try #require(first["data", "revision"])
            #expect(try await server.replaceDraft(of: bot, ["name": "third", "revision": now]).code == 0)
            // Other ways to change the draft change its revision, too.
            let third = try await server.draft(of: bot)["revision"]!
            try await server.set("variables", of: bot, to: [["keyword": "a"]], as: server.owner)
            #expect(try await server.replaceDraft(of: bot, ["name": "late", "revision": third]).code == 4000)
        }
    }

    @Test func `a field that is out of its limits is named, and nothing is changed`() async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.makeBot(server.owner)
            let theirs = try await server.addPicture(of: server.stranger)
            let before = try await server.draft(of: bot)
            let long = JSON.string(String(repeating: "x", count: 20_001))
            let wrong: [(JSON, Int, String)] = [
                (["name": ""], 4000, "name"), (["name": " "], 4000, "name"), (["description": "x"], 4000, "name"),
                (["name": "n", "prompt_info": ["prompt": long]], 4000, "prompt_info.prompt"),
                (["name": "n", "model_info": ["model_id": "m", "temperature": 3]], 4000, "model_info.temperature"),
                (["name": "n", "model_info": ["temperature": 1]], 4000, "model_info.model_id"),
                (["name": "n", "tools": [["type": "function", "function": ["name": "a b"]]]], 4000, "tools[0]"),
                (["name": "n", "variables": [["keyword": "9"]]], 4000, "variables[0].keyword"),
                (["name": "n", "shortcut_commands": [["name": " "]]], 4000, "shortcut_commands[0].name"),
                (["name": "n", "icon_file_id": .string(theirs)], 4200, "icon_file_id"),
                (["name": "n", "revision": "0"], 4000, "revision"),
            ]
            for (body, code, field) in wrong {
                let reply = try await server.replaceDraft(of: bot, body)
                #expect(reply.code == code && reply.message.contains(field), "\(field): \(reply.message)")
            }
            for (version, code) in [("7", 4200), ("x", 4000), ("", 4000)] {
                let reply = try await server.send(
                    .POST, "/buckle/v1/bots/\(bot)/draft/revert", ["version": .string(version)],
                    token: server.owner.token)
                #expect(reply.code == code, "\(version)")
            }
            let publication: JSON = ["bot_id": .string(bot), "connector_ids": ["1024"], "changelog": long]
            let published = try await server.send(.POST, "/v1/bot/publish", publication, token: server.owner.token)
            #expect(published.code == 4000 && published.message.contains("changelog"))
            #expect(try await server.draft(of: bot) == before)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `collaborators edit a draft with the owner's picture in it, others of the workspace only read it`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let file = try await server.addPicture(of: server.owner)
            let body: JSON = ["name": "shared", "icon_file_id": .string(file)]
            _ = try await server.replaceDraft(of: bot, body)
            try await server.join(server.stranger, to: server.owner.workspace)
            let version = try await server.publish(bot, changelog: "")
            func tries() async throws -> [Int?] {
                let uri = "/buckle/v1/bots/\(bot)"
                let token = server.stranger.token
                return [
                    try await server.send(.GET, uri + "/draft", token: token).code,
                    try await server.send(.GET, uri + "/versions/\(version)", token: token).code,
                    try await server.send(.PUT, uri + "/draft", body, token: token).code,
                    try await server.send(
                        .POST, uri + "/draft/revert", ["version": .string(version)], token: token
                    ).code,
                    try await server.send(.DELETE, uri, token: token).code,
                ]
            }
            #expect(try await tries() == [0, 0, 4101, 4101, 4101])
            var seen = try await server.draft(of: bot, as: server.stranger)
            #expect(seen["can_edit"] == false && seen["can_delete"] == false)
            let (id, user) = (ID(bot)!, server.stranger.user)
            try await server.application.storage.database.write { connection in
                try connection.execute(
                    "INSERT INTO bot_collaborator (bot_id, user_id, added_at) VALUES (\(id), \(user), 0)")
            }
            #expect(try await tries() == [0, 0, 0, 0, 4101])
            seen = try await server.draft(of: bot, as: server.stranger)
            #expect(seen["can_edit"] == true && seen["can_delete"] == false)
            #expect(seen["icon_file_id"]?.text == file)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a bot is deleted with its versions, and conversations with it are kept for their creators`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let (bot, token) = (try await server.makeBot(server.owner), server.owner.token)
            try await server.set("variables", of: bot, to: [["keyword": "city"]], as: server.owner)
            _ = try await server.publish(bot, changelog: "")
            let value: JSON = [
                "bot_id": .string(bot), "connector_uid": "ann", "data": [["keyword": "city", "value": "x"]],
            ]
            #expect(try await server.send(.PUT, "/v1/variables", value, token: token).code == 0)
            let (conversation, chat) = try await server.makeChat(server.owner, bot: bot)
            let other = try await server.makeBot(server.owner)
            _ = try await server.publish(other, changelog: "")

            let uri = "/buckle/v1/bots/\(bot)"
            #expect(try await server.send(.DELETE, uri, token: server.stranger.token).code == 4200)
            #expect(try await server.send(.DELETE, uri, token: token).code == 0)
            for again in ["", "/draft"] {
                let method: HTTPMethod = again.isEmpty ? .DELETE : .GET
                #expect(try await server.send(method, uri + again, token: token).code == 4200)
            }
            let id = ID(bot)!
            #expect(try await server.count("SELECT COUNT(*) FROM bot WHERE id = \(id)") == 0)
            #expect(try await server.count("SELECT COUNT(*) FROM bot_version WHERE bot_id = \(id)") == 0)
            #expect(try await server.count("SELECT COUNT(*) FROM bot_publication WHERE bot_id = \(id)") == 0)
            #expect(try await server.count("SELECT COUNT(*) FROM variable WHERE bot_id = \(id)") == 0)
            #expect(try await server.send(.GET, "/v1/bots/\(other)", token: token).code == 0)
            #expect(try await server.audit(of: bot).last == "bot.delete")

            let renamed = try await server.send(
                .PUT, "/v1/conversations/\(conversation)", ["name": "kept"], token: token)
            #expect(renamed["data", "name"] == "kept")
            let said = try await server.send(
                .POST, "/v1/conversation/message/list?conversation_id=\(conversation)", [:], token: token)
            #expect(said["data"]!.elements.count == 2)
            let body: JSON = [
                "bot_id": .string(bot), "user_id": "someone", "publish_status": "unpublished_draft",
                "additional_messages": [["role": "user", "content": "hello", "content_type": "text"]],
            ]
            let chats = try await server.send(
                .POST, "/v3/chat?conversation_id=\(conversation)", body, token: token)
            #expect(chats.code == 4200)
            let anew = try await server.send(
                .POST, "/buckle/v1/chats/\(chat)/regenerate", ["conversation_id": .string(conversation)], token: token)
            #expect(anew.code == 4200)
        }
    }

    @Test(arguments: ["owner", "admin", "member"])
    func `who manages the workspace may delete what others have made in it`(_ role: String) async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.makeBot(server.owner)
            try await server.join(server.stranger, to: server.owner.workspace)
            try await server.application.storage.database.write { connection in
                try connection.execute(
                    "UPDATE workspace_member SET role_type = \(role) WHERE user_id = \(server.stranger.user)")
            }
            let isManager = role != "member"
            let draft = try await server.draft(of: bot, as: server.stranger)
            #expect(draft["can_delete"] == .bool(isManager) && draft["can_edit"] == false)
            let reply = try await server.send(.DELETE, "/buckle/v1/bots/\(bot)", token: server.stranger.token)
            #expect(reply.code == (isManager ? 0 : 4101))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `versions are listed with what their publishers noted`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            for note in ["", "second: 第二版"] { _ = try await server.publish(bot, changelog: note) }
            let list = try await server.send(.GET, "/v1/bots/\(bot)/versions", token: server.owner.token)
            let items = list["data", "items"]!.elements
            #expect(items.map { $0["changelog"]!.text } == ["second: 第二版", ""])
            #expect(items.map { $0["description"]!.text } == ["second: 第二版", ""])
        }
    }
}

extension TestServer {
    fileprivate func draft(of bot: String, as caller: Caller? = nil) async throws -> JSON {
        let reply = try await send(.GET, "/buckle/v1/bots/\(bot)/draft", token: (caller ?? owner).token)
        return try #require(reply["data"], "\(reply.json)")
    }

    fileprivate func replaceDraft(of bot: String, _ body: JSON) async throws -> Reply {
        try await send(.PUT, "/buckle/v1/bots/\(bot)/draft", body, token: owner.token)
    }

    fileprivate func publish(_ bot: String, changelog: String) async throws -> String {
        let body: JSON = [
            "bot_id": .string(bot), "connector_ids": ["1024"], "changelog": .string(changelog),
        ]
        return try await send(.POST, "/v1/bot/publish", body, token: owner.token)["data", "version"]!.text
    }

    /// The row of a picture that a caller has uploaded.
    fileprivate func addPicture(of caller: Caller) async throws -> String {
        let id = application.storage.ids.next()
        try await application.storage.database.write { connection in
            try connection.execute(
                """
                INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                VALUES (\(id), \(caller.user), 'a.png', 'image/png', 1, \("\(id)"), 1)
                """)
        }
        return id.description
    }
}

extension JSON {
    /// The object with one more member.
    fileprivate func with(_ name: String, _ value: JSON) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members + [.init(key: name, value: value)])
    }
}
