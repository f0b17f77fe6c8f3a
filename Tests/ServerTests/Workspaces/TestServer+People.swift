import APIKit
import Database
import NIOHTTP1
import Platform
import Testing

@testable import Server

extension TestServer {
    /// Another person, with a personal workspace and a token that has every permission.
    func newcomer(_ name: String) async throws -> Caller {
        let storage = application.storage
        let user = try await storage.database.write { connection in
            try UserStore(storage: storage).add(userName: name, nickName: name.uppercased(), in: connection)
        }
        let workspace = try await storage.database.read { connection in
            try connection.first("SELECT workspace_id FROM workspace_member WHERE user_id = \(user)") { $0.id(0) }!
        }
        return Caller(user: user, workspace: workspace, token: try await Self.token(for: user, storage))
    }

    /// A caller's token that reaches only some workspaces.
    func scopedToken(_ caller: Caller, _ workspaces: [ID]) async throws -> String {
        let storage = application.storage
        return try await storage.database.write { connection in
            var new = NewToken(.personal, user: caller.user, name: "scoped", permissions: ["all"], lifetime: nil)
            new.workspaces = workspaces
            return try TokenStore(storage: storage).create(new, in: connection)
        }.secret.text
    }

    /// The account of a service, which is a member of a workspace.
    func makeService(in workspace: String) async throws -> ID {
        let storage = application.storage
        let (id, now, place) = (storage.ids.next(), storage.clock.now(), ID(workspace)!)
        try await storage.database.write { connection in
            try connection.execute(
                """
                INSERT INTO account (id, user_name, nick_name, kind, created_at)
                VALUES (\(id), \("service \(id)"), 'Service', 'service', \(now))
                """)
            try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(place), \(id), 'member', \(now))
                """)
        }
        return id
    }

    /// Makes a workspace of a caller's, in an organization if one is given, and returns its id.
    func makeTeam(_ caller: Caller, organization: String? = nil, owner: Caller? = nil) async throws -> String {
        var members: [JSON.Member] = [
            .init(key: "name", value: "Team"), .init(key: "description", value: "For the team"),
        ]
        if let organization { members.append(.init(key: "coze_account_id", value: .string(organization))) }
        if let owner { members.append(.init(key: "owner_uid", value: .string(owner.user.description))) }
        let made = try await send(.POST, "/v1/workspaces", .object(members), token: caller.token)
        #expect(made.code == 0, "\(made.json)")
        return made["data", "id"]!.text
    }

    /// Invites a person to a workspace of no enterprise, who accepts.
    func admit(_ person: Caller, to workspace: String, by caller: Caller, as role: String = "member") async throws {
        let uri = "/v1/workspaces/\(workspace)/members"
        let invited = try await send(.POST, uri, Self.users([person], role), token: caller.token)
        #expect(invited.ids("invited_success_user_ids") == [person.user.description], "\(invited.json)")
        let invitation = try await invitations(person).first!["invitation_id"]!.text
        let accepted = try await send(.POST, "/buckle/v1/invitations/\(invitation)/accept", token: person.token)
        #expect(accepted.code == 0, "\(accepted.json)")
    }

    func invitations(_ person: Caller) async throws -> [JSON] {
        try await send(.GET, "/buckle/v1/invitations", token: person.token)["data", "items"]!.elements
    }

    static func users(_ people: [Caller], _ role: String = "member") -> JSON {
        let users = people.map { person -> JSON in
            ["user_id": .string(person.user.description), "role_type": .string(role)]
        }
        return ["users": .array(users)]
    }

    /// The members of a workspace as `user role`, in the order they joined.
    func members(of workspace: String, as caller: Caller) async throws -> [String] {
        let reply = try await send(.GET, "/v1/workspaces/\(workspace)/members", token: caller.token)
        return (reply["data", "items"]?.elements ?? []).map { "\($0["user_id"]!.text) \($0["role_type"]!.text)" }
    }

    /// The ids of the workspaces that a request lists.
    func workspaces(_ query: String = "", token: String) async throws -> [String] {
        let reply = try await send(.GET, "/v1/workspaces\(query)", token: token)
        return (reply["data", "workspaces"]?.elements ?? []).map { $0["id"]!.text }
    }

    /// Makes a bot in a workspace and returns its id.
    func makeBot(_ caller: Caller, in workspace: String) async throws -> String {
        let body: JSON = ["space_id": .string(workspace), "name": "helper"]
        return try await send(.POST, "/v1/bot/create", body, token: caller.token)["data", "bot_id"]!.text
    }

    func owner(ofBot bot: String) async throws -> ID {
        let id = ID(bot)!
        return try await application.storage.database.read { connection in
            try connection.first("SELECT owner_id FROM bot WHERE id = \(id)") { $0.id(0) }!
        }
    }

    /// The actions in the audit log that concern a workspace or an enterprise, oldest first.
    func audited(workspace: String? = nil, enterprise: String? = nil) async throws -> [String] {
        let (workspace, enterprise) = (workspace.flatMap { ID($0) } ?? 0, enterprise.flatMap { ID($0) } ?? 0)
        return try await application.storage.database.read { connection in
            try connection.query(
                """
                SELECT action FROM audit_record
                WHERE workspace_id = \(workspace) OR enterprise_id = \(enterprise) ORDER BY id
                """
            ) { $0.text(0) }
        }
    }

    /// Who and what is where, as text.
    private func places() async throws -> [String] {
        let queries: [SQL] = [
            """
            SELECT CAST(id AS TEXT) || name || description || CAST(owner_id AS TEXT) FROM workspace ORDER BY id
            """,
            """
            SELECT CAST(workspace_id AS TEXT) || CAST(user_id AS TEXT) || role_type FROM workspace_member
            ORDER BY workspace_id, user_id
            """,
            "SELECT CAST(id AS TEXT) || role_type FROM workspace_invitation ORDER BY id",
            "SELECT CAST(id AS TEXT) || name FROM enterprise ORDER BY id",
            """
            SELECT CAST(enterprise_id AS TEXT) || CAST(user_id AS TEXT) || role FROM enterprise_member
            ORDER BY enterprise_id, user_id
            """,
            "SELECT CAST(id AS TEXT) || name || description FROM organization ORDER BY id",
            """
            SELECT CAST(organization_id AS TEXT) || CAST(user_id AS TEXT) || role FROM organization_member
            ORDER BY organization_id, user_id
            """,
            "SELECT CAST(id AS TEXT) || CAST(owner_id AS TEXT) FROM bot ORDER BY id",
            "SELECT CAST(bot_id AS TEXT) || CAST(user_id AS TEXT) FROM bot_collaborator ORDER BY bot_id, user_id",
            "SELECT CAST(id AS TEXT) FROM audit_record ORDER BY id",
        ]
        return try await application.storage.database.read { connection in
            try queries.flatMap { try connection.query($0) { $0.text(0) } }
        }
    }

    /// Expects that a request is refused with a code and changes nothing. Returns what the caller is told.
    @discardableResult
    func refused(
        _ code: Int, _ method: HTTPMethod, _ uri: String, _ body: JSON? = nil, as caller: Caller, token: String? = nil,
        naming field: String = "", at location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let before = try await places()
        let reply = try await send(method, uri, body, token: token ?? caller.token)
        #expect(reply.code == code, "\(reply.json)", sourceLocation: location)
        #expect(field.isEmpty || reply.message.contains(field), "\(reply.message)", sourceLocation: location)
        #expect(try await places() == before, sourceLocation: location)
        return reply.message
    }

    /// Expects that a request succeeds.
    @discardableResult
    func done(
        _ method: HTTPMethod, _ uri: String, _ body: JSON? = nil, as caller: Caller,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        let reply = try await send(method, uri, body, token: caller.token)
        #expect(reply.code == 0, "\(reply.json)", sourceLocation: location)
        return reply
    }
}

extension TestServer.Reply {
    /// The ids in a list under `data`; nil if there is no such list.
    func ids(_ name: String) -> [String]? { self["data", name]?.elements.map(\.text) }
}
