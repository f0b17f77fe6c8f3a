import APIKit
import Agents
import Database
import Logging
import ModelClient
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ModelTests {
    private static let key = "sk-0123456789abcdef"
    private static let path = "/buckle/v1/models"

    @Test(arguments: DatabaseKind.available)
    func `an operator adds a model, and others see no more of it than they need`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let made = try await server.addModel([
                "name": "Q", "base_url": "http://127.0.0.1:9/v1", "model": "qwen3", "api_key": .string(Self.key),
                "context_length": 4096, "capabilities": ["vision", "tools", "tools"], "idle_timeout_ms": 1500,
            ])
            let id = made["data", "id"]!.text
            #expect(ID(id) != nil, "\(made.json)")
            let expected: [String: JSON] = [
                "name": "Q", "base_url": "http://127.0.0.1:9/v1", "model": "qwen3", "context_length": 4096,
                "capabilities": ["tools", "vision"], "source": "database", "is_default": true, "has_api_key": true,
                "api_key_hint": "cdef", "connect_timeout_ms": 10_000, "first_token_timeout_ms": 60_000,
                "idle_timeout_ms": 1500,
            ]
            for (name, value) in expected { #expect(made["data", name] == value, "\(name): \(made.json)") }
            #expect(made["data", "created_at"] == made["data", "updated_at"])
            // The built-in one is there only while there is no other.
            #expect(try await server.models(server.owner.token) == [made.json["data"]!])
            let seen = try await server.models(server.stranger.token)
            #expect(seen.count == 1 && seen[0]["id"]?.text == id)
            let names = ["capabilities", "context_length", "id", "is_default", "name", "source"]
            #expect(seen[0].keys == names, "\(seen)")
            // An operator's token without the point shows no more.
            let weak = try await TestServer.token(
                for: server.owner.user, permissions: ["chat"], server.application.storage)
            #expect(try await server.models(weak) == seen)
            let bound = try await server.scopedToken(server.owner, [server.owner.workspace])
            #expect(try await server.models(bound) == seen)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a key is in no reply, no audit record and no row, and still there after a start`(
        _ kind: DatabaseKind
    ) async throws {
        try await withScratchDirectory { directory in
            try await TestServer.with(kind) { server in
                var replies = [try await server.addModel(["api_key": .string(Self.key)])]
                let id = replies[0]["data", "id"]!.text
                replies.append(try await server.change(id, ["name": "other", "api_key": .string(Self.key + "-new")]))
                replies.append(try await server.send(.GET, Self.path, token: server.owner.token))
                replies.append(try await server.send(.GET, "/buckle/v1/audit", token: server.owner.token))
                replies.append(try await server.change(id, ["api_key": .string("no\nkey \(Self.key)")]))
                for reply in replies { #expect(!"\(reply.json)".contains(Self.key), "\(reply.json)") }
                #expect(replies[4].code == 4000 && replies[4].message.contains("api_key"))
                let database = server.application.storage.database
                let sealed = try await database.read { connection in
                    try connection.first("SELECT sealed_key FROM model") { $0.blob(0) } ?? []
                }
                #expect(sealed.count == Self.key.utf8.count + "-new".utf8.count + 28)
                #expect(!String(decoding: sealed, as: UTF8.self).contains(Self.key))

                let again = try await server.another(in: directory)
                #expect(try await again.models(server.owner.token)[0]["api_key_hint"] == "-new")
                // Copied to another row it opens no more.
                try await database.write { connection in
                    try connection.execute("UPDATE model SET id = id + 1")
                    try connection.execute("UPDATE model_catalog SET revision = revision + 1")
                }
                let moved = try await server.another(in: directory)
                #expect(try await moved.models(server.owner.token)[0]["has_api_key"] == false)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is absent stays, and 0 takes a timeout back`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let made = try await server.addModel([
                "api_key": .string(Self.key), "capabilities": ["tools"], "connect_timeout_ms": 5,
                "first_token_timeout_ms": 6, "idle_timeout_ms": 7,
            ])
            let id = made["data", "id"]!.text
            let same = try await server.change(id, ["name": "", "api_key": "", "base_url": .null])
            #expect(same.json["data"] == made.json["data"], "\(same.json)")
            #expect(try await server.auditCount("model.update", id) == 0)

            let changed = try await server.change(
                id, ["name": "B", "capabilities": [], "connect_timeout_ms": 0, "context_length": 256])
            for (name, value) in [
                ("name", "B"), ("capabilities", []), ("connect_timeout_ms", 10_000), ("context_length", 256),
                ("first_token_timeout_ms", 6), ("idle_timeout_ms", 7), ("has_api_key", true), ("model", "m"),
            ] as [(String, JSON)] { #expect(changed["data", name] == value, "\(name): \(changed.json)") }

            let both: JSON = ["remove_api_key": true, "api_key": "another"]
            #expect(try await server.change(id, both).message.contains("remove_api_key"))
            let open = try await server.change(id, ["remove_api_key": true])
            #expect(open["data", "has_api_key"] == false && open["data", "api_key_hint"] == nil, "\(open.json)")
            let short = try await server.change(id, ["api_key": "elevenchars"])
            #expect(short["data", "has_api_key"] == true && short["data", "api_key_hint"] == nil, "\(short.json)")
            let details = try await server.application.storage.database.read { connection in
                try connection.query(
                    "SELECT detail FROM audit_record WHERE action = 'model.update' ORDER BY id"
                ) { try $0.stringMap(0)["changed"] }
            }
            #expect(details == ["name,context_length,capabilities,timeouts", "api_key", "api_key"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a bot answers with a model while it is there`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let id = try await server.addModel(["first_token_timeout_ms": 100])["data", "id"]!.text
            let body: JSON = [
                "space_id": .string(server.owner.workspace.description), "name": "b",
                "model_info_config": ["model_id": .string(id)],
            ]
            let bot = try await server.send(.POST, "/v1/bot/create", body, token: server.owner.token)
            let botID = bot["data", "bot_id"]!.text
            let (conversation, chat) = try await server.makeChat(server.owner, bot: botID)
            let found = try await server.send(
                .GET, "/v3/chat/retrieve?conversation_id=\(conversation)&chat_id=\(chat)", token: server.owner.token)
            // Nobody listens there.
            #expect(found["data", "last_error", "code"] == 4013, "\(found.json)")

            let uri = "\(Self.path)/\(id)"
            #expect(try await server.send(.DELETE, uri, token: server.owner.token).code == 0)
            let question: JSON = [
                "bot_id": .string(botID), "user_id": "someone", "publish_status": "unpublished_draft",
                "additional_messages": [["role": "user", "content": "hello", "content_type": "text"]],
            ]
            #expect(try await server.send(.POST, "/v3/chat", question, token: server.owner.token).code == 4012)
            #expect(try await server.send(.DELETE, uri, token: server.owner.token).code == 4200)
            #expect(try await server.change(id, ["name": "x"]).code == 4200)
            #expect(try await server.models(server.owner.token).map { $0["source"] } == ["built_in"])
            #expect(try await server.auditCount("model.create", id) == 1)
            #expect(try await server.auditCount("model.delete", id) == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `bots without a model get the chosen one, else the first`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            var ids: [String] = []
            for _ in 0..<3 { ids.append(try await server.addModel([:])["data", "id"]!.text) }
            #expect(try await server.defaults() == [ids[0]])
            #expect(try await server.change(ids[2], ["is_default": true])["data", "is_default"] == true)
            #expect(try await server.defaults() == [ids[2]])
            // Nothing changes for one that is not the default.
            #expect(try await server.change(ids[1], ["is_default": false])["data", "is_default"] == false)
            #expect(try await server.defaults() == [ids[2]])
            #expect(try await server.auditCount("model.update", ids[1]) == 0)
            #expect(try await server.change(ids[2], ["is_default": false])["data", "is_default"] == false)
            #expect(try await server.defaults() == [ids[0]])
            let last = try await server.addModel(["is_default": true])["data", "id"]!.text
            #expect(try await server.defaults() == [last])
            _ = try await server.send(.DELETE, "\(Self.path)/\(last)", token: server.owner.token)
            #expect(try await server.defaults() == [ids[0]])
            #expect(try await server.count("SELECT COUNT(*) FROM model_catalog WHERE default_model IS NOT NULL") == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `models of the configuration file come first and stay as they are`(_ kind: DatabaseKind) async throws {
        try await withScratchDirectory { directory in
            try await TestServer.with(kind) { plain in
                let stored = try await plain.addModel(["name": "stored"])["data", "id"]!.text
                let endpoint = ModelEndpoint(baseURL: "http://127.0.0.1:9/v1", apiKey: Self.key, model: "m")
                // The second has the id of the stored one, which it hides.
                let models = ["file", stored].map { id in
                    Model(
                        id: id, name: "of the file", contextLength: 4096, capabilities: [],
                        source: .upstream(endpoint))
                }
                let server = try await plain.another(in: directory, models: models)
                let listed = try await server.models(server.owner.token)
                #expect(listed.map { $0["id"]!.text } == ["file", stored])
                #expect(listed.allSatisfy { $0["source"] == "configuration" && $0["api_key_hint"] == "cdef" })
                #expect(!"\(listed)".contains(Self.key))
                let added = try await server.addModel([:])["data", "id"]!.text
                #expect(try await server.models(server.owner.token).map { $0["id"]!.text } == ["file", stored, added])

                for id in ["file", stored] {
                    for body in [["name": "x"], ["api_key": "x"], ["remove_api_key": true], ["capabilities": []]]
                        as [JSON]
                    {
                        let reply = try await server.change(id, body)
                        #expect(reply.code == 4000 && reply.message.contains("model_id"), "\(reply.json)")
                    }
                    let uri = "\(Self.path)/\(id)"
                    #expect(try await server.send(.DELETE, uri, token: server.owner.token).code == 4000)
                    #expect(try await server.change(id, .object([])).code == 0)
                }
                #expect(try await server.change(added, ["is_default": true])["data", "is_default"] == true)
                #expect(try await server.change("file", ["is_default": true])["data", "is_default"] == true)
                #expect(try await server.defaults() == ["file"])
                #expect(try await server.auditCount("model.update", "file") == 1)
                #expect(try await server.count("SELECT COUNT(*) FROM model") == 2)
            }
        }
    }

    @Test func `what breaks the rules is refused by its field and makes nothing`() async throws {
        try await TestServer.with(.sqlite) { server in
            let long = String(repeating: "x", count: 5000)
            let bodies: [(JSON, String)] =
                [
                    (["name": .string(long)], "name"), (["name": "a\u{7}b"], "name"), (["name": "  "], "name"),
                    (["model": .string(long)], "model"), (["context_length": 255], "context_length"),
                    (["context_length": 100_000_001], "context_length"),
                    (["capabilities": ["speech"]], "capabilities[0]"),
                    (["api_key": .string(long)], "api_key"), (["api_key": "a\tb"], "api_key"),
                    (["api_key": " "], "api_key"),
                    (["connect_timeout_ms": 30_001], "connect_timeout_ms"),
                    (["idle_timeout_ms": -1], "idle_timeout_ms"),
                    (["first_token_timeout_ms": 3_600_001], "first_token_timeout_ms"),
                ] + Self.badAddresses(long).map { (["base_url": .string($0)], "base_url") }
            for (body, field) in bodies {
                let reply = try await server.addModel(body)
                #expect(reply.code == 4000 && reply.message.contains("\(field):"), "\(body) \(reply.json)")
                #expect(reply.message.utf8.count < 300)
            }
            let id = try await server.addModel([:])["data", "id"]!.text
            let before = try await server.models(server.owner.token)
            for (body, field) in bodies {
                let reply = try await server.change(id, body)
                #expect(reply.code == 4000 && reply.message.contains("\(field):"), "\(body) \(reply.json)")
            }
            #expect(try await server.models(server.owner.token) == before)
            for address in [
                "http://a", "https://a.b:65535/", "http://[::1]:11434/v1", "https://a/b@c/~d;e=f/",
                "http://under_score/v1",
            ] {
                #expect(try await server.change(id, ["base_url": .string(address)]).code == 0, "\(address)")
            }
        }
    }

    private static func badAddresses(_ long: String) -> [String] {
        [
            "a/v1", "ftp://a/v1", "//a/v1", "http://", "http:///v1", "http://a b/v1", "http://ä/v1", "http://a/v1?x=y",
            "http://a/v1#x", "http://u:p@a/v1", "http://u@a/v1", "http://a:/v1", "http://a:0/v1", "http://a:65536/v1",
            "http://a:+1/v1", "http://a:b/v1", "http://[::1/v1", "http://[]/v1", "http://[::1]x/v1", "http://a\\b/v1",
            "http://a/v1\r\nHost: b", "https://a/v1/chat/completions", "http://" + long,
        ]
    }

    @Test func `there is an end to how many can be added`() async throws {
        try await TestServer.with(.sqlite) { server in
            try await server.application.storage.database.write { connection in
                for id in 1...500 {
                    try connection.execute(
                        """
                        INSERT INTO model
                        (id, name, base_url, upstream_name, context_length, capabilities, created_at, updated_at)
                        VALUES (\(id), 'm', 'http://a', 'm', 4096, '[]', 1, 1)
                        """)
                }
            }
            let reply = try await server.addModel([:])
            #expect(reply.code == 4000 && reply.message.contains("500"), "\(reply.json)")
            #expect(try await server.count("SELECT COUNT(*) FROM model") == 500)
        }
    }

    @Test func `only operators manage models, with a token that is bound to nothing`() async throws {
        try await TestServer.with(.sqlite) { server in
            let id = try await server.addModel([:])["data", "id"]!.text
            let bound = try await server.scopedToken(server.owner, [server.owner.workspace])
            let weak = try await TestServer.token(
                for: server.owner.user, permissions: ["Buckle.manageAccounts"], server.application.storage)
            for token in [server.stranger.token, bound, weak] {
                for (method, uri, body) in [
                    (.POST, Self.path, ["base_url": "http://a", "model": "m"]), (.PUT, "\(Self.path)/\(id)", [:]),
                    (.DELETE, "\(Self.path)/\(id)", .null), (.DELETE, "\(Self.path)/7", .null),
                    (.POST, "\(Self.path)/test", ["base_url": "http://a"]),
                ] as [(HTTPMethod, String, JSON)] {
                    let reply = try await server.send(method, uri, body == .null ? nil : body, token: token)
                    #expect(reply.code == 4101, "\(method) \(uri): \(reply.json)")
                }
            }
            #expect(try await server.count("SELECT COUNT(*) FROM model") == 1)
        }
    }

    @Test func `a server that is to be tried out must be named, and need not be there`() async throws {
        try await TestServer.with(.sqlite) { server in
            func test(_ body: JSON) async throws -> TestServer.Reply {
                try await server.send(.POST, "\(Self.path)/test", body, token: server.owner.token)
            }
            #expect(try await test([:]).message.contains("base_url:"))
            #expect(try await test(["base_url": "http://u@a"]).message.contains("base_url:"))
            #expect(try await test(["base_url": "http://a", "api_key": "a\u{1}"]).message.contains("api_key:"))
            #expect(try await test(["model_id": "7"]).code == 4200)
            #expect(try await test(["model_id": "demo"]).message.contains("model_id:"))
            let id = try await server.addModel([:])["data", "id"]!.text
            for body in [["base_url": "http://127.0.0.1:9/v1", "model": "m"], ["model_id": .string(id)]] as [JSON] {
                let reply = try await test(body)
                #expect(reply.code == 0 && reply["data", "reachable"] == false, "\(reply.json)")
                #expect(reply["data", "models"] == [] && reply["data", "answer"] == nil)
                #expect(reply["data", "error", "message"]?.text.contains("cannot be reached") == true, "\(reply.json)")
            }
        }
    }
}

extension TestServer {
    /// Asks, as the owner, for a model at an address where nobody listens.
    fileprivate func addModel(_ fields: JSON) async throws -> Reply {
        var members: [JSON.Member] = [
            .init(key: "base_url", value: "http://127.0.0.1:9/v1"), .init(key: "model", value: "m"),
        ]
        if case .object(let given) = fields {
            members.removeAll { member in given.contains { $0.key == member.key } }
            members += given
        }
        return try await send(.POST, "/buckle/v1/models", .object(members), token: owner.token)
    }

    fileprivate func change(_ id: String, _ fields: JSON) async throws -> Reply {
        try await send(.PUT, "/buckle/v1/models/\(id)", fields, token: owner.token)
    }

    fileprivate func models(_ token: String) async throws -> [JSON] {
        try await send(.GET, "/buckle/v1/models", token: token)["data", "models"]!.elements
    }

    /// The ids of the default models.
    fileprivate func defaults() async throws -> [String] {
        try await models(owner.token).filter { $0["is_default"] == true }.map { $0["id"]!.text }
    }

    /// The server once more, as after another start.
    fileprivate func another(in directory: String, models: [Model] = []) async throws -> TestServer {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return TestServer(
            application: try await Application(
                storage: application.storage, dataDirectory: directory, models: models,
                publicURL: PublicURL("http://localhost"), logger: logger),
            owner: owner, stranger: stranger)
    }
}

extension JSON {
    /// The names of an object's members, sorted.
    fileprivate var keys: [String] {
        if case .object(let members) = self { members.map(\.key).sorted() } else { [] }
    }
}
