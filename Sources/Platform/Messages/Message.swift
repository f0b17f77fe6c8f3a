package import APIKit

/// Who speaks.
package enum MessageRole: String, Codable, Sendable, CaseIterable { case user, assistant }

/// A message of a conversation.
package struct Message: Codable, Sendable {
    /// The message's id.
    package var id: ID
    package var conversationID: ID
    /// The bot that answered; empty for a message that a client made.
    var botID: String
    /// The chat it was made in; empty for a message that a client made.
    package var chatID: String
    /// The section of the conversation it belongs to.
    var sectionID: ID
    /// user or assistant.
    package var role: String
    /// question, answer, function_call, tool_response, follow_up or verbose.
    package var type: String
    /// The text, or for object_string a JSON array of parts.
    package var content: String
    /// text, object_string or card.
    package var contentType: String
    /// What the client attached: at most 16 pairs.
    package var metaData: [String: String]
    /// How a thinking model came to its answer.
    var reasoningContent: String?
    /// When it was made, in Unix seconds.
    var createdAt: Int64
    /// When it was last changed, in Unix seconds.
    var updatedAt: Int64

    enum CodingKeys: String, CodingKey {
        case id
        case conversationID = "conversation_id"
        case botID = "bot_id"
        case chatID = "chat_id"
        case sectionID = "section_id"
        case role, type, content
        case contentType = "content_type"
        case metaData = "meta_data"
        case reasoningContent = "reasoning_content"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}
