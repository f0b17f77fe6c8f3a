import APIKit
import Database

extension WorkspaceStore {
    /// Which of the workspaces that a user has joined are listed.
    struct Filter: Sendable {
        /// Whose; nil for the caller's.
        var user: ID?
        /// Only those of this account or organization.
        var account: ID?
        /// Only those of this enterprise.
        var enterprise: ID?
    }

    /// Workspaces that the token reaches, oldest first. Those of others show only to admins of the organization.
    func list(_ filter: Filter, as member: Member, _ page: PageRequest) async throws -> Workspaces.WorkspacePage {
        let user = filter.user ?? member.user
        return try await storage.database.read { connection in
            var condition: SQL = "m.user_id = \(user) AND \(Self.reached(by: member.workspaces))"
            if let enterprise = filter.enterprise { condition = "\(condition) AND w.enterprise_id = \(enterprise)" }
            if let account = filter.account, account != user {
                condition = "\(condition) AND w.organization_id = \(account)"
            } else if filter.account != nil {
                condition = "\(condition) AND w.organization_id IS NULL"
            }
            if user != member.user {
                let standing = try filter.account.flatMap {
                    try OrganizationStanding.find(member.user, in: $0, connection)
                }
                guard let standing, standing.manages else {
                    return Workspaces.WorkspacePage(workspaces: [], totalCount: 0)
                }
            }
            let joined: SQL = "FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id WHERE \(condition)"
            let total = try connection.first("SELECT COUNT(*) \(joined)") { $0.int(0) } ?? 0
            var workspaces = try connection.query(
                """
                SELECT w.id, w.name, w.description, w.icon_url, w.workspace_type, w.owner_id, m.role_type,
                w.enterprise_id, w.icon_file_id \(joined) ORDER BY w.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                Workspace(
                    id: row.id(0), name: row.text(1), description: row.text(2),
                    iconURL: row.optionalID(8).map { links.icon($0) } ?? row.text(3),
                    roleType: row.text(6), workspaceType: row.text(4),
                    enterpriseID: row.optionalID(7)?.description ?? "", ownerUID: row.id(5), adminUIDs: [],
                    joinedStatus: "joined")
            }
            let admins = workspaces.map { workspace -> SQL in
                """
                SELECT user_id FROM workspace_member
                WHERE workspace_id = \(workspace.id) AND role_type = 'admin' ORDER BY user_id
                """
            }
            try connection.pipeline(admins) { index, rows in
                workspaces[index].adminUIDs = try rows.map { $0.id(0) }
            }
            return Workspaces.WorkspacePage(workspaces: workspaces, totalCount: total)
        }
    }

    /// The condition that a token reaches `workspace w`.
    private static func reached(by scope: WorkspaceScope) -> SQL {
        switch scope {
        case .all: return "1 = 1"
        case .some(let reached):
            // No id is 0, so the list is never empty.
            let ids = reached.sorted().reduce("0" as SQL) { "\($0), \($1)" }
            return "w.id IN (\(ids))"
        }
    }
}
