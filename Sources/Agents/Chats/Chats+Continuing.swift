import APIKit
import Database
import Platform

/// Going on with a chat: outputs of tools, and answering anew.
extension Chats {
    struct SubmitInput: Decodable, Sendable {
        /// The chat's conversation.
        var conversationID: ID
        /// The chat, which must be in requires_action.
        var chatID: ID
        /// The output of every call that the chat waits for.
        var toolOutputs: [ToolOutput]
        /// Whether to stream the answer; false if absent.
        var stream: Bool?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case chatID = "chat_id"
            case toolOutputs = "tool_outputs"
            case stream
        }
    }

    struct ToolOutput: Decodable, Sendable {
        /// The call that this is the output of.
        var toolCallID: String
        /// What the tool returned, as text.
        var output: String

        enum CodingKeys: String, CodingKey {
            case toolCallID = "tool_call_id"
            case output
        }
    }

    /// The run goes on in the same chat.
    var submitToolOutputs: Endpoint<SubmitInput, Reply<Chat>> {
        Endpoint(
            .post, "/v3/chat/submit_tool_outputs", "Submit the outputs of tools",
            access: .permission("submitToolChat"), query: ["conversation_id", "chat_id"]
        ) { input, call in
            // Before the conversation is taken: it may be somebody else's, who would have to wait.
            let stored = try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner)
            try call.requireBot(stored.chat.botID)
            let run = try await runs.start(in: input.conversationID, call: call) {
                try await continuation(input, call)
            } begin: { plan in
                let outputs = plan.stored.record.rounds.last?.outputs ?? []
                // The last openings are the outputs' completions.
                let messages = zip(plan.openingEvents.suffix(outputs.count), outputs).map { event, output in
                    toolResponse(event.message!, output, plan.stored.chat)
                }
                try await services.chats.resume(plan.stored, messages: messages, events: plan.openingEvents)
            }
            return reply(run, streams: input.stream ?? false)
        }
    }

    private func toolResponse(_ id: ID, _ output: String, _ chat: Chat) -> Message {
        Message(
            id: id, conversation: chat.conversationID, section: chat.sectionID, bot: chat.botID, chat: chat.id,
            role: .assistant, type: "tool_response", content: output)
    }

    private func continuation(_ input: SubmitInput, _ call: Call) async throws -> ChatRun.Plan {
        let storage = services.storage
        var stored = try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner)
        guard stored.chat.status == .requiresAction, var round = stored.record.rounds.last else {
            throw ChatStore.doesNotWait
        }
        round.outputs = try Self.outputs(input.toolOutputs, of: round.calls)
        stored.record.rounds[stored.record.rounds.count - 1] = round
        let size = stored.record.rounds.reduce(0) { $0 + $1.outputs.reduce(0) { $0 + $1.utf8.count } }
        guard stored.record.rounds.count <= Self.roundLimit, size <= Self.allOutputsLimit else {
            throw APIError.invalid("tool_outputs", "are too many: a chat takes 50 rounds of them, and 8 MB in all")
        }
        stored.chat.requiredAction = nil
        let (prompt, workspace, last) = try await prompt(stored, call)
        let first = last + 1
        stored.chat.status = .created
        var opening = [
            ChatEvent(number: first, kind: .created, message: nil, text: try ChatRun.text(stored.chat))
        ]
        stored.chat.status = .inProgress
        opening.append(
            ChatEvent(number: first + 1, kind: .inProgress, message: nil, text: try ChatRun.text(stored.chat)))
        for (index, output) in round.outputs.enumerated() {
            let message = toolResponse(storage.ids.next(), output, stored.chat)
            opening.append(
                ChatEvent(
                    number: first + 2 + Int64(index), kind: .messageCompleted, message: message.id,
                    text: try JSONOutput.text(message)))
        }
        return ChatRun.Plan(
            stored: stored, workspace: workspace, prompt: prompt, isSaved: true, firstNumber: first,
            openingEvents: opening)
    }

    private static let roundLimit = 50
    /// The outputs of all of a chat's rounds together, in bytes of UTF-8.
    private static let allOutputsLimit = 8 << 20
    /// The longest output of a tool, in bytes of UTF-8.
    private static let outputLimit = 1 << 20

    /// The outputs in the order of the calls.
    ///
    /// - Throws: 4000 unless there is exactly one for each call.
    private static func outputs(
        _ given: [ToolOutput], of calls: [ChatRecord.Call]
    ) throws(APIError) -> [String] {
        var outputs: [String: String] = [:]
        for (index, output) in given.enumerated() {
            let field = "tool_outputs[\(index)].tool_call_id"
            guard output.output.utf8.count <= Self.outputLimit else {
                throw .invalid("tool_outputs[\(index)].output", "must have at most 1 MB")
            }
            guard calls.contains(where: { $0.id == output.toolCallID }) else {
                throw .invalid(field, "is not a call that the chat waits for")
            }
            guard outputs.updateValue(output.output, forKey: output.toolCallID) == nil else {
                throw .invalid(field, "has been given before")
            }
        }
        var ordered: [String] = []
        for call in calls {
            guard let output = outputs[call.id] else {
                throw .invalid("tool_outputs", "must have the output of the call \(call.id)")
            }
            ordered.append(output)
        }
        return ordered
    }

    /// What the model is asked when a chat goes on, the bot's workspace, and the number of the chat's last event.
    private func prompt(_ stored: StoredChat, _ call: Call) async throws -> (Prompt, ID, Int64) {
        let storage = services.storage
        let chat = stored.chat
        let start = ChatStart(continuing: stored)
        let (reading, query, last) = try await storage.database.read { connection in
            let query = try MessageStore.find(chat.insertedAdditionalMessages.map(\.id), in: connection)
            let reading = try start.read(
                section: chat.sectionID, in: chat.conversationID, before: query.first?.id ?? chat.id, call, services,
                connection)
            return (reading, query, try ChatStore.lastNumber(of: chat.id, in: connection))
        }
        var prompt = Prompt(
            configuration: reading.configuration, model: try services.model(of: reading.configuration),
            variables: reading.variables.merging(stored.record.customVariables) { $1 }, record: stored.record,
            history: reading.history, query: query, now: storage.clock.now())
        try await prompt.readFiles(owner: call.user, services)
        return (prompt, reading.workspace, last)
    }

    struct RegenerateInput: Decodable, Sendable {
        /// The chat whose question is answered anew: the last one of its section, unless `drop_later` is true.
        var chatID: ID
        /// Its conversation.
        var conversationID: ID
        /// What is asked in place of the chat's question: the text, or for object_string a JSON array of parts. The
        /// same question is answered if absent.
        var content: String?
        /// text or object_string; needed with `content`.
        var contentType: String?
        /// Whether the chats and messages after this chat in its section are dropped with its answer; false if absent.
        var dropLater: Bool?
        /// Whether to stream the answer; false if absent.
        var stream: Bool?

        enum CodingKeys: String, CodingKey {
            case chatID = "chat_id"
            case conversationID = "conversation_id"
            case content
            case contentType = "content_type"
            case dropLater = "drop_later"
            case stream
        }
    }

    /// A new chat answers the same question, or an edited one. What it takes the place of is kept and can be read by
    /// the chat's id, but it is not listed with the conversation's messages any more, and no model sees it.
    var regenerate: Endpoint<RegenerateInput, Reply<Chat>> {
        Endpoint(
            .post, "/buckle/v1/chats/{chat_id}/regenerate", "Answer a question anew", access: .permission("chat")
        ) { input, call in
            let stored = try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner)
            try limits?.admitEndUser(stored.endUser, by: call.bearer)
            let replaced = ChatStart.Replaced(
                stored: stored, question: try input.question, dropsLater: input.dropLater ?? false)
            let run = try await ChatStart(replacing: replaced).run(in: runs, call)
            return reply(run, streams: input.stream ?? false)
        }
    }
}

extension Chats.RegenerateInput {
    /// What is asked in place of the chat's question; nil for the same question.
    ///
    /// - Throws: 4000 naming what is not acceptable.
    fileprivate var question: MessageContent? {
        get throws(APIError) {
            guard let content else {
                if contentType != nil { throw .invalid("content", "must not be empty when content_type is given") }
                return nil
            }
            return try MessageContent(content, type: contentType)
        }
    }
}
