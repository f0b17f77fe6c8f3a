import APIKit
import Database

/// The table of workspaces' members. Members that are services, not people, come and go with their tokens; nobody sees
/// or removes them here.
package struct WorkspaceMemberStore: Sendable {
    let storage: Storage
    /// The most people a workspace may have.
    let limit: Int

    package init(storage: Storage, limit: Int = 1000) {
        self.storage = storage
        self.limit = limit
    }

    /// - Throws: 4200 if the caller is no member.
    func list(_ workspace: ID, as member: Member, _ page: PageRequest) async throws -> WorkspaceMembers.MemberPage {
        try await storage.database.read { connection in
            _ = try WorkspaceStore.visible(workspace, to: member, in: connection)
            let items = try connection.query(
                """
                SELECT a.id, m.role_type, a.nick_name, a.user_name, a.avatar_url FROM workspace_member m
                JOIN account a ON a.id = m.user_id AND a.kind = 'person' WHERE m.workspace_id = \(workspace)
                ORDER BY m.joined_at, a.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                WorkspaceMembers.Item(
                    userID: row.id(0), roleType: row.text(1), userNickname: row.text(2), userUniqueName: row.text(3),
                    avatarURL: row.text(4))
            }
            return WorkspaceMembers.MemberPage(items: items, totalCount: try Self.count(workspace, connection))
        }
    }

    private static func count(_ workspace: ID, _ connection: any Connection) throws -> Int {
        try connection.first(
            """
            SELECT COUNT(*) FROM workspace_member m JOIN account a ON a.id = m.user_id AND a.kind = 'person'
            WHERE m.workspace_id = \(workspace)
            """
        ) { $0.int(0) } ?? 0
    }

    /// Checks that a workspace has room, in the caller's unit of work.
    ///
    /// - Throws: 702042018 if it would have too many members.
    func requireRoom(for more: Int, in workspace: ID, _ connection: any Connection) throws {
        if more > 0, try Self.count(workspace, connection) + more > limit { throw APIError(.workspaceFull) }
    }

    /// What a user who is to be added is to the workspace so far.
    private struct Newcomer { let isMember, isInvited, isInEnterprise: Bool }

    private static func newcomer(
        _ user: ID, to workspace: StoredWorkspace, _ connection: any Connection
    ) throws -> Newcomer? {
        try connection.first(
            """
            SELECT CASE WHEN m.user_id IS NULL THEN 0 ELSE 1 END, CASE WHEN i.id IS NULL THEN 0 ELSE 1 END,
            CASE WHEN e.user_id IS NULL THEN 0 ELSE 1 END FROM account a
            LEFT JOIN workspace_member m ON m.workspace_id = \(workspace.id) AND m.user_id = a.id
            LEFT JOIN workspace_invitation i ON i.workspace_id = \(workspace.id) AND i.user_id = a.id
            LEFT JOIN enterprise_member e ON e.enterprise_id = \(workspace.enterpriseID?.value ?? 0)
                AND e.user_id = a.id
            WHERE a.id = \(user) AND a.kind = 'person'
            """
        ) { Newcomer(isMember: $0.bool(0), isInvited: $0.bool(1), isInEnterprise: $0.bool(2)) }
    }

    /// Adds users to an enterprise's workspace, or invites them to another one.
    ///
    /// - Parameter users: each named once.
    /// - Throws: 4200 for a workspace that the caller does not see, 4101 for one that the caller does not manage, 4000
    ///   for a personal one; 702042162 if a user is not in the enterprise; 702042018 if there is no room for all.
    func add(
        _ users: [WorkspaceMembers.AddInput.User], to id: ID, as member: Member, by actor: AuditActor
    ) async throws -> WorkspaceMembers.Added {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            if let enterprise = try WorkspaceStore.visible(id, to: member, in: connection).enterpriseID {
                // Until the unit of work ends nobody leaves the enterprise: who does leaves its workspaces.
                try EnterpriseStore.lock(enterprise, in: connection)
            }
            let workspace = try WorkspaceStore.managed(id, by: member, in: connection)
            try WorkspaceStore.requireTeam(workspace)
            var added = WorkspaceMembers.Added()
            var fresh: [WorkspaceMembers.AddInput.User] = []
            for user in users {
                guard let newcomer = try Self.newcomer(user.userID, to: workspace, connection) else {
                    added.notExist.append(user.userID)
                    continue
                }
                if newcomer.isMember {
                    added.alreadyJoined.append(user.userID)
                } else if newcomer.isInvited {
                    added.alreadyInvited.append(user.userID)
                } else if workspace.enterpriseID != nil, !newcomer.isInEnterprise {
                    throw APIError(
                        .notInEnterprise, "The user \(user.userID) is not a member of the workspace's enterprise")
                } else {
                    fresh.append(user)
                }
            }
            try requireRoom(for: fresh.count, in: id, connection)
            for user in fresh {
                let role = user.roleType
                if workspace.enterpriseID == nil {
                    try invite(user.userID, to: id, as: role, by: actor, now: now, connection)
                    added.invitedSuccess.append(user.userID)
                } else {
                    try Self.insert(user.userID, into: id, as: role, now: now, connection)
                    added.addedSuccess.append(user.userID)
                }
                try storage.audit(
                    workspace.enterpriseID == nil ? "workspace_member.invite" : "workspace_member.add",
                    workspace.auditObject, by: actor,
                    detail: ["user_id": user.userID.description, "role_type": role.rawValue], in: connection)
            }
            return added
        }
    }

    private func invite(
        _ user: ID, to workspace: ID, as role: WorkspaceRole.Given, by actor: AuditActor, now: Int64,
        _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO workspace_invitation (id, workspace_id, user_id, inviter_id, role_type, created_at)
            VALUES (\(storage.ids.next()), \(workspace), \(user), \(actor.user), \(role.rawValue), \(now))
            """)
    }

    static func insert(
        _ user: ID, into workspace: ID, as role: WorkspaceRole.Given, now: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
            VALUES (\(workspace), \(user), \(role.rawValue), \(now))
            ON CONFLICT (workspace_id, user_id) DO NOTHING
            """)
    }

    /// Removes members but the owner, to whom passes what they owned in the workspace. Admins may remove each other.
    ///
    /// - Throws: 4200 for a workspace that the caller does not see, 4101 for one that the caller does not manage.
    func remove(
        _ users: [ID], from id: ID, as member: Member, by actor: AuditActor
    ) async throws -> WorkspaceMembers.Removed {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            let workspace = try WorkspaceStore.managed(id, by: member, in: connection)
            var removed = WorkspaceMembers.Removed()
            for user in users {
                if user == workspace.ownerID {
                    removed.ownerNotSupportRemove.append(user)
                } else if try WorkspaceStore.personIsMember(user, of: id, in: connection) {
                    try WorkspaceDeparture(user: user, receiver: workspace.ownerID, now: now).leave(id, in: connection)
                    try storage.audit(
                        "workspace_member.remove", workspace.auditObject, by: actor,
                        detail: ["user_id": user.description], in: connection)
                    removed.removedSuccess.append(user)
                } else {
                    removed.notInWorkspace.append(user)
                }
            }
            removed.notInSpace = removed.notInWorkspace
            return removed
        }
    }

    /// Ends the caller's membership. What the caller owned in the workspace passes to its owner.
    ///
    /// - Throws: 4200 for a workspace that the caller does not see, 4000 if the caller owns it.
    func leave(_ id: ID, as member: Member, by actor: AuditActor) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            let workspace = try WorkspaceStore.locked(id, by: member, in: connection)
            if workspace.role == .owner {
                throw APIError.invalid("workspace_id", "is a workspace of the caller's own: hand it over first")
            }
            try WorkspaceDeparture(user: member.user, receiver: workspace.ownerID, now: now).leave(id, in: connection)
            try storage.audit("workspace_member.leave", workspace.auditObject, by: actor, in: connection)
        }
    }

    /// Makes a member an admin, or an admin a member.
    ///
    /// - Throws: 4200 for a workspace that the caller does not see and for a user who is no member, 4101 for a workspace
    ///   that the caller does not manage, 4000 for its owner.
    func setRole(
        _ role: WorkspaceRole.Given, of user: ID, in id: ID, as member: Member, by actor: AuditActor
    ) async throws {
        try await storage.database.write { connection in
            let workspace = try WorkspaceStore.managed(id, by: member, in: connection)
            if user == workspace.ownerID { throw APIError.invalid("user_id", "is the workspace's owner") }
            guard try WorkspaceStore.personIsMember(user, of: id, in: connection) else {
                throw APIError(.notFound, "The user \(user) is no member of the workspace")
            }
            let given = WorkspaceRole(rawValue: role.rawValue) ?? .member
            try WorkspaceStore.setRole(given, of: user, in: id, connection)
            if given == .member {
                try connection.execute(
                    "DELETE FROM workspace_invitation WHERE workspace_id = \(id) AND inviter_id = \(user)")
            }
            try storage.audit(
                "workspace_member.update", workspace.auditObject, by: actor,
                detail: ["user_id": user.description, "role_type": role.rawValue], in: connection)
        }
    }
}
