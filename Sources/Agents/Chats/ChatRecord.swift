import APIKit
import Database
import Platform

/// What is kept of a chat's request, so that it can be continued and answered anew.
struct ChatRecord: Codable, Sendable {
    var connector: String
    /// The version of the bot that answers; nil for the draft.
    var botVersion: Int64?
    var customVariables: [String: String]
    /// Where the end user is, as the client told: latitude and longitude.
    var position: [String: String]
    var parameters: JSON?
    /// The model that was first asked. Chats from before it was kept have none.
    var modelID: String?
    /// The tools that were called on the way, and what came of it.
    var rounds: [ToolRound]

    /// One answer of the model that called tools.
    struct ToolRound: Codable, Sendable {
        /// What the model said before it called.
        var text: String
        var calls: [Call]
        /// In the order of the calls; empty until they are submitted.
        var outputs: [String]
    }

    struct Call: Codable, Sendable {
        var id: String
        var name: String
        /// JSON text.
        var arguments: String
    }
}

/// A chat as it is stored.
struct StoredChat: Sendable {
    var chat: Chat
    var owner: ID
    var endUser: String
    var record: ChatRecord
    /// The process that runs it.
    var server: Int64
    var supersededBy: ID?
}

/// A message that a chat is started with, and the files it refers to.
struct NewChatMessage: Sendable {
    var message: Message
    var files: [ID]

    var insertions: [SQL] {
        get throws {
            try [MessageStore.insertion(message)]
                + files.map { "INSERT INTO message_file (message_id, file_id) VALUES (\(message.id), \($0))" }
        }
    }
}
