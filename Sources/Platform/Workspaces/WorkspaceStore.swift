import APIKit
import Database

/// The table of workspaces.
package struct WorkspaceStore: Sendable {
    let storage: Storage
    let links: LinkSigner

    package init(storage: Storage, links: LinkSigner) {
        self.storage = storage
        self.links = links
    }

    /// What a workspace is made with.
    struct New: Sendable {
        var name: String
        var description: String
        var iconFileID: ID?
        /// The organization it belongs to; nil for the caller's own account.
        var organization: ID?
        var owner: ID
    }

    /// - Throws: 4200 if the organization does not exist or the caller is nothing there, 4101 for its guests and for
    ///   members who would make others owners, 4000 if the owner is no member of the organization.
    func create(_ new: New, by actor: AuditActor) async throws -> ID {
        let (id, now) = (storage.ids.next(), storage.clock.now())
        return try await storage.database.write { connection in
            let standing = try new.organization.map {
                try Self.standing(of: actor.user, in: $0, owner: new.owner, connection)
            }
            try connection.execute(
                """
                INSERT INTO workspace (id, name, description, workspace_type, owner_id, enterprise_id, organization_id,
                icon_file_id, created_at)
                VALUES (\(id), \(new.name), \(new.description), 'team', \(new.owner), \(standing?.enterprise),
                \(new.organization), \(new.iconFileID), \(now))
                """)
            try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(id), \(new.owner), 'owner', \(now))
                """)
            try storage.audit(
                "workspace.create", AuditObject("workspace", id, workspace: id, enterprise: standing?.enterprise),
                by: actor, detail: ["name": new.name, "owner_uid": new.owner.description], in: connection)
            return id
        }
    }

    /// Checks that a user may make a workspace in an organization, for an owner.
    private static func standing(
        of user: ID, in organization: ID, owner: ID, _ connection: any Connection
    ) throws -> OrganizationStanding {
        // Until the unit of work ends nobody leaves the organization, and nobody deletes it as one without workspaces.
        if let seen = try OrganizationStanding.find(user, in: organization, connection) {
            try EnterpriseStore.lock(seen.enterprise, in: connection)
        }
        guard let standing = try OrganizationStanding.find(user, in: organization, connection) else {
            throw APIError(.notFound, "The organization \(organization) of coze_account_id does not exist")
        }
        guard standing.manages || standing.role == .member else {
            throw APIError(.noPermission, "Guests of an organization cannot make workspaces in it")
        }
        guard owner == user || standing.manages else {
            throw APIError(.noPermission, "Only the organization's admins can make others owners of workspaces")
        }
        guard let role = try OrganizationRole.find(owner, in: organization, connection), role != .guest else {
            throw APIError.invalid("owner_uid", "is no member of the organization")
        }
        return standing
    }

    /// - Parameters:
    ///   - name: nil to leave it as it is.
    ///   - description: nil to leave it as it is.
    /// - Throws: 4200 for a workspace that the caller does not see, 4101 for one that the caller does not manage, 4000
    ///   for a personal one.
    func update(
        _ id: ID, name: String?, description: String?, as member: Member, by actor: AuditActor
    ) async throws {
        try await storage.database.write { connection in
            let workspace = try Self.managed(id, by: member, in: connection)
            try Self.requireTeam(workspace)
            if name == nil, description == nil { return }
            try connection.execute(
                """
                UPDATE workspace SET name = COALESCE(CAST(\(name) AS TEXT), name),
                description = COALESCE(CAST(\(description) AS TEXT), description) WHERE id = \(id)
                """)
            try storage.audit(
                "workspace.update", workspace.auditObject, by: actor,
                detail: name.map { ["name": $0] } ?? [:], in: connection)
        }
    }

    /// Deletes a workspace and all that it holds. Conversations with its bots stay with those who had them.
    ///
    /// - Throws: 4200, 4101 or 4000 as for ``handOver(_:to:as:by:)``.
    func delete(_ id: ID, as member: Member, by actor: AuditActor) async throws {
        let tokens = TokenStore(storage: storage)
        try await storage.database.write { connection in
            let workspace = try Self.owned(id, by: member, in: connection)
            // A token that vanished would be valid for as long as servers remember it, so these are revoked and kept.
            try tokens.revoke(
                where: """
                    (workspace_id = \(id) OR grant_id IN (SELECT id FROM oauth_grant WHERE workspace_id = \(id)))
                    """, in: connection)
            try connection.execute("DELETE FROM workspace WHERE id = \(id)")
            try storage.audit("workspace.delete", workspace.auditObject, by: actor, in: connection)
        }
    }

    /// Makes another member the owner; who was it becomes an admin.
    ///
    /// - Throws: 4200 for a workspace that the caller does not see, 4101 if the caller does not own it, 4000 if it is a
    ///   personal one or the user is no member.
    func handOver(_ id: ID, to user: ID, as member: Member, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let workspace = try Self.owned(id, by: member, in: connection)
            if user == workspace.ownerID { return }
            guard try Self.personIsMember(user, of: id, in: connection) else {
                throw APIError.invalid("user_id", "is no member of the workspace")
            }
            try Self.setRole(.admin, of: workspace.ownerID, in: id, connection)
            try Self.setRole(.owner, of: user, in: id, connection)
            try connection.execute("UPDATE workspace SET owner_id = \(user) WHERE id = \(id)")
            try storage.audit(
                "workspace.hand_over", workspace.auditObject, by: actor, detail: ["user_id": user.description],
                in: connection)
        }
    }

    static func setRole(_ role: WorkspaceRole, of user: ID, in workspace: ID, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE workspace_member SET role_type = \(role.rawValue)
            WHERE workspace_id = \(workspace) AND user_id = \(user)
            """)
    }
}

