package import APIKit
package import Platform

/// Chats: a bot answers in a conversation, streamed or not.
package struct Chats: Resource {
    package static let tag = "Chat"
    let runs: ChatRuns
    let limits: RateLimits?

    var services: ChatServices { runs.services }

    /// - Parameter limits: nil if end users are not limited.
    package init(runs: ChatRuns, limits: RateLimits?) {
        self.runs = runs
        self.limits = limits
    }

    package var endpoints: [AnyEndpoint] {
        create
        retrieve
        retrieveByPost
        listMessages
        submitToolOutputs
        cancel
        events
        regenerate
        history
    }

    struct CreateInput: Decodable, Sendable {
        /// The conversation to go on with; a new one is made if absent.
        var conversationID: ID?
        /// The bot that answers.
        var botID: ID
        /// The end user, in the caller's own words; 1 to 256 characters.
        var userID: String
        /// What is said, at most 100 messages. The last is the question, those before it are context.
        var additionalMessages: [ChatMessageInput]?
        /// Whether to stream the answer; false if absent.
        var stream: Bool?
        /// Values for the names in the bot's prompt.
        var customVariables: [String: String]?
        /// Whether the chat is kept; true if absent. False needs stream.
        var autoSaveHistory: Bool?
        /// What to attach: at most 16 pairs.
        var metaData: [String: String]?
        /// latitude and longitude of the end user.
        var extraParams: [String: String]?
        /// A command of the bot's that asks the question.
        var shortcutCommand: ShortcutCommandInput?
        /// Parameters for a chatflow; kept with the chat.
        var parameters: JSON?
        /// Whether cards may be answered; answers are texts in any case.
        var enableCard: Bool?
        /// published_online, also if absent, or unpublished_draft.
        var publishStatus: PublishStatus?
        /// The version of the bot to answer; the latest if absent.
        var botVersion: String?
        /// The channel: 1024, the API, if absent.
        var connectorID: String?

        enum PublishStatus: String, Codable, Sendable, CaseIterable {
            case online = "published_online"
            case draft = "unpublished_draft"
        }

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case botID = "bot_id"
            case userID = "user_id"
            case additionalMessages = "additional_messages"
            case stream
            case customVariables = "custom_variables"
            case autoSaveHistory = "auto_save_history"
            case metaData = "meta_data"
            case extraParams = "extra_params"
            case shortcutCommand = "shortcut_command"
            case parameters
            case enableCard = "enable_card"
            case publishStatus = "publish_status"
            case botVersion = "bot_version"
            case connectorID = "connector_id"
        }
    }

    struct ShortcutCommandInput: Decodable, Sendable {
        /// The command.
        var commandID: ID
        /// A value for each of its components: a text, or the JSON array of an object_string.
        var parameters: [String: String]?

        enum CodingKeys: String, CodingKey {
            case commandID = "command_id"
            case parameters
        }
    }

    /// Without stream the answer comes at once, with status in_progress; retrieve tells when the chat has ended.
    var create: Endpoint<CreateInput, Reply<Chat>> {
        Endpoint(
            .post, "/v3/chat", "Chat with a bot", access: .permission("chat"), query: ["conversation_id"]
        ) { input, call in
            let start = try input.start(call)
            try limits?.admitEndUser(start.endUser, by: call.bearer)
            let run = try await start.run(in: runs, call)
            return reply(run, streams: input.stream ?? false)
        }
    }

    struct ChatInput: Decodable, Sendable {
        /// The chat's conversation.
        var conversationID: ID
        /// The chat.
        var chatID: ID

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case chatID = "chat_id"
        }
    }

    var retrieve: Endpoint<ChatInput, Chat> {
        Endpoint(.get, "/v3/chat/retrieve", "Retrieve a chat", access: .permission("getChat"), handler: find)
    }

    /// The same by POST, as the Python and JavaScript SDKs ask.
    var retrieveByPost: Endpoint<ChatInput, Chat> {
        Endpoint(
            .post, "/v3/chat/retrieve", "Retrieve a chat", access: .permission("getChat"),
            query: ["conversation_id", "chat_id"], handler: find)
    }

    @Sendable private func find(_ input: ChatInput, _ call: Call) async throws -> Chat {
        try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner).chat
    }

    /// What the bot made on its way to the answer, and the answer.
    var listMessages: Endpoint<ChatInput, [Message]> {
        Endpoint(
            .get, "/v3/chat/message/list", "List a chat's messages", access: .permissions(["chat", "listMessage"])
        ) { input, call in
            try await services.chats.messages(of: input.chatID, in: input.conversationID, owner: call.owner)
        }
    }

    struct CancelInput: Decodable, Sendable {
        /// The chat's conversation.
        var conversationID: ID
        /// The chat to cancel; it must be running.
        var chatID: ID

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case chatID = "chat_id"
        }
    }

    var cancel: Endpoint<CancelInput, Chat> {
        Endpoint(.post, "/v3/chat/cancel", "Cancel a running chat", access: .permission("cancelChat")) { input, call in
            let chat: Chat
            if let run = runs.run(of: input.chatID, in: input.conversationID), run.owner == call.owner {
                run.stop(.canceled)
                await run.ended()
                chat =
                    run.isSaved
                    ? try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner).chat
                    : await run.outcome
            } else {
                try await runs.cancelElsewhere(input.chatID, in: input.conversationID, owner: call.owner)
                chat = try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner).chat
            }
            guard chat.status == .canceled else { throw APIError(.notCancelable) }
            return chat
        }
    }

    /// What a started run is answered with.
    func reply(_ run: ChatRun, streams: Bool) -> Reply<Chat> {
        guard streams else { return .result(run.chat) }
        // The log alone is kept, not the run with all that it was asked.
        let (log, chat) = (run.log, run.chat)
        return .events(
            EventStream { sink in
                var writer = ChatEventWriter(chat, isNumbered: false)
                var json = JSONWriter()
                var last = log.first - 1
                while let events = await log.next(after: last) {
                    for event in events { writer.write(event, to: &json) }
                    last = events[events.count - 1].number
                    // The end of the run follows the last event at once: most often both go out together.
                    if log.isClosed(after: last) { break }
                    try await sink.write(json)
                    json.removeAll()
                }
                writer.writeDone(to: &json)
                try await sink.write(json)
            })
    }
}

