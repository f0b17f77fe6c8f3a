import APIKit
import Database

/// The table of folders. Members of a workspace see its folders and make new ones; whoever made a folder, and who
/// manages the workspace, change it.
package struct FolderStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// How many folders may lie in each other.
    static let maximumDepth = 10

    static let columns = SQL.Fragment(
        "f.id, f.name, f.description, f.folder_type, f.workspace_id, f.creator_id, f.parent_id")

    static func folder(_ row: Row) -> Folder {
        Folder(
            id: row.id(0), name: row.text(1), description: row.text(2),
            folderType: FolderType(rawValue: row.text(3)) ?? .development, workspaceID: row.id(4),
            creatorUserID: row.id(5), parentFolderID: row.optionalID(6), childrenCount: nil)
    }

    /// The folders that lie in another, or in none, oldest first.
    ///
    /// - Throws: 4200 if the member does not see the workspace, or it has no such parent of this type.
    func list(
        _ type: FolderType, of workspace: ID, in parent: ID?, member: Member, _ page: PageRequest
    ) async throws -> (folders: [Folder], total: Int) {
        try await storage.database.read { connection in
            guard try WorkspaceStore.isMember(member, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            if let parent {
                let found = try Self.find(parent, in: connection)
                guard let found, found.workspaceID == workspace, found.folderType == type else {
                    throw Folder.unknown(parent)
                }
            }
            let isIn: SQL = parent.map { "f.parent_id = \($0)" } ?? "f.parent_id IS NULL"
            let source: SQL = """
                FROM folder f
                WHERE f.workspace_id = \(workspace) AND f.folder_type = \(type.rawValue) AND \(isIn)
                """
            let total = try connection.first("SELECT COUNT(*) \(source)") { $0.int(0) } ?? 0
            let folders = try connection.query(
                """
                SELECT \(Self.columns), (SELECT COUNT(*) FROM folder c WHERE c.workspace_id = f.workspace_id
                AND c.folder_type = f.folder_type AND c.parent_id = f.id)
                \(source) ORDER BY f.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                var folder = Self.folder(row)
                folder.childrenCount = row.int(7)
                return folder
            }
            return (folders, total)
        }
    }

    /// - Throws: 4200 if the folder is in no workspace of the member's.
    func find(_ id: ID, visibleTo member: Member) async throws -> Folder {
        try await storage.database.read { try Self.visible(id, to: member, in: $0) }
    }

    /// - Throws: 4200 if the folder is in no workspace of the member's.
    static func visible(_ id: ID, to member: Member, in connection: any Connection) throws -> Folder {
        guard let folder = try find(id, in: connection),
            try WorkspaceStore.isMember(member, of: folder.workspaceID, in: connection)
        else { throw Folder.unknown(id) }
        return folder
    }

    private static func find(_ id: ID, in connection: any Connection) throws -> Folder? {
        try connection.first("SELECT \(columns) FROM folder f WHERE f.id = \(id)", folder)
    }

    /// Checks that something of this kind can be laid into a folder.
    ///
    /// - Throws: 4200 if the workspace has no such folder, 4000 if the folder is of another type.
    static func require(
        _ id: ID, for type: EntityType, in workspace: ID, _ connection: any Connection
    ) throws {
        guard let folder = try find(id, in: connection), folder.workspaceID == workspace else {
            throw Folder.unknown(id)
        }
        guard folder.folderType == type.folderType else {
            throw APIError.invalid(
                "folder_id", "must name a folder of the type \(type.folderType.rawValue) for a \(type.rawValue)")
        }
    }

    /// Lays an entity into a folder, or takes it out of its own.
    ///
    /// - Throws: 4200 or 4101 if the member may not change the entity, 4200 if its workspace has no such folder, 4000 if
    ///   the folder is of another type or the entity is a workflow of an app.
    func put(_ type: EntityType, _ id: ID, in folder: ID?, by member: Member, _ actor: AuditActor) async throws {
        try await storage.database.write { [storage] connection in
            let entity = try Entity.editable(type, id, by: member, in: connection)
            if let folder {
                if entity.appID != nil {
                    throw APIError.invalid("folder_id", "must be 0 for a workflow of an app, which lies in the app")
                }
                try Self.require(folder, for: type, in: entity.workspaceID, connection)
            }
            if folder == entity.folderID { return }
            try connection.execute("UPDATE \(type.table) SET folder_id = \(folder) WHERE id = \(id)")
            try storage.audit(
                "\(type.rawValue).move", entity.audited, by: actor,
                detail: ["folder_id": folder?.description ?? "0"], in: connection)
        }
    }
}
