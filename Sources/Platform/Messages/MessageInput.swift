import APIKit

/// A message as a client gives it.
package struct MessageInput: Decodable, Sendable {
    /// user or assistant.
    var role: MessageRole
    /// question for the user's messages, answer for the assistant's; may be left out.
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

    /// The most messages a conversation can be made with.
    static let countLimit = 100

    /// - Throws: 4000 or 4003, naming the message at fault.
    static func checked(_ inputs: [MessageInput]) throws(APIError) -> [NewMessage] {
        try Limits.check(count: inputs.count, atMost: countLimit, "messages")
        var messages: [NewMessage] = []
        for (index, input) in inputs.enumerated() { messages.append(try input.checked("messages[\(index)].")) }
        try MessageContent.checkNeighbours(messages.map(\.content))
        return messages
    }

    /// - Parameter prefix: stands before the names of fields in errors.
    func checked(_ prefix: String = "") throws(APIError) -> NewMessage {
        let natural = role == .user ? "question" : "answer"
        if let type, type != natural { throw .invalid(prefix + "type", "must be \(natural) for role \(role.rawValue)") }
        guard let content else { throw .invalid(prefix + "content", "must not be empty") }
        let checked = try MessageContent(content, type: contentType, prefix)
        try checked.check(for: natural, prefix)
        return NewMessage(role: role, type: natural, content: checked, metaData: try checkedMetaData())
    }

    private func checkedMetaData() throws(APIError) -> [String: String] {
        try Limits.checkMetaData(metaData ?? [:])
        return metaData ?? [:]
    }
}

/// A message that was checked and can be stored.
package struct NewMessage: Sendable {
    var role: MessageRole
    var type: String
    var content: MessageContent
    var metaData: [String: String]

    /// What a conversation without a name is called by this message; nil if it is not the user's or has no text.
    var conversationName: String? {
        role == .user ? content.conversationName : nil
    }
}
