package import APIKit
package import Database

extension Message {
    /// A message of a chat, made now.
    package init(
        id: ID, conversation: ID, section: ID, bot: ID, chat: ID, role: MessageRole, type: String, content: String,
        contentType: String = "text", metaData: [String: String] = [:], reasoning: String? = nil
    ) {
        self.id = id
        conversationID = conversation
        sectionID = section
        botID = bot.description
        chatID = chat.description
        self.role = role.rawValue
        self.type = type
        self.content = content
        self.contentType = contentType
        self.metaData = metaData
        reasoningContent = reasoning
        // An id holds the second in which it was made.
        createdAt = id.value >> 32
        updatedAt = createdAt
    }
}

extension Message {
    /// What it consists of.
    package var parts: [MessageContent.Part] {
        get throws { contentType == "object_string" ? try MessageContent(content, type: contentType).parts : [] }
    }

    /// The uploads it refers to, each once.
    package var fileIDs: [ID] {
        get throws { contentType == "object_string" ? try MessageContent(content, type: contentType).fileIDs : [] }
    }

    /// What a conversation without a name is called by it; nil if it is not the user's or has no text.
    package var conversationName: String? {
        guard role == MessageRole.user.rawValue else { return nil }
        return try? MessageContent(content, type: contentType).conversationName
    }

    /// Makes it a message of a chat.
    package mutating func belong(to chat: ID) { chatID = chat.description }
}

/// What chats read and write of messages, in a unit of work of their own.
extension MessageStore {
    /// The statement that stores a message as it is.
    package static func insertion(_ message: Message) throws -> SQL {
        try """
        INSERT INTO message
        (id, conversation_id, bot_id, chat_id, section_id, role, type, content, content_type, meta_data,
        reasoning_content, created_at, updated_at)
        VALUES (\(message.id), \(message.conversationID), \(ID(message.botID)), \(ID(message.chatID)),
        \(message.sectionID), \(message.role), \(message.type), \(message.content), \(message.contentType),
        \(StoredJSON.text(message.metaData)), \(message.reasoningContent), \(message.createdAt), \(message.updatedAt))
        """
    }

    /// The last questions and answers of a section that a model may see, oldest first. A turn that was cancelled,
    /// that failed, or that was answered anew is left out.
    ///
    /// - Parameters:
    ///   - before: only messages made before this id.
    ///   - limit: the most messages to read.
    ///   - bytes: the most bytes of content. The latest message is read in any case.
    ///   - rounds: the most messages of the user's; nil for any number.
    package static func context(
        of conversation: ID, section: ID, before: ID?, limit: Int, bytes: Int, rounds: Int?,
        in connection: any Connection
    ) throws -> [Message] {
        struct IsFull: Error {}
        var messages: [Message] = []
        var bytesLeft = bytes
        var roundsLeft = rounds ?? limit
        var upper = before?.value ?? .max
        // In small pages, since the client of PostgreSQL holds all rows of a query before the first is looked at.
        var page = 8
        do {
            while true {
                let end = min(messages.count + page, limit)
                let latest: SQL = """
                    SELECT \(columns) FROM message
                    WHERE conversation_id = \(conversation) AND id < \(upper) AND section_id = \(section)
                    AND type IN ('question', 'answer') AND (chat_id IS NULL OR EXISTS (
                        SELECT 1 FROM chat WHERE chat.id = message.chat_id AND chat.status = 'completed'
                        AND chat.superseded_by IS NULL))
                    ORDER BY id DESC LIMIT \(end - messages.count)
                    """
                _ = try connection.query(latest) { row in
                    if roundsLeft <= 0 { throw IsFull() }
                    let message = try message(row)
                    bytesLeft -= message.content.utf8.count
                    if bytesLeft < 0, !messages.isEmpty { throw IsFull() }
                    if message.role == MessageRole.user.rawValue { roundsLeft -= 1 }
                    upper = message.id.value
                    messages.append(message)
                }
                if messages.count < end || end == limit { break }
                page = min(2 * page, 32)
            }
        } catch is IsFull {}
        return messages.reversed()
    }

    /// Messages by their ids, oldest first.
    package static func find(_ ids: [ID], in connection: any Connection) throws -> [Message] {
        try ids.sorted().compactMap { id in
            try connection.first("SELECT \(columns) FROM message WHERE id = \(id)", message)
        }
    }

    /// What a chat made on its way, and its answers, oldest first. The messages it was started with are older than it.
    package static func made(
        by chat: ID, in conversation: ID, _ connection: any Connection
    ) throws -> [Message] {
        try connection.query(
            """
            SELECT \(columns) FROM message
            WHERE conversation_id = \(conversation) AND id > \(chat) AND chat_id = \(chat) ORDER BY id
            """, message)
    }
}
