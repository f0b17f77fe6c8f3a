package import APIKit

/// Full-text search over the caller's conversations.
package struct ConversationSearch: Resource {
    package static let tag = "Conversation search"
    let store: SearchStore

    package init(store: SearchStore) { self.store = store }

    package var endpoints: [AnyEndpoint] { search }

    struct SearchInput: Decodable, Sendable {
        /// What to look for, 1 to 200 characters. Several words must all occur in the same name or message, words in
        /// "quotation marks" just so; other words are found by their beginnings, in any case.
        var query: String
        /// Hits on a page, 1 to 50; 20 if absent.
        var limit: Int?
        /// `next_cursor` of the page before.
        var cursor: String?
        /// Only conversations with this bot.
        var botID: ID?

        enum CodingKeys: String, CodingKey {
            case query, limit, cursor
            case botID = "bot_id"
        }
    }

    struct Page: Codable, Sendable {
        /// What was found, newest first.
        var items: [Item]
        /// Whether there may be more. A page may be short, even empty, when much had to be looked through.
        var hasMore: Bool
        /// To be passed as `cursor` for the next page; empty if there is none.
        var nextCursor: String

        enum CodingKeys: String, CodingKey {
            case items
            case hasMore = "has_more"
            case nextCursor = "next_cursor"
        }
    }

    /// A message or a conversation's name in which everything occurs that was looked for.
    struct Item: Codable, Sendable {
        /// The conversation, and the bot it is held with.
        var conversation: ConversationList.Item
        /// The message; empty if it is the conversation's name that was found.
        var messageID: String
        /// user or assistant; empty for a name.
        var role: String
        /// The chat the message belongs to; empty if there is none.
        var chatID: String
        /// The text around the first hit, at most 160 characters.
        var snippet: String
        /// Where hits stand in the snippet: start and length of each, in Unicode characters.
        var highlights: [[Int]]
        /// When the message, or for a name the conversation, was made, in Unix seconds.
        var createdAt: Int64

        enum CodingKeys: String, CodingKey {
            case conversation, role, snippet, highlights
            case messageID = "message_id"
            case chatID = "chat_id"
            case createdAt = "created_at"
        }

        func shown(to call: Call) -> Item {
            var shown = self
            shown.conversation = conversation.shown(to: call)
            return shown
        }
    }

    /// Finds names and messages by their text. What was said within the last second may be missing.
    var search: Endpoint<SearchInput, Page> {
        Endpoint(
            .get, "/buckle/v1/conversations/search", "Search conversations",
            access: .permissions(["listConversation", "listMessage"])
        ) { input, call in
            let query = try SearchQuery(input.query)
            let limit = try Limits.number(input.limit, 1...50, or: 20, "limit")
            let place = try input.cursor.map { cursor throws(APIError) in
                guard let place = ID(cursor)?.value else {
                    throw .invalid("cursor", "must be the next_cursor of an earlier page")
                }
                return place
            }
            let found = try await store.search(
                query, owner: call.owner, bot: input.botID, before: place, limit: limit, visibleTo: call.member)
            return Page(
                items: found.items.map { $0.shown(to: call) }, hasMore: found.next != nil,
                nextCursor: found.next.map(String.init) ?? "")
        }
    }
}
