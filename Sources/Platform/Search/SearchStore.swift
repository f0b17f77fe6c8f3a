import APIKit
import Database

/// Looks for names and messages. Every call names the owner, whose things alone are found.
package struct SearchStore: Sendable {
    let storage: Storage
    private let conversations: ConversationListStore
    private let index: any SearchIndex

    package init(conversations: ConversationListStore) {
        self.conversations = conversations
        storage = conversations.storage
        index = searchIndex(of: storage.database)
    }

    /// - Parameters:
    ///   - bot: only conversations with this bot.
    ///   - place: only what stands before this place, by which pages are continued.
    /// - Returns: at most `limit` hits, newest first, and where the next page begins if there may be one.
    func search(
        _ query: SearchQuery, owner: ID, bot: ID?, before place: Int64?, limit: Int, visibleTo member: Member
    ) async throws -> (items: [ConversationSearch.Item], next: Int64?) {
        try await storage.database.scan { connection in
            var hits: [Hit] = []
            let rest = try index.forEachLot(
                of: query.tokens(owner: owner, bot: bot), owner: owner, before: place ?? .max, in: connection
            ) { lot in
                try Self.compare(lot, query, owner: owner, bot: bot, in: connection) { hit in
                    hits.append(hit)
                    return hits.count <= limit
                }
            }
            var next = rest
            if hits.count > limit {
                hits.removeLast()
                next = hits.last?.place
            }
            return (try items(hits, owner: owner, visibleTo: member, in: connection), next)
        }
    }

    /// A document in which all terms occur.
    private struct Hit {
        let place: Int64
        let conversation: ID
        /// Nil for a conversation's name.
        let message: ID?
        let role: String
        let chat: ID?
        let createdAt: Int64
        let snippet: SearchSnippet
    }

    /// Looks at the texts of candidates, in order, until `found` returns false.
    private static func compare(
        _ lot: [SearchCandidate], _ query: SearchQuery, owner: ID, bot: ID?, in connection: any Connection,
        _ found: (Hit) -> Bool
    ) throws -> Bool {
        let isBot: SQL = bot.map { "AND c.bot_id = \($0)" } ?? ""
        // Mostly all candidates match, and then the first few fill a page.
        var rest = lot[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(32))
            rest = rest.dropFirst(32)
            var goesOn = true
            let queries = part.map { candidate -> SQL in
                """
                SELECT c.id, m.id, m.role, m.chat_id, COALESCE(m.created_at, c.created_at),
                COALESCE(m.content, c.name), COALESCE(m.content_type, 'text')
                FROM (SELECT CAST(\(candidate.id) AS BIGINT) AS id) d
                LEFT JOIN message m ON m.id = d.id AND m.type IN ('question', 'answer')
                JOIN conversation c ON c.id = COALESCE(m.conversation_id, d.id)
                WHERE c.owner_id = \(owner) \(isBot) AND \(MessageStore.counts)
                """
            }
            try connection.pipeline(queries) { index, rows in
                guard goesOn else { return }
                for hit in try rows.map({ try hit($0, at: part[index].place, query) }) {
                    if let hit { goesOn = found(hit) }
                }
            }
            if !goesOn { return false }
        }
        return true
    }

    private static func hit(_ row: Row, at place: Int64, _ query: SearchQuery) throws -> Hit? {
        let text = SearchText(content: row.text(5), type: row.text(6))
        guard let snippet = SearchSnippet(of: text, query) else { return nil }
        return Hit(
            place: place, conversation: row.id(0), message: row.optionalID(1), role: row.text(2),
            chat: row.optionalID(3), createdAt: row.int64(4), snippet: snippet)
    }

    private func items(
        _ hits: [Hit], owner: ID, visibleTo member: Member, in connection: any Connection
    ) throws -> [ConversationSearch.Item] {
        let found = try conversations.items(
            Set(hits.map(\.conversation)), owner: owner, visibleTo: member, in: connection)
        let known = Dictionary(uniqueKeysWithValues: found.map { ($0.conversation.id, $0) })
        return hits.compactMap { hit in
            known[hit.conversation].map { conversation in
                ConversationSearch.Item(
                    conversation: conversation, messageID: hit.message?.description ?? "", role: hit.role,
                    chatID: hit.chat?.description ?? "", snippet: hit.snippet.text,
                    highlights: hit.snippet.highlights, createdAt: hit.createdAt)
            }
        }
    }
}
