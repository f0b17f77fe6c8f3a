import APIKit
import Platform

extension Chats {
    struct HistoryInput: Decodable, Sendable {
        /// The conversation whose chats to list.
        var conversationID: ID
        /// Chats on a page, 1 to 100; 30 if absent.
        var limit: Int?
        /// `next` of the page before.
        var before: String?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case limit, before
        }
    }

    struct History: Codable, Sendable {
        /// The chats, latest first, those that were superseded among them.
        var chats: [HistoryItem]
        /// To be passed as `before` for the next page; empty if there is none.
        var next: String
        /// The chat that runs now, whichever page it stands on; empty if none does.
        var runningChatID: String

        enum CodingKeys: String, CodingKey {
            case chats, next
            case runningChatID = "running_chat_id"
        }
    }

    /// A chat, and what it was held with.
    struct HistoryItem: Codable, Sendable {
        var chat: Chat
        /// The end user, in the caller's own words.
        var userID: String
        /// The version of the bot that answered; empty for the draft, and for chats older than this is kept.
        var botVersion: String
        /// The model that answered; empty for chats older than this is kept.
        var modelID: String
        /// The log id of the request that began the chat; empty for chats older than this is kept.
        var logID: String
        /// The chat that answers in its place. Messages of a chat that has been superseded are not listed with the
        /// conversation's; those who ask for its messages get them. Empty if it stands.
        var supersededBy: String
        /// What users think of the answers; empty if they have not said so.
        var feedback: [Feedback.Judgement]

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case botVersion = "bot_version"
            case modelID = "model_id"
            case logID = "log_id"
            case supersededBy = "superseded_by"
            case feedback
        }

        init(
            chat: Chat, userID: String, botVersion: String, modelID: String, logID: String, supersededBy: String,
            feedback: [Feedback.Judgement] = []
        ) {
            self.chat = chat
            self.userID = userID
            self.botVersion = botVersion
            self.modelID = modelID
            self.logID = logID
            self.supersededBy = supersededBy
            self.feedback = feedback
        }

        init(from decoder: any Decoder) throws {
            chat = try Chat(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            userID = try container.decode(String.self, forKey: .userID)
            botVersion = try container.decode(String.self, forKey: .botVersion)
            modelID = try container.decode(String.self, forKey: .modelID)
            logID = try container.decode(String.self, forKey: .logID)
            supersededBy = try container.decode(String.self, forKey: .supersededBy)
            feedback = try container.decode([Feedback.Judgement].self, forKey: .feedback)
        }

        func encode(to encoder: any Encoder) throws {
            try chat.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(userID, forKey: .userID)
            try container.encode(botVersion, forKey: .botVersion)
            try container.encode(modelID, forKey: .modelID)
            try container.encode(logID, forKey: .logID)
            try container.encode(supersededBy, forKey: .supersededBy)
            try container.encode(feedback, forKey: .feedback)
        }
    }

    /// What a conversation's chats came to: how each ended, what it took and who answered.
    var history: Endpoint<HistoryInput, History> {
        Endpoint(
            .get, "/buckle/v1/conversations/{conversation_id}/chats", "List a conversation's chats",
            access: .permission("getChat")
        ) { input, call in
            let found = try await services.chats.history(
                of: input.conversationID, owner: call.owner, before: try Cursor.id(input.before, "before"),
                limit: try Limits.number(input.limit, 1...100, or: 30, "limit"))
            return History(
                chats: found.chats, next: found.hasMore ? found.chats.last?.chat.id.description ?? "" : "",
                runningChatID: found.running?.description ?? "")
        }
    }
}
