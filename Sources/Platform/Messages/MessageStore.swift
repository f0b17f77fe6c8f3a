package import APIKit
package import Database

/// The table of messages. Every call names the conversation and its owner.
package struct MessageStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    static let columns = SQL.Fragment(
        """
        id, conversation_id, bot_id, chat_id, section_id, role, type, content, content_type, meta_data, \
        reasoning_content, created_at, updated_at
        """)
    /// What clients may list, modify and delete; the rest is what a bot did on the way to an answer.
    private static let isVisible = SQL.Fragment("type IN ('question', 'answer')")
    /// Whether a message `m` still counts: no other chat has taken the place of the one it belongs to.
    static let counts = SQL.Fragment(
        "NOT EXISTS (SELECT 1 FROM chat WHERE chat.id = m.chat_id AND chat.superseded_by IS NOT NULL)")

    static func message(_ row: Row) throws -> Message {
        Message(
            id: row.id(0), conversationID: row.id(1), botID: row.optionalID(2)?.description ?? "",
            chatID: row.optionalID(3)?.description ?? "", sectionID: row.id(4), role: row.text(5), type: row.text(6),
            content: row.text(7), contentType: row.text(8), metaData: try row.stringMap(9),
            reasoningContent: row.optionalText(10), createdAt: row.int64(11), updatedAt: row.int64(12))
    }

    /// Adds a message, in the caller's unit of work.
    ///
    /// - Throws: 4000 if it refers to a file that is not the owner's.
    func insert(
        _ message: NewMessage, conversation: ID, section: ID, owner: ID, in connection: any Connection
    ) throws -> Message {
        let now = storage.clock.now()
        let made = try connection.query(
            """
            INSERT INTO message
            (id, conversation_id, section_id, role, type, content_type, content, meta_data, created_at, updated_at)
            VALUES (\(storage.ids.next()), \(conversation), \(section), \(message.role.rawValue), \(message.type),
            \(message.content.type), \(message.content.text), \(try StoredJSON.text(message.metaData)), \(now), \(now))
            RETURNING \(Self.columns)
            """, Self.message)[0]
        try Self.attach(message.content, to: made.id, owner: owner, in: connection)
        return made
    }

    /// Notes which files a message refers to, in the caller's unit of work.
    ///
    /// - Throws: 4000 if one of them is not the owner's.
    package static func attach(
        _ content: MessageContent, to message: ID, owner: ID, in connection: any Connection
    ) throws {
        for file in content.fileIDs {
            let count = try connection.execute(
                """
                INSERT INTO message_file (message_id, file_id)
                SELECT CAST(\(message) AS BIGINT), id FROM file WHERE id = \(file) AND \(FileStore.isOwn(owner))
                """)
            if count == 0 { throw content.unknownFile }
        }
    }

    /// Adds a message to the latest section; the first of the user's names a conversation that has no name.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner, 4000 for a file that is not the owner's.
    func append(_ message: NewMessage, to conversation: ID, owner: ID) async throws -> Message {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            let section = try connection.first(
                """
                UPDATE conversation SET updated_at = \(now),
                name = CASE WHEN name = '' THEN \(message.conversationName ?? "") ELSE name END
                WHERE id = \(conversation) AND owner_id = \(owner) RETURNING last_section_id
                """
            ) { $0.id(0) }
            return try insert(
                message, conversation: conversation, section: section.orThrow(.invalidConversation), owner: owner,
                in: connection)
        }
    }

    /// - Throws: 4002 if there is no such conversation of this owner.
    func list(in conversation: ID, owner: ID, _ query: MessageQuery) async throws -> ([Message], hasMore: Bool) {
        let found = try await storage.database.read { connection in
            try Self.requireConversation(conversation, owner: owner, in: connection)
            return try Self.read(Self.page(of: conversation, query), in: connection)
        }
        let hasMore = found.hasMore || found.messages.count > query.limit
        var messages = found.messages.prefix(query.limit)
        // A page before an id was read backwards from that id.
        if query.readsBackwards { messages.reverse() }
        return (Array(messages), hasMore)
    }

    /// Bytes of content after which a page ends early, so that no reply grows beyond what memory allows.
    private static let pageBytes = 16 << 20

    private static func read(_ page: SQL, in connection: any Connection) throws -> (messages: [Message], hasMore: Bool)
    {
        struct IsFull: Error {}
        var messages: [Message] = []
        var bytes = 0
        do {
            _ = try connection.query(page) { row in
                if bytes > pageBytes { throw IsFull() }
                let message = try message(row)
                bytes += message.content.utf8.count
                messages.append(message)
            }
            return (messages, false)
        } catch is IsFull {
            return (messages, true)
        }
    }

    private static func page(of conversation: ID, _ query: MessageQuery) -> SQL {
        // In an ascending list, after means a greater id.
        let ascends = query.order == .ascending
        let lower = ascends ? query.after : query.before
        let upper = ascends ? query.before : query.after
        let types = query.includesMiddle ? SQL.Fragment("1 = 1") : isVisible
        let isChat = query.chat == nil ? SQL.Fragment("0 =") : SQL.Fragment("chat_id =")
        // Who asks for a chat by its id gets it, whatever became of it.
        let isCurrent = query.chat == nil ? counts : SQL.Fragment("1 = 1")
        let direction = ascends != query.readsBackwards ? SQL.Fragment("ASC") : SQL.Fragment("DESC")
        return """
            SELECT \(columns) FROM message m
            WHERE conversation_id = \(conversation) AND id > \(lower?.value ?? 0) AND id < \(upper?.value ?? .max)
            AND \(types) AND \(isChat) \(query.chat?.value ?? 0) AND \(isCurrent)
            ORDER BY id \(direction) LIMIT \(query.limit + 1)
            """
    }

    /// - Throws: 4002 if there is no such conversation of this owner, 4005 if it has no such message.
    func find(_ id: ID, in conversation: ID, owner: ID) async throws -> Message {
        try await storage.database.read { connection in
            try Self.requireConversation(conversation, owner: owner, in: connection)
            return try Self.find(id, in: conversation, connection)
        }
    }

    /// Replaces the content, the attached pairs or both of a question or an answer.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner, 4005 if it has no such message, 4000 for a file
    ///   that is not the owner's.
    func modify(
        _ id: ID, in conversation: ID, owner: ID, content: MessageContent?, metaData: [String: String]?
    ) async throws -> Message {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            try Self.requireConversation(conversation, owner: owner, in: connection)
            let old = try Self.find(id, in: conversation, connection)
            try content?.check(for: old.type)
            let changed = try connection.first(
                """
                UPDATE message SET content = \(content?.text ?? old.content),
                content_type = \(content?.type ?? old.contentType),
                meta_data = \(try StoredJSON.text(metaData ?? old.metaData)), updated_at = \(now)
                WHERE id = \(id) AND \(Self.isVisible) RETURNING \(Self.columns)
                """, Self.message
            ).orThrow(.invalidMessage)
            if let content {
                try connection.execute("DELETE FROM message_file WHERE message_id = \(id)")
                try Self.attach(content, to: id, owner: owner, in: connection)
            }
            return changed
        }
    }

    /// Deletes a question or an answer; an answer takes with it what the bot did on the way to it.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner, 4005 if it has no such message.
    func delete(_ id: ID, in conversation: ID, owner: ID) async throws -> Message {
        try await storage.database.write { connection in
            try Self.requireConversation(conversation, owner: owner, in: connection)
            let deleted = try connection.first(
                """
                DELETE FROM message WHERE id = \(id) AND conversation_id = \(conversation) AND \(Self.isVisible)
                RETURNING \(Self.columns)
                """, Self.message
            ).orThrow(.invalidMessage)
            if deleted.type == "answer", let chat = ID(deleted.chatID) {
                try connection.execute(
                    """
                    DELETE FROM message WHERE conversation_id = \(conversation) AND chat_id = \(chat)
                    AND type NOT IN ('question', 'answer')
                    """)
            }
            return deleted
        }
    }

    /// - Throws: 4002 if there is no such conversation of this owner.
    static func requireConversation(_ id: ID, owner: ID, in connection: any Connection) throws {
        try connection.first("SELECT 1 FROM conversation WHERE id = \(id) AND owner_id = \(owner)") { _ in }
            .orThrow(.invalidConversation)
    }

    /// - Throws: 4005 if the conversation has no such message.
    static func find(_ id: ID, in conversation: ID, _ connection: any Connection) throws -> Message {
        try connection.first(
            "SELECT \(columns) FROM message WHERE id = \(id) AND conversation_id = \(conversation)", message
        ).orThrow(.invalidMessage)
    }
}

extension MessageQuery {
    /// Whether the page is found by reading from its end: what stands right before an id.
    var readsBackwards: Bool { before != nil && after == nil }
}
