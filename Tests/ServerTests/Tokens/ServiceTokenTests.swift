import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct ServiceTokenTests {
    private func path(_ caller: TestServer.Caller) -> String {
        "/buckle/v1/workspaces/\(caller.workspace)/service_tokens"
    }

    @Test(arguments: DatabaseKind.available)
    func `a service acts under a name of its own, in its workspace alone`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let there = try await server.makeWorkspace(owner)
            let service = try await server.makeService(owner, ["createBot", "listBot", "listWorkspace"])
            #expect(service.secret.hasPrefix("sat_"))
            let me = try await server.send(.GET, "/v1/users/me", token: service.secret)
            #expect(me["data", "user_id"]?.text == service.user && service.user != "\(owner.user)")
            #expect(
                me["data", "user_name"]?.text == "service-\(service.user)" && me["data", "nick_name"]?.text == "made")
            let create = { (workspace: ID) async throws in
                try await server.send(
                    .POST, "/v1/bot/create", ["space_id": .string("\(workspace)"), "name": "x"], token: service.secret)
            }
            #expect(try await create(owner.workspace).code == 0)
            #expect(try await create(there).code == 4200)
            #expect(try await server.send(.POST, "/v1/conversation/create", token: service.secret).code == 4101)
            let token = try await server.send(.GET, "\(path(owner))/\(service.id)", token: owner.token)
            #expect(token["data", "kind"]?.text == "service")
            #expect(token["data", "workspace_ids"] == [.string("\(owner.workspace)")])
            #expect(token["data", "state"]?.text == "valid" && token["data", "expires_at"] == nil)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what a revoked service owned passes to the workspace's owner`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let service = try await server.makeService(owner, ["createBot", "edit", "listBot"])
            let made = try await server.send(
                .POST, "/v1/bot/create", ["space_id": .string("\(owner.workspace)"), "name": "x"],
                token: service.secret)
            let bot = try #require(made["data", "bot_id"]?.text)
            let update: JSON = ["bot_id": .string(bot), "name": "changed"]
            #expect(try await server.send(.POST, "/v1/bot/update", update, token: owner.token).code == 4101)
            let uri = "\(path(owner))/\(service.id)"
            for _ in 1...2 { #expect(try await server.send(.DELETE, uri, token: owner.token).code == 0) }
            #expect(try await server.send(.GET, "/v1/users/me", token: service.secret).status == 401)
            #expect(try await server.send(.POST, "/v1/bot/update", update, token: owner.token).code == 0)
            let members = try await server.application.storage.database.read { connection in
                try connection.query("SELECT user_id FROM workspace_member WHERE workspace_id = \(owner.workspace)") {
                    $0.id(0)
                }
            }
            #expect(members == [owner.user])
            let listed = try await server.send(.GET, path(owner), token: owner.token)
            #expect(listed["data", "tokens"]?.elements.map { $0["state"]?.text } == ["revoked"])
            #expect(try await server.send(.PUT, uri, ["name": "x"], token: owner.token).code == 4000)
            let log = try await server.send(
                .GET, "/buckle/v1/audit?object_type=service_token&workspace_id=\(owner.workspace)", token: owner.token)
            let actions = log["data", "items"]?.elements.map { $0["action"]?.text }
            #expect(actions == ["service_token.revoke", "service_token.create"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `name, permissions and end can be changed, and count from the next request on`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let service = try await server.makeService(owner, ["listBot"])
            let uri = "\(path(owner))/\(service.id)"
            let bots = "/v1/bots?workspace_id=\(owner.workspace)"
            #expect(try await server.send(.GET, bots, token: service.secret).code == 0)
            let changed = try await server.send(
                .PUT, uri, ["name": "new", "permissions": ["chat"], "expires_in": .integer(60)], token: owner.token)
            #expect(changed["data", "name"]?.text == "new" && changed["data", "permissions"] == ["chat"])
            #expect(changed["data", "expires_at"] != nil)
            #expect(try await server.send(.GET, bots, token: service.secret).code == 4101)
            let me = try await server.send(.GET, "/v1/users/me", token: service.secret)
            #expect(me["data", "nick_name"]?.text == "new")

            // It has ended, and is given a new end.
            try await server.application.storage.database.write { connection in
                try connection.execute("UPDATE token SET expires_at = 1000 WHERE id = \(ID(service.id)!)")
                try TokenStore(storage: server.application.storage).touch(
                    where: "id = \(ID(service.id)!)", in: connection)
            }
            _ = try await server.send(.PUT, uri, ["name": "ended"], token: owner.token)
            #expect(try await server.send(.GET, uri, token: owner.token)["data", "state"]?.text == "expired")
            #expect(try await server.send(.GET, "/v1/users/me", token: service.secret).status == 401)
            let endless = try await server.send(.PUT, uri, ["expires_in": .integer(0)], token: owner.token)
            #expect(endless["data", "state"]?.text == "valid" && endless["data", "expires_at"] == nil)
            #expect(try await server.send(.GET, "/v1/users/me", token: service.secret).code == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a service is given nothing that its maker lacks, or that is for people`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let weak = try await server.makeToken(owner, ["Buckle.manageTokens", "listBot"], [owner.workspace]).secret
            let elsewhere = try await server.makeToken(owner, ["all"], []).secret
            let service = try await server.makeService(owner, ["chat", "listBot"])
            let uri = "\(path(owner))/\(service.id)"
            let make = { (points: JSON, token: String) async throws in
                try await server.send(.POST, path(owner), ["name": "x", "permissions": points], token: token).code
            }
            for point in ["all", "Buckle.manageTokens", "Buckle.manageAccounts", "createWorkspace", "nonsense"] {
                let points: JSON = ["listBot", .string(point)]
                #expect(try await make(points, owner.token) == 4000, "\(point)")
                let changed = try await server.send(.PUT, uri, ["permissions": points], token: owner.token)
                #expect(changed.code == 4000, "\(point)")
            }
            #expect(try await make(["listBot", "chat"], weak) == 4101)
            #expect(try await make(["listBot"], weak) == 0)
            #expect(try await make(["listBot"], elsewhere) == 4200)
            for body in [["permissions": ["chat"]], ["expires_in": .integer(0)]] as [JSON] {
                #expect(try await server.send(.PUT, uri, body, token: weak).code == 4101)
            }
            for body in [["permissions": ["listBot"]], ["name": "less"]] as [JSON] {
                #expect(try await server.send(.PUT, uri, body, token: weak).code == 0)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a workspace's tokens are for its owner and admins`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, stranger) = (server.owner, server.stranger)
            let service = try await server.makeService(owner, ["listBot"])
            let theirs = try await server.makeService(stranger, ["listBot"])
            let requests: [(HTTPMethod, String, JSON?)] = [
                (.POST, path(owner), ["name": "x", "permissions": ["listBot"]]), (.GET, path(owner), nil),
                (.GET, "\(path(owner))/\(service.id)", nil), (.PUT, "\(path(owner))/\(service.id)", ["name": "x"]),
                (.DELETE, "\(path(owner))/\(service.id)", nil),
            ]
            for (method, uri, body) in requests {
                let refused = try await server.send(method, uri, body, token: stranger.token)
                let absent = try await server.send(
                    method, uri.replacing("\(owner.workspace)", with: "99"), body, token: stranger.token)
                #expect(refused.code == 4200 && absent.code == 4200, "\(method) \(uri)")
                #expect(refused.message.replacing("\(owner.workspace)", with: "99") == absent.message)
            }
            // A token of another workspace, through one's own.
            let mixed = "\(path(owner))/\(theirs.id)"
            #expect(try await server.send(.GET, mixed, token: owner.token).code == 4200)
            #expect(try await server.send(.DELETE, mixed, token: owner.token).code == 4200)
            #expect(try await server.send(.GET, "/v1/users/me", token: theirs.secret).code == 0)

            for (role, code) in [("member", 4101), ("admin", 0)] {
                try await server.application.storage.database.write { connection in
                    try connection.execute(
                        "DELETE FROM workspace_member WHERE user_id = \(stranger.user) AND role_type <> 'owner'")
                    try connection.execute(
                        """
                        INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                        VALUES (\(owner.workspace), \(stranger.user), \(role), 1)
                        """)
                }
                for (method, uri, body) in requests {
                    let reply = try await server.send(method, uri, body, token: stranger.token)
                    #expect(reply.code == code, "\(role) \(method) \(uri)")
                }
            }
            let listed = try await server.send(.GET, path(owner), token: owner.token)
            #expect(listed["data", "tokens"]?.elements.map { $0["state"]?.text } == ["valid", "revoked"])
        }
    }
}
