import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct BotExtrasTests {
    static let weather: JSON = [
        "type": "function",
        "function": [
            "name": "get_weather-2", "description": "Tells the weather",
            "parameters": [
                "type": "object", "required": ["city"],
                "properties": ["days": ["type": "integer", "maximum": .integer(7)], "city": ["type": "string"]],
                "x-order": [.integer(2), .number(1.5), .null],
            ],
        ],
    ]

    @Test(arguments: DatabaseKind.available)
    func `tools are kept as they came, in the draft alone until it is published`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let version = try await server.publish(bot, as: server.owner)
            let tools: JSON = [Self.weather, ["type": "function", "function": ["name": "now"]]]
            let set = try await server.set("tools", of: bot, to: tools, as: server.owner)
            #expect(set.code == 0)
            let read = try await server.send(.GET, "/buckle/v1/bots/\(bot)/tools", token: server.owner.token)
            // Compared as text: the order of the schema's members counts.
            #expect(try JSONOutput.text(read["data", "tools"]!) == JSONOutput.text(tools))
            #expect(set["data", "tools"] == tools)

            func names(version: Int64?, draft: Bool) async throws -> [String]? {
                try await server.configuration(bot, version: version, draft: draft)
                    .tools?.map { $0.function.name }
            }
            #expect(try await names(version: nil, draft: true) == ["get_weather-2", "now"])
            #expect(try await names(version: nil, draft: false) == nil)
            let second = try await server.publish(bot, as: server.owner)
            #expect(try await names(version: nil, draft: false) == ["get_weather-2", "now"])
            #expect(try await names(version: Int64(version), draft: false) == nil)
            try await server.set("tools", of: bot, to: [], as: server.owner)
            #expect(try await names(version: nil, draft: true) == [])
            #expect(try await names(version: Int64(second), draft: false) == ["get_weather-2", "now"])
        }
    }

    @Test func `a tool that is out of its limits is named, and nothing is changed`() async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.makeBot(server.owner)
            let uri = "/buckle/v1/bots/\(bot)/tools"
            try await server.set("tools", of: bot, to: [Self.weather], as: server.owner)
            func tool(_ members: JSON) -> JSON { [["type": "function", "function": members]] }
            let huge = JSON.string(String(repeating: "x", count: 65_536))
            let cases: [(JSON, String)] = [
                (tool(["name": ""]), "tools[0].function.name"), (tool([:]), "tools[0].function.name"),
                (tool(["name": "get weather"]), "tools[0].function.name"),
                (tool(["name": "天气"]), "tools[0].function.name"),
                (tool(["name": .string(String(repeating: "n", count: 65))]), "tools[0].function.name"),
                (tool(["name": "a", "description": .string(String(repeating: "d", count: 1025))]), "description"),
                (tool(["name": "a", "parameters": []]), "tools[0].function.parameters"),
                (tool(["name": "a", "parameters": "{}"]), "tools[0].function.parameters"),
                (tool(["name": "a", "parameters": ["type": "array"]]), "parameters.type"),
                (tool(["name": "a", "parameters": ["properties": []]]), "parameters.properties"),
                (tool(["name": "a", "parameters": ["required": "city"]]), "parameters.required"),
                (tool(["name": "a", "parameters": ["required": ["city", .integer(1)]]]), "parameters.required"),
                (tool(["name": "a", "parameters": ["title": huge]]), "tools[0].function.parameters"),
                ([["type": "web_search", "function": ["name": "a"]]], "tools[0].type"),
                ([["function": ["name": "a"]]], "tools[0].type"), ([["type": "function"]], "tools[0].function"),
                ([Self.weather, Self.weather], "tools[1].function.name"),
                (.array((0...128).map { ["type": "function", "function": ["name": .string("t\($0)")]] }), "tools"),
            ]
            for (tools, field) in cases {
                let reply = try await server.set("tools", of: bot, to: tools, as: server.owner)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(field): \(reply.message)")
            }
            #expect(try await server.send(.GET, uri, token: server.owner.token)["data", "tools"] == [Self.weather])
            let most = JSON.array(
                (0..<128).map { number in
                    ["type": "function", "function": ["name": .string("t\(number)"), "parameters": .object([])]]
                })
            #expect(try await server.set("tools", of: bot, to: most, as: server.owner).code == 0)
            #expect(try await server.send(.GET, uri, token: server.owner.token)["data", "tools"] == most)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `variables take their defaults and appear in the bot's information`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let given: JSON = [
                ["keyword": "city"],
                [
                    "keyword": "_id2", "default_value": "{\"a\":1}", "description": "its id", "enable": false,
                    "prompt_enable": false, "channel": "system",
                ],
            ]
            let expected: JSON = [
                [
                    "keyword": "city", "default_value": "", "description": "", "enable": true, "prompt_enable": true,
                    "channel": "custom",
                ],
                [
                    "keyword": "_id2", "default_value": "{\"a\":1}", "description": "its id", "enable": false,
                    "prompt_enable": false, "channel": "system",
                ],
            ]
            #expect(try await server.set("variables", of: bot, to: given, as: server.owner).code == 0)
            let uri = "/buckle/v1/bots/\(bot)/variables"
            #expect(try await server.send(.GET, uri, token: server.owner.token)["data", "variables"] == expected)
            try await server.publish(bot, as: server.owner)
            for query in ["", "?is_published=false"] {
                let info = try await server.send(.GET, "/v1/bots/\(bot)\(query)", token: server.owner.token)
                let shown = info["data", "variables"]!.elements
                #expect(shown.map { $0["keyword"]?.text } == ["city", "_id2"])
                for (variable, whole) in zip(shown, expected.elements) {
                    #expect(variable["variable_type"] == "KVVariable")
                    for name in ["default_value", "description", "enable", "prompt_enable", "channel"] {
                        #expect(variable[name] == whole[name], "\(name)")
                    }
                }
            }
            let wrong: [(JSON, String)] = [
                ([["keyword": "a"], ["keyword": "a"]], "variables[1].keyword"),
                ([["keyword": "9a"]], "variables[0].keyword"), ([["keyword": "a b"]], "variables[0].keyword"),
                ([["default_value": "a"]], "variables[0].keyword"),
                ([["keyword": "a", "channel": "fax"]], "variables[0].channel"),
                (.array((0...100).map { ["keyword": .string("k\($0)")] }), "variables"),
            ]
            for (variables, field) in wrong {
                let reply = try await server.set("variables", of: bot, to: variables, as: server.owner)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(field): \(reply.message)")
            }
            #expect(try await server.send(.GET, uri, token: server.owner.token)["data", "variables"] == expected)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `shortcut commands are given ids that stay`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let city: JSON = ["name": "city", "description": "Which city", "default_value": "杭州"]
            let commands: JSON = [
                ["name": "Weather", "command": "/weather", "query_template": "In {{city}}?", "components": [city]],
                ["name": "Twin"], ["name": "Twin"],
            ]
            let first = try await server.set("shortcut_commands", of: bot, to: commands, as: server.owner)
            let ids = first["data", "shortcut_commands"]!.elements.map { $0["id"]!.text }
            #expect(ids.count == 3 && Set(ids).count == 3)
            #expect(
                first["data", "shortcut_commands"]?.elements.first == [
                    "id": .string(ids[0]), "name": "Weather", "command": "/weather", "description": "",
                    "query_template": "In {{city}}?",
                    "components": [
                        [
                            "name": "city", "description": "Which city", "type": "text", "tool_parameter": "",
                            "default_value": "杭州", "is_hide": false,
                        ]
                    ],
                ])
            let again = try await server.set("shortcut_commands", of: bot, to: commands, as: server.owner)
            #expect(again.json["data"] == first.json["data"])
            // An id that is sent counts more than a name.
            let renamed: JSON = [["name": "Twin"], ["id": .string(ids[1]), "name": "Other"], ["name": "New"]]
            let reply = try await server.set("shortcut_commands", of: bot, to: renamed, as: server.owner)
            let kept = reply["data", "shortcut_commands"]!.elements.map { $0["id"]!.text }
            #expect(kept.prefix(2) == [ids[2], ids[1]])
            #expect(!ids.contains(kept[2]))

            try await server.publish(bot, as: server.owner)
            let info = try await server.send(.GET, "/v1/bots/\(bot)", token: server.owner.token)
            #expect(info["data", "shortcut_commands"]!.elements.map { $0["id"]!.text } == kept)
            let read = try await server.send(
                .GET, "/buckle/v1/bots/\(bot)/shortcut_commands", token: server.owner.token)
            #expect(read.json["data"] == reply.json["data"])
            let double: JSON = [["id": "5", "name": "a"], ["id": "5", "name": "b"]]
            let wrong: [(JSON, String)] = [
                (double, "shortcut_commands[1].id"), ([["name": " "]], "shortcut_commands[0].name"),
                ([["command": "/a"]], "shortcut_commands[0].name"), ([["name": "a", "id": "x"]], "id"),
                ([["name": "a", "components": [city, city]]], "components[1].name"),
                ([["name": "a", "components": [["type": "text"]]]], "components[0].name"),
            ]
            for (commands, field) in wrong {
                let reply = try await server.set("shortcut_commands", of: bot, to: commands, as: server.owner)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(field): \(reply.message)")
            }
            let still = try await server.send(
                .GET, "/buckle/v1/bots/\(bot)/shortcut_commands", token: server.owner.token)
            #expect(still.json["data"] == reply.json["data"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a member of the workspace reads them, and only the owner and collaborators set them`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            for part in ["tools", "variables", "shortcut_commands"] {
                let uri = "/buckle/v1/bots/\(bot)/\(part)"
                #expect(try await server.send(.GET, uri, token: server.stranger.token).code == 4200)
                #expect(try await server.set(part, of: bot, to: [], as: server.stranger).code == 4200)
            }
            try await server.join(server.stranger, to: server.owner.workspace)
            for part in ["tools", "variables", "shortcut_commands"] {
                let uri = "/buckle/v1/bots/\(bot)/\(part)"
                #expect(try await server.send(.GET, uri, token: server.stranger.token)["data", part] == [])
                #expect(try await server.set(part, of: bot, to: [], as: server.stranger).code == 4101)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the configuration of a chat is the one that is online, unless another is asked for`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            await #expect(throws: APIError.self) { try await server.configuration(bot, version: nil, draft: false) }
            #expect(try await server.configuration(bot, version: nil, draft: true).name == "helper")
            var versions: [Int64] = []
            for (name, connectors) in [("one", ["1024"]), ("two", ["1024", "999"]), ("three", ["999"])] {
                let update: JSON = ["bot_id": .string(bot), "name": .string(name)]
                _ = try await server.send(.POST, "/v1/bot/update", update, token: server.owner.token)
                versions.append(Int64(try await server.publish(bot, to: connectors, as: server.owner))!)
            }
            func name(_ version: Int64?, _ connector: String) async throws -> String {
                try await server.configuration(bot, version: version, draft: false, connector: connector).name
            }
            func code(
                _ version: Int64?, _ connector: String = "1024", bot other: String? = nil,
                as caller: TestServer.Caller? = nil, draft: Bool = false
            ) async throws -> APIError.Code? {
                do {
                    _ = try await server.configuration(
                        other ?? bot, version: version, draft: draft, connector: connector, as: caller)
                    return nil
                } catch let error as APIError {
                    return error.code
                }
            }
            #expect(try await name(nil, "1024") == "two")
            #expect(try await name(nil, "999") == "three")
            #expect(try await name(versions[0], "1024") == "one")
            #expect(try await name(versions[2], "1024") == "three")
            #expect(try await code(versions[0] + 1) == .invalidParameter)
            #expect(try await code(nil, "10000122") == .botNotPublished)
            #expect(try await code(versions[0], "10000122") == .botNotPublished)
            #expect(try await code(nil, bot: "99") == .notFound)
            #expect(try await code(nil, bot: "99", draft: true) == .notFound)
            #expect(try await code(nil, as: server.stranger) == .notFound)
            #expect(try await code(nil, as: server.stranger, draft: true) == .notFound)
            _ = try await server.send(
                .POST, "/v1/bots/\(bot)/unpublish", ["connector_id": "1024"], token: server.owner.token)
            #expect(try await code(versions[0]) == .botNotPublished)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a draft from before there were tools is still read`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            try await server.application.storage.database.write { connection in
                let draft = #"{"name":"old","description":"","prompt":{"prompt":"Be kind."}}"#
                _ = try connection.execute("UPDATE bot SET draft = \(draft)")
            }
            for part in ["tools", "variables", "shortcut_commands"] {
                let reply = try await server.send(.GET, "/buckle/v1/bots/\(bot)/\(part)", token: server.owner.token)
                #expect(reply["data", part] == [])
            }
            try await server.set("tools", of: bot, to: [Self.weather], as: server.owner)
            let draft = try await server.configuration(bot, version: nil, draft: true)
            #expect(draft.prompt?.prompt == "Be kind." && draft.tools?.count == 1)
        }
    }
}

extension TestServer {
    /// What a chat with the bot runs on.
    @discardableResult
    fileprivate func configuration(
        _ bot: String, version: Int64?, draft: Bool, connector: String = "1024", as caller: Caller? = nil
    ) async throws -> BotConfiguration {
        let user = (caller ?? owner).user
        let found = try await application.storage.database.read { connection in
            try BotVersionStore.configuration(
                of: ID(bot)!, version: version, draft: draft, connector: connector, visibleTo: Member(user: user),
                in: connection)
        }
        #expect((found.version == nil) == draft)
        if let version { #expect(found.version == version) }
        return found.configuration
    }
}
