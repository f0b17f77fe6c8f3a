import APIKit
import Database

/// The tables of apps and of where they are published. Members of an app's workspace see it; its owner and
/// collaborators change it.
package struct AppStore: Sendable {
    let storage: Storage
    let links: LinkSigner

    package init(storage: Storage, links: LinkSigner) {
        self.storage = storage
        self.links = links
    }

    /// - Throws: 4200 if the user does not see the workspace, or it has no such folder; 4000 if that is not for apps.
    func create(
        _ settings: AppSettings, in workspace: ID, folder: ID?, owner: Member, _ actor: AuditActor
    ) async throws -> App {
        let id = storage.ids.next()
        let now = storage.clock.now()
        return try await storage.database.write { [self] connection in
            guard try WorkspaceStore.staysMember(owner, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            if let folder { try FolderStore.require(folder, for: .app, in: workspace, connection) }
            let name = settings.name ?? ""
            try connection.execute(
                """
                INSERT INTO app (id, workspace_id, owner_id, name, description, icon_file_id, folder_id, created_at,
                updated_at)
                VALUES (\(id), \(workspace), \(owner.user), \(name), \(settings.description ?? ""),
                \(settings.iconFileID), \(folder), \(now), \(now))
                """)
            try storage.audit(
                "app.create", AuditObject("app", id, workspace: workspace), by: actor, detail: ["name": name],
                in: connection)
            return try find(id, connection)
        }
    }

    /// - Throws: 4200 if the app is in no workspace of the member's.
    func find(_ id: ID, visibleTo member: Member) async throws -> App {
        try await storage.database.read { connection in
            _ = try Entity.visible(.app, id, to: member, in: connection)
            return try find(id, connection)
        }
    }

    /// Changes the app; where it is published it stays as it is.
    ///
    /// - Throws: 4200 if the member does not see the app, 4101 if the member may not change it.
    func update(_ id: ID, _ settings: AppSettings, by editor: Member, _ actor: AuditActor) async throws -> App {
        let now = storage.clock.now()
        return try await storage.database.write { [self] connection in
            let entity = try Entity.editable(.app, id, by: editor, in: connection)
            try connection.execute(
                """
                UPDATE app SET name = COALESCE(CAST(\(settings.name) AS TEXT), name),
                description = COALESCE(CAST(\(settings.description) AS TEXT), description),
                icon_file_id = COALESCE(CAST(\(settings.iconFileID) AS BIGINT), icon_file_id), updated_at = \(now)
                WHERE id = \(id)
                """)
            try storage.audit(
                "app.update", entity.audited, by: actor, detail: settings.name.map { ["name": $0] } ?? [:],
                in: connection)
            return try find(id, connection)
        }
    }

    /// Deletes an app and its workflows.
    ///
    /// - Throws: 4200 if the member does not see the app, 4101 if the member does not own it.
    func delete(_ id: ID, by owner: Member, _ actor: AuditActor) async throws {
        try await storage.database.write { [self] connection in
            let entity = try Entity.owned(.app, id, by: owner, in: connection)
            let name = try find(id, connection).name
            let workflows = try connection.execute("DELETE FROM workflow WHERE app_id = \(id)")
            try connection.execute("DELETE FROM app WHERE id = \(id)")
            try storage.audit(
                "app.delete", entity.audited, by: actor, detail: ["name": name, "workflows": String(workflows)],
                in: connection)
        }
    }

    /// Publishes the app as it is now, in place of what was published before.
    ///
    /// - Throws: 4200 if the member does not see the app, 4101 if the member may not change it.
    func publish(_ id: ID, to connectors: [String], by editor: Member, _ actor: AuditActor) async throws -> App {
        let now = storage.clock.now()
        return try await storage.database.write { [self] connection in
            let entity = try Entity.editable(.app, id, by: editor, in: connection)
            for connector in connectors {
                try connection.execute(
                    """
                    INSERT INTO app_publication (app_id, connector_id, name, description, icon_file_id, published_at)
                    SELECT id, CAST(\(connector) AS TEXT), name, description, icon_file_id, CAST(\(now) AS BIGINT)
                    FROM app WHERE id = \(id)
                    ON CONFLICT (app_id, connector_id) DO UPDATE SET name = excluded.name,
                    description = excluded.description, icon_file_id = excluded.icon_file_id,
                    published_at = excluded.published_at
                    """)
            }
            try storage.audit(
                "app.publish", entity.audited, by: actor,
                detail: ["connector_ids": connectors.joined(separator: " ")], in: connection)
            return try find(id, connection)
        }
    }

    /// - Throws: 4200 if the member does not see the app, 4101 if the member may not change it, 4015 if it is not
    ///   published to the channel.
    func unpublish(_ id: ID, from connector: String, by editor: Member, _ actor: AuditActor) async throws {
        try await storage.database.write { [self] connection in
            let entity = try Entity.editable(.app, id, by: editor, in: connection)
            let count = try connection.execute(
                "DELETE FROM app_publication WHERE app_id = \(id) AND connector_id = \(connector)")
            if count == 0 {
                throw APIError(.botNotPublished, "The app \(id) is not published to the channel \(connector)")
            }
            try storage.audit(
                "app.unpublish", entity.audited, by: actor, detail: ["connector_id": connector], in: connection)
        }
    }

    private func find(_ id: ID, _ connection: any Connection) throws -> App {
        let publications = try connection.query(
            "SELECT connector_id, published_at FROM app_publication WHERE app_id = \(id) ORDER BY connector_id"
        ) { row in (connector: row.text(0), publishedAt: row.int64(1)) }
        let found = try connection.first(
            """
            SELECT workspace_id, name, description, icon_file_id, folder_id, owner_id, collaboration_mode, created_at,
            updated_at FROM app WHERE id = \(id)
            """
        ) { row in
            App(
                id: id, workspaceID: row.id(0), name: row.text(1), description: row.text(2),
                iconURL: links.icon(row.optionalID(3)), folderID: row.optionalID(4), ownerUserID: row.id(5),
                collaborationMode: CollaborationMode(rawValue: row.text(6)) ?? .single,
                isPublished: !publications.isEmpty, connectorIDs: publications.map(\.connector),
                publishedAt: publications.map(\.publishedAt).max(), createdAt: row.int64(7), updatedAt: row.int64(8))
        }
        guard let found else { throw EntityType.app.unknown(id) }
        return found
    }
}
