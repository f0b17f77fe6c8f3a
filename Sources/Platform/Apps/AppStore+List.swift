import APIKit
import Database

extension AppStore {
    /// - Throws: 4200 if the user is no member of the workspace.
    func list(
        _ status: WorkspaceItems.PublishStatus, of workspace: ID, connector: String, member: Member, _ page: PageRequest
    ) async throws -> (items: [WorkspaceItems.Item], total: Int) {
        try await storage.database.read { connection in
            guard try WorkspaceStore.isMember(member, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            // What is published elsewhere is no unpublished draft, so there every channel counts.
            let isCounted: SQL =
                switch status {
                case .publishedOnline, .publishedDraft: "o.connector_id = \(connector)"
                case .all, .unpublishedDraft: "1 = 1"
                }
            let source: SQL = """
                FROM app a LEFT JOIN app_publication p ON p.app_id = a.id AND p.connector_id =
                (SELECT o.connector_id FROM app_publication o WHERE o.app_id = a.id AND \(isCounted)
                ORDER BY o.published_at DESC, o.connector_id LIMIT 1)
                WHERE a.workspace_id = \(workspace) AND \(Self.filter(status))
                """
            let total = try connection.first("SELECT COUNT(*) \(source)") { $0.int(0) } ?? 0
            let (shown, order): (SQL.Fragment, SQL.Fragment) =
                status == .publishedOnline
                ? (.init("p.name, p.description, p.icon_file_id"), .init("p.published_at DESC, a.id DESC"))
                : (.init("a.name, a.description, a.icon_file_id"), .init("a.updated_at DESC, a.id DESC"))
            let items = try connection.query(
                """
                SELECT a.id, \(shown), a.updated_at, p.published_at, a.owner_id, a.folder_id \(source)
                ORDER BY \(order) LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                WorkspaceItems.Item(
                    id: row.id(0), name: row.text(1), description: row.text(2), iconURL: links.icon(row.optionalID(3)),
                    isPublished: !row.isNull(5), updatedAt: row.int64(4), publishedAt: row.optionalInt64(5),
                    ownerUserID: row.id(6), folderID: row.optionalID(7))
            }
            return (items, total)
        }
    }

    private static func filter(_ status: WorkspaceItems.PublishStatus) -> SQL.Fragment {
        switch status {
        case .all: SQL.Fragment("1 = 1")
        case .publishedOnline, .publishedDraft: SQL.Fragment("p.app_id IS NOT NULL")
        case .unpublishedDraft: SQL.Fragment("p.app_id IS NULL")
        }
    }
}
