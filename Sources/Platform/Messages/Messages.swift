package import APIKit

/// The messages of a conversation.
package struct Messages: Resource {
    package static let tag = "Messages"
    let messages: MessageStore

    package init(messages: MessageStore) { self.messages = messages }

    package var endpoints: [AnyEndpoint] {
        create
        list
        retrieve
        retrieveByPost
        modify
        delete
    }

    struct CreateInput: Decodable, Sendable {
        /// The conversation to add to.
        var conversationID: ID
        /// user or assistant.
        var role: MessageRole
        /// The text, or for object_string a JSON array of parts.
        var content: String
        /// text or object_string.
        var contentType: String
        /// What to attach: at most 16 pairs.
        var metaData: [String: String]?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case role, content
            case contentType = "content_type"
            case metaData = "meta_data"
        }
    }

    var create: Endpoint<CreateInput, Message> {
        Endpoint(
            .post, "/v1/conversation/message/create", "Create a message", access: .permission("createMessage"),
            query: ["conversation_id"]
        ) { input, call in
            let message = MessageInput(
                role: input.role, type: nil, content: input.content.isEmpty ? nil : input.content,
                contentType: input.contentType, metaData: input.metaData)
            return try await messages.append(message.checked(), to: input.conversationID, owner: call.owner)
        }
    }

    struct ListInput: Decodable, Sendable {
        /// The conversation whose messages to list.
        var conversationID: ID
        /// asc or desc by time of creation; desc if absent.
        var order: String?
        /// Only the messages of this chat.
        var chatID: ID?
        /// Only messages that stand before this one in the list, the nearest ones.
        var beforeID: ID?
        /// Only messages that stand after this one in the list.
        var afterID: ID?
        /// Messages to return, 1 to 50; 50 if absent.
        var limit: Int?
        /// Whether to list also what a bot did on the way to its answers.
        var includeMiddleMessage: Bool?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case order
            case chatID = "chat_id"
            case beforeID = "before_id"
            case afterID = "after_id"
            case limit
            case includeMiddleMessage = "include_middle_message"
        }
    }

    struct MessagePage: Codable, Sendable {
        /// The messages, in the order asked for.
        var data: [Message]
        /// The first message's id; empty if there is none.
        var firstID: String
        /// The last message's id, to be passed as `after_id` for the next page; empty if there is none.
        var lastID: String
        /// Whether there are more beyond the last, or for `before_id` beyond the first.
        var hasMore: Bool

        enum CodingKeys: String, CodingKey {
            case data
            case firstID = "first_id"
            case lastID = "last_id"
            case hasMore = "has_more"
        }
    }

    var list: Endpoint<ListInput, Flat<MessagePage>> {
        Endpoint(
            .post, "/v1/conversation/message/list", "List a conversation's messages",
            access: .permissions(["chat", "listMessage"]), query: ["conversation_id"]
        ) { input, call in
            let query = MessageQuery(
                order: try SortOrder(input.order, field: "order"), chat: input.chatID, before: input.beforeID,
                after: input.afterID, limit: try Limits.number(input.limit, 1...50, or: 50, "limit"),
                includesMiddle: input.includeMiddleMessage ?? false)
            let (found, hasMore) = try await messages.list(in: input.conversationID, owner: call.owner, query)
            return Flat(
                MessagePage(
                    data: found, firstID: found.first?.id.description ?? "", lastID: found.last?.id.description ?? "",
                    hasMore: hasMore))
        }
    }

    var retrieve: Endpoint<MessageReference, Message> {
        Endpoint(
            .get, "/v1/conversation/message/retrieve", "Retrieve a message", access: .permission("retrieveMessage")
        ) { input, call in
            try await messages.find(input.messageID, in: input.conversationID, owner: call.owner)
        }
    }

    /// The Java SDK retrieves by POST.
    var retrieveByPost: Endpoint<MessageReference, Message> {
        Endpoint(
            .post, "/v1/conversation/message/retrieve", "Retrieve a message", access: .permission("retrieveMessage"),
            query: ["conversation_id", "message_id"]
        ) { input, call in
            try await messages.find(input.messageID, in: input.conversationID, owner: call.owner)
        }
    }

    struct ModifyInput: Decodable, Sendable {
        /// The conversation the message belongs to.
        var conversationID: ID
        /// The message to modify.
        var messageID: ID
        /// The new content; needs `content_type` too.
        var content: String?
        /// text or object_string.
        var contentType: String?
        /// The new pairs, in place of all that were attached.
        var metaData: [String: String]?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case messageID = "message_id"
            case content
            case contentType = "content_type"
            case metaData = "meta_data"
        }
    }

    /// The reply of modify, whose result does not stand under `data`.
    struct ModifiedMessage: Codable, Sendable {
        /// The message as it is now.
        var message: Message
    }

    var modify: Endpoint<ModifyInput, Flat<ModifiedMessage>> {
        Endpoint(
            .post, "/v1/conversation/message/modify", "Modify a message", access: .permission("modifyMessage"),
            query: ["conversation_id", "message_id"]
        ) { input, call in
            if input.content == nil, (input.metaData ?? [:]).isEmpty {
                throw APIError.invalid("content", "and meta_data must not both be empty")
            }
            try Limits.checkMetaData(input.metaData ?? [:])
            let content = try input.content.map { try MessageContent($0, type: input.contentType, "") }
            return Flat(
                ModifiedMessage(
                    message: try await messages.modify(
                        input.messageID, in: input.conversationID, owner: call.owner, content: content,
                        metaData: input.metaData)))
        }
    }

    /// Deletes a question or an answer; an answer takes along what the bot did on the way to it.
    var delete: Endpoint<MessageReference, Message> {
        Endpoint(
            .post, "/v1/conversation/message/delete", "Delete a message", access: .permission("deleteMessage"),
            query: ["conversation_id", "message_id"]
        ) { input, call in
            try await messages.delete(input.messageID, in: input.conversationID, owner: call.owner)
        }
    }
}

/// The input of whatever needs to know the message alone.
struct MessageReference: Decodable, Sendable {
    /// The conversation the message belongs to.
    var conversationID: ID
    /// The message.
    var messageID: ID

    enum CodingKeys: String, CodingKey {
        case conversationID = "conversation_id"
        case messageID = "message_id"
    }
}

/// Which messages of a conversation to list, and how.
struct MessageQuery: Sendable {
    var order: SortOrder
    var chat: ID?
    var before: ID?
    var after: ID?
    var limit: Int
    var includesMiddle: Bool
}