extension WorkspaceStore {
    /// What a member may do in a workspace, in the caller's read or unit of work; nil if the user is none, or the token
    /// does not reach it.
    static func role(of member: Member, in workspace: ID, _ connection: any Connection) throws -> WorkspaceRole? {
        guard member.workspaces.contains(workspace) else { return nil }
        return try connection.first(
            "SELECT role_type FROM workspace_member WHERE workspace_id = \(workspace) AND user_id = \(member.user)"
        ) { WorkspaceRole(rawValue: $0.text(0)) } ?? nil
    }

    /// Whether a user is a member whose token reaches the workspace, in the caller's read or unit of work.
    static func isMember(_ member: Member, of workspace: ID, in connection: any Connection) throws -> Bool {
        try role(of: member, in: workspace, connection) != nil
    }

    /// As ``isMember(_:of:in:)``, for a unit of work that adds something of the member's to the workspace: until it
    /// ends, nobody leaves. What leavers own passes to others, and what came too late would not.
    static func staysMember(_ member: Member, of workspace: ID, in connection: any Connection) throws -> Bool {
        guard try isMember(member, of: workspace, in: connection) else { return false }
        try lock(workspace, in: connection)
        return try isMember(member, of: workspace, in: connection)
    }

    /// What is thrown for a workspace that does not exist, and for one that the caller is no member of.
    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The workspace \(id) does not exist") }

    /// - Throws: 4200 if the user is no member, or the token does not reach the workspace.
    static func visible(_ id: ID, to member: Member, in connection: any Connection) throws -> StoredWorkspace {
        let found = try connection.first(
            """
            SELECT w.owner_id, w.workspace_type, w.enterprise_id, m.role_type FROM workspace w
            JOIN workspace_member m ON m.workspace_id = w.id AND m.user_id = \(member.user) WHERE w.id = \(id)
            """
        ) { row in
            StoredWorkspace(
                id: id, ownerID: row.id(0), isPersonal: row.text(1) == "personal", enterpriseID: row.optionalID(2),
                role: WorkspaceRole(rawValue: row.text(3)) ?? .member)
        }
        guard let found, member.workspaces.contains(id) else { throw unknown(id) }
        return found
    }

    /// For a unit of work that changes the workspace or its members: until it ends, others who do so wait.
    ///
    /// - Throws: 4200 if the user does not see the workspace, 4101 if the user does not manage it.
    static func managed(_ id: ID, by member: Member, in connection: any Connection) throws -> StoredWorkspace {
        let workspace = try locked(id, by: member, in: connection)
        guard workspace.role.manages else {
            throw APIError(.noPermission, "Only the workspace's owner and admins may do this")
        }
        return workspace
    }

    /// As ``managed(_:by:in:)``, for what only owners of team workspaces may do.
    ///
    /// - Throws: 4200 if the user does not see the workspace, 4101 if the user does not own it, 4000 if it is personal.
    static func owned(_ id: ID, by member: Member, in connection: any Connection) throws -> StoredWorkspace {
        let workspace = try locked(id, by: member, in: connection)
        guard workspace.role == .owner else {
            throw APIError(.noPermission, "Only the workspace's owner may do this")
        }
        try requireTeam(workspace)
        return workspace
    }

    /// - Throws: 4200 if the user does not see the workspace.
    static func locked(_ id: ID, by member: Member, in connection: any Connection) throws -> StoredWorkspace {
        _ = try visible(id, to: member, in: connection)
        try lock(id, in: connection)
        return try visible(id, to: member, in: connection)
    }

    /// Makes other servers of the same database wait before they change the workspace or its members.
    static func lock(_ id: ID, in connection: any Connection) throws {
        try connection.execute("UPDATE workspace SET owner_id = owner_id WHERE id = \(id)")
    }

    /// - Throws: 4000 for a personal workspace.
    static func requireTeam(_ workspace: StoredWorkspace) throws {
        if workspace.isPersonal { throw APIError.invalid("workspace_id", "is a personal workspace") }
    }

    /// Whether a person, and no service, is a member.
    static func personIsMember(_ user: ID, of workspace: ID, in connection: any Connection) throws -> Bool {
        try connection.first(
            """
            SELECT 1 FROM workspace_member m JOIN account a ON a.id = m.user_id AND a.kind = 'person'
            WHERE m.workspace_id = \(workspace) AND m.user_id = \(user)
            """
        ) { _ in true } ?? false
    }
}
