import APIKit
import Database

/// The tokens of workspaces. Each stands for a hidden account of its own, which is a member of the workspace.
package struct ServiceTokenStore: Sendable {
    let storage: Storage
    private var tokens: TokenStore { TokenStore(storage: storage) }
    private var shared: PersonalTokenStore { PersonalTokenStore(storage: storage) }

    package init(storage: Storage) { self.storage = storage }

    /// When a token is to expire.
    enum Expiry: Sendable {
        case never
        /// Seconds from now.
        case after(Int64)
    }

    /// Makes a token and its account.
    ///
    /// - Throws: 4200 if the caller is no member of the workspace; 4101 if the caller does not manage it, or the token
    ///   would be given what the caller's lacks; 4000 if there are too many tokens.
    func create(
        name: String, permissions: [String], lifetime: Int64?, in workspace: ID, by bearer: Bearer, _ actor: AuditActor
    ) async throws -> CreatedToken {
        let account = storage.ids.next()
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            try Self.requireManager(bearer.member, of: workspace, connection)
            try TokenRights.requireCarried(permissions, by: bearer)
            try shared.requireRoom("workspace_id = \(workspace) AND kind = 'service'", connection)
            try connection.execute(
                """
                INSERT INTO account (id, user_name, nick_name, created_at, kind)
                VALUES (\(account), \("service-\(account)"), \(name), \(now), 'service')
                """)
            try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(workspace), \(account), 'member', \(now))
                """)
            var new = NewToken(.service, user: account, name: name, permissions: permissions, lifetime: lifetime)
            new.workspace = workspace
            new.workspaces = [workspace]
            let issued = try tokens.create(new, in: connection)
            let made = try find(issued.id, workspace, connection)
            try audit("service_token.create", made, workspace, actor, connection)
            return CreatedToken(token: made, secret: issued.secret.text)
        }
    }

    /// - Throws: 4200 if the caller is no member of the workspace, 4101 if the caller does not manage it.
    func list(of workspace: ID, manager: Member, _ page: PageRequest) async throws -> TokenPage {
        try await storage.database.read { connection in
            try Self.requireManager(manager, of: workspace, connection)
            return try shared.page("workspace_id = \(workspace) AND kind = 'service'", page, connection)
        }
    }

    /// - Throws: 4200 if the caller is no member of the workspace or it has no such token, 4101 if the caller does not
    ///   manage it.
    func find(_ id: ID, of workspace: ID, manager: Member) async throws -> TokenInfo {
        try await storage.database.read { connection in
            try Self.requireManager(manager, of: workspace, connection)
            return try find(id, workspace, connection)
        }
    }

    /// Changes what is not nil.
    ///
    /// - Throws: 4200 if the caller is no member of the workspace or it has no such token; 4101 if the caller does not
    ///   manage it, or the caller's token lacks what the token would be given; 4000 if the token is revoked.
    func update(
        _ id: ID, of workspace: ID, name: String?, permissions: [String]?, expiry: Expiry?, by bearer: Bearer,
        _ actor: AuditActor
    ) async throws -> TokenInfo {
        try await storage.database.write { connection in
            try Self.requireManager(bearer.member, of: workspace, connection)
            let old = try find(id, workspace, connection)
            guard old.revokedAt == nil else { throw APIError.invalid("token_id", "is revoked") }
            // One that has expired comes to life again with a new end, and so is given all that it carries.
            if permissions != nil || expiry != nil {
                try TokenRights.requireCarried(permissions ?? old.permissions, by: bearer)
            }
            let end: Int64? =
                switch expiry {
                case nil: old.expiresAt
                case .never: nil
                case .after(let seconds): storage.clock.now() + seconds
                }
            try connection.execute(
                """
                UPDATE token SET name = \(name ?? old.name),
                permissions = \(StoredJSON.text(permissions ?? old.permissions)), expires_at = \(end) WHERE id = \(id)
                """)
            if let name { try connection.execute("UPDATE account SET nick_name = \(name) WHERE id = \(old.userID)") }
            try tokens.touch(where: "id = \(id)", in: connection)
            let changed = try find(id, workspace, connection)
            try audit("service_token.update", changed, workspace, actor, connection)
            return changed
        }
    }

    /// Revokes a token, if it is not revoked yet. Its account leaves the workspace, and what the account owned there
    /// passes to the workspace's owner.
    ///
    /// - Throws: 4200 if the caller is no member of the workspace or it has no such token, 4101 if the caller does not
    ///   manage it.
    func revoke(_ id: ID, of workspace: ID, manager: Member, _ actor: AuditActor) async throws {
        try await storage.database.write { connection in
            try Self.requireManager(manager, of: workspace, connection)
            try WorkspaceStore.lock(workspace, in: connection)
            let token = try find(id, workspace, connection)
            let isNew = try tokens.revoke(where: "id = \(id)", in: connection) > 0
            // The command line only revokes, so this may still be to do.
            try retire(token.userID, from: workspace, connection)
            if isNew { try audit("service_token.revoke", token, workspace, actor, connection) }
        }
    }

    private func find(_ id: ID, _ workspace: ID, _ connection: any Connection) throws -> TokenInfo {
        try shared.found(
            id, "t.id = \(id) AND t.workspace_id = \(workspace) AND t.kind = 'service'", connection)
    }

    private func audit(
        _ action: String, _ token: TokenInfo, _ workspace: ID, _ actor: AuditActor, _ connection: any Connection
    ) throws {
        var detail = ["name": token.name, "permissions": token.permissions.joined(separator: ",")]
        detail["expires_at"] = token.expiresAt.map { String($0) }
        try storage.audit(
            action, AuditObject("service_token", token.id, workspace: workspace), by: actor, detail: detail,
            in: connection)
    }

    private static func requireManager(_ member: Member, of workspace: ID, _ connection: any Connection) throws {
        guard let role = try WorkspaceStore.role(of: member, in: workspace, connection) else {
            throw WorkspaceStore.unknown(workspace)
        }
        guard role.manages else {
            throw APIError(.noPermission, "Only the workspace's owner and admins may manage its service tokens")
        }
    }

    private func retire(_ account: ID, from workspace: ID, _ connection: any Connection) throws {
        let owner = try connection.first("SELECT owner_id FROM workspace WHERE id = \(workspace)") { $0.id(0) }
        guard let owner else { throw WorkspaceStore.unknown(workspace) }
        try WorkspaceDeparture(user: account, receiver: owner, now: storage.clock.now())
            .leave(workspace, in: connection)
    }
}
