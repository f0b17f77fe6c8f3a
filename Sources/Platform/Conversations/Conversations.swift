package import APIKit

/// Conversations, which only their creator sees and changes.
package struct Conversations: Resource {
    package static let tag = "Conversations"
    let conversations: ConversationStore
    let bots: BotStore

    package init(conversations: ConversationStore, bots: BotStore) {
        self.conversations = conversations
        self.bots = bots
    }

    package var endpoints: [AnyEndpoint] {
        create
        retrieve
        list
        rename
        delete
        clear
    }

    struct CreateInput: Decodable, Sendable {
        /// The bot it is held with. A conversation without one is in no bot's list.
        var botID: ID?
        /// Its name, up to 100 characters. Without one it takes the text of its first user message.
        var name: String?
        /// Messages to begin with, at most 100.
        var messages: [MessageInput]?
        /// What to attach: at most 16 pairs.
        var metaData: [String: String]?
        /// The channel: 1024, the API, if absent.
        var connectorID: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case name, messages
            case metaData = "meta_data"
            case connectorID = "connector_id"
        }
    }

    var create: Endpoint<CreateInput, Conversation> {
        Endpoint(
            .post, "/v1/conversation/create", "Create a conversation", access: .permission("createConversation")
        ) { input, call in
            if let name = input.name {
                try Limits.check(name, 1...100, "name")
                try Limits.checkNotBlank(name, "name")
            }
            let connector = input.connectorID ?? Connector.standard(for: call)
            try Limits.check(connector, 1...64, "connector_id")
            try Limits.checkMetaData(input.metaData ?? [:])
            let messages = try input.messages.map { try MessageInput.checked($0) } ?? []
            if let bot = input.botID { try await bots.requireVisible(bot, to: call.member) }
            return try await conversations.create(
                owner: call.owner, bot: input.botID, name: input.name, connector: connector,
                metaData: input.metaData ?? [:], messages: messages
            ).shown(to: call)
        }
    }

    /// The input of whatever needs to know the conversation alone.
    struct ConversationInput: Decodable, Sendable {
        /// The conversation.
        var conversationID: ID

        enum CodingKeys: String, CodingKey { case conversationID = "conversation_id" }
    }

    var retrieve: Endpoint<ConversationInput, Conversation> {
        Endpoint(
            .get, "/v1/conversation/retrieve", "Retrieve a conversation", access: .permission("retrieveConversation")
        ) { input, call in
            try await conversations.find(input.conversationID, owner: call.owner).shown(to: call)
        }
    }

    struct ListInput: Decodable, Sendable {
        /// The bot whose conversations to list.
        var botID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Conversations on a page, 1 to 50; 50 if absent.
        var pageSize: Int?
        /// ASC or DESC by time of creation; DESC if absent.
        var sortOrder: String?
        /// The channel: 1024, the API, if absent.
        var connectorID: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
            case sortOrder = "sort_order"
            case connectorID = "connector_id"
        }
    }

    struct ConversationPage: Codable, Sendable {
        /// Whether there are more on the next page.
        var hasMore: Bool
        var conversations: [Conversation]

        enum CodingKeys: String, CodingKey {
            case hasMore = "has_more"
            case conversations
        }
    }

    var list: Endpoint<ListInput, ConversationPage> {
        Endpoint(
            .get, "/v1/conversations", "List a bot's conversations", access: .permission("listConversation")
        ) { input, call in
            var page = try await conversations.list(
                owner: call.owner, bot: input.botID,
                connector: input.connectorID ?? Connector.standard(for: call),
                order: try SortOrder(input.sortOrder, field: "sort_order"),
                PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 50, maximumSize: 50))
            page.conversations = page.conversations.map { $0.shown(to: call) }
            return page
        }
    }

    struct RenameInput: Decodable, Sendable {
        /// The conversation to rename.
        var conversationID: ID
        /// The new name, 1 to 100 characters.
        var name: String

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case name
        }
    }

    var rename: Endpoint<RenameInput, Conversation> {
        Endpoint(
            .put, "/v1/conversations/{conversation_id}", "Rename a conversation",
            access: .permission("editConversation")
        ) { input, call in
            try Limits.check(input.name, 1...100, "name")
            try Limits.checkNotBlank(input.name, "name")
            return try await conversations.rename(input.conversationID, to: input.name, owner: call.owner).shown(
                to: call)
        }
    }

    /// Deletes a conversation with its messages.
    var delete: Endpoint<ConversationInput, NoData> {
        Endpoint(
            .delete, "/v1/conversations/{conversation_id}", "Delete a conversation",
            access: .permission("editConversation")
        ) { input, call in
            try await conversations.delete(input.conversationID, by: call)
            return NoData()
        }
    }

    /// The messages stay listed, but the model no longer sees them.
    var clear: Endpoint<ConversationInput, Section> {
        Endpoint(
            .post, "/v1/conversations/{conversation_id}/clear", "Clear a conversation's context",
            access: .permission("editConversation")
        ) { input, call in
            try await conversations.clear(input.conversationID, owner: call.owner)
        }
    }
}

/// The channels a bot is published to and a conversation belongs to.
package enum Connector {
    /// The API, the channel of whatever names none.
    package static let api = "1024"

    /// The channel of a call that names none: its token's, or the API.
    package static func standard(for call: Call) -> String { call.bearer.connector ?? api }

    /// The channels that everyone may publish to; all others are somebody's own.
    static let official: Set<String> = [
        api, "998", "999", "10000011", "10000113", "10000117", "10000120", "10000121", "10000122", "10000126",
        "10000127", "10000128",
    ]
}

/// The order of a list.
enum SortOrder: Sendable {
    case ascending, descending

    /// - Throws: 4000 naming `field`, unless the text is asc or desc in any case; descending if there is none.
    init(_ text: String?, field: String) throws(APIError) {
        switch text?.lowercased() {
        case nil, "desc": self = .descending
        case "asc": self = .ascending
        default: throw .invalid(field, "must be asc or desc")
        }
    }
}
