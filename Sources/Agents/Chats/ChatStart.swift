import APIKit
import Database
import Platform

/// A checked request for a chat, and how it becomes a run.
struct ChatStart: Sendable {
    var bot: ID
    var endUser: String
    /// Nil if a conversation is to be made.
    var conversation: ID?
    var connector: String
    var messages: [ChatMessageInput.Checked]
    var isSaved: Bool
    var customVariables: [String: String]
    var metaData: [String: String]
    var position: [String: String]
    var parameters: JSON?
    var isDraft: Bool
    var botVersion: Int64?
    var shortcut: Shortcut?
    /// The chat that this one takes the place of.
    var replaces: Replaced?

    /// A shortcut command and the values given with it.
    struct Shortcut: Sendable {
        var id: ID
        var values: [String: String]
    }

    /// Starts the run.
    ///
    /// - Throws: 4002, 4015, 4016, 4200 and 4000 for what does not fit the bot or its model.
    func run(in runs: ChatRuns, _ call: Call) async throws -> ChatRun {
        let services = runs.services
        try call.requireBot(bot)
        let isNew = conversation == nil
        if let conversation {
            // Before the conversation is taken: it may be somebody else's, who would have to wait.
            _ = try await services.storage.database.read { connection in
                try ConversationStore.section(of: conversation, owner: call.owner, in: connection)
            }
        }
        let conversation = conversation ?? services.storage.ids.next()
        return try await runs.start(in: conversation, call: call) {
            try await plan(in: conversation, isNew: isNew, call, services)
        } begin: { plan in
            let stored = plan.stored
            guard plan.isSaved else {
                return try await services.chats.beginUnsaved(stored, isNewConversation: isNew)
            }
            let name = plan.prompt.query.lazy.compactMap(\.conversationName).first ?? ""
            let kept = plan.replacement?.kept ?? []
            let new = try plan.prompt.query.filter { !kept.contains($0.id) }.map {
                NewChatMessage(message: $0, files: try $0.fileIDs)
            }
            try await services.chats.begin(
                stored, isNewConversation: isNew, name: name, messages: new, events: plan.openingEvents,
                replacement: plan.replacement, logID: call.logID)
        }
    }

    /// What is read before the run can begin.
    struct Reading: Sendable {
        var section: ID
        var history: [Message]
        var configuration: BotConfiguration
        var botVersion: Int64?
        /// The bot's.
        var workspace: ID
        var variables: [String: String]
    }

    /// The most messages of a section that are read. What of them fits the model's context is used.
    private static let historyLimit = 400
    /// The most bytes of messages that are read, for models with a small context.
    private static let leastHistoryBytes = 64 << 10

    /// Reads in the caller's connection what a prompt needs.
    ///
    /// - Parameter before: only messages older than this one are history; nil for all.
    /// - Throws: 4012 if the server does not have the bot's model, and 4200 if there is no such bot.
    func read(
        section: ID, in conversation: ID, before: ID?, _ call: Call, _ services: ChatServices,
        _ connection: any Connection
    ) throws -> Reading {
        let (configuration, version, workspace) = try BotVersionStore.configuration(
            of: bot, version: botVersion, draft: isDraft, connector: connector, visibleTo: call.member, in: connection)
        let history = try MessageStore.context(
            of: conversation, section: section, before: before, limit: Self.historyLimit,
            // A token is seldom more than four bytes.
            bytes: max(Self.leastHistoryBytes, 4 * services.model(of: configuration).contextLength),
            // One more, since the last message may be the question.
            rounds: configuration.model?.contextRound.map { Int($0) + 1 }, in: connection)
        var values = try VariableStore(storage: services.storage).values(
            of: bot, connector: connector, endUser: endUser, member: call.member, in: connection)
        for variable in configuration.variables ?? [] {
            let isUsed = variable.enable && variable.promptEnable
            values[variable.keyword] = isUsed ? values[variable.keyword] ?? variable.defaultValue : nil
        }
        return Reading(
            section: section, history: history, configuration: configuration, botVersion: version,
            workspace: workspace, variables: values)
    }

