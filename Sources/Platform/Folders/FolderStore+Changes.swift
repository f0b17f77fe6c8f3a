import APIKit
import Database

extension FolderStore {
    /// - Throws: 4200 if the member does not see the workspace, or it has no such parent; 4000 if the parent is of
    ///   another type or lies too deep.
    func create(
        _ type: FolderType, name: String, description: String, of workspace: ID, in parent: ID?, by member: Member,
        _ actor: AuditActor
    ) async throws -> Folder {
        let now = storage.clock.now()
        let folder = Folder(
            id: storage.ids.next(), name: name, description: description, folderType: type, workspaceID: workspace,
            creatorUserID: member.user, parentFolderID: parent, childrenCount: nil)
        return try await storage.database.write { [storage] connection in
            // On all servers folders change one after the other: two moves at a time could lay two into each other.
            guard try WorkspaceStore.staysMember(member, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            try Self.requirePlace(for: folder, height: 1, connection)
            try connection.execute(
                """
                INSERT INTO folder (id, workspace_id, parent_id, folder_type, name, description, creator_id,
                created_at, updated_at)
                VALUES (\(folder.id), \(workspace), \(parent), \(type.rawValue), \(name), \(description),
                \(member.user), \(now), \(now))
                """)
            try storage.audit("folder.create", folder.audited, by: actor, detail: ["name": name], in: connection)
            return folder
        }
    }

    /// - Parameter parent: nil leaves the folder where it is, and nil inside takes it out of its parent.
    /// - Throws: 4200 if the member does not see the folder, 4101 if the member may not change it; as for
    ///   ``create(_:name:description:of:in:by:_:)`` for a new parent, and 4000 if that lies in the folder itself.
    func update(
        _ id: ID, name: String?, description: String?, parent: ID??, by member: Member, _ actor: AuditActor
    ) async throws -> Folder {
        let now = storage.clock.now()
        return try await storage.database.write { [storage] connection in
            try WorkspaceStore.lock(Self.changeable(id, by: member, in: connection).workspaceID, in: connection)
            var folder = try Self.visible(id, to: member, in: connection)
            var detail: [String: String] = [:]
            if let name {
                folder.name = name
                detail["name"] = name
            }
            if let description { folder.description = description }
            if let parent, parent != folder.parentFolderID {
                folder.parentFolderID = parent
                try Self.requirePlace(for: folder, height: Self.height(of: folder, connection), connection)
                detail["parent_folder_id"] = parent?.description ?? "0"
            }
            try connection.execute(
                """
                UPDATE folder SET name = \(folder.name), description = \(folder.description),
                parent_id = \(folder.parentFolderID), updated_at = \(now) WHERE id = \(id)
                """)
            try storage.audit("folder.update", folder.audited, by: actor, detail: detail, in: connection)
            return folder
        }
    }

    /// Deletes a folder. What lies in it comes to lie in its parent.
    ///
    /// - Throws: 4200 if the member does not see the folder, 4101 if the member may not change it.
    func delete(_ id: ID, by member: Member, _ actor: AuditActor) async throws {
        try await storage.database.write { [storage] connection in
            try WorkspaceStore.lock(Self.changeable(id, by: member, in: connection).workspaceID, in: connection)
            let folder = try Self.visible(id, to: member, in: connection)
            try connection.execute(
                """
                UPDATE folder SET parent_id = \(folder.parentFolderID)
                WHERE workspace_id = \(folder.workspaceID) AND folder_type = \(folder.folderType.rawValue)
                AND parent_id = \(id)
                """)
            for type in EntityType.allCases {
                try connection.execute(
                    "UPDATE \(type.table) SET folder_id = \(folder.parentFolderID) WHERE folder_id = \(id)")
            }
            try connection.execute("DELETE FROM folder WHERE id = \(id)")
            try storage.audit(
                "folder.delete", folder.audited, by: actor, detail: ["name": folder.name], in: connection)
        }
    }

    /// - Throws: 4200 if the member does not see the folder, 4101 if the member neither made it nor manages the
    ///   workspace.
    private static func changeable(_ id: ID, by member: Member, in connection: any Connection) throws -> Folder {
        let folder = try visible(id, to: member, in: connection)
        let role = try WorkspaceStore.role(of: member, in: folder.workspaceID, connection)
        guard folder.creatorUserID == member.user || role?.manages == true else {
            throw APIError(
                .noPermission, "Only who made the folder and who manages the workspace may change it")
        }
        return folder
    }

    /// Checks that a folder can lie where its `parentFolderID` says.
    ///
    /// - Parameter height: how many folders lie in each other in it, itself included.
    private static func requirePlace(for folder: Folder, height: Int, _ connection: any Connection) throws {
        guard let parent = folder.parentFolderID else { return }
        let above = try connection.query(
            """
            WITH RECURSIVE above (id, parent_id, level) AS (
                SELECT f.id, f.parent_id, CAST(1 AS BIGINT) FROM folder f
                WHERE f.id = \(parent) AND f.workspace_id = \(folder.workspaceID)
                UNION ALL
                SELECT f.id, f.parent_id, a.level + 1 FROM folder f JOIN above a ON f.id = a.parent_id
                WHERE a.level < \(maximumDepth)
            )
            SELECT a.id, f.folder_type FROM above a JOIN folder f ON f.id = a.id ORDER BY a.level
            """
        ) { row in (id: row.id(0), type: row.text(1)) }
        guard let nearest = above.first else { throw Folder.unknown(parent) }
        if nearest.type != folder.folderType.rawValue {
            throw APIError.invalid("parent_folder_id", "must name a folder of the same folder_type")
        }
        if above.contains(where: { $0.id == folder.id }) {
            throw APIError.invalid("parent_folder_id", "names the folder itself or one that lies in it")
        }
        if above.count + height > maximumDepth {
            throw APIError.invalid("parent_folder_id", "lies too deep: \(maximumDepth) folders may lie in each other")
        }
    }

    /// How many folders lie in each other in a folder, itself included.
    private static func height(of folder: Folder, _ connection: any Connection) throws -> Int {
        try connection.first(
            """
            WITH RECURSIVE below (id, level) AS (
                SELECT f.id, CAST(1 AS BIGINT) FROM folder f WHERE f.id = \(folder.id)
                UNION ALL
                SELECT f.id, b.level + 1 FROM folder f JOIN below b ON f.parent_id = b.id
                WHERE f.workspace_id = \(folder.workspaceID) AND f.folder_type = \(folder.folderType.rawValue)
                AND b.level < \(maximumDepth)
            )
            SELECT MAX(level) FROM below
            """
        ) { $0.int(0) } ?? 1
    }
}
