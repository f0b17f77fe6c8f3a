import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct OAuthFlowTests {
    @Test(arguments: DatabaseKind.available)
    func `a web app gets tokens for a code once, and a second use ends all that came of it`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let app = try await server.makeApp(.web)
            let code = try await server.code(app, for: server.owner)
            #expect(code.wholeMatch(of: /code_[0-9a-f]{64}/) != nil)
            let now = Clock.system.now()
            let reply = try await server.exchange(app, code: code, secret: app.secret.text)
            #expect(reply.status == 200 && reply.json["token_type"]?.text == "Bearer")
            #expect(reply.access.hasPrefix("czu_") && !reply.refresh.isEmpty)
            let end = try #require(reply.integer("expires_in"))
            #expect((899...902).contains(end - now))
            #expect(try await server.isGood(reply.access))
            let refreshed = try await server.refresh(app, reply.refresh, secret: app.secret.text)
            #expect(refreshed.status == 200)

            let again = try await server.exchange(app, code: code, secret: app.secret.text)
            #expect(again.status == 400 && again.error == "invalid_request")
            #expect(again.json["error"]?.text == "invalid_request" && !again.errorMessage.isEmpty)
            for dead in [reply.access, refreshed.access] { #expect(try await !server.isGood(dead)) }
            #expect(
                try await server.refresh(app, refreshed.refresh, secret: app.secret.text).error == "invalid_request")
            #expect(try await server.number("SELECT COUNT(*) FROM audit_record WHERE action = 'oauth.grant'") == 1)
            #expect(try await server.number("SELECT COUNT(*) FROM audit_record WHERE action = 'oauth.revoke'") == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `of exchanges that race, one succeeds`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await server.makeApp(.pkce)
            let code = try await server.code(app, for: server.owner, challenge: "abcd")
            let replies = try await withThrowingTaskGroup(of: TestServer.Reply.self) { group in
                for _ in 1...16 { group.addTask { try await server.exchange(app, code: code, verifier: "abcd") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.count { $0.status == 200 } == 1)
            #expect(replies.count { $0.error == "invalid_request" } == 15)
            // Somebody had the code twice, so nobody keeps what came of it.
            for reply in replies where reply.status == 200 { #expect(try await !server.isGood(reply.access)) }
        }
    }

    @Test func `a code that comes with the wrong app, address, verifier or secret stays good`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (app, other) = (try await server.makeApp(.pkce), try await server.makeApp(.pkce))
            let web = try await server.makeApp(.web)
            let code = try await server.code(app, for: server.owner, challenge: "abcd", method: "plain")
            #expect(try await server.exchange(other, code: code, verifier: "abcd").error == "invalid_request")
            #expect(try await server.exchange(app, code: code, verifier: "abce").error == "invalid_request")
            #expect(try await server.exchange(app, code: code).error == "invalid_request")
            #expect(
                try await server.exchange(
                    app, code: code, verifier: "abcd", redirectURI: TestServer.App.redirectURI + "/"
                ).error == "invalid_request")
            #expect(
                try await server.exchange(web, code: code, secret: web.secret.text).error == "invalid_request")
            // A secret that a public app has none of is not looked at.
            let reply = try await server.exchange(app, code: code, verifier: "abcd", secret: "something")
            #expect(try await server.isGood(reply.access))

            let webCode = try await server.code(web, for: server.owner)
            for secret in [nil, "", "wrong", app.secret.text] {
                let refused = try await server.exchange(web, code: webCode, secret: secret)
                #expect(refused.status == 401 && refused.error == "invalid_client")
            }
            let unasked = try await server.exchange(web, code: webCode, verifier: "abcd", secret: web.secret.text)
            #expect(unasked.error == "invalid_request")
            let got = try await server.exchange(web, code: webCode, secret: web.secret.text)
            #expect(got.status == 200)
            #expect(try await server.refresh(web, got.refresh).error == "invalid_client")
            #expect(try await server.refresh(web, got.refresh, secret: web.secret.text).status == 200)
        }
    }

    @Test func `a short verifier cannot be found by trying`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.pkce)
            let code = try await server.code(app, for: server.owner, challenge: "abcd")
            for _ in 1...5 {
                #expect(try await server.exchange(app, code: code, verifier: "dcba").error == "invalid_request")
            }
            #expect(try await server.exchange(app, code: code, verifier: "abcd").error == "invalid_request")
        }
    }

    @Test func `a code ends after five minutes`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.pkce)
            let now = Clock.system.now()
            let code = try await server.code(app, for: server.owner, challenge: "abcd")
            #expect((299...302).contains(try await server.number("SELECT expires_at FROM oauth_code") - now))
            try await server.execute("UPDATE oauth_code SET expires_at = \(now)")
            #expect(try await server.exchange(app, code: code, verifier: "abcd").error == "invalid_request")
        }
    }

    @Test func `a verifier is proved with SHA-256`() async throws {
        // The example of RFC 7636, appendix B.
        let (verifier, challenge) = (
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        )
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.pkce, isS256Only: true)
            let code = try await server.code(app, for: server.owner, challenge: challenge, method: "S256")
            #expect(try await server.exchange(app, code: code, verifier: challenge).error == "invalid_request")
            #expect(try await server.exchange(app, code: code, verifier: verifier).status == 200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a refresh token is good once, and a second use ends the grant`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (app, other) = (try await server.makeApp(.pkce), try await server.makeApp(.pkce))
            let code = try await server.code(app, for: server.owner, challenge: "abcd")
            let first = try await server.exchange(app, code: code, verifier: "abcd")
            // Another app's try does no harm.
            #expect(try await server.refresh(other, first.refresh).error == "invalid_request")
            let second = try await server.refresh(app, first.refresh)
            #expect(second.refresh != first.refresh && second.access != first.access)
            for token in [first.access, second.access] { #expect(try await server.isGood(token)) }
            #expect(try await server.refresh(app, first.refresh).error == "invalid_request")
            for token in [first.access, second.access] { #expect(try await !server.isGood(token)) }
            #expect(try await server.refresh(app, second.refresh).error == "invalid_request")
        }
    }

    @Test func `a refresh token that has expired does no harm`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.pkce)
            let code = try await server.code(app, for: server.owner, challenge: "abcd")
            let first = try await server.exchange(app, code: code, verifier: "abcd")
            let now = Clock.system.now()
            let end = try await server.number("SELECT expires_at FROM oauth_refresh_token")
            let days: Int64 = 30
            #expect(abs(end - now - days * 86400) <= 2)
            try await server.execute("UPDATE oauth_refresh_token SET expires_at = \(now)")
            #expect(try await server.refresh(app, first.refresh).error == "invalid_request")
            #expect(try await server.isGood(first.access))
        }
    }

    @Test func `a token for one workspace carries nothing of the account`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.pkce)
            let code = try await server.code(
                app, for: server.owner, challenge: "abcd", workspace: server.owner.workspace)
            let token = try await server.exchange(app, code: code, verifier: "abcd").access
            let bots = "/v1/bots?workspace_id=\(server.owner.workspace)"
            #expect(try await server.send(.GET, bots, token: token).code == 0)
            #expect(try await server.send(.POST, "/v1/conversation/create", [:], token: token).code == 4101)
        }
    }

    @Test func `what is wrong with a request to the token endpoint is said`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (web, device) = (try await server.makeApp(.web), try await server.makeApp(.device))
            let uri = "/api/permission/oauth2/token"
            let cases: [(JSON, String, Int)] = [
                ([:], "invalid_request", 400),
                (["grant_type": .null], "invalid_request", 400),
                (["grant_type": "password"], "unsupported_grant_type", 400),
                (["grant_type": "refresh_token"], "invalid_request", 400),
                (["grant_type": "refresh_token", "refresh_token": "x"], "invalid_request", 400),
                (["grant_type": "refresh_token", "refresh_token": "x", "client_id": "1"], "invalid_client", 401),
                (
                    [
                        "grant_type": "authorization_code", "code": "code_x", "scope": "openid",
                        "client_id": .string(device.clientID),
                    ], "access_deny", 400
                ),
                (
                    [
                        "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x",
                        "client_id": .string(web.clientID),
                    ], "access_deny", 400
                ),
                (["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"], "invalid_client", 401),
                (
                    ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "scope": "all"], "invalid_request",
                    400
                ),
            ]
            for (body, error, status) in cases {
                let reply = try await server.send(.POST, uri, body, token: nil)
                #expect(reply.error == error && reply.status == status, "\(body): \(reply.json)")
                #expect(!reply.errorMessage.isEmpty && reply.json["access_token"] == nil)
            }
            let reply = try await server.send(.POST, uri, ["grant_type": "password"], token: nil)
            #expect(reply.errorMessage == "not supported grant type: password")
        }
    }

    @Test func `a disabled app and a disabled account get nothing, and lose nothing`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.pkce)
            let code = try await server.code(app, for: server.stranger, challenge: "abcd")
            try await server.execute("UPDATE oauth_app SET is_enabled = 0")
            let reply = try await server.exchange(app, code: code, verifier: "abcd")
            #expect(reply.error == "access_deny")
            #expect(reply.errorMessage == "app: Notebook is currently deactivated by the owner")
            try await server.execute("UPDATE oauth_app SET is_enabled = 1")
            try await server.execute("UPDATE account SET disabled_at = 1 WHERE id = \(server.stranger.user)")
            #expect(try await server.exchange(app, code: code, verifier: "abcd").error == "access_deny")
            try await server.execute("UPDATE account SET disabled_at = NULL")
            #expect(try await server.exchange(app, code: code, verifier: "abcd").status == 200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what has ended long ago is swept, and nothing else`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (app, device) = (try await server.makeApp(.pkce), try await server.makeApp(.device))
            for challenge in ["abcd", "efgh"] {
                let code = try await server.code(app, for: server.owner, challenge: challenge)
                _ = try await server.exchange(app, code: code, verifier: challenge)
                _ = try await server.send(
                    .POST, "/api/permission/oauth2/device/code", ["client_id": .string(device.clientID)], token: nil)
            }
            let tables = [("oauth_code", "hash"), ("oauth_refresh_token", "hash"), ("oauth_device", "device_hash")]
            for (table, key) in tables {
                let one = "(SELECT \(key) FROM \(table) ORDER BY \(key) LIMIT 1)"
                let end = "UPDATE \(table) SET expires_at = 1 WHERE \(key) = \(one)"
                try await server.execute(SQL(text: end, values: []))
            }
            func rows(_ table: String) async throws -> [Int64] {
                try await [
                    server.number(SQL(text: "SELECT COUNT(*) FROM \(table) WHERE expires_at = 1", values: [])),
                    server.number(SQL(text: "SELECT COUNT(*) FROM \(table) WHERE expires_at > 1", values: [])),
                ]
            }
            try await server.execute("INSERT INTO oauth_jwt_id (app_id, jti, expires_at) VALUES (\(app.id), 'old', 1)")
            for (table, _) in tables { #expect(try await rows(table) == [1, 1]) }
            try await OAuthSweep(storage: server.storage).run()
            for (table, _) in tables { #expect(try await rows(table) == [0, 1]) }
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_jwt_id") == 0)
        }
    }
}