    private func plan(
        in conversation: ID, isNew: Bool, _ call: Call, _ services: ChatServices
    ) async throws -> ChatRun.Plan {
        let storage = services.storage
        try await replaces?.check(owner: call.owner, services)
        var reading = try await storage.database.read { connection in
            let section =
                isNew
                ? conversation : try ConversationStore.section(of: conversation, owner: call.owner, in: connection)
            return try read(
                section: replaces?.stored.chat.sectionID ?? section, in: conversation, before: replaces?.oldest, call,
                services, connection)
        }
        let model = try services.model(of: reading.configuration)
        // In this order, since what a chat makes has greater ids than it, and what it was started with smaller ones.
        var query: [Message]
        var replacement: ChatReplacement?
        if let replaces {
            (query, replacement) = try await replaces.messages(&reading.history, storage)
        } else {
            query = try self.query(in: conversation, reading, services)
        }
        let chatID = storage.ids.next()
        let kept = replacement?.kept ?? []
        for index in query.indices where !kept.contains(query[index].id) { query[index].belong(to: chatID) }
        guard let question = query.last ?? reading.history.last else {
            throw APIError.invalid("additional_messages", "must have a message, as the conversation has none")
        }
        guard question.role == MessageRole.user.rawValue || !isSaved else {
            throw APIError.invalid("additional_messages", "must end with a message of the user's, the question")
        }
        var chat = Chat(
            id: chatID, conversationID: conversation, botID: bot, status: .created, createdAt: storage.clock.now(),
            metaData: metaData, sectionID: reading.section,
            insertedAdditionalMessages: isSaved ? query.map { Chat.InsertedMessage(id: $0.id) } : [])
        let created = try ChatRun.text(chat)
        chat.status = .inProgress
        let opening = [
            ChatEvent(number: 1, kind: .created, message: nil, text: created),
            ChatEvent(number: 2, kind: .inProgress, message: nil, text: try ChatRun.text(chat)),
        ]
        let record = ChatRecord(
            connector: connector, botVersion: reading.botVersion, customVariables: customVariables,
            position: position, parameters: parameters, modelID: model.id, rounds: [])
        var prompt = Prompt(
            configuration: reading.configuration, model: model,
            variables: reading.variables.merging(customVariables) { $1 }, record: record, history: reading.history,
            query: query, now: storage.clock.now())
        try await prompt.readFiles(owner: call.user, services)
        for (index, message) in query.enumerated() {
            let isEdited = replacement != nil && !kept.contains(message.id)
            let field = isEdited ? "content" : "additional_messages[\(index)].content"
            try prompt.contents.check(message, for: model, field)
        }
        return ChatRun.Plan(
            stored: StoredChat(
                chat: chat, owner: call.owner, endUser: endUser, record: record, server: storage.server,
                supersededBy: nil),
            workspace: reading.workspace, prompt: prompt, isSaved: isSaved, firstNumber: 1, openingEvents: opening,
            replacement: replacement)
    }

    /// The messages the chat is started with.
    private func query(in conversation: ID, _ reading: Reading, _ services: ChatServices) throws -> [Message] {
        var checked = messages
        if let shortcut { checked.append(try shortcut.message(reading.configuration)) }
        return checked.map { message in
            Message(
                id: services.storage.ids.next(), conversation: conversation, section: reading.section, bot: bot,
                chat: 0, role: message.role, type: message.type, content: message.content.text,
                contentType: message.content.type, metaData: message.metaData)
        }
    }
}

extension ChatStart {
    /// What a chat was started with, to go on with it.
    init(continuing stored: StoredChat) {
        let record = stored.record
        self.init(
            bot: stored.chat.botID, endUser: stored.endUser, conversation: stored.chat.conversationID,
            connector: record.connector, messages: [], isSaved: true, customVariables: record.customVariables,
            metaData: stored.chat.metaData, position: record.position, parameters: record.parameters,
            isDraft: record.botVersion == nil, botVersion: record.botVersion)
    }
}

extension Call {
    /// - Throws: 4101 if the token may chat with some bots only, and not with this one.
    func requireBot(_ bot: ID) throws(APIError) {
        if let bots = bearer.bots, !bots.contains(bot) {
            throw APIError(.noPermission, "The token may not chat with the bot \(bot)")
        }
    }
}

extension ChatServices {
    /// - Throws: 4012 if the server does not have the bot's model.
    func model(of configuration: BotConfiguration) throws(APIError) -> Model {
        let id = configuration.model?.modelID
        guard let model = catalog.find(id) else {
            throw APIError(.invalidModel, "The bot's model \(id ?? "") does not exist on this server")
        }
        return model
    }
}

extension ChatStart.Shortcut {
    /// The question that the command asks.
    ///
    /// - Throws: 4000 if the bot has no such command.
    func message(_ configuration: BotConfiguration) throws(APIError) -> ChatMessageInput.Checked {
        guard let command = configuration.shortcutCommands?.first(where: { $0.id == id }) else {
            throw .invalid("shortcut_command.command_id", "is not a command of the bot")
        }
        var values: [String: String] = [:]
        for component in command.components { values[component.name] = component.defaultValue }
        var parts: [JSON] = []
        for (name, value) in self.values.sorted(by: { $0.key < $1.key }) {
            // Values are texts, or object strings that may hold files as well.
            guard let json = try? JSON(parsing: value), case .array(let elements) = json else {
                values[name] = value
                continue
            }
            values[name] = elements.compactMap { if case .string(let text)? = $0["text"] { text } else { nil } }
                .joined()
            parts += elements.filter { $0["type"] != "text" }
        }
        let text = PromptTemplate(command.queryTemplate).render(values)
        let content: MessageContent
        if parts.isEmpty {
            content = try MessageContent(text, type: "text", "shortcut_command.")
        } else {
            let all = JSON.array([["type": "text", "text": .string(text)]] + parts)
            content = try MessageContent(
                (try? JSONOutput.text(all)) ?? "[]", type: "object_string", "shortcut_command.parameters.")
        }
        return ChatMessageInput.Checked(role: .user, type: "question", content: content, metaData: [:])
    }
}
