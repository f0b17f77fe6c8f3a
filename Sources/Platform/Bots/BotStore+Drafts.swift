import APIKit
import Crypto
import Database

/// A bot's draft, and what is published of it.
struct StoredDraft: Sendable {
    var bot: StoredBot
    var revision: String
    /// The latest version; nil if there is none.
    var latest: (version: Int64, configuration: BotConfiguration)?
    var online: [BotDraft.OnlineChannel]
    var canEdit: Bool
    var canDelete: Bool
}

/// Drafts as a whole.
extension BotStore {
    /// - Throws: 4200 if the bot is in no workspace of the user's.
    func draft(of id: ID, visibleTo member: Member) async throws -> StoredDraft {
        try await storage.database.read { try Self.draft(of: id, visibleTo: member, in: $0) }
    }

    private static func draft(
        of id: ID, visibleTo member: Member, in connection: any Connection
    ) throws -> StoredDraft {
        let bot = try visible(id, to: member, in: connection)
        let text = try connection.first("SELECT draft FROM bot WHERE id = \(id)") { $0.text(0) } ?? ""
        let latest = try connection.first(
            "SELECT version, configuration FROM bot_version WHERE bot_id = \(id) ORDER BY version DESC LIMIT 1"
        ) { row in (version: row.int64(0), configuration: try StoredJSON.read(BotConfiguration.self, row.text(1))) }
        let online = try connection.query(
            "SELECT connector_id, version FROM bot_publication WHERE bot_id = \(id) AND is_online = 1 ORDER BY version"
        ) { BotDraft.OnlineChannel(connectorID: $0.text(0), version: String($0.int64(1))) }
        let entity = try Entity.visible(.bot, id, to: member, in: connection)
        return StoredDraft(
            bot: bot, revision: revision(of: text), latest: latest, online: online,
            canEdit: try isAllowed { try entity.requirePart(of: member, in: connection) },
            canDelete: try isAllowed { try requireKeeper(of: entity, member, in: connection) })
    }

    private static func isAllowed(_ check: () throws -> Void) throws -> Bool {
        do {
            try check()
            return true
        } catch let error as APIError where error.code == .noPermission {
            return false
        }
    }

    /// Changes the whole draft in one unit of work.
    ///
    /// - Parameters:
    ///   - revision: what the draft must be still; nil for whatever it is.
    ///   - change: may run twice.
    /// - Returns: the draft as it is now.
    /// - Throws: 4200 if the user does not see the bot, 4101 if the user may not change it, 4000 if somebody has
    ///   changed the draft, and what `change` throws.
    func replaceDraft(
        of id: ID, revision: String?, action: String, detail: [String: String] = [:], by call: Call,
        _ change: @escaping @Sendable (BotConfiguration, any Connection) throws -> BotConfiguration
    ) async throws -> StoredDraft {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            let entity = try Entity.editable(.bot, id, by: call.member, in: connection)
            let draft = try change(try Self.lockedDraft(of: id, revision: revision, in: connection), connection)
            try connection.execute(
                "UPDATE bot SET draft = \(try StoredJSON.text(draft)), updated_at = \(now) WHERE id = \(id)")
            try storage.audit(action, entity.audited, by: call.actor, detail: detail, in: connection)
            return try Self.draft(of: id, visibleTo: call.member, in: connection)
        }
    }

    /// Deletes a bot with its versions, its collaborators and the values of its variables. Conversations with it stay.
    ///
    /// - Throws: 4200 if the user does not see the bot, 4101 if the user neither owns it nor manages its workspace.
    func delete(_ id: ID, by call: Call) async throws {
        try await storage.database.write { connection in
            let entity = try Entity.visible(.bot, id, to: call.member, in: connection)
            try Self.requireKeeper(of: entity, call.member, in: connection)
            let name = try Self.lockedDraft(of: id, in: connection).name
            try connection.execute("DELETE FROM bot WHERE id = \(id)")
            try storage.audit("bot.delete", entity.audited, by: call.actor, detail: ["name": name], in: connection)
        }
    }

    /// - Throws: 4101 unless the member owns the bot or manages its workspace.
    private static func requireKeeper(
        of bot: Entity, _ member: Member, in connection: any Connection
    ) throws {
        if bot.ownerID == member.user { return }
        guard try WorkspaceStore.role(of: member, in: bot.workspaceID, connection)?.manages == true else {
            throw APIError(.noPermission, "Only the bot's owner and who manages the workspace may delete it")
        }
    }

    /// What a draft is called by those who want to change it as they saw it.
    static func revision(of draft: String) -> String {
        Hexadecimal.text(SHA256.hash(data: Array(draft.utf8)).prefix(16))
    }
}
