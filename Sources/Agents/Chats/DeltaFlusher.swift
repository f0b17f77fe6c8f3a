import APIKit
import Logging
import Platform
import Synchronization

/// Notes the deltas of all runs in the journal, a short time after readers were shown them.
///
/// The journal is what a crash leaves of answers that were being made. All that came in one interval is one row of it,
/// so hundreds of runs cost little more than one. When a run ends, its deltas go to its chat's own log; a row of the
/// journal is deleted when no run that it may be about goes on.
final class DeltaFlusher: Sendable {
    /// How long a delta may wait. With the time a commit takes it is stored within 50 ms.
    private static let delay = Duration.milliseconds(30)
    /// How long to wait after a failure, such as a full disk.
    private static let delayAfterFailure = Duration.milliseconds(500)
    /// What waits at most while nothing can be stored. What is beyond is lost if the server dies before its runs end.
    private static let limit = 200_000

    private struct State {
        var pending: [JournalEntry] = []
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
            for event in events { state.pending.append(JournalEntry(chat: chat, event: event)) }
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if starts { schedule(after: Self.delay) }
    }

    private func schedule(after delay: Duration) {
        Task {
            try? await Task.sleep(for: delay)
            await flush()
        }
    }

    private func flush() async {
        // One batch at a time, so that the journal has them in their order.
        let batch = state.withLock { state in
            defer { state.pending.removeAll(keepingCapacity: true) }
            return state.pending
        }
        var delay = Self.delay
        do {
            try await chats.note(batch)
        } catch {
            logger.error("deltas of running chats cannot be stored", metadata: ["error": "\(error)"])
            state.withLock { $0.pending = Array((batch + $0.pending).suffix(Self.limit)) }
            delay = Self.delayAfterFailure
        }
        let goesOn = state.withLock { state in
            state.isScheduled = !state.pending.isEmpty
            return state.isScheduled
        }
        if goesOn { schedule(after: delay) }
    }
}

/// A delta in the journal.
struct JournalEntry: Sendable {
    let chat: ID
    let event: ChatEvent
}

extension JournalEntry: Codable {
    init(from decoder: any Decoder) throws {
        var fields = try decoder.unkeyedContainer()
        chat = try fields.decode(ID.self)
        let number = try fields.decode(Int64.self)
        let kind = try fields.decode(Int64.self)
        let message = try fields.decode(ID.self)
        event = ChatEvent(
            number: number, kind: ChatEvent.Kind(rawValue: kind) ?? .delta, message: message,
            text: try fields.decode(String.self))
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.unkeyedContainer()
        try fields.encode(chat)
        try fields.encode(event.number)
        try fields.encode(event.kind.rawValue)
        try fields.encode(event.message ?? chat)
        try fields.encode(event.text)
    }
}
