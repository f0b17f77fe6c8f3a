import APIKit
import CryptoExtras
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct OAuthAppTests {
    static let apps = "/buckle/v1/oauth_apps"

    static func make(
        _ server: TestServer, _ fields: JSON, as caller: TestServer.Caller? = nil
    ) async throws -> TestServer.Reply {
        try await server.send(.POST, apps, fields, token: (caller ?? server.owner).token)
    }

    @Test(arguments: DatabaseKind.available)
    func `an app is made, shown, listed, changed and removed`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let made = try await Self.make(
                server,
                [
                    "name": "Notebook", "app_type": "web", "redirect_uris": ["https://app.example.com/callback"],
                    "permissions": ["listBot", "chat", "listBot"],
                ])
            let id = made["data", "app_id"]!.text
            #expect(id.count == 19 && made["data", "client_id"]?.text == id + ".app.coze")
            #expect(made["data", "client_secret"]!.text.wholeMatch(of: /ocs_[0-9a-f]{64}/) != nil)
            #expect(made["data", "permissions"]?.elements == ["chat", "listBot"])

            let token = server.owner.token
            let shown = try await server.send(.GET, "\(Self.apps)/\(id)", token: token)
            #expect(shown["data", "client_secret"] == nil && shown["data", "is_enabled"] == true)
            let listed = try await server.send(.GET, Self.apps, token: token)
            #expect(listed["data", "total"] == 1 && listed["data", "items"]?.elements == [shown["data"]!])

            let changed = try await server.send(
                .PUT, "\(Self.apps)/\(id)", ["name": "Diary", "redirect_uris": ["http://127.0.0.1:9/x?y=z"]],
                token: token)
            #expect(changed["data", "name"]?.text == "Diary" && changed["data", "permissions"]?.elements.count == 2)
            #expect(changed["data", "redirect_uris"]?.elements == ["http://127.0.0.1:9/x?y=z"])
            #expect(try await server.send(.DELETE, "\(Self.apps)/\(id)", token: token).code == 0)
            #expect(try await server.send(.GET, "\(Self.apps)/\(id)", token: token).code == 4200)
            let actions = try await server.storage.database.read { connection in
                try connection.query(
                    "SELECT action FROM audit_record WHERE object_type = 'oauth_app' ORDER BY id"
                ) { $0.text(0) }
            }
            #expect(actions == ["oauth_app.create", "oauth_app.update", "oauth_app.delete"])
        }
    }

    @Test func `what no app may be is refused by name`() async throws {
        try await TestServer.with(.sqlite) { server in
            let long = String(repeating: "x", count: 501)
            let cases: [(String, JSON)] = [
                ("name", ["name": " ", "app_type": "service"]),
                ("name", ["name": .string(String(long.prefix(51))), "app_type": "service"]),
                ("description", ["name": "a", "app_type": "service", "description": .string(long)]),
                ("app_type", ["name": "a", "app_type": "native"]),
                ("redirect_uris", ["name": "a", "app_type": "web"]),
                ("redirect_uris", ["name": "a", "app_type": "pkce", "redirect_uris": []]),
                ("redirect_uris", ["name": "a", "app_type": "device", "redirect_uris": ["https://a.example"]]),
                (
                    "redirect_uris",
                    [
                        "name": "a", "app_type": "web",
                        "redirect_uris": [
                            "https://a.example/1", "https://a.example/2", "https://a.example/3", "https://a",
                        ],
                    ]
                ),
                ("permissions", ["name": "a", "app_type": "service", "permissions": []]),
                ("permissions", ["name": "a", "app_type": "service", "permissions": ["all"]]),
                ("permissions", ["name": "a", "app_type": "service", "permissions": ["unknown"]]),
                ("permissions", ["name": "a", "app_type": "service", "permissions": ["Buckle.manageTokens"]]),
                ("permissions", ["name": "a", "app_type": "service", "permissions": ["Buckle.manageAccounts"]]),
                ("permissions", ["name": "a", "app_type": "service", "permissions": ["Buckle.manageOAuthApps"]]),
                ("permissions", ["name": "a", "app_type": "service", "permissions": ["Enterprise.listOrganization"]]),
                ("is_s256_only", ["name": "a", "app_type": "device", "is_s256_only": true]),
                ("is_channel", ["name": "a", "app_type": "device", "is_channel": true]),
                ("connector_id", ["name": "a", "app_type": "service", "connector_id": "10000999"]),
                ("connector_id", ["name": "a", "app_type": "service", "is_channel": true, "connector_id": "a b"]),
                ("is_privileged", ["name": "a", "app_type": "service", "is_privileged": true]),
            ]
            for (field, body) in cases {
                let reply = try await Self.make(server, body)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(body): \(reply.json)")
            }
            let unknown = try await Self.make(server, ["name": "a", "app_type": "service", "enterprise_id": "7"])
            #expect(unknown.code == 4200)
            #expect(try await server.count("SELECT COUNT(*) FROM oauth_app") == 0)
        }
    }

    @Test func `browsers are sent back to safe addresses alone`() {
        let safe = [
            ("https://app.example.com", false), ("https://app.example.com:8443/a/b?c=d&e=%20", false),
            ("http://localhost/callback", false), ("http://127.0.0.1:8000/", false), ("http://[::1]:8000/", false),
            ("https://[2001:db8::1]/x", false), ("HTTPS://APP.example.com/", false), ("myapp://callback", true),
            ("com.example.app:/oauth", true),
        ]
        for (uri, isPrivate) in safe {
            #expect(throws: Never.self, "\(uri)") { try RedirectURI.check(uri, mayBePrivate: isPrivate) }
        }
        let unsafe = [
            "", "/callback", "callback", "//app.example.com/", "https://", "https:///x", "https:app.example.com",
            "https://app.example.com/#fragment", "https://app.example.com/ x", "https://app.example.com/\n",
            "https://user@app.example.com/", "https://user:pass@app.example.com/", "http://app.example.com/",
            "http://localhost.example.com/", "http://127.0.0.1@example.com/", "http://[::1]example.com/",
            "https://app.example.com:port/", "https://app.example.com:99999/", "https://app.example.com:+1/",
            "https://app.example.com\\@evil.example/", "https://app_;example/", "https://é.example/",
            "javascript:alert(1)", "JavaScript://x/%0aalert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
            "blob:https://x/y", "myapp:", "myapp:callback", "my app://x", "1app://x", "://x", "about:blank",
            "https://" + String(repeating: "a", count: 1024),
        ]
        for uri in unsafe {
            #expect(throws: APIError.self, "\(uri)") { try RedirectURI.check(uri, mayBePrivate: true) }
        }
        #expect(throws: APIError.self) { try RedirectURI.check("myapp://callback", mayBePrivate: false) }
    }

    @Test(arguments: DatabaseKind.available)
    func `another's app looks exactly like one that does not exist`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let made = try await Self.make(
                server, ["name": "a", "app_type": "web", "redirect_uris": ["https://a.example/"]])
            let id = made["data", "app_id"]!.text
            let requests: [(HTTPMethod, String, JSON?)] = [
                (.GET, "", nil), (.PUT, "", ["name": "b"]), (.DELETE, "", nil), (.POST, "/enable", nil),
                (.POST, "/disable", nil), (.POST, "/secret", nil), (.POST, "/revoke", nil), (.GET, "/keys", nil),
                (.POST, "/keys", nil), (.DELETE, "/keys/x", nil),
            ]
            for (method, path, body) in requests {
                let theirs = try await server.send(
                    method, "\(Self.apps)/\(id)\(path)", body, token: server.stranger.token)
                let none = try await server.send(method, "\(Self.apps)/99\(path)", body, token: server.stranger.token)
                #expect(theirs.code == 4200 && none.code == 4200, "\(method) \(path): \(theirs.json)")
                var message = theirs.message
                message.replace(id, with: "99")
                #expect(message == none.message)
            }
            #expect(try await server.send(.GET, Self.apps, token: server.stranger.token)["data", "total"] == 0)
            let kept = try await server.send(.GET, "\(Self.apps)/\(id)", token: server.owner.token)
            #expect(kept["data", "name"]?.text == "a" && kept["data", "is_enabled"] == true)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `disabling suspends tokens, revoking and deleting kill them`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server)
            let first = try await app.exchange().access
            #expect(try await server.isGood(first))
            try await app.change("disable")
            try await app.change("disable")
            #expect(try await server.send(.GET, "/v1/users/me", token: first).code == 4100)
            try await app.change("enable")
            #expect(try await server.isGood(first))

            try await app.change("revoke")
            #expect(try await server.send(.GET, "/v1/users/me", token: first).code == 700_012_006)
            let second = try await app.exchange().access
            #expect(try await server.isGood(second))
            let uri = "\(Self.apps)/\(app.id)"
            #expect(try await server.send(.DELETE, uri, token: server.owner.token).code == 0)
            #expect(try await server.send(.GET, "/v1/users/me", token: second).code == 700_012_006)
            let gone = try await app.exchange()
            #expect(gone.status == 401 && gone.error == "invalid_client")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `points that are taken away, and another channel, end the tokens that had more`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(
                server, ["permissions": ["listBot", "chat"], "is_channel": true, "connector_id": "1"])
            for (change, survives) in [
                (["permissions": ["listBot", "chat", "getChat"]], true), (["permissions": ["listBot"]], false),
                (["connector_id": "1"], true), (["connector_id": "2"], false), (["name": "new"], true),
            ] as [(JSON, Bool)] {
                let token = try await app.exchange().access
                let reply = try await server.send(
                    .PUT, "\(Self.apps)/\(app.id)", change, token: server.owner.token)
                #expect(reply.code == 0, "\(reply.json)")
                #expect(try await server.isGood(token) == survives, "\(change)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a new secret replaces the old one`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let made = try await Self.make(
                server, ["name": "a", "app_type": "web", "redirect_uris": ["https://a.example/"]])
            let (id, old) = (made["data", "app_id"]!.text, made["data", "client_secret"]!.text)
            let reset = try await server.send(.POST, "\(Self.apps)/\(id)/secret", token: server.owner.token)
            let new = reset["data", "client_secret"]!.text
            let store = OAuthAppStore(storage: server.storage)
            let app = try await store.find(clientID: id + ".app.coze")!
            #expect(new != old && app.accepts(secret: new) && !app.accepts(secret: old) && !app.accepts(secret: ""))
            #expect(try await store.find(clientID: id) == nil)
            for secret in [old, new] {
                let pattern = "%\(secret.dropFirst(4))%"
                #expect(try await server.count("SELECT COUNT(*) FROM audit_record WHERE detail LIKE \(pattern)") == 0)
            }
            let service = try await ServiceApp.make(server)
            #expect(
                try await server.send(.POST, "\(Self.apps)/\(service.id)/secret", token: server.owner.token).code
                    == 4000)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a service app has up to three keys, each once`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server)
            let keys = "\(Self.apps)/\(app.id)/keys"
            let token = server.owner.token
            let pair = try await ServiceApp.pairs.value[0]
            #expect(pair.privateKey.hasPrefix("-----BEGIN PRIVATE KEY-----"))
            let again = try await server.send(
                .POST, keys, ["public_key": .string(pair.publicKey.pem)], token: token)
            #expect(again.code == 4000)
            let small = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024))
            for wrong in ["text", pair.privateKey, small.publicKey.pemRepresentation, pair.publicKey.id] {
                let reply = try await server.send(.POST, keys, ["public_key": .string(wrong)], token: token)
                #expect(reply.code == 4000 && reply.message.contains("public_key"), "\(reply.json)")
            }
            let made = try await server.send(.POST, keys, token: token)
            let text = made["data", "private_key"]!.text
            let key = try _RSA.Signing.PrivateKey(pemRepresentation: text)
            #expect(key.keySizeInBits == 2048)
            #expect(made["data", "public_key"]?.text == key.publicKey.pemRepresentation)
            let other = try await ServiceApp.pairs.value[1].publicKey.pem
            #expect(try await server.send(.POST, keys, ["public_key": .string(other)], token: token).code == 0)
            let fourth = try await server.send(.POST, keys, token: token)
            #expect(fourth.code == 4000 && fourth.message.contains("3 keys"))

            let listed = try await server.send(.GET, keys, token: token)["data", "items"]?.elements ?? []
            #expect(listed.count == 3 && listed.allSatisfy { $0["private_key"] == nil })
            #expect(try await app.exchange().status == 200)
            #expect(try await server.send(.DELETE, "\(keys)/\(app.kid)", token: token).code == 0)
            #expect(try await server.send(.DELETE, "\(keys)/\(app.kid)", token: token).code == 4200)
            #expect(try await app.exchange().error == "invalid_request")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an enterprise's app is managed by its administrators, but keys are the owner's alone`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let enterprise = server.storage.ids.next()
            try await server.execute(
                "INSERT INTO enterprise (id, name, created_at) VALUES (\(enterprise), 'Works', 1)")
            for (user, role) in [
                (server.owner.user, "enterprise_super_admin"), (server.stranger.user, "enterprise_member"),
            ] {
                try await server.execute(
                    """
                    INSERT INTO enterprise_member (enterprise_id, user_id, role, joined_at)
                    VALUES (\(enterprise), \(user), \(role), 1)
                    """)
            }
            let app = try await ServiceApp.make(server, ["enterprise_id": .string(enterprise.description)])
            let uri = "\(Self.apps)/\(app.id)"
            let other = server.stranger.token
            #expect(try await server.send(.GET, uri, token: other).code == 4200)
            try await server.execute(
                "UPDATE enterprise_member SET role = 'enterprise_admin' WHERE user_id = \(server.stranger.user)")
            #expect(try await server.send(.GET, uri, token: other).code == 0)
            #expect(try await server.send(.GET, Self.apps, token: other)["data", "total"] == 1)
            #expect(try await server.send(.POST, uri + "/keys", token: other).code == 4101)
            #expect(try await server.send(.POST, uri + "/disable", token: other).code == 0)
            #expect(try await app.exchange().error == "access_deny")
            // Nor can they have the owner's app do more in the owner's name.
            let narrow = try await ServiceApp.make(
                server, ["enterprise_id": .string(enterprise.description), "permissions": ["listBot", "chat"]])
            let change: JSON = ["permissions": ["listBot", "getChat"]]
            let place = "\(Self.apps)/\(narrow.id)"
            #expect(try await server.send(.PUT, place, change, token: other).code == 4101)
            #expect(try await server.send(.PUT, place, ["permissions": ["listBot"]], token: other).code == 0)
            #expect(try await server.send(.PUT, place, change, token: server.owner.token).code == 0)
        }
    }

    @Test func `nobody gives an app what their own token does not allow`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await ServiceApp.make(server, ["permissions": ["listBot"]])
            let narrow = try await TestServer.token(
                for: server.owner.user, permissions: ["Buckle.manageOAuthApps", "Buckle.manageTokens", "chat"],
                server.storage)
            let uri = "\(Self.apps)/\(app.id)"
            let fields: JSON = ["name": "a", "app_type": "service", "permissions": ["chat", "listBot"]]
            #expect(try await server.send(.POST, Self.apps, fields, token: narrow).code == 4101)
            #expect(try await server.send(.POST, uri + "/keys", token: narrow).code == 4101)
            let change: JSON = ["permissions": ["listBot", "getChat"]]
            #expect(try await server.send(.PUT, uri, change, token: narrow).code == 4101)
            let client: JSON = ["client_id": .string(app.id.description)]
            #expect(try await server.send(.POST, "/buckle/v1/oauth_grants", client, token: narrow).code == 4101)
            #expect(try await server.send(.PUT, uri, ["name": "b"], token: narrow).code == 0)
            let made = try await server.send(
                .POST, Self.apps, ["name": "a", "app_type": "service"], token: narrow)
            #expect(made["data", "permissions"]?.elements == ["chat"])
        }
    }

    @Test func `only service apps are installed, and nobody grants what their token does not reach`() async throws {
        try await TestServer.with(.sqlite) { server in
            let grants = "/buckle/v1/oauth_grants"
            let web = try await server.makeApp(.web)
            let app = try await ServiceApp.make(server)
            let token = server.stranger.token
            #expect(try await server.send(.POST, grants, ["client_id": "99"], token: token).code == 4200)
            #expect(
                try await server.send(.POST, grants, ["client_id": .string(web.clientID)], token: token).code == 4000)
            let client = JSON.string("\(app.id).app.coze")
            let theirs: JSON = [
                "client_id": client, "workspace_ids": [.string(server.owner.workspace.description)],
            ]
            #expect(try await server.send(.POST, grants, theirs, token: token).code == 4200)
            #expect(try await server.send(.GET, grants, token: token)["data", "total"] == 0)

            let first = try await server.send(.POST, grants, ["client_id": client], token: token)
            let wide = try await app.exchange(at: "account/\(server.stranger.user)/").access
            let own: JSON = [
                "client_id": client, "workspace_ids": [.string(server.stranger.workspace.description)],
            ]
            let second = try await server.send(.POST, grants, own, token: token)
            // It is the same grant, and what came of it reached more than it does now.
            #expect(first["data", "id"] == second["data", "id"] && first.code == 0)
            #expect(try await !server.isGood(wide))
            let listed = try await server.send(.GET, grants, token: token)
            #expect(listed["data", "items"]?.elements == [second["data"]!])
            #expect(listed["data", "items"]?.elements[0]["app"]?["name"]?.text == "robot")
            #expect(try await server.send(.GET, grants, token: server.owner.token)["data", "total"] == 0)
        }
    }
}
