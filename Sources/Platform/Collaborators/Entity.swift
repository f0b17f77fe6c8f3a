import APIKit
import Database

/// What is the same of bots, apps and workflows: where they lie and whose they are.
struct Entity: Sendable {
    let type: EntityType
    let id: ID
    let workspaceID: ID
    let ownerID: ID
    let collaborationMode: CollaborationMode
    /// The folder it lies in; nil for none.
    let folderID: ID?
    /// The app that a workflow belongs to; nil for none.
    let appID: ID?

    /// An entity that a member sees, in the caller's read or unit of work.
    ///
    /// - Throws: 4200 if it is in no workspace of the member's.
    static func visible(
        _ type: EntityType, _ id: ID, to member: Member, in connection: any Connection
    ) throws -> Entity {
        let found = try connection.first(
            """
            SELECT e.workspace_id, e.owner_id, e.collaboration_mode, e.folder_id, \(type.appColumn)
            FROM \(type.table) e
            JOIN workspace_member m ON m.workspace_id = e.workspace_id AND m.user_id = \(member.user)
            WHERE e.id = \(id)
            """
        ) { row in
            Entity(
                type: type, id: id, workspaceID: row.id(0), ownerID: row.id(1),
                collaborationMode: CollaborationMode(rawValue: row.text(2)) ?? .single, folderID: row.optionalID(3),
                appID: row.optionalID(4))
        }
        guard let found, member.workspaces.contains(found.workspaceID) else { throw type.unknown(id) }
        return found
    }

    /// - Throws: 4200 if the member does not see it, 4101 if the member may not change it.
    static func editable(
        _ type: EntityType, _ id: ID, by member: Member, in connection: any Connection
    ) throws -> Entity {
        let entity = try visible(type, id, to: member, in: connection)
        try entity.requirePart(of: member, in: connection)
        return entity
    }

    /// - Throws: 4200 if the member does not see it, 4101 if the member does not own it.
    static func owned(
        _ type: EntityType, _ id: ID, by member: Member, in connection: any Connection
    ) throws -> Entity {
        let entity = try visible(type, id, to: member, in: connection)
        try entity.requireOwner(member, in: connection)
        return entity
    }

    /// - Throws: 4101 unless the member is its owner, or that of the app it belongs to.
    func requireOwner(_ member: Member, in connection: any Connection) throws {
        if ownerID == member.user { return }
        if let appID {
            let found = try connection.first("SELECT owner_id FROM app WHERE id = \(appID)") { $0.id(0) }
            if found == member.user { return }
        }
        throw APIError(.noPermission, "Only the \(type.rawValue)'s owner may do this")
    }

    /// - Throws: 4101 unless the member is its owner or a collaborator, or one of the app's that it belongs to.
    func requirePart(of member: Member, in connection: any Connection) throws {
        let isOwner = ownerID == member.user
        if try isOwner || isCollaborator(member.user, in: connection) { return }
        if let appID {
            let found = try connection.first(
                """
                SELECT 1 FROM app WHERE id = \(appID) AND (owner_id = \(member.user) OR EXISTS
                (SELECT 1 FROM app_collaborator c WHERE c.app_id = app.id AND c.user_id = \(member.user)))
                """
            ) { _ in true }
            if found != nil { return }
        }
        throw APIError(.noPermission, "Only the \(type.rawValue)'s owner and collaborators may change it")
    }

    private func isCollaborator(_ user: ID, in connection: any Connection) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM \(type.collaboratorTable) WHERE \(type.reference) = \(id) AND user_id = \(user)"
        ) { _ in true } != nil
    }

    /// What the audit log calls it.
    var audited: AuditObject { AuditObject(type.rawValue, id, workspace: workspaceID) }
}
