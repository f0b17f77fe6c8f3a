import APIKit
import Database

/// Reads conversations whole, in pages, so that a long one holds up no one.
package struct ArchiveStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    private static let pageSize = 100

    /// All of a conversation but its messages.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner.
    func outline(of id: ID, owner: ID) async throws -> ConversationArchive {
        let now = storage.clock.now()
        return try await storage.database.scan { connection in
            let head = try connection.first(
                """
                SELECT id, name, meta_data, owner_id, connector_id, bot_id, created_at, updated_at, last_section_id
                FROM conversation WHERE id = \(id) AND owner_id = \(owner)
                """
            ) { row in
                ConversationArchive.Head(
                    id: row.id(0), name: row.text(1), metaData: try row.stringMap(2), creatorID: row.id(3),
                    connectorID: row.text(4), botID: row.optionalID(5), createdAt: row.int64(6),
                    updatedAt: row.int64(7), lastSectionID: row.id(8))
            }.orThrow(.invalidConversation)
            let sections = try connection.query(
                """
                SELECT section_id FROM message WHERE conversation_id = \(id)
                UNION SELECT section_id FROM chat WHERE conversation_id = \(id)
                UNION SELECT last_section_id FROM conversation WHERE id = \(id)
                """
            ) { ConversationArchive.Section(id: $0.id(0)) }
            let files = try connection.query(
                """
                SELECT id, file_name, media_type, bytes FROM file WHERE id IN (
                    SELECT f.file_id FROM message m JOIN message_file f ON f.message_id = m.id
                    WHERE m.conversation_id = \(id)
                ) ORDER BY id
                """
            ) { row in
                ConversationArchive.File(
                    id: row.id(0), fileName: row.text(1), mediaType: row.text(2), bytes: row.int64(3))
            }
            return ConversationArchive(
                format: ConversationArchive.format, version: ConversationArchive.version, exportedAt: now,
                conversation: head, sections: sections.sorted { $0.id < $1.id },
                chats: try Self.chats(of: id, in: connection), files: files, messages: [])
        }
    }

    private static func chats(of conversation: ID, in connection: any Connection) throws -> [ConversationArchive.Chat] {
        try connection.query(
            """
            SELECT id, section_id, bot_id, end_user, status, meta_data, error_code, error_message, input_count,
            output_count, inserted_messages, superseded_by, created_at, completed_at, failed_at
            FROM chat WHERE conversation_id = \(conversation) ORDER BY id
            """
        ) { row in
            ConversationArchive.Chat(
                id: row.id(0), sectionID: row.id(1), botID: row.int64(2) == 0 ? nil : row.id(2), userID: row.text(3),
                status: row.text(4), metaData: try row.stringMap(5),
                lastError: row.optionalInt64(6).map { ConversationArchive.Failure(code: $0, msg: row.text(7)) },
                usage: row.optionalInt64(8).map {
                    ConversationArchive.Usage(inputCount: $0, outputCount: row.int64(9))
                },
                insertedMessages: try StoredJSON.read([ID].self, row.text(10)), supersededBy: row.optionalID(11),
                createdAt: row.int64(12), completedAt: row.optionalInt64(13), failedAt: row.optionalInt64(14))
        }
    }

    /// Gives the messages of a conversation in pages, oldest first. What is added meanwhile is left out.
    ///
    /// - Throws: 4002 if the conversation is deleted meanwhile, and what `body` throws.
    func forEachPage(of conversation: ID, owner: ID, _ body: ([ConversationArchive.Entry]) throws -> Void) async throws
    {
        let end = storage.ids.next()
        var last: ID = 0
        while true {
            let page = try await storage.database.scan { [last] connection in
                let page = try Self.page(of: conversation, after: last, before: end, in: connection)
                // Asked after the page was read, so that what is left of a deleted conversation is not taken for all of it.
                try MessageStore.requireConversation(conversation, owner: owner, in: connection)
                return page
            }
            guard let newest = page.last?.id else { return }
            try body(page)
            last = newest
        }
    }

    private static func page(
        of conversation: ID, after: ID, before: ID, in connection: any Connection
    ) throws -> [ConversationArchive.Entry] {
        let messages = try connection.query(
            """
            SELECT \(MessageStore.columns) FROM message
            WHERE conversation_id = \(conversation) AND id > \(after) AND id < \(before)
            ORDER BY id LIMIT \(pageSize)
            """, MessageStore.message)
        guard let first = messages.first, let last = messages.last else { return [] }
        let judgements = try connection.query(
            """
            SELECT f.message_id, f.feedback_type, f.reason_types, f.comment, f.updated_at
            FROM message m JOIN message_feedback f ON f.message_id = m.id
            WHERE m.conversation_id = \(conversation) AND m.id >= \(first.id) AND m.id <= \(last.id)
            """
        ) { row in
            (
                row.id(0),
                ConversationArchive.Judgement(
                    feedbackType: Feedback.Kind(rawValue: row.text(1)) ?? .like,
                    reasonTypes: try StoredJSON.read([String].self, row.text(2)), comment: row.text(3),
                    updatedAt: row.int64(4))
            )
        }
        let byID = Dictionary(uniqueKeysWithValues: judgements)
        return messages.map { ConversationArchive.Entry($0, feedback: byID[$0.id]) }
    }
}

extension ConversationArchive.Entry {
    fileprivate init(_ message: Message, feedback: ConversationArchive.Judgement?) {
        self.init(
            id: message.id, sectionID: message.sectionID, chatID: ID(message.chatID), botID: ID(message.botID),
            role: message.role == MessageRole.user.rawValue ? .user : .assistant, type: message.type,
            contentType: message.contentType, content: message.content, reasoningContent: message.reasoningContent,
            metaData: message.metaData, createdAt: message.createdAt, updatedAt: message.updatedAt, feedback: feedback)
    }
}
