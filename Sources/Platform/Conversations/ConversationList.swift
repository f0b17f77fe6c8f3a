package import APIKit

/// The caller's conversations with all bots, as a console or a chat page lists them.
package struct ConversationList: Resource {
    package static let tag = "Conversations"
    let conversations: ConversationListStore

    package init(conversations: ConversationListStore) { self.conversations = conversations }

    package var endpoints: [AnyEndpoint] {
        list
        retrieve
    }

    struct ListInput: Decodable, Sendable {
        /// Only conversations with this bot.
        var botID: ID?
        /// Conversations on a page, 1 to 100; 30 if absent.
        var limit: Int?
        /// `next` of the page before.
        var before: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case limit, before
        }
    }

    struct Page: Codable, Sendable {
        /// The conversations, latest made first.
        var conversations: [Item]
        /// To be passed as `before` for the next page; empty if there is none.
        var next: String
    }

    /// A conversation, and the bot it is held with.
    struct Item: Codable, Sendable {
        var conversation: Conversation
        /// The bot; empty if the conversation is held with none.
        var botID: String
        /// The bot's name as it is online, or of its draft if it is not; empty if the caller does not see the bot.
        var botName: String
        /// A link to the bot's picture; empty if there is none.
        var botIconURL: String
        /// Whether there is a bot that the caller sees. Without one the conversation can be read and renamed, but not
        /// continued.
        var isBotAvailable: Bool

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case botName = "bot_name"
            case botIconURL = "bot_icon_url"
            case isBotAvailable = "is_bot_available"
        }

        init(conversation: Conversation, botID: String, botName: String, botIconURL: String, isBotAvailable: Bool) {
            self.conversation = conversation
            self.botID = botID
            self.botName = botName
            self.botIconURL = botIconURL
            self.isBotAvailable = isBotAvailable
        }

        init(from decoder: any Decoder) throws {
            conversation = try Conversation(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            botID = try container.decode(String.self, forKey: .botID)
            botName = try container.decode(String.self, forKey: .botName)
            botIconURL = try container.decode(String.self, forKey: .botIconURL)
            isBotAvailable = try container.decode(Bool.self, forKey: .isBotAvailable)
        }

        func encode(to encoder: any Encoder) throws {
            try conversation.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(botID, forKey: .botID)
            try container.encode(botName, forKey: .botName)
            try container.encode(botIconURL, forKey: .botIconURL)
            try container.encode(isBotAvailable, forKey: .isBotAvailable)
        }

        func shown(to call: Call) -> Item {
            var shown = self
            shown.conversation = conversation.shown(to: call)
            return shown
        }
    }

    /// Conversations with any bot, or with one, in all channels.
    var list: Endpoint<ListInput, Page> {
        Endpoint(
            .get, "/buckle/v1/conversations", "List the caller's conversations with all bots",
            access: .permission("listConversation")
        ) { input, call in
            let limit = try Limits.number(input.limit, 1...100, or: 30, "limit")
            let (items, hasMore) = try await conversations.list(
                owner: call.owner, bot: input.botID, after: try ConversationPlace(input.before), limit: limit,
                visibleTo: call.member)
            let last = hasMore ? items.last.map { ConversationPlace($0.conversation).description } : nil
            return Page(conversations: items.map { $0.shown(to: call) }, next: last ?? "")
        }
    }

    var retrieve: Endpoint<Conversations.ConversationInput, Item> {
        Endpoint(
            .get, "/buckle/v1/conversations/{conversation_id}", "Retrieve a conversation and the bot it is held with",
            access: .permission("retrieveConversation")
        ) { input, call in
            try await conversations.find(
                input.conversationID, owner: call.owner, visibleTo: call.member
            ).shown(to: call)
        }
    }
}

/// Where in the list of conversations a page ends, as its `next` tells.
struct ConversationPlace: Sendable, CustomStringConvertible {
    let createdAt: Int64
    let id: ID

    init(_ conversation: Conversation) { (createdAt, id) = (conversation.createdAt, conversation.id) }

    /// - Parameter text: nil for the beginning of the list.
    /// - Throws: 4000 unless the text was a page's `next`.
    init(_ text: String?) throws(APIError) {
        guard let text, !text.isEmpty else {
            (createdAt, id) = (.max, ID(.max))
            return
        }
        let mark = text.lastIndex(of: "-") ?? text.startIndex
        guard let time = Int64(text[..<mark]), let id = ID(String(text[mark...].dropFirst())) else {
            throw .invalid("before", "must be the next of an earlier page")
        }
        (createdAt, self.id) = (time, id)
    }

    var description: String { "\(createdAt)-\(id)" }
}

/// Where a page begins that is addressed by an id, as the page before has told.
package enum Cursor {
    /// - Throws: 4000 naming `field`, unless the text was a page's `next`.
    package static func id(_ text: String?, _ field: String) throws(APIError) -> ID? {
        guard let text, !text.isEmpty else { return nil }
        guard let id = ID(text) else { throw .invalid(field, "must be the next of an earlier page") }
        return id
    }
}
