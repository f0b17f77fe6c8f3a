import APIKit
import Logging
import Synchronization

/// Stores the deltas of all runs together, a short time after readers were shown them: one transaction for many.
final class DeltaFlusher: Sendable {
    /// How long a delta may wait. With the time a commit takes it is stored within 50 ms.
    private static let delay = Duration.milliseconds(25)
    /// How long to wait after a failure, such as a full disk.
    private static let delayAfterFailure = Duration.milliseconds(500)
    /// What waits at most while nothing can be stored.
    private static let limit = 200_000

    private struct State {
        var pending: [(chat: ID, event: ChatEvent)] = []
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let chats: ChatStore
    private let logger: Logger

    init(chats: ChatStore, logger: Logger) {
        self.chats = chats
        self.logger = logger
    }

    func add(_ events: [ChatEvent], of chat: ID) {
        let starts = state.withLock { state in
            for event in events { state.pending.append((chat, event)) }
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if starts { schedule(after: Self.delay) }
    }

    /// What of a chat waits to be stored. It is the caller's from now on, who stores it with what comes next.
    func take(_ chat: ID) -> [ChatEvent] {
        state.withLock { state in
            let taken = state.pending.filter { $0.chat == chat }.map(\.event)
            if !taken.isEmpty { state.pending.removeAll { $0.chat == chat } }
            return taken
        }
    }

    private func schedule(after delay: Duration) {
        Task {
            try? await Task.sleep(for: delay)
            await flush()
        }
    }

    private func flush() async {
        let batch = state.withLock { state in
            state.isScheduled = false
            defer { state.pending.removeAll(keepingCapacity: true) }
            return state.pending
        }
        if batch.isEmpty { return }
        do {
            try await chats.append(batch)
        } catch {
            logger.error("events of running chats cannot be stored", metadata: ["error": "\(error)"])
            let starts = state.withLock { state in
                state.pending = Array((batch + state.pending).suffix(Self.limit))
                defer { state.isScheduled = true }
                return !state.isScheduled
            }
            if starts { schedule(after: Self.delayAfterFailure) }
        }
    }
}
