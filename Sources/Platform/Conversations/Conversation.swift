import APIKit

/// A conversation: messages between a user and a bot.
package struct Conversation: Codable, Sendable {
    /// The conversation's id.
    var id: ID
    /// Its name; empty until it is given one or the first user message comes.
    var name: String
    /// What the client attached: at most 16 pairs.
    var metaData: [String: String]
    /// The user who made it, and alone may see it.
    var creatorID: ID
    /// The channel it belongs to: 1024 for the API, 999 for the Chat SDK.
    var connectorID: String
    /// When it was made, in Unix seconds.
    var createdAt: Int64
    /// When it was last changed, in Unix seconds.
    var updatedAt: Int64
    /// The section that new messages go to; clearing the context starts a new one.
    var lastSectionID: ID

    /// The conversation as its creator sees it, who is known by the account and not by one of its sessions.
    func shown(to call: Call) -> Conversation {
        var shown = self
        shown.creatorID = call.user
        return shown
    }

    enum CodingKeys: String, CodingKey {
        case id, name
        case metaData = "meta_data"
        case creatorID = "creator_id"
        case connectorID = "connector_id"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case lastSectionID = "last_section_id"
    }
}

/// A stretch of a conversation whose messages the model sees together.
package struct Section: Codable, Sendable {
    /// The section's id.
    var id: ID
    var conversationID: ID

    enum CodingKeys: String, CodingKey {
        case id
        case conversationID = "conversation_id"
    }
}
