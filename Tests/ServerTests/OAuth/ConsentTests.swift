import APIKit
import Database
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ConsentTests {
    /// How a request is refused: the page's error, or the address the browser is sent to.
    private func refusal(_ body: () async throws -> Void) async -> (page: String?, redirect: String?) {
        do {
            try await body()
            return (nil, nil)
        } catch OAuthRequestFault.page(let error) {
            return (error.code, nil)
        } catch OAuthRequestFault.redirect(let address) {
            return (nil, address)
        } catch {
            Issue.record(error)
            return (nil, nil)
        }
    }

    @Test func `a request that cannot be trusted is never answered by a redirect`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.web)
            let device = try await server.makeApp(.device)
            let uri = TestServer.App.redirectURI
            let cases: [(String?, String?, String)] = [
                (nil, uri, "invalid_request"), ("", uri, "invalid_request"), ("7", uri, "invalid_client"),
                ("x'y", uri, "invalid_client"), (device.clientID, uri, "access_deny"),
                (app.clientID, nil, "invalid_request"), (app.clientID, uri + "/", "invalid_request"),
                (app.clientID, uri + "?a=b", "invalid_request"),
                (app.clientID, "https://evil.example.com", "invalid_request"),
                (app.clientID, uri.uppercased(), "invalid_request"),
            ]
            for (client, address, error) in cases {
                let refused = await refusal {
                    _ = try await server.consent.request(
                        responseType: "token", clientID: client, redirectURI: address, state: "s", codeChallenge: nil,
                        codeChallengeMethod: nil, workspace: nil)
                }
                #expect(refused.page == error && refused.redirect == nil)
            }
            try await server.execute("UPDATE oauth_app SET is_enabled = 0")
            #expect(await refusal { _ = try await server.request(app) }.page == "access_deny")
        }
    }

    @Test func `what else is wrong is told to the app`() async throws {
        try await TestServer.with(.sqlite) { server in
            let web = try await server.makeApp(.web)
            let pkce = try await server.makeApp(.pkce)
            let strict = try await server.makeApp(.web, isS256Only: true)
            let cases: [(TestServer.App, String?, String?, String?, String)] = [
                (web, "token", nil, nil, "unsupported_response_type"),
                (web, nil, nil, nil, "unsupported_response_type"),
                (web, "code", "abcd", "S512", "invalid_request"), (pkce, "code", nil, nil, "invalid_request"),
                (pkce, "code", "", "S256", "invalid_request"), (strict, "code", nil, nil, "invalid_request"),
                (strict, "code", "abcd", nil, "invalid_request"), (strict, "code", "abcd", "plain", "invalid_request"),
            ]
            for (app, type, challenge, method, error) in cases {
                let refused = await refusal {
                    _ = try await server.consent.request(
                        responseType: type, clientID: app.clientID, redirectURI: TestServer.App.redirectURI,
                        state: "a b&c", codeChallenge: challenge, codeChallengeMethod: method, workspace: nil)
                }
                let address = try #require(refused.redirect)
                #expect(address.hasPrefix("\(TestServer.App.redirectURI)?error=\(error)&error_description="))
                #expect(address.hasSuffix("&state=a%20b%26c"))
            }
        }
    }

    @Test func `the answer is added to the address, whatever that has in it`() async throws {
        try await TestServer.with(.sqlite) { server in
            let cases: [(String, String?, String)] = [
                ("https://a.example.com", "", "https://a.example.com?E&state="),
                ("https://a.example.com", nil, "https://a.example.com?E"),
                ("https://a.example.com/?x=1", "é", "https://a.example.com/?x=1&E&state=%C3%A9"),
                ("https://a.example.com/?", "1+1", "https://a.example.com/?E&state=1%2B1"),
                ("com.example.app:/back", "~", "com.example.app:/back?E&state=~"),
                ("http://127.0.0.1:8080/a#top", "s", "http://127.0.0.1:8080/a?E&state=s#top"),
            ]
            let app = try await server.makeApp(.web, redirectURIs: cases.map(\.0))
            for (address, state, expected) in cases {
                let request = try await server.consent.request(
                    responseType: "code", clientID: app.clientID, redirectURI: address, state: state,
                    codeChallenge: nil, codeChallengeMethod: nil, workspace: nil)
                // The state comes through the key unharmed, and so does its lack.
                let kept = try #require(try await server.consent.request(key: request.key))
                let answer = "error=access_denied&error_description=The%20request%20was%20denied"
                var wanted = expected
                wanted.replace("E", with: answer, maxReplacements: 1)
                #expect(server.consent.deny(kept) == wanted)
            }
        }
    }

    @Test func `a key is good for ten minutes, and nobody else can make or change one`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let start: Int64 = 1_800_000_000
            let storage = try await Storage.open(location, clock: Clock { start * 1_000_000_000 })
            defer { storage.database.close() }
            _ = try await FirstStart(storage: storage).run()
            try await storage.database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO oauth_app (id, owner_id, name, description, app_type, client_id, redirect_uris,
                    permissions, created_at, updated_at)
                    SELECT 77, MIN(id), 'a', '', 'pkce', '77.app.coze', '["https://a.example.com"]', '[]', 1, 1
                    FROM account
                    """)
            }
            func consent(_ secret: UInt8, after seconds: Int64 = 0) -> OAuthConsent {
                let later = Storage(
                    database: storage.database, ids: storage.ids, clock: Clock { (start + seconds) * 1_000_000_000 })
                return OAuthConsent(storage: later, secret: Array(repeating: secret, count: 32))
            }
            let request = try await consent(1).request(
                responseType: "code", clientID: "77.app.coze", redirectURI: "https://a.example.com", state: nil,
                codeChallenge: "abcd", codeChallengeMethod: nil, workspace: 5)
            let kept = try #require(try await consent(1, after: 599).request(key: request.key))
            #expect(kept.workspace == 5 && kept.challenge == CodeChallenge(text: "abcd", method: .plain))
            #expect(kept.state == nil && kept.app.id == 77)
            #expect(try await consent(1, after: 600).request(key: request.key) == nil)
            #expect(try await consent(2).request(key: request.key) == nil)
            for key in ["", ".", "a.b", request.key + "A", "A" + request.key, String(request.key.dropLast())] {
                #expect(try await consent(1).request(key: key) == nil)
            }
            let half = request.key.split(separator: ".")[0]
            #expect(try await consent(1).request(key: "\(half)") == nil)
            #expect(try await consent(1).request(key: "\(half).\(half)") == nil)
            try await storage.database.write { connection in
                _ = try connection.execute("UPDATE oauth_app SET redirect_uris = '[]'")
            }
            #expect(try await consent(1).request(key: request.key) == nil)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what the person did not see is not granted`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await server.makeApp(.web)
            let (session, actor) = (server.session(server.owner), AuditActor(user: 1, address: "", logID: ""))
            let changes: [SQL] = [
                "UPDATE oauth_app SET permissions = '[\"listBot\",\"chat\"]'", "UPDATE oauth_app SET name = 'Bank'",
                "UPDATE oauth_app SET description = 'Harmless'",
            ]
            for (number, change) in changes.enumerated() {
                let request = try await server.request(app)
                let shown = try await server.consent.details(of: request, for: session).mark
                try await server.execute(change)
                await #expect(throws: ConsentOutdated.self) {
                    _ = try await server.consent.approve(
                        request, by: session, workspaces: nil, shown: shown, actor: actor)
                }
                #expect(try await server.number("SELECT COUNT(*) FROM oauth_code") == Int64(number))
                let later = try #require(try await server.consent.request(key: request.key))
                let mark = try await server.consent.details(of: later, for: session).mark
                #expect(mark != shown)
                _ = try await server.consent.approve(later, by: session, workspaces: nil, shown: mark, actor: actor)
            }
        }
    }

    @Test func `only a choice is taken for one`() throws {
        func chosen(_ fields: JSON) throws -> [ID]? {
            try InputSource(body: fields).decode(ConsentAnswer.self).chosenWorkspaces()
        }
        #expect(try chosen([:]) == nil)
        #expect(try chosen(["workspaces": "all", "workspace_ids": "7"]) == nil)
        #expect(try chosen(["workspace_ids": "7"]) == [7])
        #expect(try chosen(["workspaces": "some", "workspace_ids": ["9", "7", "9"]]) == [7, 9])
        #expect(try chosen(["workspaces": "some"]) == [])
        #expect(throws: APIError.self) { try chosen(["workspaces": "none", "workspace_ids": "7"]) }
        let many = JSON.array((1...1001).map { .string("\($0)") })
        #expect(throws: APIError.self) { try chosen(["workspaces": "some", "workspace_ids": many]) }
    }

    @Test func `a person is shown what would be granted, and only of workspaces of their own`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.web)
            let (session, workspace) = (server.session(server.owner), server.owner.workspace)
            let account = try await server.consent.details(of: try await server.request(app), for: session)
            #expect(account.appName == "Notebook" && account.appDescription == "Takes notes")
            #expect(account.permissions == ["listBot", "createConversation", "listConversation"])
            #expect(account.workspace == nil && account.workspaces.map(\.id) == [workspace])
            let bound = try await server.request(app, workspace: workspace)
            let one = try await server.consent.details(of: bound, for: session)
            #expect(one.permissions == ["listBot"] && one.workspace?.id == workspace && one.workspaces.isEmpty)

            // A workspace of others' looks like one that does not exist.
            for unreachable in [server.stranger.workspace, 5 as ID] {
                let foreign = try await server.request(app, workspace: unreachable)
                let actor = AuditActor(user: server.owner.user, address: "", logID: "")
                let shown = await refusal { _ = try await server.consent.details(of: foreign, for: session) }
                let approved = await refusal {
                    _ = try await server.consent.approve(foreign, by: session, workspaces: nil, actor: actor)
                }
                let chosen = await refusal {
                    _ = try await server.consent.approve(
                        try await server.request(app), by: session, workspaces: [workspace, unreachable], actor: actor)
                }
                for refused in [shown, approved, chosen] { #expect(refused.page == "invalid_request") }
            }
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_grant") == 0)
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_code") == 0)
        }
    }
}
