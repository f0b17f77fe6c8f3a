package import APIKit
package import Database

/// The table of feedback, one row for each judged message.
package struct FeedbackStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Stores feedback in place of what was given before.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner, 4005 if it has no such text answer.
    func put(
        _ kind: Feedback.Kind, reasons: [String], comment: String, on message: ID, in conversation: ID, owner: ID
    ) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            try Self.requireAnswer(message, in: conversation, owner: owner, connection)
            try connection.execute(
                """
                INSERT INTO message_feedback (message_id, user_id, feedback_type, reason_types, comment, updated_at)
                VALUES (\(message), \(owner), \(kind.rawValue), \(try StoredJSON.text(reasons)), \(comment), \(now))
                ON CONFLICT (message_id) DO UPDATE SET user_id = excluded.user_id,
                feedback_type = excluded.feedback_type, reason_types = excluded.reason_types,
                comment = excluded.comment, updated_at = excluded.updated_at
                """)
        }
    }

    /// Removes feedback, if there is any.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner, 4005 if it has no such text answer.
    func delete(on message: ID, in conversation: ID, owner: ID) async throws {
        try await storage.database.write { connection in
            try Self.requireAnswer(message, in: conversation, owner: owner, connection)
            _ = try connection.execute("DELETE FROM message_feedback WHERE message_id = \(message)")
        }
    }

    /// What is thought of the answers of some of a conversation's chats, within a unit of work.
    ///
    /// - Parameter chats: the ids of chats of that conversation, the lowest and the highest of which are the bounds.
    package static func judgements(
        of chats: ClosedRange<ID>, in conversation: ID, _ connection: any Connection
    ) throws -> [ID: [Feedback.Judgement]] {
        // Messages of a chat are made after it. The join's order is fixed: most answers have no feedback, but all the
        // feedback of the server may be far more than a conversation.
        let found = try connection.query(
            """
            SELECT m.chat_id, m.id, f.feedback_type, f.reason_types, f.comment
            FROM message m CROSS JOIN message_feedback f
            WHERE m.conversation_id = \(conversation) AND m.id > \(chats.lowerBound)
            AND m.chat_id BETWEEN \(chats.lowerBound) AND \(chats.upperBound) AND f.message_id = m.id ORDER BY m.id
            """
        ) { row in
            let judgement = Feedback.Judgement(
                messageID: row.id(1).description, feedbackType: Feedback.Kind(rawValue: row.text(2)) ?? .like,
                reasonTypes: try StoredJSON.read([String].self, row.text(3)), comment: row.text(4))
            return (chat: row.id(0), judgement: judgement)
        }
        return Dictionary(grouping: found, by: \.chat).mapValues { $0.map(\.judgement) }
    }

    private static func requireAnswer(
        _ message: ID, in conversation: ID, owner: ID, _ connection: any Connection
    ) throws {
        try MessageStore.requireConversation(conversation, owner: owner, in: connection)
        let found = try MessageStore.find(message, in: conversation, connection)
        guard found.type == "answer", found.contentType == "text" else {
            throw APIError(.invalidMessage, "Only a text answer can be given feedback")
        }
    }
}
