import APIKit
import Database
import Logging
import ModelClient
import Platform
import Synchronization

/// Owns a running chat: asks the model, writes the event log, and ends in exactly one state. It runs on whether or not
/// somebody reads.
actor ChatRun {
    /// Why a run is ended from outside.
    enum Stop: Sendable {
        case canceled
        case serverStops
    }

    /// What a run needs.
    struct Plan: Sendable {
        var stored: StoredChat
        /// The bot's.
        var workspace: ID
        var prompt: Prompt
        /// Whether the chat is kept. If not, its events live as long as the run.
        var isSaved: Bool
        /// The number of its first event.
        var firstNumber: Int64
        /// Events that are stored when the run begins.
        var openingEvents: [ChatEvent]
        /// The chat that this one takes the place of.
        var replacement: ChatReplacement?
    }

    nonisolated let chat: Chat
    nonisolated let owner: ID
    nonisolated let endUser: String
    /// Whether the chat is kept.
    nonisolated let isSaved: Bool
    nonisolated let log: EventLog
    /// The thread of the client's connection, so that most of what happens needs no other.
    private nonisolated let executor: any CallExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated let stopping = Mutex<(reason: Stop?, task: Task<Void, Never>?)>((nil, nil))

    private let services: ChatServices
    private let plan: Plan
    private var stored: StoredChat
    private var logger: Logger
    private var lastNumber: Int64
    /// The number of the last event that the chat's log in the database holds.
    private var lastStored: Int64

    // The answer that is being made.
    private var answerID: ID?
    private var content = ""
    private var reasoning = ""
    private var inputCount: Int
    private var outputCount: Int

    // What is counted at the end.
    private let began = ContinuousClock.now
    private var firstToken: Duration?
    /// Whether the chat's end is for others to count: they have stored it, or will.
    private var isEndedByOthers = false

    /// The most text of one answer and its reasoning together, in bytes of UTF-8.
    private static let answerLimit = 4 << 20
    /// The most events of a run.
    private static let eventLimit: Int64 = 500_000

    init(_ plan: Plan, services: ChatServices, executor: any CallExecutor, logger: Logger) {
        self.executor = executor
        self.plan = plan
        self.services = services
        chat = plan.stored.chat
        owner = plan.stored.owner
        endUser = plan.stored.endUser
        isSaved = plan.isSaved
        stored = plan.stored
        log = EventLog(first: plan.firstNumber)
        lastNumber = plan.firstNumber - 1 + Int64(plan.openingEvents.count)
        lastStored = lastNumber
        inputCount = plan.stored.chat.usage?.inputCount ?? 0
        outputCount = plan.stored.chat.usage?.outputCount ?? 0
        self.logger = logger
        self.logger[metadataKey: "chat"] = "\(plan.stored.chat.id)"
    }

    /// Whether the chat is stored as a running one.
    nonisolated var hasBegun: Bool { isSaved && !log.isEmpty && !log.isClosed }

    /// Starts the run.
    ///
    /// The model is asked while the beginning is being stored; nothing is shown, and the run is not known to exist,
    /// before it is stored.
    ///
    /// - Parameters:
    ///   - begin: stores the beginning.
    ///   - onEnd: called when the run has ended.
    /// - Throws: what `begin` throws; then there was no run.
    nonisolated func start(
        begin: @escaping @Sendable () async throws -> Void, onEnd: @escaping @Sendable () -> Void
    ) async throws {
        let beginning = Task(executorPreference: executor) { [plan, log] in
            try await begin()
            log.append(plan.openingEvents)
        }
        let task = Task(executorPreference: executor) {
            await self.run(after: beginning)
            self.log.close()
            onEnd()
        }
        let isStopped = stopping.withLock { stopping in
            stopping.task = task
            return stopping.reason != nil
        }
        if isStopped { task.cancel() }
        do {
            try await beginning.value
        } catch {
            task.cancel()
            throw error
        }
    }

    /// Ends the run. The first reason counts; a run that has ended already stays as it is.
    nonisolated func stop(_ reason: Stop) {
        let task = stopping.withLock { stopping in
            if stopping.reason == nil { stopping.reason = reason }
            return stopping.task
        }
        task?.cancel()
    }

    /// How the chat stands.
    var outcome: Chat { stored.chat }

    /// Waits until the run has ended and its end is stored.
    nonisolated func ended() async { await stopping.withLock { $0.task }?.value }

    // MARK: Running

    private func run(after beginning: Task<Void, any Error>) async {
        let outcome = await answer(after: beginning)
        // A run that was never stored ends without a trace.
        guard (try? await beginning.value) != nil else { return }
        // Writing is not affected by the cancellation of this task.
        await conclude(outcome)
        services.usage.count(ended)
    }

    private enum Outcome {
        case answered
        case toolCalls([ModelToolCall])
        case failed(APIError)
        case stopped(Stop)
    }

    private func answer(after beginning: Task<Void, any Error>) async -> Outcome {
        var hasBegun = false
        var calls: [ModelToolCall] = []
        var usage: ModelUsage?
        var reason = FinishReason.stop
        let request = plan.prompt.request()
        do {
            for try await chunks in services.catalog.reply(of: plan.prompt.model, to: request, logger: logger) {
                if firstToken == nil, chunks.contains(where: \.isPiece) { firstToken = began.duration(to: .now) }
                if !hasBegun {
                    try await beginning.value
                    hasBegun = true
                }
                var events: [ChatEvent] = []
                for chunk in chunks {
                    switch chunk {
                    case .content(let piece): events.append(delta(piece, .delta))
                    case .reasoning(let piece): events.append(delta(piece, .reasoningDelta))
                    case .toolCalls(let made): calls = made
                    case .finished(let why, let counted): (reason, usage) = (why, counted)
                    }
                }
                show(events)
                let size = content.utf8.count + reasoning.utf8.count
                if size > Self.answerLimit || lastNumber > plan.firstNumber + Self.eventLimit {
                    throw ModelError(.tooLarge, "the answer is over 4 MB, or in too many pieces")
                }
            }
        } catch {
            count(usage, request)
            if let reason = stopping.withLock({ $0.reason }) { return .stopped(reason) }
            return .failed(apiError(error))
        }
        count(usage, request)
        if let reason = stopping.withLock({ $0.reason }) { return .stopped(reason) }
        if reason == .contentFilter { return .failed(APIError(.contentRefused)) }
        for call in calls where !request.tools.contains(where: { $0.name == call.name }) {
            logger.warning("the model called a tool that the bot does not have", metadata: ["tool": "\(call.name)"])
            return .failed(APIError(.modelFailure, "The model called a tool that the bot does not have"))
        }
        return calls.isEmpty ? .answered : .toolCalls(calls)
    }

    private func delta(_ piece: String, _ kind: ChatEvent.Kind) -> ChatEvent {
        let id = answerID ?? services.storage.ids.next()
        answerID = id
        if kind == .delta { content += piece } else { reasoning += piece }
        return next(kind, message: id, text: piece)
    }

    private func next(_ kind: ChatEvent.Kind, message: ID? = nil, text: String) -> ChatEvent {
        lastNumber += 1
        return ChatEvent(number: lastNumber, kind: kind, message: message, text: text)
    }

    /// Shows deltas to the readers at once; they are stored soon.
    private func show(_ events: [ChatEvent]) {
        if events.isEmpty { return }
        log.append(events)
        if plan.isSaved { services.flusher.add(events, of: chat.id) }
    }

    private func count(_ usage: ModelUsage?, _ request: ModelRequest) {
        guard let usage else {
            let texts = request.messages.flatMap(\.content).map { if case .text(let text) = $0 { text } else { "" } }
            inputCount += texts.reduce(0) { $0 + TokenEstimate.count($1) }
            outputCount += TokenEstimate.count(content) + TokenEstimate.count(reasoning)
            return
        }
        inputCount += usage.inputCount
        outputCount += usage.outputCount
    }

    /// What clients are told of a model's failure. The upstream's words go to the log alone.
    private func apiError(_ error: any Error) -> APIError {
        guard let error = error as? ModelError else { return (error as? APIError) ?? .internalFailure(error) }
        if error.kind != .cancelled {
            logger.warning(
                "the model failed", metadata: ["model": "\(plan.prompt.model.id)", "error": "\(error)"])
        }
        switch error.kind {
        case .contextTooLong: return APIError(.promptTooLong)
        case .modelNotFound: return APIError(.invalidModel)
        case .rateLimited: return APIError(.tooManyRequests)
        case .quotaExceeded: return APIError(.modelInArrears)
        case .timedOut: return APIError(.modelFailure, "The model did not answer in time")
        case .unreachable: return APIError(.modelFailure, "The model cannot be reached")
        default: return APIError(.modelFailure)
        }
    }

    // MARK: Ending

    private func conclude(_ outcome: Outcome) async {
        do {
            switch outcome {
            case .answered: try await complete()
            case .toolCalls(let calls): try await requireAction(calls)
            case .failed(let error):
                stored.chat.lastError = Chat.Failure(code: error.code.number, msg: error.message)
                try await end(.failed)
            case .stopped(.canceled): try await end(.canceled)
            case .stopped(.serverStops):
                stored.chat.lastError = Chat.Failure(
                    code: APIError.Code.internalError.number,
                    msg: "The server was stopped before the answer was complete")
                try await end(.failed)
            }
        } catch {
            isEndedByOthers = true
            logger.error("the end of a chat cannot be stored", metadata: ["error": "\(error)"])
            let failure = Chat.Failure(
                code: APIError.Code.internalError.number, msg: APIError.Code.internalError.summary)
            if let text = try? JSONOutput.text(failure) { log.append([next(.error, text: text)]) }
        }
    }

    private func complete() async throws {
        var messages = [message(.answer, content, id: answerID, reasoning: reasoning)]
        messages.append(message(.verbose, Self.finishNote))
        var events = try messages.map(completion)
        let suggestionRequest = plan.prompt.suggestionRequest(answer: content)
        if let suggestionRequest {
            guard try await store(messages, events) else { return await gone() }
            let suggestions = await suggestions(suggestionRequest)
            if stopping.withLock({ $0.reason }) == .canceled {
                // The answer is stored as a message already.
                answerID = nil
                return try await end(.canceled)
            }
            messages = suggestions.map { message(.followUp, $0) }
            events = try messages.map(completion)
        }
        stored.chat.status = .completed
        stored.chat.completedAt = services.storage.clock.now()
        try await finish(messages, events, .completed)
    }

    /// What the bot proposes to ask next; nothing if the model does not tell in time.
    private func suggestions(_ request: ModelRequest) async -> [String] {
        if case .demo = plan.prompt.model.source { return ["What can you do?", "Who are you?", "Tell me more"] }
        let replies = services.catalog.reply(of: plan.prompt.model, to: request, logger: logger)
        let asking = Task {
            var text = ""
            var usage: ModelUsage?
            for try await chunks in replies {
                for chunk in chunks {
                    if case .content(let piece) = chunk { text += piece }
                    if case .finished(_, let counted) = chunk { usage = counted }
                }
                if text.utf8.count > 100_000 { break }
            }
            return (text, usage)
        }
        let alarm = Task {
            try await Task.sleep(for: .seconds(20))
            asking.cancel()
        }
        defer { alarm.cancel() }
        let reply = await withTaskCancellationHandler {
            try? await asking.value
        } onCancel: {
            asking.cancel()
        }
        inputCount += reply?.1?.inputCount ?? 0
        outputCount += reply?.1?.outputCount ?? 0
        return Prompt.suggestions(in: reply?.0 ?? "")
    }

    private func requireAction(_ calls: [ModelToolCall]) async throws {
        var messages: [Message] = []
        if let answerID { messages.append(message(.answer, content, id: answerID, reasoning: reasoning)) }
        for call in calls {
            let arguments = (try? JSON(parsing: call.arguments)) ?? .object([])
            let text = try JSONOutput.text(
                [
                    "name": .string(call.name), "arguments": arguments, "plugin_id": .integer(0), "plugin_name": "",
                    "api_id": .integer(0), "api_name": .string(call.name), "plugin_type": .integer(1), "thought": "",
                ] as JSON)
            messages.append(message(.functionCall, text))
        }
        stored.record.rounds.append(
            ChatRecord.ToolRound(
                text: content, calls: calls.map { .init(id: $0.id, name: $0.name, arguments: $0.arguments) },
                outputs: []))
        stored.chat.status = .requiresAction
        stored.chat.requiredAction = Chat.RequiredAction(
            calls.map {
                Chat.ToolCall(id: $0.id, type: "function", function: .init(name: $0.name, arguments: $0.arguments))
            })
        try await finish(messages, messages.map(completion), .requiresAction)
    }

    /// Ends the run before its answer is whole; what there is of it is kept.
    private func end(_ kind: ChatEvent.Kind) async throws {
        stored.chat.status = kind == .failed ? .failed : .canceled
        if kind == .failed { stored.chat.failedAt = services.storage.clock.now() }
        var messages: [Message] = []
        if let answerID { messages.append(message(.answer, content, id: answerID, reasoning: reasoning)) }
        try await finish(messages, [], kind)
    }

    /// Stores how the run ended, and then shows it.
    private func finish(_ messages: [Message], _ events: [ChatEvent], _ kind: ChatEvent.Kind) async throws {
        stored.chat.usage = Chat.Usage(input: inputCount, output: outputCount)
        let last = next(kind, text: try Self.text(stored.chat))
        guard try await store(messages, events + [last]) else { return await gone() }
    }

    /// Makes events and messages durable together with all that was shown before, and then shows them.
    ///
    /// - Returns: false if the chat does not run any more: it was ended by another server, or deleted.
    private func store(_ messages: [Message], _ events: [ChatEvent]) async throws -> Bool {
        if plan.isSaved {
            guard try await advance(messages, log.events(after: lastStored) + events) else { return false }
        }
        log.append(events)
        lastStored = events.last?.number ?? lastStored
        return true
    }

    /// Makes the chat's next state durable. While the database is away or its disk full, it is tried again for a
    /// minute: a whole answer must not be lost to that.
    private func advance(_ messages: [Message], _ events: [ChatEvent]) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        var pause = Duration.milliseconds(200)
        while true {
            do {
                return try await services.chats.advance(stored, messages: messages, events: events)
            } catch let error as DatabaseError where error.isPassing {
                let isStopping = stopping.withLock { $0.reason } == .serverStops
                guard !isStopping, .now + pause < deadline else { throw error }
                // Not cut short if this task is cancelled.
                await Task { [pause] in try? await Task.sleep(for: pause) }.value
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// Tells the readers how the chat stands that was ended elsewhere.
    private func gone() async {
        guard
            let found = try? await services.chats.find(chat.id, in: chat.conversationID, owner: owner),
            let kind = found.chat.status.finalEvent, let text = try? Self.text(found.chat),
            let number = try? await services.storage.database.read({ [chat] in
                try ChatStore.lastNumber(of: chat.id, in: $0)
            })
        else {
            let failure = Chat.Failure(code: APIError.Code.invalidChat.number, msg: "The chat was deleted")
            if let text = try? JSONOutput.text(failure) { log.append([next(.error, text: text)]) }
            return
        }
        isEndedByOthers = true
        // As the table has it, so that no reader sees it twice.
        stored.chat = found.chat
        log.append([ChatEvent(number: max(number, lastNumber + 1), kind: kind, message: nil, text: text)])
    }

    /// What is counted of the run.
    private var ended: EndedRun {
        let end: EndedRun.End? =
            switch stored.chat.status {
            case .completed: .completed
            case .failed: .failed
            case .requiresAction: nil
            // One that was deleted may never have got further.
            case .created, .inProgress, .canceled: .canceled
            }
        var run = EndedRun(
            workspace: plan.workspace, bot: chat.botID, model: plan.prompt.model.id,
            connector: plan.stored.record.connector, isFirst: plan.stored.record.rounds.isEmpty && !isEndedByOthers,
            end: isEndedByOthers ? nil : end)
        // A chat that goes on after tools were called has the tokens of its earlier runs.
        run.inputTokens = inputCount - (plan.stored.chat.usage?.inputCount ?? 0)
        run.outputTokens = outputCount - (plan.stored.chat.usage?.outputCount ?? 0)
        run.firstToken = firstToken
        run.duration = began.duration(to: .now)
        return run
    }

    // MARK: Messages and their events

    private enum MessageType: String {
        case answer, verbose
        case functionCall = "function_call"
        case followUp = "follow_up"
    }

    private func message(
        _ type: MessageType, _ content: String, id: ID? = nil, reasoning: String = ""
    ) -> Message {
        Message(
            id: id ?? services.storage.ids.next(), conversation: chat.conversationID, section: chat.sectionID,
            bot: chat.botID, chat: chat.id, role: .assistant, type: type.rawValue, content: content,
            reasoning: reasoning.isEmpty ? nil : reasoning)
    }

    private func completion(_ message: Message) throws -> ChatEvent {
        next(.messageCompleted, message: message.id, text: try JSONOutput.text(message))
    }

    /// The platform's note that all answers are complete.
    private static let finishNote =
        #"{"msg_type":"generate_answer_finish","data":"{\"finish_reason\":0,\"FinData\":\"\"}","#
        + #""from_module":null,"from_unit":null}"#

    /// A chat as the data of an event. Streams always carry `last_error`, with code 0 when nothing went wrong.
    static func text(_ chat: Chat) throws -> String {
        var chat = chat
        chat.lastError = chat.lastError ?? Chat.Failure(code: 0, msg: "")
        return try JSONOutput.text(chat)
    }
}

extension ModelChunk {
    /// Whether it is part of what the model says, and not only its end.
    fileprivate var isPiece: Bool { if case .finished = self { false } else { true } }
}

extension Chat.Status {
    /// The event that says so; nil while the chat runs.
    var finalEvent: ChatEvent.Kind? {
        switch self {
        case .created, .inProgress: nil
        case .completed: .completed
        case .failed: .failed
        case .requiresAction: .requiresAction
        case .canceled: .canceled
        }
    }
}
