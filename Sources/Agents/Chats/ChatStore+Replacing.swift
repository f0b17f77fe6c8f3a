import APIKit
import Database

/// What becomes of a chat when another takes its place.
struct ChatReplacement: Sendable {
    var chat: Chat
    /// Those of its messages that go over to the new chat.
    var kept: [ID]
    /// The question that it answered, if that belongs to no chat and is not asked any more.
    var question: ID?
    /// Whether all that came after it in its section goes too.
    var dropsLater: Bool
}

/// Chats in place of others. Those are kept, but neither listed with the conversation's messages nor shown to models,
/// and with them the messages that belong to them.
extension ChatStore {
    /// Whether no other chat of the conversation's section was started after this one.
    static func isLast(_ chat: Chat, in connection: any Connection) throws -> Bool {
        try connection.first(
            """
            SELECT 1 FROM chat WHERE conversation_id = \(chat.conversationID) AND id > \(chat.id)
            AND section_id = \(chat.sectionID) LIMIT 1
            """
        ) { _ in true } == nil
    }

    /// Puts a new chat in the place of another, before it is stored. The conversation is locked, so nothing is added to
    /// it meanwhile.
    ///
    /// - Throws: 4000 if the old one was replaced already, or is not the last though it must be.
    static func supersede(_ old: ChatReplacement, by new: ID, in connection: any Connection) throws {
        let chat = old.chat
        let count = try connection.execute(
            "UPDATE chat SET superseded_by = \(new) WHERE id = \(chat.id) AND superseded_by IS NULL")
        if count == 0 { throw isSuperseded }
        for kept in old.kept {
            try connection.execute("UPDATE message SET chat_id = \(new) WHERE id = \(kept)")
        }
        // What belongs to no chat goes by belonging to one that is gone.
        if let question = old.question {
            try connection.execute(
                "UPDATE message SET chat_id = \(chat.id) WHERE id = \(question) AND chat_id IS NULL")
        }
        guard old.dropsLater else {
            if try !isLast(chat, in: connection) { throw isNotLast }
            return
        }
        try connection.execute(
            """
            UPDATE chat SET superseded_by = \(new) WHERE conversation_id = \(chat.conversationID) AND id > \(chat.id)
            AND section_id = \(chat.sectionID) AND superseded_by IS NULL
            """)
        try connection.execute(
            """
            UPDATE message SET chat_id = \(chat.id) WHERE conversation_id = \(chat.conversationID) AND id > \(chat.id)
            AND section_id = \(chat.sectionID) AND chat_id IS NULL
            """)
    }

    static var isSuperseded: APIError { .invalid("chat_id", "has been answered anew by another chat") }
    static var isNotLast: APIError { .invalid("chat_id", "must be the last chat of the conversation's section") }
}
