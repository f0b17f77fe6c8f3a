import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct VariableTests {
    @Test(arguments: DatabaseKind.available)
    func `a value is kept for one end user of one channel and one account alone`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.publishedBot(variables: [["keyword": "city", "default_value": "杭州"]])
            let other = try await server.publishedBot(variables: [["keyword": "city", "default_value": "杭州"]])
            try await server.join(server.stranger, to: server.owner.workspace)
            #expect(try await server.setVariables(["city": "北京 \"'{{x}}"], of: bot, for: "ann").code == 0)

            #expect(try await server.values(of: bot, for: "ann") == ["city": "北京 \"'{{x}}"])
            #expect(try await server.values(of: bot, for: "Ann") == ["city": "杭州"])
            #expect(try await server.values(of: bot, for: "ann", "&connector_id=999") == ["city": "杭州"])
            #expect(try await server.values(of: other, for: "ann") == ["city": "杭州"])
            #expect(try await server.values(of: bot, for: "ann", as: server.stranger) == ["city": "杭州"])

            let kept = try await server.kept(bot, "1024", "ann", server.owner.user)
            #expect(kept == ["city": "北京 \"'{{x}}"])
            for (connector, endUser, owner) in [
                ("999", "ann", server.owner.user), ("1024", "bob", server.owner.user),
                ("1024", "ann", server.stranger.user),
            ] {
                #expect(try await server.kept(bot, connector, endUser, owner).isEmpty)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `setting again changes the value and its time, not the time it was first set`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.publishedBot(variables: [["keyword": "city"]])
            let uri = "/v1/variables?bot_id=\(bot)&connector_uid=ann"
            let fresh = try await server.send(.GET, uri, token: server.owner.token)
            #expect(
                fresh["data", "items"] == [
                    ["keyword": "city", "value": "", "create_time": .integer(0), "update_time": .integer(0)]
                ])
            try await server.setVariables(["city": "a"], of: bot, for: "ann")
            try await server.application.storage.database.write { connection in
                _ = try connection.execute("UPDATE variable SET created_at = 5, updated_at = 6")
            }
            let now = server.application.storage.clock.now()
            try await server.setVariables(["city": ""], of: bot, for: "ann")
            let item = try await server.send(.GET, uri, token: server.owner.token)["data", "items"]!.elements[0]
            #expect(item["value"] == "")
            #expect(item["create_time"] == .integer(5))
            guard case .integer(let updated)? = item["update_time"] else {
                Issue.record("update_time is no integer")
                return
            }
            #expect(updated >= now)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `without keywords come the bot's variables and then the others, with keywords those, in their order`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.publishedBot(variables: [
                ["keyword": "z", "default_value": "Z"], ["keyword": "hidden", "enable": false],
                ["keyword": "a", "default_value": "A"], ["keyword": "sys", "channel": "system"],
            ])
            try await server.setVariables(["own2": "2", "a": "new", "own1": "1"], of: bot, for: "ann")
            #expect(try await server.keywords(of: bot, "") == ["z", "a", "own1", "own2"])
            #expect(try await server.keywords(of: bot, "&keywords=") == ["z", "a", "own1", "own2"])
            #expect(
                try await server.keywords(of: bot, "&keywords=own1,a,nothing,own1,z") == ["own1", "a", "z"])
            #expect(try await server.keywords(of: bot, "&keywords=own1&keywords=z") == ["own1", "z"])
            for name in ["hidden", "sys"] {
                let refusedRead = try await server.send(
                    .GET, "/v1/variables?bot_id=\(bot)&connector_uid=ann&keywords=a,\(name)", token: server.owner.token)
                #expect(refusedRead.code == 4000 && refusedRead.message.contains(name))
                let refused = try await server.setVariables(["z": "changed", name: "x"], of: bot, for: "ann")
                #expect(refused.code == 4000 && refused.message.contains(name))
            }
            #expect(try await server.values(of: bot, for: "ann")["z"] == "Z")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a value of a variable that is later disabled is kept but not shown`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.publishedBot(variables: [["keyword": "city"]])
            try await server.setVariables(["city": "a"], of: bot, for: "ann")
            let disabled: JSON = [["keyword": "city", "enable": false]]
            try await server.set("variables", of: bot, to: disabled, as: server.owner)
            #expect(try await server.values(of: bot, for: "ann") == ["city": "a"])
            try await server.publish(bot, as: server.owner)
            #expect(try await server.values(of: bot, for: "ann").isEmpty)
            try await server.set("variables", of: bot, to: [["keyword": "city"]], as: server.owner)
            try await server.publish(bot, as: server.owner)
            #expect(try await server.values(of: bot, for: "ann") == ["city": "a"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a bot must be online in the API, the Chat SDK or the Web SDK`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            #expect(try await server.setVariables(["a": "1"], of: bot, for: "ann").code == 4015)
            for (connector, code) in [("10000122", 4015), ("999", 0), ("998", 0), ("1024", 0)] {
                let bot = try await server.makeBot(server.owner)
                try await server.publish(bot, to: [connector], as: server.owner)
                #expect(try await server.setVariables(["a": "1"], of: bot, for: "ann").code == code, "\(connector)")
                let read = try await server.send(
                    .GET, "/v1/variables?bot_id=\(bot)&connector_uid=ann", token: server.owner.token)
                #expect(read.code == code, "\(connector)")
                _ = try await server.send(
                    .POST, "/v1/bots/\(bot)/unpublish", ["connector_id": .string(connector)], token: server.owner.token)
                #expect(try await server.setVariables(["a": "2"], of: bot, for: "ann").code == 4015)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the variables are those that are online in the channel asked for`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.publishedBot(variables: [["keyword": "api"]])
            try await server.set("variables", of: bot, to: [["keyword": "sdk"]], as: server.owner)
            try await server.publish(bot, to: ["999"], as: server.owner)
            #expect(try await server.keywords(of: bot, "") == ["api"])
            #expect(try await server.keywords(of: bot, "&connector_id=1024") == ["api"])
            #expect(try await server.keywords(of: bot, "&connector_id=999") == ["sdk"])
            // Published nowhere by this name: what was published last.
            #expect(try await server.keywords(of: bot, "&connector_id=77") == ["sdk"])
        }
    }

    @Test func `a token of a channel keeps values in that channel, as its chats do`() async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.publishedBot(variables: [["keyword": "city"]])
            let token = try await server.secret(.jwt, of: server.owner.user, connector: "10000999")
            let body: JSON = [
                "bot_id": .string(bot), "connector_uid": "ann", "data": [["keyword": "city", "value": "a"]],
            ]
            #expect(try await server.send(.PUT, "/v1/variables", body, token: token).code == 0)
            #expect(try await server.kept(bot, "10000999", "ann", server.owner.user) == ["city": "a"])
            #expect(try await server.kept(bot, "1024", "ann", server.owner.user).isEmpty)
            let uri = "/v1/variables?bot_id=\(bot)&connector_uid=ann"
            for (query, value) in [("", "a"), ("&connector_id=1024", "")] {
                let read = try await server.send(.GET, uri + query, token: token)
                #expect(read["data", "items"]?.elements[0]["value"]?.text == value)
            }
        }
    }

    @Test func `what is out of its limits is named, and nothing is set`() async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.publishedBot(variables: [])
            let long = String(repeating: "值", count: 10_001)
            let many = JSON.array((0...100).map { ["keyword": .string("k\($0)"), "value": "v"] })
            let cases: [(JSON, String)] = [
                ([], "data"), (many, "data"),
                ([["keyword": "ok", "value": "1"], ["keyword": "ok", "value": "2"]], "data[1].keyword"),
                ([["keyword": "ok", "value": .string(long)]], "data[0].value"),
                ([["keyword": "ok"]], "data[0].value"), ([["value": "x"]], "data[0].keyword"),
                ([["keyword": "1a", "value": "x"]], "data[0].keyword"),
                ([["keyword": "a-b", "value": "x"]], "data[0].keyword"),
                ([["keyword": "城市", "value": "x"]], "data[0].keyword"),
                ([["keyword": "", "value": "x"]], "data[0].keyword"),
                ([["keyword": .string(String(repeating: "k", count: 51)), "value": "x"]], "data[0].keyword"),
            ]
            for (data, field) in cases {
                let reply = try await server.setVariables(data, of: bot, for: "ann")
                #expect(reply.code == 4000 && reply.message.contains(field), "\(field): \(reply.message)")
            }
            #expect(try await server.values(of: bot, for: "ann").isEmpty)
            let longest = String(repeating: "值", count: 10_000)
            let key = String(repeating: "k", count: 50)
            #expect(try await server.setVariables([key: longest], of: bot, for: "ann").code == 0)
            #expect(try await server.values(of: bot, for: "ann") == [key: longest])
        }
    }

    @Test func `a bot or an app must be named, and apps do not exist`() async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.publishedBot(variables: [])
            for (query, code) in [
                ("", 4000), ("bot_id=&app_id=&", 4000), ("app_id=7&", 4200), ("bot_id=99&", 4200), ("bot_id=x&", 4000),
                ("bot_id=\(bot)&", 0), ("bot_id=\(bot)&app_id=&", 0),
            ] {
                let reply = try await server.send(
                    .GET, "/v1/variables?\(query)connector_uid=ann", token: server.owner.token)
                #expect(reply.code == code, "\(query)")
            }
            for uid in ["", String(repeating: "u", count: 257)] {
                let reply = try await server.send(
                    .GET, "/v1/variables?bot_id=\(bot)&connector_uid=\(uid)", token: server.owner.token)
                #expect(reply.code == 4000 && reply.message.contains("connector_uid"))
            }
        }
    }
}

