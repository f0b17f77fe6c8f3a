import APIKit

/// One turn of a conversation: what was asked, and the run of the bot that answers.
struct Chat: Codable, Sendable {
    /// The chat's id.
    var id: ID
    var conversationID: ID
    /// The bot that answers.
    var botID: ID
    /// created, in_progress, completed, failed, requires_action or canceled.
    var status: Status
    /// When it was started, in Unix seconds.
    var createdAt: Int64
    /// When it was completed, in Unix seconds; absent unless it was.
    var completedAt: Int64?
    /// When it failed, in Unix seconds; absent unless it did.
    var failedAt: Int64?
    /// What the client attached: at most 16 pairs.
    var metaData: [String: String]
    /// Why it failed.
    var lastError: Failure?
    /// What the client must do before the run goes on.
    var requiredAction: RequiredAction?
    /// The tokens it took.
    var usage: Usage?
    /// The section of the conversation it belongs to.
    var sectionID: ID
    /// The messages it was started with, as they were stored.
    var insertedAdditionalMessages: [InsertedMessage]

    enum Status: String, Codable, Sendable, CaseIterable {
        case created
        case inProgress = "in_progress"
        case completed, failed
        case requiresAction = "requires_action"
        case canceled
    }

    struct Failure: Codable, Sendable, Hashable {
        /// The number of the error; 0 if there is none.
        var code: Int
        /// What went wrong; empty if nothing did.
        var msg: String
    }

    struct Usage: Codable, Sendable, Hashable {
        /// All tokens.
        var tokenCount: Int
        /// Tokens of the answers.
        var outputCount: Int
        /// Tokens of the prompts.
        var inputCount: Int

        enum CodingKeys: String, CodingKey {
            case tokenCount = "token_count"
            case outputCount = "output_count"
            case inputCount = "input_count"
        }

        init(input: Int, output: Int) {
            tokenCount = input + output
            outputCount = output
            inputCount = input
        }
    }

    struct RequiredAction: Codable, Sendable {
        /// submit_tool_outputs.
        var type: String
        var submitToolOutputs: ToolCalls

        enum CodingKeys: String, CodingKey {
            case type
            case submitToolOutputs = "submit_tool_outputs"
        }

        init(_ calls: [ToolCall]) {
            type = "submit_tool_outputs"
            submitToolOutputs = ToolCalls(toolCalls: calls)
        }
    }

    struct ToolCalls: Codable, Sendable {
        /// The calls to carry out.
        var toolCalls: [ToolCall]

        enum CodingKeys: String, CodingKey { case toolCalls = "tool_calls" }
    }

    struct ToolCall: Codable, Sendable {
        /// Names the call when its output is submitted.
        var id: String
        /// function.
        var type: String
        var function: Function

        struct Function: Codable, Sendable {
            /// The tool.
            var name: String
            /// The arguments as JSON text.
            var arguments: String
        }
    }

    struct InsertedMessage: Codable, Sendable {
        /// The message.
        var id: ID
    }

    enum CodingKeys: String, CodingKey {
        case id, status, usage
        case conversationID = "conversation_id"
        case botID = "bot_id"
        case createdAt = "created_at"
        case completedAt = "completed_at"
        case failedAt = "failed_at"
        case metaData = "meta_data"
        case lastError = "last_error"
        case requiredAction = "required_action"
        case sectionID = "section_id"
        case insertedAdditionalMessages = "inserted_additional_messages"
    }
}
