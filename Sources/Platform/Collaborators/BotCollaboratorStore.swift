import APIKit
import Database

/// The table of bots' collaborators.
package struct BotCollaboratorStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// - Throws: 4200 or 4101 if the bot is not the owner's, 4000 if it has collaborators and is to be single.
    func setMode(_ mode: BotCollaborators.Mode, of bot: ID, owner: Member) async throws {
        try await storage.database.write { connection in
            _ = try BotStore.owned(bot, by: owner, in: connection)
            let count =
                try connection.first("SELECT COUNT(*) FROM bot_collaborator WHERE bot_id = \(bot)") { $0.int(0) } ?? 0
            if mode == .single, count > 0 {
                throw APIError.invalid("collaboration_mode", "cannot be single while the bot has collaborators")
            }
            try connection.execute("UPDATE bot SET collaboration_mode = \(mode.rawValue) WHERE id = \(bot)")
        }
    }

    /// - Throws: 4200 or 4101 if the bot is not the owner's, 4000 if it is not open to collaboration or the user owns
    ///   it, 4200 if the user is no member of its workspace.
    func add(_ user: ID, to bot: ID, owner: Member) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            let found = try BotStore.owned(bot, by: owner, in: connection)
            guard found.collaborationMode == BotCollaborators.Mode.collaboration.rawValue else {
                throw APIError.invalid("bot_id", "names a bot whose collaboration_mode is single")
            }
            if user == found.ownerID { throw APIError.invalid("collaborators[0].user_id", "is the bot's owner") }
            guard try WorkspaceStore.isMember(Member(user: user), of: found.workspaceID, in: connection) else {
                throw APIError(.notFound, "The user \(user) is no member of the bot's workspace")
            }
            try connection.execute(
                """
                INSERT INTO bot_collaborator (bot_id, user_id, added_at) VALUES (\(bot), \(user), \(now))
                ON CONFLICT (bot_id, user_id) DO NOTHING
                """)
        }
    }

    /// - Throws: 4200 or 4101 if the bot is not the owner's, 4200 if the user is no collaborator.
    func remove(_ user: ID, from bot: ID, owner: Member) async throws {
        try await storage.database.write { connection in
            _ = try BotStore.owned(bot, by: owner, in: connection)
            let count = try connection.execute(
                "DELETE FROM bot_collaborator WHERE bot_id = \(bot) AND user_id = \(user)")
            if count == 0 { throw APIError(.notFound, "The user \(user) is no collaborator of the bot") }
        }
    }
}
