import APIKit
import Database

/// Lists conversations with the bots they are held with. Every call names the owner.
package struct ConversationListStore: Sendable {
    let storage: Storage
    let links: LinkSigner

    package init(storage: Storage, links: LinkSigner) {
        self.storage = storage
        self.links = links
    }

    private static let columns = SQL.Fragment(
        "id, name, meta_data, owner_id, connector_id, created_at, updated_at, last_section_id, bot_id")

    private typealias Found = (conversation: Conversation, bot: ID?)

    private static func found(_ row: Row) throws -> Found {
        (try ConversationStore.conversation(row), row.optionalID(8))
    }

    /// An owner's conversations, latest made first.
    ///
    /// - Parameters:
    ///   - bot: only those with this bot.
    ///   - place: only those that stand after this place.
    func list(
        owner: ID, bot: ID?, after place: ConversationPlace, limit: Int, visibleTo member: Member
    ) async throws -> (items: [ConversationList.Item], hasMore: Bool) {
        let isBot: SQL = bot.map { "AND bot_id = \($0)" } ?? ""
        return try await storage.database.read { connection in
            var found = try connection.query(
                """
                SELECT \(Self.columns) FROM conversation
                WHERE owner_id = \(owner) \(isBot) AND (created_at, id) < (\(place.createdAt), \(place.id))
                ORDER BY created_at DESC, id DESC LIMIT \(limit + 1)
                """, Self.found)
            let hasMore = found.count > limit
            if hasMore { found.removeLast() }
            return (try items(found, visibleTo: member, in: connection), hasMore)
        }
    }

    /// - Throws: 4002 if there is no such conversation of this owner.
    func find(_ id: ID, owner: ID, visibleTo member: Member) async throws -> ConversationList.Item {
        try await storage.database.read { connection in
            let found = try connection.query(
                "SELECT \(Self.columns) FROM conversation WHERE id = \(id) AND owner_id = \(owner)", Self.found)
            return try items(found, visibleTo: member, in: connection).first.orThrow(.invalidConversation)
        }
    }

    /// Those of the conversations that are this owner's, within a unit of work.
    func items(
        _ ids: Set<ID>, owner: ID, visibleTo member: Member, in connection: any Connection
    ) throws -> [ConversationList.Item] {
        let queries = ids.map { id -> SQL in
            "SELECT \(Self.columns) FROM conversation WHERE id = \(id) AND owner_id = \(owner)"
        }
        var found: [Found] = []
        try connection.pipeline(queries) { _, rows in found += try rows.map(Self.found) }
        return try items(found, visibleTo: member, in: connection)
    }

    private func items(
        _ found: [Found], visibleTo member: Member, in connection: any Connection
    ) throws -> [ConversationList.Item] {
        let faces = try faces(of: Set(found.compactMap(\.bot)), visibleTo: member, in: connection)
        return found.map { found in
            let face = found.bot.flatMap { faces[$0] }
            return ConversationList.Item(
                conversation: found.conversation, botID: found.bot?.description ?? "", botName: face?.name ?? "",
                botIconURL: links.icon(face?.iconFileID), isBotAvailable: face != nil)
        }
    }

    /// What of a bot's configuration is shown beside a conversation.
    private struct Face: Decodable {
        var name: String
        var iconFileID: ID?
    }

    /// Bots as they are online, or else as their drafts are. Those that the member does not see are left out.
    private func faces(
        of bots: Set<ID>, visibleTo member: Member, in connection: any Connection
    ) throws -> [ID: Face] {
        let bots = Array(bots)
        let queries = bots.map { bot -> SQL in
            """
            SELECT b.workspace_id, COALESCE(v.configuration, b.draft)
            FROM bot b JOIN workspace_member m ON m.workspace_id = b.workspace_id AND m.user_id = \(member.user)
            LEFT JOIN bot_version v ON v.bot_id = b.id AND v.version = (SELECT MAX(p.version)
            FROM bot_publication p WHERE p.bot_id = b.id AND p.is_online = 1)
            WHERE b.id = \(bot)
            """
        }
        var faces: [ID: Face] = [:]
        try connection.pipeline(queries) { index, rows in
            let found = try rows.map { (workspace: $0.id(0), face: try StoredJSON.read(Face.self, $0.text(1))) }
            guard let bot = found.first, member.workspaces.contains(bot.workspace) else { return }
            faces[bots[index]] = bot.face
        }
        return faces
    }
}
