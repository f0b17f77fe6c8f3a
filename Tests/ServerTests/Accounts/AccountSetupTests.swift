import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct AccountSetupTests {
    /// A server that was just started for the first time, and what sets its first account up.
    private struct Start {
        let server: TestServer
        let signIn: SignIn
        let time = FakeClock()

        init(_ server: TestServer) {
            self.server = server
            let storage = server.application.storage
            signIn = SignIn(
                storage: storage, passwords: PasswordHasher(cost: .least),
                authority: TokenAuthority(tokens: TokenStore(storage: storage), clock: storage.clock),
                throttle: SignInThrottle(clock: time.clock))
        }

        func setUp(
            _ token: String, _ name: String = "ada", nick: String? = "Ada", email: String? = nil,
            password: String? = "correct horse"
        ) async throws -> BrowserSession {
            try await signIn.setUp(
                AccountDraft(userName: name, nickName: nick, email: email, password: password), with: token,
                address: "10.0.0.1", logID: "log")
        }

        /// Tries it, and returns the error.
        func refusal(
            _ token: String, _ name: String = "ada", nick: String? = "Ada", email: String? = nil,
            password: String? = "correct horse"
        ) async throws -> APIError {
            do {
                _ = try await setUp(token, name, nick: nick, email: email, password: password)
            } catch let error as APIError {
                return error
            }
            Issue.record("the account was set up")
            return APIError(.internalError)
        }

        /// What the owner's account is like.
        func owner() async throws -> JSON {
            try await server.send(.GET, "/buckle/v1/users/me", token: server.owner.token)["data"]!
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the first token names its account, gives it a password and signs in`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let start = Start(server)
            #expect(try await start.signIn.accounts.awaitsSetup())
            let session = try await start.setUp(server.owner.token, "Ada.L", email: "Ada@Example.com")
            #expect(session.bearer.user == server.owner.user && session.bearer.kind == .session)
            #expect(try await server.send(.GET, "/v1/users/me", token: session.secret.text).code == 0)
            // The token goes on as well.
            let owner = try await start.owner()
            #expect(owner["user_name"] == "Ada.L" && owner["nick_name"] == "Ada" && owner["email"] == "ada@example.com")
            #expect(owner["is_operator"] == true && owner["has_password"] == true)
            #expect(try await !start.signIn.accounts.awaitsSetup())
            for name in ["ada.l", "ada@example.com"] {
                let again = try await start.signIn.signIn(
                    name: name, password: "correct horse", address: "10.0.0.1", logID: "log")
                #expect(again.bearer.user == server.owner.user)
            }
            let rows = try await server.application.storage.database.read { connection in
                try connection.query(
                    """
                    SELECT action, user_id, object_id, address, detail FROM audit_record
                    WHERE action = 'account.set_up' OR object_id = \(session.bearer.token.description) ORDER BY id
                    """
                ) { [$0.text(0), $0.id(1).description, $0.text(2), $0.text(3), $0.text(4)] }
            }
            let id = server.owner.user.description
            #expect(
                rows == [
                    ["account.set_up", id, id, "10.0.0.1", #"{"user_name":"Ada.L"}"#],
                    ["session.create", id, session.bearer.token.description, "10.0.0.1", "{}"],
                ])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `it works once`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let start = Start(server)
            async let one = try? start.setUp(server.owner.token, "one")
            async let two = try? start.setUp(server.owner.token, "two")
            let sessions = await [one, two].compactMap(\.self)
            #expect(sessions.count == 1)
            let before = try await start.owner()
            #expect(["one", "two"].contains(before["user_name"]?.text))
            await #expect(throws: AccountIsSetUp.self) { try await start.setUp(server.owner.token, "three") }
            #expect(try await start.owner() == before)
            #expect(try await server.count("SELECT COUNT(*) FROM token WHERE kind = 'session'") == 1)
            #expect(try await server.auditCount("account.set_up", server.owner.user.description) == 1)
        }
    }

    @Test func `any person without a password can do it, and keeps an address`() async throws {
        try await TestServer.with(.sqlite) { server in
            let start = Start(server)
            let made = try await server.send(
                .POST, "/buckle/v1/accounts", ["user_name": "bob", "email": "bob@example.com"],
                token: server.owner.token)
            let token = try await TestServer.token(
                for: ID(made["data", "user_id"]!.text)!, server.application.storage)
            let same = try await start.refusal(token, "bob", password: "BOB@example.com")
            #expect(same.code == .invalidParameter && same.message.contains("password"))
            _ = try await start.setUp(token, "bob", nick: nil)
            let me = try await server.send(.GET, "/buckle/v1/users/me", token: token)["data"]!
            #expect(me["user_name"] == "bob" && me["nick_name"] == "bob" && me["email"] == "bob@example.com")
            #expect(me["is_operator"] == false)
            #expect(try await start.signIn.accounts.awaitsSetup())
        }
    }

    @Test func `nothing tells a token that may not from one that is none`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            let before = try await Start(server).owner()
            let owner = server.owner.user
            var bound = NewToken(.personal, user: owner, name: "bound", permissions: ["all"], lifetime: nil)
            bound.workspaces = [server.owner.workspace]
            let session = NewToken(.session, user: owner, name: "browser", permissions: ["all"], lifetime: 1000)
            let others = try await storage.database.write { [bound] connection in
                try [bound, session].map { try TokenStore(storage: storage).create($0, in: connection).secret.text }
            }
            let service = try await server.send(
                .POST, "/buckle/v1/workspaces/\(server.owner.workspace)/service_tokens",
                ["name": "machine", "permissions": ["chat"]], token: server.owner.token)
            let serviceSecret = try #require(service["data", "secret"]?.text, "\(service.json)")
            let revoked = try await TestServer.token(for: owner, storage)
            try await server.execute("UPDATE token SET revoked_at = 1 WHERE hash = \(TokenSecret(revoked).hash.bytes)")
            let narrow = try await TestServer.token(
                for: owner, permissions: PermissionPoint.names.sorted(), storage)
            let unknown = try await Start(server).refusal("pat_unknown")
            #expect(unknown.code == .authenticationInvalid)
            for token in others + [
                serviceSecret, revoked, narrow, "", " ", "owner", server.owner.token + "0",
            ] {
                // One of its own each, which is not out of patience.
                let error = try await Start(server).refusal(token, "ab")
                #expect(error.code == unknown.code && error.message == unknown.message, "\(token)")
            }
            _ = try await server.execute("UPDATE account SET disabled_at = 1 WHERE id = \(owner)")
            #expect(try await Start(server).refusal(server.owner.token).message == unknown.message)
            #expect(try await !Start(server).signIn.accounts.awaitsSetup())
            _ = try await server.execute("UPDATE account SET disabled_at = NULL WHERE id = \(owner)")
            #expect(try await Start(server).owner() == before)
            #expect(try await server.auditCount("session.fail", "") == 11)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what breaks the rules is told by its field, and changes nothing`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let start = Start(server)
            let before = try await start.owner()
            _ = try await server.send(
                .POST, "/buckle/v1/accounts", ["user_name": "bob", "email": "bob@example.com"],
                token: server.owner.token)
            let token = server.owner.token
            let long = String(repeating: "x", count: 129)
            for (error, field) in [
                (try await start.refusal(token, "ab"), "user_name"),
                (try await start.refusal(token, "BOB"), "user_name: is taken"),
                (try await start.refusal(token, nick: long), "nick_name"),
                (try await start.refusal(token, email: "ada"), "email"),
                (try await start.refusal(token, email: "BOB@example.com"), "email: is taken"),
                (try await start.refusal(token, password: nil), "password"),
                (try await start.refusal(token, password: "short"), "password"),
                (try await start.refusal(token, password: long), "password"),
                (try await start.refusal(token, "adalovelace", password: "AdaLovelace"), "password"),
            ] {
                #expect(error.code == .invalidParameter && error.message.contains(field), "\(error)")
            }
            #expect(try await start.owner() == before)
            #expect(try await server.count("SELECT COUNT(*) FROM token WHERE kind = 'session'") == 0)
            // One may keep one's own name, and so many slips were no guesses.
            _ = try await start.setUp(token, "OWNER")
        }
    }

    @Test func `guesses slow down, and a refused try is not checked`() async throws {
        try await TestServer.with(.sqlite) { server in
            let start = Start(server)
            for _ in 1...5 { #expect(try await start.refusal("pat_guess").code == .authenticationInvalid) }
            let early = try await start.refusal(server.owner.token)
            #expect(early.code == .overUserLimit && early.retryAfter == 1)
            start.time.pass(1)
            _ = try await start.setUp(server.owner.token)
        }
    }
}
