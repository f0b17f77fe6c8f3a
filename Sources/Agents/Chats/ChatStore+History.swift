import APIKit
import Database
import Platform

/// What was held in a conversation, chat by chat.
extension ChatStore {
    /// A conversation's chats, latest first, those that were superseded among them.
    ///
    /// - Parameter last: only chats before this one.
    /// - Returns: running: the chat that runs now; nil if none does.
    /// - Throws: 4002 if there is no such conversation of this owner.
    func history(
        of conversation: ID, owner: ID, before last: ID?, limit: Int
    ) async throws -> (chats: [Chats.HistoryItem], hasMore: Bool, running: ID?) {
        try await storage.database.read { connection in
            _ = try ConversationStore.section(of: conversation, owner: owner, in: connection)
            // Not what the chats were asked: with the outputs of tools that may be megabytes.
            var found = try connection.query(
                """
                SELECT id, conversation_id, bot_id, section_id, status, created_at, completed_at, failed_at, meta_data,
                error_code, error_message, required_action, input_count, output_count, inserted_messages, end_user,
                bot_version, model_id, log_id, superseded_by
                FROM chat WHERE conversation_id = \(conversation) AND owner_id = \(owner)
                AND id < \(last?.value ?? .max) ORDER BY id DESC LIMIT \(limit + 1)
                """
            ) { row in
                Chats.HistoryItem(
                    chat: try Self.chat(row), userID: row.text(15),
                    botVersion: row.optionalInt64(16).map(String.init) ?? "", modelID: row.text(17),
                    logID: row.text(18), supersededBy: row.optionalID(19)?.description ?? "")
            }
            let hasMore = found.count > limit
            if hasMore { found.removeLast() }
            if let first = found.last?.chat.id, let last = found.first?.chat.id {
                let judgements = try FeedbackStore.judgements(of: first...last, in: conversation, connection)
                for index in found.indices { found[index].feedback = judgements[found[index].chat.id] ?? [] }
            }
            let running = try connection.first(
                "SELECT id FROM chat WHERE conversation_id = \(conversation) AND status = 'in_progress'"
            ) { $0.id(0) }
            return (found, hasMore, running)
        }
    }
}
