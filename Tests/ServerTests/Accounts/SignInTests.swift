import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct SignInTests {
    /// Somebody with a password, and what signs them in.
    private struct Person {
        let server: TestServer
        let signIn: SignIn
        let id: ID
        let time = FakeClock()

        init(_ server: TestServer) async throws {
            self.server = server
            let storage = server.application.storage
            let hasher = PasswordHasher(cost: .least)
            signIn = SignIn(
                storage: storage, passwords: hasher,
                authority: TokenAuthority(tokens: TokenStore(storage: storage), clock: storage.clock),
                throttle: SignInThrottle(clock: time.clock))
            id = try await AccountStore(storage: storage).create(
                AccountDraft(userName: "Ada", nickName: nil, email: "ada@example.com", password: "correct horse"),
                passwords: hasher, by: .commandLine
            ).id
        }

        func enter(
            _ name: String = "Ada", _ password: String = "correct horse", from address: String = "10.0.0.1"
        ) async throws -> BrowserSession {
            try await signIn.signIn(name: name, password: password, address: address, logID: "log")
        }

        /// Tries to sign in, and returns the error.
        func refusal(
            _ name: String = "Ada", _ password: String = "wrong horse", from address: String = "10.0.0.1"
        ) async throws -> APIError {
            do {
                _ = try await enter(name, password, from: address)
            } catch let error as APIError {
                return error
            }
            Issue.record("\(name) was let in")
            return APIError(.internalError)
        }

        func works(_ session: BrowserSession) async throws -> Bool {
            try await server.send(.GET, "/v1/users/me", token: session.secret.text).code == 0
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a name or an address signs in with the password, whatever their case`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let person = try await Person(server)
            for name in ["Ada", "ada", "ADA", "ada@example.com", "Ada@Example.COM"] {
                let session = try await person.enter(name)
                #expect(session.bearer.user == person.id && session.bearer.kind == .session)
                #expect(session.secret.text.hasPrefix("ses_"))
                let reply = try await server.send(.GET, "/v1/users/me", token: session.secret.text)
                #expect(reply["data", "user_id"]?.text == person.id.description)
            }
            let list = try await server.send(
                .GET, "/buckle/v1/sessions", token: try await person.enter().secret.text)
            let sessions = list["data", "items"]!.elements
            #expect(sessions.count == 6 && sessions.map { $0["is_current"] == true }.filter { $0 }.count == 1)
            #expect(sessions.last?["is_current"] == true)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `nothing tells an account that cannot sign in from a wrong password`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let person = try await Person(server)
            let wrong = try await person.refusal()
            #expect(wrong.code == .authenticationInvalid)
            for name in ["nobody", "nobody@example.com", "stranger", "", "' OR 1=1 --", "%"] {
                let other = try await person.refusal(name, "correct horse", from: "10.0.0.2")
                #expect(other.code == wrong.code && other.message == wrong.message, "\(name)")
            }
            _ = try await AccountStore(storage: server.application.storage).disable(person.id, by: .commandLine)
            let disabled = try await person.refusal("Ada", "correct horse", from: "10.0.0.3")
            #expect(disabled.code == wrong.code && disabled.message == wrong.message)
        }
    }

    @Test func `what happens is audited, and never what was typed`() async throws {
        try await TestServer.with(.sqlite) { server in
            let person = try await Person(server)
            _ = try await person.refusal("ada", "typed-password")
            _ = try await person.refusal("typed-password-as-name", "x")
            let session = try await person.enter()
            try await person.signIn.signOut(session, address: "10.0.0.9", logID: "log")
            let rows = try await server.application.storage.database.read { connection in
                try connection.query(
                    """
                    SELECT action, user_id, object_id, address, detail FROM audit_record
                    WHERE action LIKE 'session%' ORDER BY id
                    """
                ) { [$0.text(0), $0.id(1).description, $0.text(2), $0.text(3), $0.text(4)] }
            }
            let (id, token) = (person.id.description, session.bearer.token.description)
            #expect(
                rows == [
                    ["session.fail", id, id, "10.0.0.1", #"{"user_name":"Ada"}"#],
                    ["session.fail", "0", "", "10.0.0.1", "{}"],
                    ["session.create", id, token, "10.0.0.1", "{}"],
                    ["session.delete", id, token, "10.0.0.9", "{}"],
                ])
        }
    }

    @Test func `failures slow down, and a refused try is not checked`() async throws {
        try await TestServer.with(.sqlite) { server in
            let person = try await Person(server)
            for _ in 1...5 { #expect(try await person.refusal("ada@example.com").code == .authenticationInvalid) }
            // By the other name it is the same account.
            let early = try await person.refusal("Ada", "correct horse")
            #expect(early.code == .overUserLimit && early.retryAfter == 1)
            _ = try await person.enter(from: "10.0.0.2")
            person.time.pass(1)
            _ = try await person.enter()
            for _ in 1...4 { #expect(try await person.refusal().code == .authenticationInvalid) }
            _ = try await person.enter()
            // Names that nobody has are slowed down as well.
            for _ in 1...5 { _ = try await person.refusal("nobody") }
            #expect(try await person.refusal("Nobody").code == .overUserLimit)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a new password ends the other sessions`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let person = try await Person(server)
            let (kept, other) = (try await person.enter(), try await person.enter())
            let token = try await TestServer.token(for: person.id, server.application.storage)
            let path = "/buckle/v1/users/me/password"
            for (body, field): (JSON, String) in [
                (["new_password": "another horse"], "current_password"),
                (["current_password": "wrong horse", "new_password": "another horse"], "current_password"),
                (["current_password": "correct horse", "new_password": "short"], "new_password"),
                (["current_password": "correct horse", "new_password": "ADA@example.com"], "new_password"),
            ] {
                let reply = try await server.send(.PUT, path, body, token: kept.secret.text)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(reply.json)")
            }
            #expect(try await person.works(other))
            let changed = try await server.send(
                .PUT, path, ["current_password": "correct horse", "new_password": "another horse"],
                token: kept.secret.text)
            #expect(changed.code == 0, "\(changed.json)")
            #expect(try await person.works(kept))
            #expect(try await !person.works(other))
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 0)
            #expect(try await person.refusal("Ada", "correct horse").code == .authenticationInvalid)
            _ = try await person.enter("Ada", "another horse")
            #expect(try await server.auditCount("account.set_password", person.id.description) == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an operator's reset and a disabling end every session`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let person = try await Person(server)
            let path = "/buckle/v1/accounts/\(person.id)"
            let first = try await person.enter()
            #expect(try await person.works(first))
            let set = try await server.send(
                .PUT, path + "/password", ["password": "another horse"], token: server.owner.token)
            #expect(set.code == 0, "\(set.json)")
            #expect(try await !person.works(first))
            let second = try await person.enter("Ada", "another horse")
            #expect(try await person.works(second))
            _ = try await server.send(.POST, path + "/disable", token: server.owner.token)
            _ = try await server.send(.POST, path + "/enable", token: server.owner.token)
            #expect(try await !person.works(second))
            _ = try await person.enter("Ada", "another horse")
        }
    }

    @Test func `one ends one's own sessions, and nobody else's`() async throws {
        try await TestServer.with(.sqlite) { server in
            let person = try await Person(server)
            let (one, two) = (try await person.enter(), try await person.enter())
            let path = "/buckle/v1/sessions/"
            for (id, token) in [
                (two.bearer.token, server.stranger.token), (7, one.secret.text), (server.owner.user, one.secret.text),
            ] {
                #expect(try await server.send(.DELETE, path + id.description, token: token).code == 4200)
            }
            #expect(try await person.works(two))
            let ended = try await server.send(.DELETE, path + two.bearer.token.description, token: one.secret.text)
            #expect(ended.code == 0, "\(ended.json)")
            #expect(try await !person.works(two))

            let current = try await server.send(.GET, path + "current", token: one.secret.text)
            #expect(current["data", "csrf_token"]?.text == one.csrfToken)
            #expect(try await server.send(.GET, path + "current", token: server.stranger.token).code == 4200)
            let left = try await server.send(.DELETE, path + "current", token: one.secret.text)
            #expect(left["data", "session_id"]?.text == one.bearer.token.description, "\(left.json)")
            let cookie = left.headers.first(name: "Set-Cookie") ?? ""
            #expect(cookie.hasPrefix("buckle_session=;") && cookie.contains("Max-Age=0"), "\(cookie)")
            #expect(try await !person.works(one))
        }
    }

    @Test func `a service signs in to nothing of a person's`() async throws {
        try await TestServer.with(.sqlite) { server in
            let person = try await Person(server)
            let narrow = try await TestServer.token(
                for: person.id, permissions: ["chat"], server.application.storage)
            for (method, path, body): (HTTPMethod, String, JSON?) in [
                (.GET, "sessions", nil), (.GET, "users/me", nil), (.PUT, "users/me", ["nick_name": "x"]),
                (.PUT, "users/me/password", ["current_password": "correct horse", "new_password": "another horse"]),
                (.DELETE, "sessions/7", nil),
            ] {
                #expect(
                    try await server.send(method, "/buckle/v1/\(path)", body, token: narrow).code == 4101, "\(path)")
            }
            _ = try await person.enter()
        }
    }
}
