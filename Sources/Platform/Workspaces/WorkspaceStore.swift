import APIKit
import Database

/// What a member may do in a workspace. Owners and admins manage it and its members.
enum WorkspaceRole: String, Codable, Sendable, CaseIterable {
    case owner, admin, member

    var manages: Bool { self != .member }
}

/// The tables of workspaces and their members.
package struct WorkspaceStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    func list(memberOf user: ID, _ page: PageRequest) async throws -> Workspaces.WorkspacePage {
        try await storage.database.read { connection in
            let total =
                try connection.first("SELECT COUNT(*) FROM workspace_member WHERE user_id = \(user)") { $0.int(0) } ?? 0
            var workspaces = try connection.query(
                """
                SELECT w.id, w.name, w.description, w.icon_url, w.workspace_type, w.owner_id, m.role_type
                FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id
                WHERE m.user_id = \(user) ORDER BY w.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                Workspace(
                    id: row.id(0), name: row.text(1), description: row.text(2), iconURL: row.text(3),
                    roleType: row.text(6), workspaceType: row.text(4), enterpriseID: "", ownerUID: row.id(5),
                    adminUIDs: [], joinedStatus: "joined")
            }
            for index in workspaces.indices {
                workspaces[index].adminUIDs = try connection.query(
                    """
                    SELECT user_id FROM workspace_member
                    WHERE workspace_id = \(workspaces[index].id) AND role_type = 'admin' ORDER BY user_id
                    """
                ) { $0.id(0) }
            }
            return Workspaces.WorkspacePage(workspaces: workspaces, totalCount: total)
        }
    }

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

    /// What is thrown for a workspace that does not exist, and for one that the caller is no member of.
    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The workspace \(id) does not exist") }
}
