import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct AccountTests {
    @Test(arguments: DatabaseKind.available)
    func `an operator makes an account, which has a workspace of its own`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let made = try await server.makeAccount([
                "user_name": "Ada.L", "nick_name": "Ada", "email": "Ada@Example.com",
            ])
            #expect(made["data", "user_name"] == "Ada.L" && made["data", "nick_name"] == "Ada", "\(made.json)")
            #expect(made["data", "email"] == "ada@example.com")
            #expect(made["data", "is_operator"] == false && made["data", "is_disabled"] == false)
            #expect(made["data", "has_password"] == false)
            let id = made["data", "user_id"]!.text
            let token = try await TestServer.token(for: ID(id)!, server.application.storage)
            let me = try await server.send(.GET, "/v1/users/me", token: token)
            #expect(me["data", "user_id"]?.text == id && me["data", "user_name"] == "Ada.L")
            let spaces = try await server.send(.GET, "/v1/workspaces", token: token)
            #expect(spaces["data", "workspaces"]!.elements.map { $0["workspace_type"] } == ["personal"])
            let got = try await server.send(.GET, "/buckle/v1/accounts/\(id)", token: server.owner.token)
            #expect(got["data"] == made["data"])
            #expect(try await server.auditCount("account.create", id) == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a name or an address is given once, whatever its case`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            _ = try await server.makeAccount(["user_name": "ada", "email": "ada@example.com"])
            for (body, field): (JSON, String) in [
                (["user_name": "ADA"], "user_name"), (["user_name": "Owner"], "user_name"),
                (["user_name": "bob", "email": "ADA@example.COM"], "email"),
            ] {
                let reply = try await server.makeAccount(body)
                #expect(reply.code == 4000 && reply.message.contains("\(field): is taken"), "\(reply.json)")
            }
            let bob = try await server.makeAccount(["user_name": "bob", "email": "bob@example.com"])
            let path = "/buckle/v1/accounts/\(bob["data", "user_id"]!.text)"
            let reply = try await server.send(.PUT, path, ["email": "ada@example.com"], token: server.owner.token)
            #expect(reply.code == 4000 && reply.message.contains("email"))
            let kept = try await server.send(.PUT, path, ["email": "BOB@example.com"], token: server.owner.token)
            #expect(kept["data", "email"] == "bob@example.com")
            #expect(try await server.accountCount() == 4)
        }
    }

    @Test func `what breaks the rules is refused by its field and makes nothing`() async throws {
        try await TestServer.with(.sqlite) { server in
            let before = try await server.accountCount()
            let long = String(repeating: "x", count: 300)
            let bodies: [(JSON, String)] = [
                (["user_name": "ab"], "user_name"), (["user_name": "a b"], "user_name"),
                (["user_name": "ada@x"], "user_name"), (["user_name": "ädä"], "user_name"),
                (["user_name": .string(String(long.prefix(65)))], "user_name"), (["user_name": ""], "user_name"),
                (["user_name": "ada", "nick_name": "  "], "nick_name"),
                (["user_name": "ada", "nick_name": "a\nb"], "nick_name"),
                (["user_name": "ada", "nick_name": .string(long)], "nick_name"),
                (["user_name": "ada", "email": "ada"], "email"), (["user_name": "ada", "email": "a@b@c"], "email"),
                (["user_name": "ada", "email": "@b"], "email"), (["user_name": "ada", "email": "a b@c"], "email"),
                (["user_name": "ada", "email": .string("a@" + long)], "email"),
                (["user_name": "ada", "password": "seven77"], "password"),
                (["user_name": "ada", "password": .string(String(long.prefix(129)))], "password"),
                (["user_name": "adalovelace", "password": "AdaLovelace"], "password"),
                (["user_name": "ada", "email": "ada@example.com", "password": "ADA@example.com"], "password"),
            ]
            for (body, field) in bodies {
                let reply = try await server.makeAccount(body)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(body): \(reply.json)")
            }
            #expect(try await server.accountCount() == before)
        }
    }

    @Test func `who is no operator manages no account, and learns of none`() async throws {
        try await TestServer.with(.sqlite) { server in
            let requests: [(HTTPMethod, String, JSON?)] = [
                (.POST, "", ["user_name": "ada"]), (.GET, "", nil), (.GET, "/ID", nil),
                (.PUT, "/ID", ["nick_name": "x"]), (.POST, "/ID/disable", nil), (.POST, "/ID/enable", nil),
                (.PUT, "/ID/password", ["password": "correct horse"]),
            ]
            for (method, path, body) in requests {
                for id: ID in [server.owner.user, server.stranger.user, 7] {
                    let uri = "/buckle/v1/accounts" + path.replacing("ID", with: id.description)
                    let reply = try await server.send(method, uri, body, token: server.stranger.token)
                    #expect(reply.code == 4101 && reply.message.contains("operators"), "\(uri): \(reply.json)")
                }
            }
            #expect(try await server.accountCount() == 2)
            let found = try await server.send(
                .GET, "/buckle/v1/accounts?page_size=1&page_num=2", token: server.owner.token)
            #expect(found["data", "total_count"] == .integer(2))
            #expect(found["data", "items"]!.elements.map { $0["user_name"] } == ["stranger"])
            let unknown = try await server.send(.GET, "/buckle/v1/accounts/7", token: server.owner.token)
            #expect(unknown.code == 4200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a disabled account's tokens are refused at once, and work again when it is enabled`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let (user, token) = (server.stranger.user, server.stranger.token)
            let path = "/buckle/v1/accounts/\(user)"
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 0)
            for _ in 1...2 {
                let disabled = try await server.send(.POST, path + "/disable", token: server.owner.token)
                #expect(disabled["data", "is_disabled"] == true)
                #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 4100)
            }
            #expect(try await server.send(.GET, "/v1/users/me", token: server.owner.token).code == 0)
            let enabled = try await server.send(.POST, path + "/enable", token: server.owner.token)
            #expect(enabled["data", "is_disabled"] == false)
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 0)
            #expect(try await server.auditCount("account.disable", "\(user)") == 1)
            #expect(try await server.auditCount("account.enable", "\(user)") == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an operator remains`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let path = "/buckle/v1/accounts/"
            func demote(_ id: ID, by token: String) async throws -> TestServer.Reply {
                try await server.send(.PUT, path + id.description, ["is_operator": false], token: token)
            }
            let (owner, stranger) = (server.owner, server.stranger)
            #expect(try await demote(owner.user, by: owner.token).code == 4000)
            let own = try await server.send(.POST, path + "\(owner.user)/disable", token: owner.token)
            #expect(own.code == 4000 && own.message.contains("own"))
            let accounts = AccountStore(storage: server.application.storage)
            await #expect(throws: APIError.self) { try await accounts.disable(owner.user, by: .commandLine) }

            let promoted = try await server.send(
                .PUT, path + stranger.user.description, ["is_operator": true], token: owner.token)
            #expect(promoted["data", "is_operator"] == true)
            #expect(try await server.send(.GET, "/buckle/v1/accounts", token: stranger.token).code == 0)
            #expect(try await demote(owner.user, by: stranger.token).code == 0)
            #expect(try await server.send(.GET, "/buckle/v1/accounts", token: owner.token).code == 4101)
            #expect(try await demote(stranger.user, by: stranger.token).code == 4000)
            // One that is disabled does not count.
            #expect(
                try await server.send(
                    .PUT, path + owner.user.description, ["is_operator": true], token: stranger.token
                ).code == 0)
            #expect(try await server.send(.POST, path + "\(owner.user)/disable", token: stranger.token).code == 0)
            #expect(try await demote(stranger.user, by: stranger.token).code == 4000)
        }
    }

    @Test func `hidden accounts are no people`() async throws {
        try await TestServer.with(.sqlite) { server in
            let id: ID = 77
            try await server.application.storage.database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO account (id, user_name, nick_name, created_at, kind, parent_id)
                    VALUES (\(id), \("hidden"), \("Hidden"), \(Int64(1)), \("session"), \(server.owner.user))
                    """)
            }
            let path = "/buckle/v1/accounts"
            let list = try await server.send(.GET, path, token: server.owner.token)
            #expect(list["data", "total_count"] == .integer(2) && list["data", "items"]!.elements.count == 2)
            for (method, uri): (HTTPMethod, String) in [
                (.GET, path + "/77"), (.PUT, path + "/77"), (.POST, path + "/77/disable"),
                (.GET, path + "/find?user_name=hidden"),
            ] {
                let body: JSON? = method == .PUT ? ["nick_name": "x"] : nil
                #expect(try await server.send(method, uri, body, token: server.owner.token).code == 4200, "\(uri)")
            }
        }
    }

    @Test func `people are found by their whole name or address, and not guessed`() async throws {
        try await TestServer.with(.sqlite) { server in
            let made = try await server.makeAccount(["user_name": "ada", "email": "ada@example.com"])
            let id = made["data", "user_id"]!.text
            let token = server.stranger.token
            for query in ["user_name=ADA", "email=Ada@Example.com"] {
                let found = try await server.send(.GET, "/buckle/v1/accounts/find?\(query)", token: token)
                #expect(found["data", "user_id"]?.text == id && found["data", "email"] == nil, "\(found.json)")
            }
            for query in ["", "user_name=ada&email=ada@example.com", "email=ada", "user_name=a"] {
                #expect(
                    try await server.send(.GET, "/buckle/v1/accounts/find?\(query)", token: token).code == 4000,
                    "\(query)")
            }
            _ = try await server.send(.POST, "/buckle/v1/accounts/\(id)/disable", token: server.owner.token)
            var codes: [Int?] = []
            for name in ["ada"] + (1...90).map({ "name\($0)" }) {
                codes.append(
                    try await server.send(.GET, "/buckle/v1/accounts/find?user_name=\(name)", token: token).code)
            }
            // A disabled account is not found either. Sixty misses are free.
            #expect(codes.prefix(60).allSatisfy { $0 == 4200 }, "\(codes)")
            #expect(codes.contains(4008), "\(codes)")
        }
    }

    @Test func `registration is closed unless the server is set up otherwise`() async throws {
        try await TestServer.with(.sqlite) { server in
            let body: JSON = ["user_name": "ada", "password": "correct horse"]
            let reply = try await server.send(.POST, "/buckle/v1/accounts/register", body, token: nil)
            #expect(reply.code == 4101 && reply.message == "Registration is closed")
            #expect(try await server.accountCount() == 2)

            let storage = server.application.storage
            let signIn = SignIn(
                storage: storage, passwords: PasswordHasher(cost: .least),
                authority: TokenAuthority(tokens: TokenStore(storage: storage), clock: storage.clock))
            let open = Accounts(signIn: signIn, isRegistrationOpen: true)
            let actor = AuditActor(user: 0, address: "10.0.0.1", logID: "")
            var made: [Account] = []
            for number in 1...10 {
                made.append(
                    try await open.register(
                        userName: "user\(number)", nickName: nil, email: nil, password: "correct horse",
                        address: "10.0.0.1", by: actor))
            }
            #expect(made.allSatisfy { !$0.isOperator && $0.hasPassword })
            for (address, isRefused) in [("10.0.0.1", true), ("10.0.0.2", false)] {
                do {
                    _ = try await open.register(
                        userName: "more", nickName: nil, email: nil, password: "correct horse", address: address,
                        by: actor)
                    #expect(!isRefused)
                } catch let error as APIError {
                    #expect(isRefused && error.code == .overUserLimit)
                }
            }
            #expect(try await server.accountCount() == 13)
        }
    }

    @Test func `a token that is bound to workspaces manages no account`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            let owner = server.owner
            let token = try await storage.database.write { connection in
                var new = NewToken(.personal, user: owner.user, name: "x", permissions: ["all"], lifetime: nil)
                new.workspaces = [owner.workspace]
                return try TokenStore(storage: storage).create(new, in: connection).secret.text
            }
            for (method, path, body): (HTTPMethod, String, JSON) in [
                (.POST, "accounts", ["user_name": "ada"]), (.PUT, "users/me", ["nick_name": "x"]),
                (.PUT, "users/me/password", ["new_password": "correct horse"]), (.DELETE, "sessions/5", [:]),
                (.POST, "accounts/\(server.stranger.user)/tokens", ["name": "x"]),
            ] {
                #expect(try await server.send(method, "/buckle/v1/\(path)", body, token: token).code == 4101, "\(path)")
            }
            #expect(try await server.send(.GET, "/buckle/v1/sessions", token: token).code == 4101)
            #expect(try await server.send(.GET, "/v1/users/me", token: token)["data", "nick_name"] == "Owner")
        }
    }

    @Test func `nobody goes through the addresses of others by taking them`() async throws {
        try await TestServer.with(.sqlite) { server in
            _ = try await server.makeAccount(["user_name": "ada", "email": "ada@example.com"])
            let (me, token) = ("/buckle/v1/users/me", server.stranger.token)
            var codes: [Int?] = []
            for _ in 1...90 {
                codes.append(try await server.send(.PUT, me, ["email": "ada@example.com"], token: token).code)
            }
            #expect(codes.prefix(60).allSatisfy { $0 == 4000 } && codes.contains(4008), "\(codes)")
            #expect(try await server.send(.PUT, me, ["nick_name": "x"], token: token).code == 0)
        }
    }

    @Test func `a token that may not do everything does not set the first password`() async throws {
        try await TestServer.with(.sqlite) { server in
            let user = server.stranger.user
            let weak = try await TestServer.token(
                for: user, permissions: ["Buckle.manageAccounts"], server.application.storage)
            let (path, body): (String, JSON) = ("/buckle/v1/users/me/password", ["new_password": "correct horse"])
            #expect(try await server.send(.PUT, path, body, token: weak).code == 4101)
            let me = "/buckle/v1/users/me"
            #expect(try await server.send(.GET, me, token: weak)["data", "has_password"] == false)
            #expect(try await server.send(.PUT, path, body, token: server.stranger.token).code == 0)
            // Whoever knows the password may change it with any token that manages the account.
            let change: JSON = ["current_password": "correct horse", "new_password": "another horse"]
            #expect(try await server.send(.PUT, path, change, token: weak).code == 0)
        }
    }
}

extension TestServer {
    /// Asks for an account as the owner.
    func makeAccount(_ body: JSON) async throws -> Reply {
        try await send(.POST, "/buckle/v1/accounts", body, token: owner.token)
    }

    func accountCount() async throws -> Int {
        try await application.storage.database.read { connection in
            try connection.first("SELECT COUNT(*) FROM account") { $0.int(0) } ?? 0
        }
    }

    /// How often the audit log notes that something was done to an object.
    func auditCount(_ action: String, _ object: String) async throws -> Int {
        try await application.storage.database.read { connection in
            try connection.first(
                "SELECT COUNT(*) FROM audit_record WHERE action = \(action) AND object_id = \(object)"
            ) { $0.int(0) } ?? 0
        }
    }
}