extension Chats.CreateInput {
    /// - Throws: 4000, 4003, 4004 or 4007, naming what is not acceptable.
    fileprivate func start(_ call: Call) throws(APIError) -> ChatStart {
        let isSaved = autoSaveHistory ?? true
        if !isSaved, stream != true { throw APIError(.historyIsNeeded) }
        try Limits.check(userID, 1...256, "user_id")
        try Limits.checkMetaData(metaData ?? [:])
        try Limits.check(count: customVariables?.count, atMost: 100, "custom_variables")
        for (name, value) in customVariables ?? [:] {
            try Limits.check(name, 1...100, "custom_variables")
            try Limits.check(value, 0...100_000, "custom_variables.\(name)")
        }
        let position = (extraParams ?? [:]).filter { ["latitude", "longitude"].contains($0.key) }
        for (name, value) in position {
            guard let degrees = Double(value), (-180...180).contains(degrees) else {
                throw .invalid("extra_params.\(name)", "must be degrees from -180 to 180")
            }
        }
        if let parameters {
            guard case .object = parameters else { throw .invalid("parameters", "must be an object") }
        }
        let isDraft = publishStatus == .draft
        var version: Int64?
        if let botVersion {
            if isDraft { throw .invalid("bot_version", "cannot be given when publish_status is unpublished_draft") }
            guard let number = ID(botVersion) else { throw .invalid("bot_version", "is not a version of the bot") }
            version = number.value
        }
        let connector = connectorID ?? Connector.standard(for: call)
        try Limits.check(connector, 1...64, "connector_id")
        return ChatStart(
            bot: botID, endUser: userID, conversation: conversationID, connector: connector,
            messages: try ChatMessageInput.checked(additionalMessages ?? [], isSaved: isSaved), isSaved: isSaved,
            customVariables: customVariables ?? [:], metaData: metaData ?? [:], position: position,
            parameters: parameters, isDraft: isDraft, botVersion: version,
            shortcut: shortcutCommand.map { ChatStart.Shortcut(id: $0.commandID, values: $0.parameters ?? [:]) })
    }
}
