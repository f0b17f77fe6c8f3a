import APIKit
import Platform

/// A message that a chat is started with, as a client gives it.
struct ChatMessageInput: Decodable, Sendable {
    /// user or assistant.
    var role: MessageRole
    /// question for the user's messages, answer for the assistant's; may be left out. Where nothing is saved also
    /// function_call, tool_output and tool_response of the assistant.
    var type: String?
    /// The text, or for object_string a JSON array of parts.
    var content: String?
    /// text or object_string.
    var contentType: String?
    /// What to attach: at most 16 pairs.
    var metaData: [String: String]?

    enum CodingKeys: String, CodingKey {
        case role, type, content
        case contentType = "content_type"
        case metaData = "meta_data"
    }

    /// The most messages a chat can be started with.
    static let countLimit = 100

    /// A message that was checked, before it has ids.
    struct Checked: Sendable {
        var role: MessageRole
        var type: String
        var content: MessageContent
        var metaData: [String: String]
    }

    /// - Parameter isSaved: whether the chat is kept.
    /// - Throws: 4000, 4003 or 4004, naming the message at fault.
    static func checked(_ inputs: [ChatMessageInput], isSaved: Bool) throws(APIError) -> [Checked] {
        guard inputs.count <= countLimit else { throw APIError(.tooManyMessages) }
        var messages: [Checked] = []
        for (index, input) in inputs.enumerated() {
            messages.append(try input.checked("additional_messages[\(index)].", isSaved: isSaved))
        }
        try MessageContent.checkNeighbours(messages.map(\.content))
        return messages
    }

    private func checked(_ prefix: String, isSaved: Bool) throws(APIError) -> Checked {
        let natural = role == .user ? "question" : "answer"
        let type = type ?? natural
        if type != natural {
            let isTool = ["function_call", "tool_output", "tool_response"].contains(type)
            guard isTool, role == .assistant else {
                throw .invalid(prefix + "type", "must be \(natural) for role \(role.rawValue)")
            }
            if isSaved {
                throw .invalid(prefix + "type", "can only be \(type) when auto_save_history is false")
            }
        }
        guard let content else { throw .invalid(prefix + "content", "must not be empty") }
        let checked = try MessageContent(content, type: contentType, prefix)
        if role == .assistant, checked.type != "text" {
            throw .invalid(prefix + "content_type", "must be text for the assistant's messages")
        }
        try Limits.checkMetaData(metaData ?? [:])
        return Checked(role: role, type: type, content: checked, metaData: metaData ?? [:])
    }
}
