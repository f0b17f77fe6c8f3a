import APIKit
import Database

/// The table of invitations to workspaces. An invitation ends when it is accepted, declined or withdrawn, or when who
/// made it is removed from the workspace.
package struct WorkspaceInvitationStore: Sendable {
    let storage: Storage
    let members: WorkspaceMemberStore

    package init(storage: Storage, members: WorkspaceMemberStore) {
        self.storage = storage
        self.members = members
    }

    /// The invitations of a user, oldest first.
    func list(of user: ID, _ page: PageRequest) async throws -> WorkspaceInvitations.ReceivedPage {
        try await storage.database.read { connection in
            let total =
                try connection.first("SELECT COUNT(*) FROM workspace_invitation WHERE user_id = \(user)") { $0.int(0) }
                ?? 0
            let items = try connection.query(
                """
                SELECT i.id, i.workspace_id, w.name, i.inviter_id, a.nick_name, i.role_type, i.created_at
                FROM workspace_invitation i JOIN workspace w ON w.id = i.workspace_id
                JOIN account a ON a.id = i.inviter_id WHERE i.user_id = \(user)
                ORDER BY i.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                WorkspaceInvitations.Received(
                    invitationID: row.id(0), workspaceID: row.id(1), workspaceName: row.text(2),
                    inviterUserID: row.id(3), inviterNickname: row.text(4), roleType: row.text(5),
                    createdAt: row.int64(6))
            }
            return WorkspaceInvitations.ReceivedPage(items: items, totalCount: total)
        }
    }

    /// The invitations to a workspace that nobody has answered, oldest first.
    ///
    /// - Throws: 4200 for a workspace that the caller does not see, 4101 for one that the caller does not manage.
    func list(
        to workspace: ID, as member: Member, _ page: PageRequest
    ) async throws -> WorkspaceInvitations.SentPage {
        try await storage.database.read { connection in
            guard try WorkspaceStore.visible(workspace, to: member, in: connection).role.manages else {
                throw APIError(.noPermission, "Only the workspace's owner and admins may do this")
            }
            let total =
                try connection.first(
                    "SELECT COUNT(*) FROM workspace_invitation WHERE workspace_id = \(workspace)"
                ) { $0.int(0) } ?? 0
            let items = try connection.query(
                """
                SELECT i.id, a.id, a.nick_name, a.user_name, a.avatar_url, i.inviter_id, i.role_type, i.created_at
                FROM workspace_invitation i JOIN account a ON a.id = i.user_id WHERE i.workspace_id = \(workspace)
                ORDER BY i.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                WorkspaceInvitations.Sent(
                    invitationID: row.id(0), userID: row.id(1), userNickname: row.text(2), userUniqueName: row.text(3),
                    avatarURL: row.text(4), inviterUserID: row.id(5), roleType: row.text(6), createdAt: row.int64(7))
            }
            return WorkspaceInvitations.SentPage(items: items, totalCount: total)
        }
    }

    /// Makes the invited user a member, or only ends the invitation.
    ///
    /// - Throws: 4200 if there is no such invitation of the user's, 702042018 if the workspace has become full.
    func answer(_ id: ID, accepting: Bool, by actor: AuditActor) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            let found = try connection.query(
                """
                DELETE FROM workspace_invitation WHERE id = \(id) AND user_id = \(actor.user)
                RETURNING workspace_id, role_type
                """
            ) { (workspace: $0.id(0), role: WorkspaceRole.Given(rawValue: $0.text(1)) ?? .member) }
            guard let (workspace, role) = found.first else { throw Self.unknown(id) }
            if accepting {
                try WorkspaceStore.lock(workspace, in: connection)
                try members.requireRoom(for: 1, in: workspace, connection)
                try WorkspaceMemberStore.insert(actor.user, into: workspace, as: role, now: now, connection)
            }
            try storage.audit(
                accepting ? "workspace_invitation.accept" : "workspace_invitation.decline",
                AuditObject("workspace_invitation", id, workspace: workspace), by: actor, in: connection)
        }
    }

    /// Ends an invitation to a workspace.
    ///
    /// - Throws: 4200 for a workspace that the caller does not see and for an invitation that is not to it, 4101 for a
    ///   workspace that the caller does not manage.
    func withdraw(_ id: ID, to workspace: ID, as member: Member, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            _ = try WorkspaceStore.managed(workspace, by: member, in: connection)
            let count = try connection.execute(
                "DELETE FROM workspace_invitation WHERE id = \(id) AND workspace_id = \(workspace)")
            if count == 0 { throw Self.unknown(id) }
            try storage.audit(
                "workspace_invitation.withdraw", AuditObject("workspace_invitation", id, workspace: workspace),
                by: actor, in: connection)
        }
    }

    private static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The invitation \(id) does not exist") }
}