extension TestServer {
    fileprivate func publishedBot(variables: JSON) async throws -> String {
        let bot = try await makeBot(owner)
        #expect(try await set("variables", of: bot, to: variables, as: owner).code == 0)
        try await publish(bot, as: owner)
        return bot
    }

    @discardableResult
    fileprivate func setVariables(_ data: JSON, of bot: String, for endUser: String) async throws -> Reply {
        try await send(
            .PUT, "/v1/variables", ["bot_id": .string(bot), "connector_uid": .string(endUser), "data": data],
            token: owner.token)
    }

    @discardableResult
    fileprivate func setVariables(
        _ values: KeyValuePairs<String, String>, of bot: String, for endUser: String
    ) async throws -> Reply {
        let data = values.map { ["keyword": .string($0.key), "value": .string($0.value)] as JSON }
        return try await setVariables(.array(data), of: bot, for: endUser)
    }

    private func items(of bot: String, _ query: String, _ endUser: String, _ caller: Caller) async throws -> [JSON] {
        try await send(
            .GET, "/v1/variables?bot_id=\(bot)&connector_uid=\(endUser)\(query)", token: caller.token
        )["data", "items"]!.elements
    }

    fileprivate func values(
        of bot: String, for endUser: String, _ query: String = "", as caller: Caller? = nil
    ) async throws -> [String: String] {
        let items = try await items(of: bot, query, endUser, caller ?? owner)
        return Dictionary(uniqueKeysWithValues: items.map { ($0["keyword"]!.text, $0["value"]!.text) })
    }

    /// The keywords that are read for the end user ann, in order.
    fileprivate func keywords(of bot: String, _ query: String) async throws -> [String] {
        try await items(of: bot, query, "ann", owner).map { $0["keyword"]!.text }
    }

    /// What a chat reads.
    fileprivate func kept(
        _ bot: String, _ connector: String, _ endUser: String, _ owner: ID
    ) async throws -> [String: String] {
        let store = VariableStore(storage: application.storage)
        return try await application.storage.database.read { connection in
            try store.values(
                of: ID(bot)!, connector: connector, endUser: endUser, member: Member(user: owner), in: connection)
        }
    }
}
