import APIKit
import Database

/// Lists the bots of workspaces.
package struct BotListStore: Sendable {
    let storage: Storage
    let links: LinkSigner

    package init(storage: Storage, links: LinkSigner) {
        self.storage = storage
        self.links = links
    }

    /// - Throws: 4200 if the user is no member of the workspace.
    func list(
        _ status: WorkspaceItems.PublishStatus, of workspace: ID, connector: String, member: Member, _ page: PageRequest
    ) async throws -> (items: [WorkspaceItems.Item], total: Int) {
        try await storage.database.read { connection in
            guard try WorkspaceStore.isMember(member, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            // What is online elsewhere is no unpublished draft, so there every channel counts.
            let isOnline: SQL =
                switch status {
                case .publishedOnline, .publishedDraft: "p.connector_id = \(connector)"
                case .all, .unpublishedDraft: "1 = 1"
                }
            let source: SQL = """
                FROM bot b LEFT JOIN bot_version v ON v.bot_id = b.id AND v.version = (SELECT MAX(p.version)
                FROM bot_publication p WHERE p.bot_id = b.id AND p.is_online = 1 AND \(isOnline))
                WHERE b.workspace_id = \(workspace) AND \(Self.filter(status))
                """
            let total = try connection.first("SELECT COUNT(*) \(source)") { $0.int(0) } ?? 0
            let order =
                status == .publishedOnline
                ? SQL.Fragment("v.version DESC, b.id DESC") : SQL.Fragment("b.updated_at DESC, b.id DESC")
            let items = try connection.query(
                """
                SELECT b.id, b.draft, b.updated_at, b.owner_id, v.configuration, v.created_at, b.folder_id \(source)
                ORDER BY \(order) LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                let draft = try StoredJSON.read(BotConfiguration.self, row.text(1))
                let published = row.isNull(4) ? nil : try StoredJSON.read(BotConfiguration.self, row.text(4))
                let shown = status == .publishedOnline ? published ?? draft : draft
                return WorkspaceItems.Item(
                    id: row.id(0), name: shown.name, description: shown.description,
                    iconURL: links.icon(shown.iconFileID), isPublished: published != nil, updatedAt: row.int64(2),
                    publishedAt: row.optionalInt64(5), ownerUserID: row.id(3), folderID: row.optionalID(6),
                    hasUnpublishedChanges: published?.normalized != draft.normalized)
            }
            return (items, total)
        }
    }

    private static func filter(_ status: WorkspaceItems.PublishStatus) -> SQL.Fragment {
        switch status {
        case .all: SQL.Fragment("1 = 1")
        case .publishedOnline, .publishedDraft: SQL.Fragment("v.version IS NOT NULL")
        case .unpublishedDraft: SQL.Fragment("v.version IS NULL")
        }
    }
}
