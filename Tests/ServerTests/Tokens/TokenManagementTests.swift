import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

private let path = "/buckle/v1/tokens"

@Suite struct TokenManagementTests {
    @Test(arguments: DatabaseKind.available)
    func `a token is shown with its secret once, works, and ends with the request that revokes it`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let made = try await server.send(
                .POST, path, ["name": "a program", "permissions": ["listBot"], "expires_in": .integer(3600)],
                token: owner.token)
            let secret = try #require(made["data", "secret"]?.text)
            let token = try #require(made["data", "token"])
            #expect(secret.hasPrefix("pat_"))
            #expect(token["name"]?.text == "a program" && token["state"]?.text == "valid")
            #expect(token["kind"]?.text == "personal" && token["permissions"] == ["listBot"])
            #expect(token["workspace_ids"] == nil && token["revoked_at"] == nil && token["last_used_at"] == nil)
            guard case .integer(let start)? = token["created_at"], case .integer(let end)? = token["expires_at"] else {
                Issue.record("times are missing: \(token)")
                return
            }
            #expect((3600...3601).contains(end - start))
            let uri = "\(path)/\(token["id"]!.text)"
            let found = try await server.send(.GET, uri, token: owner.token)
            #expect(found["data"] == token)
            let listed = try await server.send(.GET, path, token: owner.token)
            #expect(listed["data", "tokens"]?.elements.first == token)
            for reply in [found, listed] { #expect(try !JSONOutput.text(reply.json).contains(secret.dropFirst(4))) }

            let bots = "/v1/bots?workspace_id=\(owner.workspace)"
            #expect(try await server.send(.GET, bots, token: secret).code == 0)
            #expect(try await server.send(.GET, path, token: secret).code == 4101)
            #expect(try await server.send(.DELETE, uri, token: owner.token).code == 0)
            #expect(try await server.send(.GET, bots, token: secret).status == 401)
            #expect(try await server.send(.DELETE, uri, token: owner.token).code == 0)
            let revoked = try await server.send(.GET, uri, token: owner.token)
            #expect(revoked["data", "state"]?.text == "revoked" && revoked["data", "revoked_at"] != nil)
            #expect(try await server.send(.PUT, uri, ["name": "x"], token: owner.token).code == 4000)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `nobody makes a token that allows more than their own`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let other = try await server.makeWorkspace(server.owner)
            let weak = try await server.makeToken(
                server.owner, ["Buckle.manageTokens", "listBot"], [server.owner.workspace])
            for (field, value, code) in [
                ("permissions", ["all"], 4101), ("permissions", ["listBot", "createBot"], 4101),
                ("workspace_ids", [.string("\(other)")], 4200), ("workspace_ids", ["99"], 4200),
                ("workspace_ids", [.string("\(server.stranger.workspace)")], 4200),
            ] as [(String, JSON, Int)] {
                let body = JSON.object([.init(key: "name", value: "x"), .init(key: field, value: value)])
                let reply = try await server.send(.POST, path, body, token: weak.secret)
                #expect(reply.code == code, "\(field) \(value): \(reply.json)")
                #expect(reply["data"] == nil)
            }
            #expect(try await server.send(.GET, path, token: weak.secret)["data", "total_count"] == .integer(3))
            // What is not said is as the maker's.
            let child = try await server.send(.POST, path, ["name": "child"], token: weak.secret)
            #expect(child["data", "token", "permissions"] == ["Buckle.manageTokens", "listBot"])
            #expect(child["data", "token", "workspace_ids"] == [.string("\(server.owner.workspace)")])
            let strong = try await server.send(.POST, path, ["name": "strong"], token: server.owner.token)
            #expect(strong["data", "token", "permissions"] == ["all"])
            #expect(strong["data", "token", "workspace_ids"] == nil)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a change gives a token nothing that the caller's lacks`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let (here, there) = (owner.workspace, try await server.makeWorkspace(owner))
            let wide = try await server.makeToken(owner, ["Buckle.manageTokens"], nil)
            let deep = try await server.makeToken(owner, ["all"], [here])
            let local = try await server.makeToken(owner, ["Buckle.manageTokens", "listBot"], [here])
            let bare = try await server.makeToken(owner, ["listWorkspace"], nil)
            let both: JSON = .array([here, there].sorted().map { .string("\($0)") })
            for (caller, target, body, code) in [
                // A token does not widen itself, and a narrow one none that is wide.
                (wide.secret, wide.id, ["permissions": ["all"]], 4101),
                (local.secret, local.id, ["permissions": ["Buckle.manageTokens", "listBot", "createBot"]], 4101),
                (local.secret, local.id, ["workspace_ids": both], 4200),
                // One that reaches all workspaces does not take one that may do everything there.
                (wide.secret, deep.id, ["workspace_ids": both], 4101),
                // And one that may do something in one workspace does not let it be done in all.
                (local.secret, bare.id, ["permissions": ["listBot"]], 4101),
                (local.secret, wide.id, ["permissions": ["Buckle.manageTokens", "listBot"]], 4101),
                (wide.secret, deep.id, ["permissions": ["unknown"]], 4000),
                (wide.secret, deep.id, ["permissions": .array([])], 4000),
            ] as [(String, String, JSON, Int)] {
                let reply = try await server.send(.PUT, "\(path)/\(target)", body, token: caller)
                #expect(reply.code == code, "\(body): \(reply.json)")
            }
            for (id, permissions, workspaces) in [
                (wide.id, ["Buckle.manageTokens"], nil), (deep.id, ["all"], [.string("\(here)")]),
                (bare.id, ["listWorkspace"], nil),
            ] as [(String, JSON, JSON?)] {
                let kept = try await server.send(.GET, "\(path)/\(id)", token: owner.token)
                #expect(kept["data", "permissions"] == permissions && kept["data", "workspace_ids"] == workspaces)
            }
            // What takes away is done by whoever manages tokens, and what the caller has is given.
            #expect(
                try await server.send(
                    .PUT, "\(path)/\(deep.id)", ["permissions": ["listBot"], "name": "less"], token: local.secret
                ).code == 0)
            let widened = try await server.send(
                .PUT, "\(path)/\(deep.id)", ["workspace_ids": both], token: owner.token)
            #expect(widened["data", "workspace_ids"] == both && widened["data", "name"]?.text == "less")
        }
    }

    @Test func `a token that is bound to workspaces reaches no enterprise`() async throws {
        try await TestServer.with(.sqlite) { server in
            let body: JSON = ["name": "Works"]
            let enterprises = "/buckle/v1/enterprises"
            let made = try await server.send(.POST, enterprises, body, token: server.owner.token)
            let id = try #require(made["data", "enterprise_id"]?.text ?? made["data", "id"]?.text)
            let bound = try await server.makeToken(server.owner, ["all"], [server.owner.workspace]).secret
            #expect(try await server.send(.POST, enterprises, body, token: bound).code == 4101)
            for uri in [enterprises, "\(enterprises)/\(id)", "/v1/enterprises/\(id)/organizations"] {
                #expect(try await server.send(.GET, uri, token: bound).code == 4101, "\(uri)")
                #expect(try await server.send(.GET, uri, token: server.owner.token).code == 0, "\(uri)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a change counts from the next request on`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let there = try await server.makeWorkspace(owner)
            let token = try await server.makeToken(owner, ["listBot"], nil)
            let bots = "/v1/bots?workspace_id=\(there)"
            #expect(try await server.send(.GET, bots, token: token.secret).code == 0)
            let uri = "\(path)/\(token.id)"
            _ = try await server.send(
                .PUT, uri, ["workspace_ids": [.string("\(owner.workspace)")]], token: owner.token)
            #expect(try await server.send(.GET, bots, token: token.secret).code == 4200)
            #expect(
                try await server.send(
                    .GET, "/v1/bots?workspace_id=\(owner.workspace)", token: token.secret
                ).code == 0)
            _ = try await server.send(.PUT, uri, ["permissions": ["createBot"]], token: owner.token)
            #expect(try await server.send(.GET, bots, token: token.secret).code == 4101)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a token of one workspace sees nothing of another's bots`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let there = TestServer.Caller(
                user: owner.user, workspace: try await server.makeWorkspace(owner), token: owner.token)
            let bot = try await server.makeBot(there)
            let token = try await server.makeToken(owner, ["all"], [owner.workspace]).secret
            for uri in ["/v1/bots/\(bot)?is_published=false", "/v1/bots/\(bot)/versions"] {
                #expect(try await server.send(.GET, uri, token: owner.token).code == 0)
                let refused = try await server.send(.GET, uri, token: token)
                let absent = try await server.send(.GET, uri.replacing(bot, with: "99"), token: token)
                #expect(refused.code == 4200 && absent.code == 4200)
                #expect(refused.message.replacing(bot, with: "99") == absent.message)
            }
            let update: JSON = ["bot_id": .string(bot), "name": "stolen"]
            #expect(try await server.send(.POST, "/v1/bot/update", update, token: token).code == 4200)
            let create: JSON = ["space_id": .string("\(there.workspace)"), "name": "x"]
            #expect(try await server.send(.POST, "/v1/bot/create", create, token: token).code == 4200)
            let kept = try await server.send(.GET, "/v1/bots/\(bot)?is_published=false", token: owner.token)
            #expect(kept["data", "name"]?.text == "helper")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `another's token looks like one that does not exist`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let theirs = try await server.makeToken(server.owner, ["all"], nil)
            let service = try await server.makeService(server.owner, ["listBot"])
            for (method, body) in [(.GET, nil), (.PUT, ["name": "mine"]), (.DELETE, nil)] as [(HTTPMethod, JSON?)] {
                let absent = try await server.send(method, "\(path)/99", body, token: server.stranger.token)
                #expect(absent.code == 4200)
                for (id, caller) in [(theirs.id, server.stranger), (service.id, server.owner)] {
                    let refused = try await server.send(method, "\(path)/\(id)", body, token: caller.token)
                    #expect(refused.code == 4200)
                    #expect(refused.message.replacing(id, with: "99") == absent.message)
                }
            }
            #expect(try await server.send(.GET, "/v1/users/me", token: theirs.secret).code == 0)
            let listed = try await server.send(.GET, path, token: server.stranger.token)
            #expect(listed["data", "total_count"] == .integer(1))
        }
    }

    @Test(arguments: [TokenKind.service, .oauth, .jwt])
    func `the tokens of programs manage no tokens of people`(_ kind: TokenKind) async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            let token = try await storage.database.write { connection in
                try TokenStore(storage: storage).create(
                    NewToken(kind, user: server.owner.user, name: "x", permissions: ["all"], lifetime: nil),
                    in: connection)
            }.secret.text
            let own = try await server.makeToken(server.owner, ["listBot"], nil)
            let accounts = "/buckle/v1/accounts/\(server.stranger.user)/tokens"
            for (method, uri, body) in [
                (.POST, path, ["name": "x"]), (.GET, path, nil), (.GET, "\(path)/\(own.id)", nil),
                (.PUT, "\(path)/\(own.id)", ["name": "x"]), (.DELETE, "\(path)/\(own.id)", nil),
                (.POST, accounts, ["name": "x"]),
            ] as [(HTTPMethod, String, JSON?)] {
                #expect(try await server.send(method, uri, body, token: token).code == 4101, "\(method) \(uri)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `names, points and lengths of time are checked`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            for (field, value) in [
                ("name", ""), ("name", " "), ("name", .string(String(repeating: "长", count: 101))),
                ("permissions", ["chat", "nonsense"]), ("permissions", .array([])), ("expires_in", .integer(59)),
                ("expires_in", .integer(0)), ("expires_in", .integer(315_360_001)), ("workspace_ids", ["x"]),
            ] as [(String, JSON)] {
                let name = JSON.Member(key: "name", value: field == "name" ? value : "x")
                let body = JSON.object(field == "name" ? [name] : [name, .init(key: field, value: value)])
                let reply = try await server.send(.POST, path, body, token: server.owner.token)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(field) \(value): \(reply.json)")
            }
            for seconds in [60, 315_360_000] as [Int64] {
                let body: JSON = ["name": .string(String(repeating: "长", count: 100)), "expires_in": .integer(seconds)]
                #expect(try await server.send(.POST, path, body, token: server.owner.token).code == 0)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `tokens are listed page by page, newest first`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            for number in 1...6 {
                _ = try await server.send(.POST, path, ["name": .string("\(number)")], token: server.stranger.token)
            }
            for (page, names, more) in [
                (1, ["6", "5", "4"], true), (2, ["3", "2", "1"], true), (3, ["test"], false), (4, [], false),
            ] {
                let reply = try await server.send(
                    .GET, "\(path)?page_num=\(page)&page_size=3", token: server.stranger.token)
                #expect(reply["data", "tokens"]?.elements.map { $0["name"]?.text } == names)
                #expect(reply["data", "has_more"] == .bool(more) && reply["data", "total_count"] == .integer(7))
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a user has a thousand valid tokens at most`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let user = server.stranger.user
            let ids = try await storage.database.write { connection in
                try (0..<999).map { number in
                    let new = NewToken(
                        .personal, user: user, name: "x", permissions: ["all"], lifetime: number == 0 ? -5 : nil)
                    return try TokenStore(storage: storage).create(new, in: connection).id
                }
            }
            // One of these has ended already, and the stranger has one of before.
            let last = try await server.send(.POST, path, ["name": "x"], token: server.stranger.token)
            #expect(last.code == 0)
            let refused = try await server.send(.POST, path, ["name": "x"], token: server.stranger.token)
            #expect(refused.code == 4000 && refused.message.contains("1000"))
            #expect(try await server.send(.POST, path, ["name": "x"], token: server.owner.token).code == 0)
            _ = try await server.send(.DELETE, "\(path)/\(ids[500])", token: server.stranger.token)
            #expect(try await server.send(.POST, path, ["name": "x"], token: server.stranger.token).code == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `operators make tokens for others, and nobody else does`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, stranger) = (server.owner, server.stranger)
            let uri = "/buckle/v1/accounts/\(stranger.user)/tokens"
            let made = try await server.send(
                .POST, uri, ["name": "given", "workspace_ids": [.string("\(stranger.workspace)")]], token: owner.token)
            let secret = try #require(made["data", "secret"]?.text)
            #expect(made["data", "token", "user_id"]?.text == "\(stranger.user)")
            let me = try await server.send(.GET, "/v1/users/me", token: secret)
            #expect(me["data", "user_name"]?.text == "stranger")
            for (body, code) in [
                (["name": "x", "workspace_ids": [.string("\(owner.workspace)")]], 4200), (["name": ""], 4000),
                (["name": "x", "permissions": ["nonsense"]], 4000),
            ] as [(JSON, Int)] {
                #expect(try await server.send(.POST, uri, body, token: owner.token).code == code, "\(body)")
            }
            let service = try await server.makeService(owner, ["listBot"])
            for id in ["99", service.user] {
                let absent = "/buckle/v1/accounts/\(id)/tokens"
                #expect(try await server.send(.POST, absent, ["name": "x"], token: owner.token).code == 4200)
            }
            // An operator's token gives what it has, and no more.
            let weak = try await server.makeToken(owner, ["Buckle.manageAccounts", "listBot"], nil).secret
            #expect(
                try await server.send(.POST, uri, ["name": "x", "permissions": ["all"]], token: weak).code == 4101)
            let child = try await server.send(.POST, uri, ["name": "x"], token: weak)
            #expect(child["data", "token", "permissions"] == ["Buckle.manageAccounts", "listBot"])
            for id in [owner.user, stranger.user, 99] {
                let refused = try await server.send(
                    .POST, "/buckle/v1/accounts/\(id)/tokens", ["name": "x"], token: stranger.token)
                #expect(refused.code == 4101)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is done to tokens stands in the audit log, and no secret does`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let token = try await server.makeToken(server.owner, ["listBot"], nil)
            _ = try await server.send(.PUT, "\(path)/\(token.id)", ["name": "y"], token: server.owner.token)
            _ = try await server.send(.PUT, "\(path)/\(token.id)", ["permissions": ["x"]], token: server.owner.token)
            for _ in 1...2 { _ = try await server.send(.DELETE, "\(path)/\(token.id)", token: server.owner.token) }
            let log = try await server.send(
                .GET, "/buckle/v1/audit?object_type=token&object_id=\(token.id)", token: server.owner.token)
            let items = try #require(log["data", "items"]?.elements)
            #expect(items.map { $0["action"]?.text } == ["token.revoke", "token.update", "token.create"])
            #expect(items.allSatisfy { $0["user"]?["id"]?.text == "\(server.owner.user)" })
            #expect(try !JSONOutput.text(log.json).contains(token.secret.dropFirst(4)))
        }
    }
}

