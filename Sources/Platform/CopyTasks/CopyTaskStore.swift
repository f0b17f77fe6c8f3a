import APIKit
import Database

/// The table of copies that were asked for. A copy is made in the unit of work that stores its task, so every task is
/// finished when it is first seen.
package struct CopyTaskStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Copies an entity that the member sees. A bot that stays in its workspace needs no task.
    ///
    /// - Throws: 4200 if the member sees no such entity or is no member of the target.
    func copy(
        _ type: EntityType, _ id: ID, to workspace: ID?, by member: Member, _ actor: AuditActor
    ) async throws -> CopyTasks.Created {
        let task = storage.ids.next()
        return try await storage.database.write { [self] connection in
            let source = try Entity.visible(type, id, to: member, in: connection)
            let target = workspace ?? source.workspaceID
            guard try WorkspaceStore.staysMember(member, of: target, in: connection) else {
                throw APIError(.notFound, "The workspace \(target) of to_workspace_id does not exist")
            }
            let copies = EntityCopies(storage: storage, connection: connection, owner: member.user, target: target)
            if let reason = try Self.obstacle(from: source.workspaceID, to: target, connection) {
                let failure = CopyTask.FailedReason(
                    entityID: id, entityName: try copies.name(of: source), entityType: type, failedReason: reason)
                try insert(task, source, member, target, nil, [failure], connection)
                return CopyTasks.Created(taskID: task, copiedEntityID: nil)
            }
            let copy = try copies.copy(source)
            try audit(source, target, copy, actor, connection)
            if type == .bot, target == source.workspaceID {
                return CopyTasks.Created(taskID: nil, copiedEntityID: copy)
            }
            try insert(task, source, member, target, copy, [], connection)
            return CopyTasks.Created(taskID: task, copiedEntityID: nil)
        }
    }

    /// - Throws: 4200 if the task is not the member's own.
    func find(_ id: ID, of member: Member) async throws -> CopyTask {
        let found = try await storage.database.read { connection in
            try connection.first(
                """
                SELECT entity_type, task_status, failed_reasons, source_entity_id, target_entity_id,
                target_workspace_id FROM copy_task WHERE id = \(id) AND user_id = \(member.user)
                """
            ) { row in
                CopyTask(
                    taskID: id, entityType: EntityType(rawValue: row.text(0)) ?? .bot,
                    taskStatus: CopyTask.Status(rawValue: row.text(1)) ?? .failed,
                    failedReasons: try StoredJSON.read([CopyTask.FailedReason].self, row.text(2)),
                    sourceEntityID: row.id(3), targetEntityID: row.optionalID(4), targetWorkspaceID: row.id(5))
            }
        }
        guard let found, member.workspaces.contains(found.targetWorkspaceID) else {
            throw APIError(.notFound, "The task \(id) does not exist")
        }
        return found
    }

    /// Why nothing can be copied from one workspace to another; nil if it can.
    private static func obstacle(from source: ID, to target: ID, _ connection: any Connection) throws -> String? {
        func enterprise(_ workspace: ID) throws -> ID? {
            try connection.first("SELECT enterprise_id FROM workspace WHERE id = \(workspace)") {
                $0.optionalID(0)
            } ?? nil
        }
        let (from, to) = (try enterprise(source), try enterprise(target))
        if from == to { return nil }
        return from == nil
            ? "What lies in a personal workspace cannot be copied to a workspace of an enterprise"
            : "What lies in a workspace of an enterprise can only be copied to workspaces of that enterprise"
    }

    private func insert(
        _ task: ID, _ source: Entity, _ member: Member, _ target: ID, _ copy: ID?,
        _ failures: [CopyTask.FailedReason], _ connection: any Connection
    ) throws {
        let status: CopyTask.Status = copy == nil ? .failed : .successful
        try connection.execute(
            """
            INSERT INTO copy_task (id, user_id, entity_type, source_entity_id, target_entity_id, target_workspace_id,
            task_status, failed_reasons, created_at)
            VALUES (\(task), \(member.user), \(source.type.rawValue), \(source.id), \(copy), \(target),
            \(status.rawValue), \(try StoredJSON.text(failures)), \(storage.clock.now()))
            """)
    }

    /// Both workspaces learn of a copy that crosses between them.
    private func audit(
        _ source: Entity, _ target: ID, _ copy: ID, _ actor: AuditActor, _ connection: any Connection
    ) throws {
        let type = source.type.rawValue
        try storage.audit(
            "\(type).copy", source.audited, by: actor,
            detail: ["target_entity_id": copy.description, "target_workspace_id": target.description],
            in: connection)
        if target == source.workspaceID { return }
        try storage.audit(
            "\(type).create", AuditObject(type, copy, workspace: target), by: actor,
            detail: ["source_entity_id": source.id.description], in: connection)
    }
}
