import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

/// Whom the tokens of service apps stand for, and what they reach.
@Suite struct JWTTargetTests {
    @Test(arguments: DatabaseKind.available)
    func `sessions see their own conversations alone`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server)
            let bot = try await server.makeBot(server.owner)
            var tokens: [String: String] = [:]
            for name in ["ann", "ben", ""] { tokens[name] = try await session(name, app) }
            tokens["ann again"] = try await session("ann", app)
            var conversations: [String: String] = [:]
            for (name, token) in tokens where name != "ann again" {
                let made = try await server.send(
                    .POST, "/v1/conversation/create", ["bot_id": .string(bot)], token: token)
                conversations[name] = made["data", "id"]!.text
            }
            for (name, token) in tokens {
                for (owner, conversation) in conversations {
                    let reply = try await server.send(
                        .GET, "/v1/conversation/retrieve?conversation_id=\(conversation)", token: token)
                    #expect((reply.code == 0) == (name.hasPrefix(owner) && (owner != "" || name == "")), "\(name)")
                }
            }
            // The account itself is the session without a name.
            let own = try await server.send(
                .GET, "/v1/conversation/retrieve?conversation_id=\(conversations[""]!)", token: server.owner.token)
            #expect(own.code == 0)
            let hidden = try await server.send(
                .GET, "/v1/conversation/retrieve?conversation_id=\(conversations["ann"]!)", token: server.owner.token)
            #expect(hidden.code == 4002)
            #expect(try await server.count("SELECT COUNT(*) FROM account WHERE kind = 'session'") == 2)
            // Who they are is the account all the same.
            let me = try await server.send(.GET, "/v1/users/me", token: tokens["ann"]!)
            #expect(me["data", "user_id"]?.text == server.owner.user.description)
        }
    }

    private func session(_ name: String, _ app: ServiceApp) async throws -> String {
        try await app.exchange(claims: name.isEmpty ? [:] : ["session_name": .string(name)]).access
    }

    @Test(arguments: DatabaseKind.available)
    func `an app acts for another account once that account lets it, until it takes that back`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server, ["permissions": ["listBot", "createConversation"]])
            let place = "account/\(server.stranger.user)/"
            let refused = try await app.exchange(at: place)
            let unknown = try await app.exchange(at: "account/99/")
            #expect(refused.status == 400 && refused.error == "access_deny")
            #expect(unknown.error == refused.error && unknown.errorMessage == refused.errorMessage)

            let body: JSON = [
                "client_id": .string(app.id.description),
                "workspace_ids": [.string(server.stranger.workspace.description)],
            ]
            let grant = try await server.send(.POST, "/buckle/v1/oauth_grants", body, token: server.stranger.token)
            #expect(grant.code == 0, "\(grant.json)")
            let reply = try await app.exchange(at: place)
            let bearer = try await app.bearer(reply)
            #expect(bearer.user == server.stranger.user)
            #expect(bearer.permissions == .some(["listBot", "createConversation"]))
            #expect(bearer.member.workspaces == .some([server.stranger.workspace]))

            // What the app asks for later has to be granted anew.
            let wider: JSON = ["permissions": ["listBot", "createConversation", "listWorkspace"]]
            _ = try await server.send(.PUT, "/buckle/v1/oauth_apps/\(app.id)", wider, token: server.owner.token)
            let later = try await app.exchange(at: place)
            #expect(try await app.bearer(later).permissions == .some(["listBot", "createConversation"]))

            let uri = "/buckle/v1/oauth_grants/\(grant["data", "id"]!.text)"
            #expect(try await server.send(.DELETE, uri, token: server.owner.token).code == 4200)
            #expect(try await server.isGood(reply.access))
            #expect(try await server.send(.DELETE, uri, token: server.stranger.token).code == 0)
            for token in [reply.access, later.access] { #expect(try await !server.isGood(token)) }
            #expect(try await app.exchange(at: place).error == "access_deny")
            #expect(try await server.send(.DELETE, uri, token: server.stranger.token).code == 4200)
            // The owner needs no grant.
            #expect(try await app.exchange(at: "account/\(server.owner.user)/").status == 200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `points of enterprise level are for the enterprise's privileged app alone`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let enterprise = server.storage.ids.next()
            try await server.execute(
                "INSERT INTO enterprise (id, name, created_at) VALUES (\(enterprise), 'Works', 1)")
            let fields: JSON = [
                "enterprise_id": .string(enterprise.description), "is_privileged": true,
                "permissions": ["listBot", "Enterprise.listOrganization"],
            ]
            let early = try await server.send(
                .POST, "/buckle/v1/oauth_apps", Self.privileged(fields), token: server.owner.token)
            #expect(early.code == 4200)
            try await join(server, enterprise, "enterprise_super_admin")
            let app = try await ServiceApp.make(server, fields)
            let place = "enterprise_id/\(enterprise)/"
            let bearer = try await app.bearer(try await app.exchange(at: place))
            #expect(bearer.user == server.owner.user)
            #expect(bearer.permissions == .some(["listBot", "Enterprise.listOrganization"]))
            for elsewhere in ["", "account/\(server.owner.user)/"] {
                #expect(try await app.bearer(app.exchange(at: elsewhere)).permissions == .some(["listBot"]))
            }
            #expect(try await app.exchange(at: "enterprise_id/99/").error == "access_deny")
            #expect(try await app.exchange(at: "enterprise_id/volcano_1/").error == "access_deny")
            let plain = try await ServiceApp.make(server)
            #expect(try await plain.exchange(at: place).error == "access_deny")

            try await server.execute("UPDATE enterprise_member SET role = 'enterprise_member'")
            #expect(try await app.exchange(at: place).error == "access_deny")
        }
    }

    private static func privileged(_ fields: JSON) -> JSON {
        guard case .object(let members) = fields else { return fields }
        return .object(members + [.init(key: "name", value: "robot"), .init(key: "app_type", value: "service")])
    }

    private func join(_ server: TestServer, _ enterprise: ID, _ role: String) async throws {
        try await server.execute(
            """
            INSERT INTO enterprise_member (enterprise_id, user_id, role, joined_at)
            VALUES (\(enterprise), \(server.owner.user), \(role), 1)
            """)
    }

    @Test(arguments: DatabaseKind.available)
    func `an administrator's app acts in the organization's workspaces`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server)
            let (enterprise, organization) = (server.storage.ids.next(), server.storage.ids.next())
            let (inside, outside) = (server.storage.ids.next(), server.storage.ids.next())
            try await server.execute(
                "INSERT INTO enterprise (id, name, created_at) VALUES (\(enterprise), 'Works', 1)")
            try await server.execute(
                """
                INSERT INTO organization (id, enterprise_id, name, description, created_at)
                VALUES (\(organization), \(enterprise), 'Team', '', 1)
                """)
            for (workspace, place) in [(inside, organization as ID?), (outside, nil)] {
                try await server.execute(
                    """
                    INSERT INTO workspace (id, name, workspace_type, owner_id, created_at, organization_id)
                    VALUES (\(workspace), 'W', 'team', \(server.owner.user), 1, \(place))
                    """)
                try await server.execute(
                    """
                    INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                    VALUES (\(workspace), \(server.owner.user), 'owner', 1)
                    """)
            }
            let place = "account/\(organization)/"
            #expect(try await app.exchange(at: place).error == "access_deny")
            try await server.execute(
                """
                INSERT INTO organization_member (organization_id, user_id, role, joined_at)
                VALUES (\(organization), \(server.owner.user), 'organization_member', 1)
                """)
            #expect(try await app.exchange(at: place).error == "access_deny")
            try await server.execute("UPDATE organization_member SET role = 'organization_admin'")
            let bearer = try await app.bearer(try await app.exchange(at: place))
            #expect(bearer.user == server.owner.user && bearer.member.workspaces == .some([inside]))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a scope gives less than the app may have, and never more`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(
                server,
                [
                    "permissions": ["Connector.botChat", "listBot", "createConversation"], "is_channel": true,
                    "connector_id": "10000999",
                ])
            let full = try await app.bearer(try await app.exchange(scope: .null))
            #expect(full.connector == "10000999")
            #expect(full.permissions.contains(["Connector.botChat", "listBot", "createConversation", "chat"]))

            let scope: JSON = [
                "account_permission": ["permission_list": ["Connector.botChat"]],
                "attribute_constraint": ["connector_bot_chat_attribute": ["bot_id_list": ["11", "12"]]],
                "workspace_permission": .null,
            ]
            let narrow = try await app.bearer(try await app.exchange(scope: scope))
            #expect(narrow.bots == [11, 12])
            #expect(
                narrow.permissions
                    == .some(["Connector.botChat", "chat", "getChat", "cancelChat", "submitToolChat"]))
            let own = server.owner.workspace
            let place: JSON = [
                "workspace_permission": [
                    "workspace_id_list": [.string(own.description)], "permission_list": ["listBot"],
                ]
            ]
            let bound = try await app.bearer(try await app.exchange(scope: place))
            #expect(bound.permissions == .some(["listBot"]) && bound.member.workspaces == .some([own]))

            let before = try await server.count("SELECT COUNT(*) FROM token")
            let stranger = JSON.string(server.stranger.workspace.description)
            let wrong: [JSON] = [
                ["account_permission": ["permission_list": ["Connector.botChat", "publish"]]],
                ["account_permission": ["permission_list": ["all"]]],
                ["workspace_permission": ["workspace_id_list": [stranger]]],
                ["workflow_permission": ["workflow_id_list": ["7"]]],
                ["attribute_constraint": ["connector_bot_chat_attribute": ["bot_id_list": ["x"]]]],
            ]
            for scope in wrong {
                let reply = try await app.exchange(scope: scope)
                #expect(reply.status >= 400 && reply.error == "invalid_request", "\(scope): \(reply.json)")
            }
            #expect(try await server.count("SELECT COUNT(*) FROM token") == before)
        }
    }

    @Test func `a channel's app without a channel, a disabled app and a disabled owner get no tokens`() async throws {
        try await TestServer.with(.sqlite) { server in
            let channel = try await ServiceApp.make(server, ["is_channel": true])
            let unbound = try await channel.exchange()
            #expect(unbound.error == "access_deny")
            #expect(unbound.errorMessage == "connector app should bind connector id")

            let app = try await ServiceApp.make(server)
            let token = try await app.exchange().access
            try await app.change("disable")
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 4100)
            let refused = try await app.exchange()
            #expect(refused.error == "access_deny")
            #expect(refused.errorMessage == "app: robot is currently deactivated by the owner")
            try await app.change("enable")
            #expect(try await server.isGood(token))
            #expect(try await app.exchange().status == 200)

            try await server.execute("UPDATE account SET disabled_at = 1 WHERE id = \(server.owner.user)")
            #expect(try await app.exchange().error == "access_deny")
        }
    }

    @Test func `only service apps exchange JWTs`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await ServiceApp.make(server)
            let device = try await server.makeApp(.device, redirectURIs: [])
            let reply = try await app.exchange(claims: ["iss": .string(device.clientID)])
            #expect(reply.error == "access_deny" && reply.errorMessage == "invalid app type")
            let none = try await server.send(
                .POST, "/api/permission/oauth2/token",
                ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"], token: nil)
            #expect(none.status == 401 && none.error == "invalid_client")
        }
    }
}
