import APIKit
import Database

/// The table of conversations. Every call names the owner; another's conversation looks like none.
package struct ConversationStore: Sendable {
    let storage: Storage
    let messages: MessageStore

    package init(storage: Storage, messages: MessageStore) {
        self.storage = storage
        self.messages = messages
    }

    static let columns = SQL.Fragment(
        "id, name, meta_data, owner_id, connector_id, created_at, updated_at, last_section_id")

    static func conversation(_ row: Row) throws -> Conversation {
        Conversation(
            id: row.id(0), name: row.text(1), metaData: try row.stringMap(2), creatorID: row.id(3),
            connectorID: row.text(4), createdAt: row.int64(5), updatedAt: row.int64(6), lastSectionID: row.id(7))
    }

    /// Makes a conversation with its first messages: all of it or none.
    ///
    /// - Throws: 4000 if a message refers to a file that is not the owner's.
    func create(
        owner: ID, bot: ID?, name: String?, connector: String, metaData: [String: String], messages: [NewMessage]
    ) async throws -> Conversation {
        let id = storage.ids.next()
        let now = storage.clock.now()
        let name = name ?? messages.lazy.compactMap(\.conversationName).first ?? ""
        // The first section has the conversation's own id.
        let insert: SQL = try """
        INSERT INTO conversation
        (id, owner_id, bot_id, connector_id, name, meta_data, last_section_id, created_at, updated_at)
        VALUES (\(id), \(owner), \(bot), \(connector), \(name), \(StoredJSON.text(metaData)), \(id), \(now), \(now))
        RETURNING \(Self.columns)
        """
        guard !messages.isEmpty else { return try await storage.database.write(insert, Self.conversation)[0] }
        return try await storage.database.write { connection in
            let made = try connection.query(insert, Self.conversation)[0]
            for message in messages {
                _ = try self.messages.insert(message, conversation: id, section: id, owner: owner, in: connection)
            }
            return made
        }
    }

    /// - Throws: 4002 if there is no such conversation of this owner.
    func find(_ id: ID, owner: ID) async throws -> Conversation {
        let found = try await storage.database.read { connection in
            try connection.first(
                "SELECT \(Self.columns) FROM conversation WHERE id = \(id) AND owner_id = \(owner)", Self.conversation)
        }
        return try found.orThrow(.invalidConversation)
    }

    func list(
        owner: ID, bot: ID, connector: String, order: SortOrder, _ page: PageRequest
    ) async throws -> Conversations.ConversationPage {
        var found = try await storage.database.read { connection in
            // Ids sort by time of creation.
            let direction = order == .ascending ? SQL.Fragment("ASC") : SQL.Fragment("DESC")
            return try connection.query(
                """
                SELECT \(Self.columns) FROM conversation
                WHERE owner_id = \(owner) AND bot_id = \(bot) AND connector_id = \(connector)
                ORDER BY id \(direction) LIMIT \(page.size + 1) OFFSET \(page.offset)
                """, Self.conversation)
        }
        let hasMore = found.count > page.size
        if hasMore { found.removeLast() }
        return Conversations.ConversationPage(hasMore: hasMore, conversations: found)
    }

    /// - Throws: 4002 if there is no such conversation of this owner.
    func rename(_ id: ID, to name: String, owner: ID) async throws -> Conversation {
        try await change(
            """
            UPDATE conversation SET name = \(name), updated_at = \(storage.clock.now())
            WHERE id = \(id) AND owner_id = \(owner) RETURNING \(Self.columns)
            """)
    }

    /// Deletes a conversation and all its messages.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner.
    func delete(_ id: ID, by call: Call) async throws {
        try await storage.database.write { connection in
            let deleted = try connection.execute(
                "DELETE FROM conversation WHERE id = \(id) AND owner_id = \(call.owner)")
            if deleted == 0 { throw APIError(.invalidConversation) }
            try storage.audit("conversation.delete", AuditObject("conversation", id), by: call.actor, in: connection)
        }
    }

    /// Starts a new section.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner.
    func clear(_ id: ID, owner: ID) async throws -> Section {
        let changed = try await change(
            """
            UPDATE conversation SET last_section_id = \(storage.ids.next()), updated_at = \(storage.clock.now())
            WHERE id = \(id) AND owner_id = \(owner) RETURNING \(Self.columns)
            """)
        return Section(id: changed.lastSectionID, conversationID: id)
    }

    private func change(_ sql: SQL) async throws -> Conversation {
        try await storage.database.write(sql, Self.conversation).first.orThrow(.invalidConversation)
    }
}
