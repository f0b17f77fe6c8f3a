package import APIKit
import Database
package import Logging
package import Platform
import Synchronization

/// What runs work with.
package struct ChatServices: Sendable {
    let storage: Storage
    let chats: ChatStore
    let catalog: ModelCatalog
    let flusher: DeltaFlusher
    let files: FileStore
    let usage: UsageMeter
    let logger: Logger

    /// - Parameter usage: counts what chats come to.
    package init(
        storage: Storage, catalog: ModelCatalog, files: FileStore, usage: UsageMeter, logger: Logger
    ) {
        self.usage = usage
        self.storage = storage
        self.catalog = catalog
        self.files = files
        self.logger = logger
        chats = ChatStore(storage: storage)
        flusher = DeltaFlusher(chats: chats, logger: logger)
    }
}

/// The runs of this process: at most one for each conversation.
package final class ChatRuns: Sendable {
    private struct State {
        /// By conversation. Nil stands for a run that is being prepared.
        var runs: [ID: ChatRun?] = [:]
        var isStopping = false
    }

    let services: ChatServices
    private let state = Mutex(State())
    private let presence: ServerPresence

    package init(services: ChatServices) {
        self.services = services
        presence = ServerPresence(services.storage)
    }

    /// Starts a run in a conversation.
    ///
    /// - Parameters:
    ///   - plan: reads what the run needs, while the conversation is already taken.
    ///   - begin: stores the beginning.
    /// - Throws: 4016 if another run has the conversation, and what `plan` and `begin` throw.
    func start(
        in conversation: ID, call: Call, plan: @Sendable () async throws -> ChatRun.Plan,
        begin: @escaping @Sendable (ChatRun.Plan) async throws -> Void
    ) async throws -> ChatRun {
        try state.withLock { state in
            if state.isStopping { throw APIError(.internalError, "The server is stopping; try again in a moment") }
            guard state.runs.index(forKey: conversation) == nil else { throw APIError(.chatIsRunning) }
            state.runs.updateValue(nil, forKey: conversation)
        }
        let made: ChatRun.Plan
        do {
            made = try await plan()
        } catch {
            state.withLock { state in _ = state.runs.removeValue(forKey: conversation) }
            throw error
        }
        let run = ChatRun(made, services: services, executor: call.executor, logger: call.logger)
        let isStopping = state.withLock { state in
            state.runs[conversation] = run
            return state.isStopping
        }
        if isStopping { run.stop(.serverStops) }
        // From here on the run itself gives the conversation free, whether or not its beginning can be stored.
        let chat = run.chat.id
        try await run.start {
            try await begin(made)
        } onEnd: { [weak self] in
            self?.release(conversation, from: chat)
        }
        return run
    }

    /// How many chats run here, and how many models there are to answer them.
    package var counts: (running: Int, models: Int) {
        (state.withLock { $0.runs.count }, services.catalog.listing.models.count)
    }

    private func release(_ conversation: ID, from chat: ID) {
        state.withLock { state in
            if let run = state.runs[conversation] ?? nil, run.chat.id == chat {
                _ = state.runs.removeValue(forKey: conversation)
            }
        }
    }

    /// The run of a chat, if it runs here.
    func run(of chat: ID, in conversation: ID) -> ChatRun? {
        let found = state.withLock { $0.runs[conversation] ?? nil }
        return found?.chat.id == chat ? found : nil
    }

    /// Ends all runs of an end user, and deletes what the journal holds of all the user's chats.
    @Sendable package func stop(owner: ID, endUser: String) async {
        let runs = state.withLock { state in
            state.runs.values.compactMap(\.self).filter { $0.owner == owner && $0.endUser == endUser }
        }
        for run in runs { run.stop(.canceled) }
        for run in runs { await run.ended() }
        do {
            try await stopElsewhere(owner: owner, endUser: endUser)
            try await services.chats.forget(owner: owner, endUser: endUser)
        } catch {
            services.logger.error("the journal cannot be changed", metadata: ["error": "\(error)"])
        }
    }

    /// Cancels an end user's chats that run on other servers of the database.
    private func stopElsewhere(owner: ID, endUser: String) async throws {
        for stored in try await services.chats.running() where stored.owner == owner && stored.endUser == endUser {
            do {
                try await cancelElsewhere(stored.chat.id, in: stored.chat.conversationID, owner: owner)
            } catch let error as APIError where error.code == .notCancelable {
                // It has just ended.
            }
        }
    }

    // MARK: Starting and stopping the server

    /// Ends the chats that a crash of this or another server left running. Called before requests are taken.
    package func recover() async throws {
        try presence.announce()
        try await endAbandoned()
    }

    /// Looks for abandoned chats now and then, and tidies the journal, until the task is cancelled.
    package func watch() async {
        var looks = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            looks += 1
            do {
                try presence.announce()
                if looks % 5 != 0 { continue }
                try await endAbandoned()
                try await tidy()
            } catch {
                services.logger.warning("abandoned chats cannot be looked for", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Deletes what the journal holds of runs that have ended.
    private func tidy() async throws {
        let storage = services.storage
        // Made before the runs are looked at: a chat that begins now has a greater id.
        let now = storage.ids.next()
        let (oldest, isPreparing) = state.withLock { state in
            (state.runs.values.compactMap(\.self).map(\.chat.id).min(), state.runs.values.contains { $0 == nil })
        }
        if isPreparing { return }
        // A chat whose end could not be stored still needs what was noted of it.
        let stored = try await services.chats.oldestRunning()
        try await services.chats.forget(server: storage.server, before: min(oldest ?? now, stored ?? now))
    }

    /// Stops the runs whose chats were deleted, or ended by another server, until the task is cancelled.
    package func watchChats() async {
        // A cancellation at another server must take effect soon.
        let pause: Duration = presence.isShared ? .milliseconds(100) : .seconds(1)
        while (try? await Task.sleep(for: pause)) != nil {
            let running = state.withLock { $0.runs.values.compactMap(\.self) }.filter(\.hasBegun)
            guard !running.isEmpty, let ended = try? await services.chats.ended(among: running.map(\.chat.id)) else {
                continue
            }
            for run in running where ended.contains(run.chat.id) { run.stop(.canceled) }
        }
    }

    /// Takes no more chats, lets those that run finish, and ends those that take longer than the grace time.
    package func drain(within grace: Duration) async {
        let deadline = ContinuousClock.now + grace
        var running = state.withLock { state in
            state.isStopping = true
            return state.runs.values.compactMap(\.self)
        }
        while !running.isEmpty, .now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
            running = state.withLock { $0.runs.values.compactMap(\.self) }
        }
        for run in running { run.stop(.serverStops) }
        for run in running { await run.ended() }
    }

    /// Ends the chats that count as running and are run by nobody.
    private func endAbandoned() async throws {
        let storage = services.storage
        let own = storage.server
        var abandoned: [Int64: [StoredChat]] = [:]
        var isAlive: [Int64: Bool] = [:]
        for stored in try await services.chats.running() {
            let server = stored.server
            if server == own {
                if run(of: stored.chat.id, in: stored.chat.conversationID) != nil { continue }
                // It may just have ended or begun.
                if stored.chat.createdAt > storage.clock.now() - 5 { continue }
            } else {
                if isAlive[server] == nil { isAlive[server] = await presence.isAlive(server) }
                if isAlive[server]! { continue }
            }
            abandoned[server, default: []].append(stored)
        }
        for (server, chats) in abandoned {
            let notes = try await services.chats.noted(by: server)
            // Many at a time, so that they share commits.
            for start in stride(from: 0, to: chats.count, by: 100) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for stored in chats[start..<min(start + 100, chats.count)] {
                        group.addTask {
                            _ = try await self.end(stored, as: .failed, noted: notes[stored.chat.id] ?? [])
                        }
                    }
                    try await group.waitForAll()
                }
            }
            // What a dead server noted is of no more use.
            if server != own { try await services.chats.forget(server: server, before: storage.ids.next()) }
        }
    }

    /// Cancels a chat that runs on another server.
    ///
    /// - Throws: 4104 if it does not run; 4002, 4001 as ``ChatStore/find(_:in:owner:)``.
    func cancelElsewhere(_ id: ID, in conversation: ID, owner: ID) async throws {
        try await services.chats.requestCancel(id, in: conversation, owner: owner)
        var stored = try await services.chats.find(id, in: conversation, owner: owner)
        for _ in 1...60 where stored.chat.status == .inProgress {
            try await Task.sleep(for: .milliseconds(50))
            stored = try await services.chats.find(id, in: conversation, owner: owner)
        }
        guard stored.chat.status == .inProgress else { return }
        // Its server does not answer.
        let noted = try await services.chats.noted(of: id, by: stored.server, after: 0, since: id).events
        _ = try await end(stored, as: .canceled, noted: noted)
    }

    /// Ends a chat that its server cannot end, and makes a message of what is there of its answer.
    ///
    /// - Parameter noted: the chat's deltas in the journal.
    /// - Returns: false if it has ended meanwhile.
    private func end(_ stored: StoredChat, as status: Chat.Status, noted: [ChatEvent]) async throws -> Bool {
        let (storage, chats, chat) = (services.storage, services.chats, stored.chat)
        var stored = stored
        let last = try await storage.database.scan { try ChatStore.lastNumber(of: chat.id, in: $0) }
        let deltas = noted.filter { $0.number > last }
        var messages: [Message] = []
        if let id = deltas.last?.message {
            let answer = deltas.filter { $0.message == id }
            let reasoning = answer.filter { $0.kind == .reasoningDelta }.map(\.text).joined()
            messages.append(
                Message(
                    id: id, conversation: chat.conversationID, section: chat.sectionID, bot: chat.botID, chat: chat.id,
                    role: .assistant, type: "answer",
                    content: answer.filter { $0.kind == .delta }.map(\.text).joined(),
                    reasoning: reasoning.isEmpty ? nil : reasoning))
        }
        stored.chat.status = status
        if status == .failed {
            stored.chat.failedAt = storage.clock.now()
            stored.chat.lastError = Chat.Failure(
                code: APIError.Code.internalError.number, msg: "The server stopped before the answer was complete")
        }
        // Readers may have seen some events more than were stored. The number is beyond any of those.
        let event = ChatEvent(
            number: max(last, deltas.last?.number ?? 0) + 1_000_000, kind: status == .failed ? .failed : .canceled,
            message: nil, text: try ChatRun.text(stored.chat))
        guard try await chats.advance(stored, messages: messages, events: deltas + [event]) else { return false }
        await count(stored)
        return true
    }

    /// Counts a chat that its own server could not end. What it cost is not known.
    private func count(_ stored: StoredChat) async {
        let (chat, record) = (stored.chat, stored.record)
        let workspace = try? await services.storage.database.read { connection in
            try connection.first("SELECT workspace_id FROM bot WHERE id = \(chat.botID)") { $0.id(0) }
        }
        guard let workspace else { return }
        services.usage.count(
            EndedRun(
                workspace: workspace, bot: chat.botID, model: record.modelID ?? "", connector: record.connector,
                isFirst: record.rounds.isEmpty, end: chat.status == .failed ? .failed : .canceled))
    }
}
