package import APIKit
import Database

/// A row of the table of bots.
struct StoredBot: Sendable {
    var id: ID
    var workspaceID: ID
    var ownerID: ID
    var collaborationMode: String
    var createdAt: Int64
    var updatedAt: Int64
    var folderID: ID?
    var draft: BotConfiguration
}

/// The table of bots and their drafts. Members of a bot's workspace see it; its owner and collaborators edit it.
package struct BotStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// - Throws: 4200 if the user is no member of the workspace.
    func create(_ configuration: BotConfiguration, in workspace: ID, by call: Call) async throws -> ID {
        let id = storage.ids.next()
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            guard try WorkspaceStore.staysMember(call.member, of: workspace, in: connection) else {
                throw APIError(.notFound, "The workspace \(workspace) of space_id does not exist")
            }
            try connection.execute(
                """
                INSERT INTO bot (id, workspace_id, owner_id, draft, created_at, updated_at)
                VALUES (\(id), \(workspace), \(call.user), \(try StoredJSON.text(configuration)), \(now), \(now))
                """)
            try storage.audit(
                "bot.create", AuditObject("bot", id, workspace: workspace), by: call.actor,
                detail: ["name": configuration.name], in: connection)
            return id
        }
    }

    /// Changes the draft; published versions stay as they are.
    ///
    /// - Parameter change: may run twice.
    /// - Returns: what `change` returned.
    /// - Throws: 4200 if the user does not see the bot, 4101 if the user may not change it.
    @discardableResult
    func update<Result: Sendable>(
        _ id: ID, by call: Call, _ change: @escaping @Sendable (inout BotConfiguration) -> Result
    ) async throws -> Result {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            let entity = try Entity.editable(.bot, id, by: call.member, in: connection)
            var draft = try Self.lockedDraft(of: id, in: connection)
            let result = change(&draft)
            try connection.execute(
                "UPDATE bot SET draft = \(try StoredJSON.text(draft)), updated_at = \(now) WHERE id = \(id)")
            try storage.audit("bot.update", entity.audited, by: call.actor, in: connection)
            return result
        }
    }

    /// Sets the draft's shortcut commands; those that are new are given an id.
    ///
    /// - Throws: 4200 if the user does not see the bot, 4101 if the user may not change it.
    func setShortcutCommands(
        _ commands: [ShortcutCommandInput], of id: ID, by call: Call
    ) async throws -> [ShortcutCommand] {
        let ids = storage.ids
        return try await update(id, by: call) { draft in
            let all = ShortcutCommand.replacing(draft.shortcutCommands ?? [], with: commands, newID: ids.next)
            draft.shortcutCommands = all
            return all
        }
    }

    /// - Throws: 4200 if the bot is in no workspace of the user's.
    func find(_ id: ID, visibleTo member: Member) async throws -> StoredBot {
        try await storage.database.read { try Self.visible(id, to: member, in: $0) }
    }

    /// - Throws: 4200 if the bot is in no workspace of the user's.
    package func requireVisible(_ id: ID, to member: Member) async throws {
        _ = try await find(id, visibleTo: member)
    }

    /// - Throws: 4200 if the bot is in no workspace of the user's.
    static func visible(_ id: ID, to member: Member, in connection: any Connection) throws -> StoredBot {
        let found = try connection.first(
            """
            SELECT b.id, b.workspace_id, b.owner_id, b.collaboration_mode, b.created_at, b.updated_at, b.draft,
            b.folder_id
            FROM bot b JOIN workspace_member m ON m.workspace_id = b.workspace_id AND m.user_id = \(member.user)
            WHERE b.id = \(id)
            """
        ) { row in
            StoredBot(
                id: row.id(0), workspaceID: row.id(1), ownerID: row.id(2), collaborationMode: row.text(3),
                createdAt: row.int64(4), updatedAt: row.int64(5), folderID: row.optionalID(7),
                draft: try StoredJSON.read(BotConfiguration.self, row.text(6)))
        }
        guard let found, member.workspaces.contains(found.workspaceID) else { throw unknown(id) }
        return found
    }

    /// What is thrown for a bot that does not exist, and for one that the caller does not see.
    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The bot \(id) does not exist") }

    /// The draft, for a unit of work that changes the bot: until it ends, others who do so wait.
    ///
    /// - Parameter revision: what the draft must be; nil for whatever it is.
    /// - Throws: 4000 if the draft is not what it must be.
    static func lockedDraft(
        of id: ID, revision: String? = nil, in connection: any Connection
    ) throws -> BotConfiguration {
        let found = try connection.query("UPDATE bot SET updated_at = updated_at WHERE id = \(id) RETURNING draft") {
            $0.text(0)
        }
        guard let text = found.first else { throw unknown(id) }
        if let revision, revision != Self.revision(of: text) {
            throw APIError.invalid("revision", "is not the draft's any more: somebody has changed the draft since")
        }
        return try StoredJSON.read(BotConfiguration.self, text)
    }
}
