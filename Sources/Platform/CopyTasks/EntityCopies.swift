import APIKit
import Database

/// Makes copies in the caller's unit of work: drafts that belong to one user, that nobody else works on and that are
/// published nowhere.
struct EntityCopies {
    let storage: Storage
    let connection: any Connection
    let owner: ID
    /// The workspace that the copies go to.
    let target: ID

    /// - Returns: the copy's id.
    func copy(_ source: Entity) throws -> ID {
        let staysHere = source.workspaceID == target
        let folder = staysHere ? source.folderID : nil
        switch source.type {
        case .bot: return try copyBot(source, folder: folder)
        case .app: return try copyApp(source, folder: folder)
        // A copy of one workflow of an app is one of the library.
        case .workflow: return try copyWorkflow(source.id, app: nil, folder: folder, renamed: staysHere)
        }
    }

    /// An entity's name, as it stands in its draft.
    func name(of source: Entity) throws -> String {
        switch source.type {
        case .bot: try draft(of: source.id).name
        case .app, .workflow:
            try connection.first("SELECT name FROM \(source.type.table) WHERE id = \(source.id)") { $0.text(0) } ?? ""
        }
    }

    /// What a copy is called beside its original, within a limit of characters.
    static func name(besides original: String, limit: Int) -> String {
        let ending = "_copy"
        var name = original
        while name.unicodeScalars.count + ending.unicodeScalars.count > limit { name.removeLast() }
        return name + ending
    }

    private func draft(of bot: ID) throws -> BotConfiguration {
        let found = try connection.first("SELECT draft FROM bot WHERE id = \(bot)") { row in
            try StoredJSON.read(BotConfiguration.self, row.text(0))
        }
        guard let found else { throw EntityType.bot.unknown(bot) }
        return found
    }

    private func copyBot(_ source: Entity, folder: ID?) throws -> ID {
        var draft = try draft(of: source.id)
        if source.workspaceID == target {
            draft.name = Self.name(besides: draft.name, limit: 20)
        } else {
            // In another workspace the bot would not find the workflows it runs.
            draft.workflows = try copies(of: draft.workflows, from: source.workspaceID)
        }
        let (copy, now) = (storage.ids.next(), storage.clock.now())
        try connection.execute(
            """
            INSERT INTO bot (id, workspace_id, owner_id, draft, folder_id, created_at, updated_at)
            VALUES (\(copy), \(target), \(owner), \(try StoredJSON.text(draft)), \(folder), \(now), \(now))
            """)
        return copy
    }

    /// References to copies of those workflows that lie in the workspace; others stay as they are.
    private func copies(of references: [WorkflowReference]?, from workspace: ID) throws -> [WorkflowReference]? {
        var copied: [ID: ID] = [:]
        return try references?.map { reference in
            if let copy = copied[reference.id] { return WorkflowReference(id: copy) }
            let lies = try connection.first(
                "SELECT 1 FROM workflow WHERE id = \(reference.id) AND workspace_id = \(workspace)"
            ) { _ in true }
            if lies == nil { return reference }
            let copy = try copyWorkflow(reference.id, app: nil, folder: nil, renamed: false)
            copied[reference.id] = copy
            return WorkflowReference(id: copy)
        }
    }

    private func copyApp(_ source: Entity, folder: ID?) throws -> ID {
        let found = try connection.first(
            "SELECT name, description, icon_file_id FROM app WHERE id = \(source.id)"
        ) { row in (name: row.text(0), description: row.text(1), icon: row.optionalID(2)) }
        guard let found else { throw EntityType.app.unknown(source.id) }
        let name = source.workspaceID == target ? Self.name(besides: found.name, limit: 50) : found.name
        let (copy, now) = (storage.ids.next(), storage.clock.now())
        try connection.execute(
            """
            INSERT INTO app (id, workspace_id, owner_id, name, description, icon_file_id, folder_id, created_at,
            updated_at)
            VALUES (\(copy), \(target), \(owner), \(name), \(found.description), \(found.icon), \(folder), \(now),
            \(now))
            """)
        let workflows = try connection.query("SELECT id FROM workflow WHERE app_id = \(source.id) ORDER BY id") {
            $0.id(0)
        }
        for workflow in workflows { _ = try copyWorkflow(workflow, app: copy, folder: nil, renamed: false) }
        return copy
    }

    private func copyWorkflow(_ source: ID, app: ID?, folder: ID?, renamed: Bool) throws -> ID {
        let found = try connection.first("SELECT name, description FROM workflow WHERE id = \(source)") { row in
            (name: row.text(0), description: row.text(1))
        }
        guard let found else { throw EntityType.workflow.unknown(source) }
        let name = renamed ? Self.name(besides: found.name, limit: 50) : found.name
        let (copy, now) = (storage.ids.next(), storage.clock.now())
        try connection.execute(
            """
            INSERT INTO workflow (id, workspace_id, app_id, owner_id, name, description, folder_id, created_at,
            updated_at)
            VALUES (\(copy), \(target), \(app), \(owner), \(name), \(found.description), \(folder), \(now), \(now))
            """)
        return copy
    }
}
