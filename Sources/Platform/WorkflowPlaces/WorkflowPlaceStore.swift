import APIKit
import Database

/// The table of workflows: their names and places. Their graphs are not stored yet.
///
/// Members of a workflow's workspace see it; its owner and collaborators change it, and those of the app that it
/// belongs to.
package struct WorkflowPlaceStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    private static let columns = SQL.Fragment(
        """
        w.id, w.workspace_id, w.app_id, w.folder_id, w.name, w.description, w.owner_id, w.collaboration_mode,
        w.created_at, w.updated_at
        """)

    private static func workflow(_ row: Row) -> WorkflowPlace {
        WorkflowPlace(
            id: row.id(0), workspaceID: row.id(1), appID: row.optionalID(2), folderID: row.optionalID(3),
            name: row.text(4), description: row.text(5), ownerUserID: row.id(6),
            collaborationMode: CollaborationMode(rawValue: row.text(7)) ?? .single, createdAt: row.int64(8),
            updatedAt: row.int64(9))
    }

    private static func find(_ id: ID, _ connection: any Connection) throws -> WorkflowPlace {
        let found = try connection.first("SELECT \(columns) FROM workflow w WHERE w.id = \(id)", workflow)
        guard let found else { throw EntityType.workflow.unknown(id) }
        return found
    }

    /// - Throws: 4200 if the user does not see the workspace, or it has no such app or folder; 4101 if the user may not
    ///   change the app; 4000 if the folder is not for workflows.
    func create(
        name: String, description: String, in workspace: ID, app: ID?, folder: ID?, owner: Member,
        _ actor: AuditActor
    ) async throws -> WorkflowPlace {
        let id = storage.ids.next()
        let now = storage.clock.now()
        return try await storage.database.write { [storage] connection in
            guard try WorkspaceStore.staysMember(owner, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            if let app { try Self.require(app, in: workspace, by: owner, connection) }
            if let folder { try FolderStore.require(folder, for: .workflow, in: workspace, connection) }
            try connection.execute(
                """
                INSERT INTO workflow (id, workspace_id, app_id, owner_id, name, description, folder_id, created_at,
                updated_at)
                VALUES (\(id), \(workspace), \(app), \(owner.user), \(name), \(description), \(folder), \(now),
                \(now))
                """)
            try storage.audit(
                "workflow.create", AuditObject("workflow", id, workspace: workspace), by: actor,
                detail: ["name": name], in: connection)
            return try Self.find(id, connection)
        }
    }

    /// - Throws: 4200 if the workspace has no such app, 4101 if the member may not change it.
    private static func require(
        _ app: ID, in workspace: ID, by member: Member, _ connection: any Connection
    ) throws {
        let entity = try Entity.editable(.app, app, by: member, in: connection)
        if entity.workspaceID != workspace { throw EntityType.app.unknown(app) }
    }

    /// - Throws: 4200 if the workflow is in no workspace of the member's.
    func find(_ id: ID, visibleTo member: Member) async throws -> WorkflowPlace {
        try await storage.database.read { connection in
            _ = try Entity.visible(.workflow, id, to: member, in: connection)
            return try Self.find(id, connection)
        }
    }

    /// The workflows of a workspace, or of one of its apps, oldest first.
    ///
    /// - Throws: 4200 if the user is no member of the workspace, or it has no such app.
    func list(
        of workspace: ID, app: ID?, member: Member, _ page: PageRequest
    ) async throws -> (items: [WorkflowPlace], total: Int) {
        try await storage.database.read { connection in
            guard try WorkspaceStore.isMember(member, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            if let app, try Entity.visible(.app, app, to: member, in: connection).workspaceID != workspace {
                throw EntityType.app.unknown(app)
            }
            let isListed: SQL =
                app.map { "w.workspace_id = \(workspace) AND w.app_id = \($0)" }
                ?? "w.workspace_id = \(workspace)"
            let total = try connection.first("SELECT COUNT(*) FROM workflow w WHERE \(isListed)") { $0.int(0) } ?? 0
            let items = try connection.query(
                """
                SELECT \(Self.columns) FROM workflow w WHERE \(isListed)
                ORDER BY w.id LIMIT \(page.size) OFFSET \(page.offset)
                """, Self.workflow)
            return (items, total)
        }
    }

    /// - Parameter app: nil leaves the workflow where it is, and nil inside takes it out of its app. In an app it lies
    ///   in no folder.
    /// - Throws: 4200 if the member does not see the workflow or its workspace has no such app, 4101 if the member may
    ///   not change both, 4000 if it has collaborators of its own and is to go to an app.
    func update(
        _ id: ID, name: String?, description: String?, app: ID??, by editor: Member, _ actor: AuditActor
    ) async throws -> WorkflowPlace {
        let now = storage.clock.now()
        return try await storage.database.write { [storage] connection in
            let entity = try Entity.editable(.workflow, id, by: editor, in: connection)
            // Changing the row first keeps others from opening it to collaborators until it has its place.
            try connection.execute(
                """
                UPDATE workflow SET name = COALESCE(CAST(\(name) AS TEXT), name),
                description = COALESCE(CAST(\(description) AS TEXT), description), updated_at = \(now)
                WHERE id = \(id)
                """)
            var detail = name.map { ["name": $0] } ?? [:]
            if let app, app != entity.appID {
                // Whoever owns the app owns what is in it.
                try entity.requireOwner(editor, in: connection)
                if let app {
                    try Self.require(app, in: entity.workspaceID, by: editor, connection)
                    if try Self.find(id, connection).collaborationMode == .collaboration {
                        throw APIError.invalid(
                            "app_id", "must not name an app while the workflow's collaboration_mode is collaboration")
                    }
                }
                let folder = app == nil ? entity.folderID : nil
                try connection.execute(
                    "UPDATE workflow SET app_id = \(app), folder_id = \(folder) WHERE id = \(id)")
                detail["app_id"] = app?.description ?? "0"
            }
            try storage.audit("workflow.update", entity.audited, by: actor, detail: detail, in: connection)
            return try Self.find(id, connection)
        }
    }

    /// - Throws: 4200 if the member does not see the workflow, 4101 if the member owns neither it nor its app.
    func delete(_ id: ID, by owner: Member, _ actor: AuditActor) async throws {
        try await storage.database.write { [storage] connection in
            let entity = try Entity.owned(.workflow, id, by: owner, in: connection)
            let name = try Self.find(id, connection).name
            try connection.execute("DELETE FROM workflow WHERE id = \(id)")
            try storage.audit("workflow.delete", entity.audited, by: actor, detail: ["name": name], in: connection)
        }
    }
}
