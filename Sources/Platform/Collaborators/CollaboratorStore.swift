import APIKit
import Database

/// In whose name the collaborators of an entity are changed.
struct CollaborationCaller: Sendable {
    let member: Member
    let actor: AuditActor
    private let kind: TokenKind

    /// - Throws: 4101 for the token of a channel's app.
    init(_ call: Call) throws(APIError) {
        if call.bearer.connector != nil {
            throw APIError(.noPermission, "The apps of channels cannot change collaborators")
        }
        member = call.member
        kind = call.bearer.kind
        actor = call.actor
    }

    /// Whether the user must own or work on an entity, for the token's permission is not enough. Everybody can make an
    /// app that signs JWTs and stands for them: it must not be allowed more than they are.
    func needsPart(in workspace: ID, _ connection: any Connection) throws -> Bool {
        switch kind {
        case .service: false
        case .jwt: try WorkspaceStore.role(of: member, in: workspace, connection)?.manages != true
        case .personal, .oauth, .session: true
        }
    }
}

/// The tables of the collaborators of bots, apps and workflows.
package struct CollaboratorStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// - Throws: 4200 or 4101 if the entity is not the caller's, 4000 if it has collaborators and is to be single, or
    ///   is a workflow of an app.
    func setMode(
        _ mode: CollaborationMode, of type: EntityType, _ id: ID, by caller: CollaborationCaller
    ) async throws {
        try await storage.database.write { [storage] connection in
            let entity = try Entity.visible(type, id, to: caller.member, in: connection)
            if try caller.needsPart(in: entity.workspaceID, connection) {
                try entity.requireOwner(caller.member, in: connection)
            }
            if entity.appID != nil {
                throw APIError.invalid(type.field, "names a workflow of an app, where the app's collaborators work")
            }
            // Changing the row first keeps others from adding a collaborator until the mode is set.
            try connection.execute(
                "UPDATE \(type.table) SET collaboration_mode = \(mode.rawValue) WHERE id = \(id)")
            let collaborator = try connection.first(
                "SELECT user_id FROM \(type.collaboratorTable) WHERE \(type.reference) = \(id) LIMIT 1"
            ) { $0.id(0) }
            if mode == .single, collaborator != nil {
                throw APIError.invalid(
                    "collaboration_mode", "cannot be single while the \(type.rawValue) has collaborators")
            }
            if mode == entity.collaborationMode { return }
            try storage.audit(
                "\(type.rawValue).set_collaboration_mode", entity.audited, by: caller.actor,
                detail: ["collaboration_mode": mode.rawValue], in: connection)
        }
    }

    /// Adds a collaborator. Whoever is one already stays one.
    ///
    /// - Throws: 4200 or 4101 if the caller does not work on the entity, 4000 if it is not open to collaboration or the
    ///   user owns it, 4200 if the user is no member of its workspace.
    func add(_ user: ID, to type: EntityType, _ id: ID, by caller: CollaborationCaller) async throws {
        let now = storage.clock.now()
        try await storage.database.write { [storage] connection in
            let entity = try Entity.visible(type, id, to: caller.member, in: connection)
            if try caller.needsPart(in: entity.workspaceID, connection) {
                try entity.requirePart(of: caller.member, in: connection)
            }
            // Until the collaborator is added, nobody leaves the workspace: who does leaves what they take part in.
            try WorkspaceStore.lock(entity.workspaceID, in: connection)
            // Locks the row, so that its mode stays what it is until the collaborator is added.
            let mode = try connection.query(
                "UPDATE \(type.table) SET updated_at = updated_at WHERE id = \(id) RETURNING collaboration_mode"
            ) { $0.text(0) }.first
            guard mode == CollaborationMode.collaboration.rawValue else {
                throw APIError.invalid(
                    type.field, "names what is not open to collaborators: its collaboration_mode is single")
            }
            if user == entity.ownerID {
                throw APIError.invalid("collaborators[0].user_id", "is the \(type.rawValue)'s owner")
            }
            guard try WorkspaceStore.personIsMember(user, of: entity.workspaceID, in: connection) else {
                throw APIError(.notFound, "The user \(user) is no member of the \(type.rawValue)'s workspace")
            }
            let count = try connection.execute(
                """
                INSERT INTO \(type.collaboratorTable) (\(type.reference), user_id, added_at)
                VALUES (\(id), \(user), \(now)) ON CONFLICT (\(type.reference), user_id) DO NOTHING
                """)
            if count == 0 { return }
            try storage.audit(
                "\(type.rawValue).add_collaborator", entity.audited, by: caller.actor,
                detail: ["user_id": user.description], in: connection)
        }
    }

    /// Removes a collaborator. The workflows that the user made in an app become the app owner's.
    ///
    /// - Throws: 4200 or 4101 if the caller does not work on the entity, 4200 if the user is no collaborator.
    func remove(_ user: ID, from type: EntityType, _ id: ID, by caller: CollaborationCaller) async throws {
        try await storage.database.write { [storage] connection in
            let entity = try Entity.visible(type, id, to: caller.member, in: connection)
            if try caller.needsPart(in: entity.workspaceID, connection) {
                try entity.requirePart(of: caller.member, in: connection)
            }
            let count = try connection.execute(
                "DELETE FROM \(type.collaboratorTable) WHERE \(type.reference) = \(id) AND user_id = \(user)")
            if count == 0 {
                throw APIError(.notFound, "The user \(user) is no collaborator of the \(type.rawValue)")
            }
            var detail = ["user_id": user.description]
            if type == .app {
                let passed = try connection.execute(
                    "UPDATE workflow SET owner_id = \(entity.ownerID) WHERE app_id = \(id) AND owner_id = \(user)")
                detail["workflows"] = String(passed)
            }
            try storage.audit(
                "\(type.rawValue).remove_collaborator", entity.audited, by: caller.actor, detail: detail,
                in: connection)
        }
    }

    /// - Throws: 4200 if the member does not see the entity.
    func list(_ type: EntityType, _ id: ID, visibleTo member: Member) async throws -> Collaborators.List {
        try await storage.database.read { connection in
            let entity = try Entity.visible(type, id, to: member, in: connection)
            let items = try connection.query(
                """
                SELECT a.id, a.user_name, a.nick_name, a.avatar_url, c.added_at
                FROM \(type.collaboratorTable) c JOIN account a ON a.id = c.user_id
                WHERE c.\(type.reference) = \(id) ORDER BY c.added_at, a.id
                """
            ) { row in
                Collaborator(
                    userID: row.id(0), userName: row.text(1), nickName: row.text(2), avatarURL: row.text(3),
                    addedAt: row.int64(4))
            }
            return Collaborators.List(
                collaborationMode: entity.collaborationMode, ownerUserID: entity.ownerID, collaborators: items)
        }
    }
}
