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
    /// The chat whose question is answered anew.
    var supersedes: StoredChat?

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
        let isNew = conversation == nil
        let conversation = conversation ?? services.storage.ids.next()
        return try await runs.start(in: conversation, call: call) {
            try await plan(in: conversation, isNew: isNew, owner: call.user, services)
        } begin: { plan in
            let stored = plan.stored
            let name = plan.prompt.query.lazy.compactMap(\.conversationName).first ?? ""
            guard plan.isSaved else {
                return try await services.chats.beginUnsaved(stored, isNewConversation: isNew, name: name)
            }
            let new = try plan.prompt.query.map { NewChatMessage(message: $0, files: try $0.fileIDs) }
            try await services.chats.begin(
                stored, isNewConversation: isNew, name: name, messages: supersedes == nil ? new : [],
                events: plan.openingEvents, supersedes: supersedes?.chat.id)
        }
    }

    /// What is read before the run can begin.
    struct Reading: Sendable {
        var section: ID
        var history: [Message]
        var configuration: BotConfiguration
        var botVersion: Int64?
        var variables: [String: String]
    }

    /// The most messages of a section that are read. What of them fits the model's context is used.
    private static let historyLimit = 400

    /// Reads in the caller's connection what a prompt needs.
    ///
    /// - Parameter before: only messages older than this one are history; nil for all.
    func read(
        section: ID, in conversation: ID, before: ID?, owner: ID, _ storage: Storage, _ connection: any Connection
    ) throws -> Reading {
        let (configuration, version) = try BotVersionStore.configuration(
            of: bot, version: botVersion, draft: isDraft, connector: connector, visibleTo: owner, in: connection)
        let history = try MessageStore.context(
            of: conversation, section: section, before: before, limit: Self.historyLimit, in: connection)
        var values = try VariableStore(storage: storage).values(
            of: bot, connector: connector, endUser: endUser, owner: owner, in: connection)
        for variable in configuration.variables ?? [] {
            let isUsed = variable.enable && variable.promptEnable
            values[variable.keyword] = isUsed ? values[variable.keyword] ?? variable.defaultValue : nil
        }
        return Reading(
            section: section, history: history, configuration: configuration, botVersion: version, variables: values)
    }

    private func plan(
        in conversation: ID, isNew: Bool, owner: ID, _ services: ChatServices
    ) async throws -> ChatRun.Plan {
        let storage = services.storage
        let reading = try await storage.database.read { connection in
            let section =
                isNew ? conversation : try ConversationStore.section(of: conversation, owner: owner, in: connection)
            let oldest = supersedes.map { $0.chat.insertedAdditionalMessages.map(\.id).min() ?? $0.chat.id }
            return try read(
                section: supersedes?.chat.sectionID ?? section, in: conversation, before: oldest, owner: owner,
                storage, connection)
        }
        let model = try services.model(of: reading.configuration)
        // In this order, since what a chat makes has greater ids than it, and what it was started with smaller ones.
        var query = try await query(in: conversation, reading, services)
        let chatID = storage.ids.next()
        for index in query.indices where supersedes == nil { query[index].belong(to: chatID) }
        guard let question = query.last ?? reading.history.last else {
            throw APIError.invalid("additional_messages", "must have a message, as the conversation has none")
        }
        let contents = try await FileContents.read(
            reading.history + query, owner: owner, files: services.files, storage: storage)
        for (index, message) in query.enumerated() {
            try contents.check(message, for: model, "additional_messages[\(index)].content")
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
            position: position, parameters: parameters, rounds: [])
        let variables = reading.variables.merging(customVariables) { $1 }
        return ChatRun.Plan(
            stored: StoredChat(
                chat: chat, owner: owner, endUser: endUser, record: record, server: storage.server, supersededBy: nil),
            prompt: Prompt(
                configuration: reading.configuration, model: model, variables: variables, record: record,
                history: reading.history, query: query, contents: contents, now: storage.clock.now()),
            isSaved: isSaved, firstNumber: 1, openingEvents: opening)
    }

    /// The messages the chat is started with.
    private func query(in conversation: ID, _ reading: Reading, _ services: ChatServices) async throws -> [Message] {
        if let supersedes {
            let ids = supersedes.chat.insertedAdditionalMessages.map(\.id)
            return try await services.storage.database.read { try MessageStore.find(ids, in: $0) }
        }
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

    /// A new chat with the same question, answered by the bot as it is now.
    init(regenerating stored: StoredChat) {
        self.init(continuing: stored)
        botVersion = nil
        supersedes = stored
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