extension TestServer {
    /// Another workspace that a user owns.
    func makeWorkspace(_ caller: Caller) async throws -> ID {
        let storage = application.storage
        return try await storage.database.write { connection in
            let id = storage.ids.next()
            try connection.execute(
                """
                INSERT INTO workspace (id, name, description, workspace_type, owner_id, created_at)
                VALUES (\(id), 'Another', '', 'team', \(caller.user), 1)
                """)
            try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(id), \(caller.user), 'owner', 1)
                """)
            return id
        }
    }

    /// A personal token of a caller's, with fewer rights than the caller's own.
    func makeToken(
        _ caller: Caller, _ permissions: [String], _ workspaces: [ID]?
    ) async throws -> (id: String, secret: String) {
        var body: [JSON.Member] = [
            .init(key: "name", value: "made"), .init(key: "permissions", value: .array(permissions.map(JSON.string))),
        ]
        if let workspaces {
            body.append(.init(key: "workspace_ids", value: .array(workspaces.map { .string("\($0)") })))
        }
        let made = try await send(.POST, path, .object(body), token: caller.token)
        return (try #require(made["data", "token", "id"]?.text), try #require(made["data", "secret"]?.text))
    }

    /// A service token of a caller's workspace, and the account it stands for.
    func makeService(
        _ caller: Caller, _ permissions: [String]
    ) async throws -> (id: String, user: String, secret: String) {
        let made = try await send(
            .POST, "/buckle/v1/workspaces/\(caller.workspace)/service_tokens",
            ["name": "made", "permissions": .array(permissions.map(JSON.string))], token: caller.token)
        return (
            try #require(made["data", "token", "id"]?.text), try #require(made["data", "token", "user_id"]?.text),
            try #require(made["data", "secret"]?.text)
        )
    }
}
