import APIKit

/// A whole conversation as a document, to be kept elsewhere or taken into another account or server.
struct ConversationArchive: Codable, Sendable {
    static let format = "buckle.conversation"
    static let version = 1

    /// buckle.conversation.
    var format: String
    /// 1.
    var version: Int
    /// When it was exported, in Unix seconds.
    var exportedAt: Int64?
    var conversation: Head
    /// The sections of the conversation, oldest first.
    var sections: [Section]
    /// The chats held in it, oldest first.
    var chats: [Chat]?
    /// The uploads that messages refer to. Their contents are not part of the archive.
    var files: [File]?
    /// All messages, oldest first, also those that bots made on the way to an answer. They come last, since an export
    /// writes them page by page.
    var messages: [Entry]

    enum CodingKeys: String, CodingKey {
        case format, version
        case exportedAt = "exported_at"
        case conversation, sections, chats, files, messages
    }

    struct Head: Codable, Sendable {
        /// The conversation's id.
        var id: ID
        /// Its name, up to 100 characters.
        var name: String?
        /// What the client attached: at most 16 pairs.
        var metaData: [String: String]?
        /// The user who made it.
        var creatorID: ID?
        /// The channel it belongs to.
        var connectorID: String?
        /// The bot it is held with.
        var botID: ID?
        /// When it was made, in Unix seconds.
        var createdAt: Int64
        /// When it was last changed, in Unix seconds.
        var updatedAt: Int64
        /// The section that new messages go to.
        var lastSectionID: ID

        enum CodingKeys: String, CodingKey {
            case id, name
            case metaData = "meta_data"
            case creatorID = "creator_id"
            case connectorID = "connector_id"
            case botID = "bot_id"
            case createdAt = "created_at"
            case updatedAt = "updated_at"
            case lastSectionID = "last_section_id"
        }
    }

    struct Section: Codable, Sendable {
        /// The section's id.
        var id: ID
    }

    struct Chat: Codable, Sendable {
        /// The chat's id.
        var id: ID
        /// The section it belongs to.
        var sectionID: ID
        /// The bot that answered.
        var botID: ID?
        /// The end user it was held with.
        var userID: String?
        /// completed, failed or canceled. Any other chat is taken for one that failed.
        var status: String
        /// What the client attached: at most 16 pairs.
        var metaData: [String: String]?
        /// Why it failed.
        var lastError: Failure?
        /// The tokens it took.
        var usage: Usage?
        /// The messages it was started with.
        var insertedMessages: [ID]?
        /// The chat that answered its question anew.
        var supersededBy: ID?
        /// When it was started, in Unix seconds.
        var createdAt: Int64
        /// When it was completed, in Unix seconds.
        var completedAt: Int64?
        /// When it failed, in Unix seconds.
        var failedAt: Int64?

        enum CodingKeys: String, CodingKey {
            case id
            case sectionID = "section_id"
            case botID = "bot_id"
            case userID = "user_id"
            case status
            case metaData = "meta_data"
            case lastError = "last_error"
            case usage
            case insertedMessages = "inserted_messages"
            case supersededBy = "superseded_by"
            case createdAt = "created_at"
            case completedAt = "completed_at"
            case failedAt = "failed_at"
        }
    }

    struct Failure: Codable, Sendable {
        /// The number of the error.
        var code: Int64
        /// What went wrong.
        var msg: String?
    }

    struct Usage: Codable, Sendable {
        /// Tokens of the prompts.
        var inputCount: Int64
        /// Tokens of the answers.
        var outputCount: Int64

        enum CodingKeys: String, CodingKey {
            case inputCount = "input_count"
            case outputCount = "output_count"
        }
    }

    struct File: Codable, Sendable {
        /// The file's id.
        var id: ID
        /// Its name.
        var fileName: String
        /// What its content is.
        var mediaType: String?
        /// Its size in bytes.
        var bytes: Int64?

        enum CodingKeys: String, CodingKey {
            case id
            case fileName = "file_name"
            case mediaType = "media_type"
            case bytes
        }
    }

    /// A message.
    struct Entry: Codable, Sendable {
        /// The message's id.
        var id: ID
        /// The section it belongs to.
        var sectionID: ID
        /// The chat it was made in.
        var chatID: ID?
        /// The bot that made it.
        var botID: ID?
        /// user or assistant.
        var role: MessageRole
        /// question, answer, or what a bot did on the way to an answer.
        var type: String
        /// text, object_string, card or audio.
        var contentType: String
        /// The text, or for object_string a JSON array of parts.
        var content: String
        /// How a thinking model came to its answer.
        var reasoningContent: String?
        /// What the client attached: at most 16 pairs.
        var metaData: [String: String]?
        /// When it was made, in Unix seconds.
        var createdAt: Int64
        /// When it was last changed, in Unix seconds.
        var updatedAt: Int64
        /// What was thought of it.
        var feedback: Judgement?

        enum CodingKeys: String, CodingKey {
            case id
            case sectionID = "section_id"
            case chatID = "chat_id"
            case botID = "bot_id"
            case role, type
            case contentType = "content_type"
            case content
            case reasoningContent = "reasoning_content"
            case metaData = "meta_data"
            case createdAt = "created_at"
            case updatedAt = "updated_at"
            case feedback
        }
    }

    struct Judgement: Codable, Sendable {
        /// like or unlike.
        var feedbackType: Feedback.Kind
        /// Reasons.
        var reasonTypes: [String]?
        /// A comment.
        var comment: String?
        /// When it was given, in Unix seconds.
        var updatedAt: Int64

        enum CodingKeys: String, CodingKey {
            case feedbackType = "feedback_type"
            case reasonTypes = "reason_types"
            case comment
            case updatedAt = "updated_at"
        }
    }
}
