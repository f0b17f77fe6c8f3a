import Synchronization

/// The events of a run while it lasts. One writes, any number read; a reader that is behind finds all it has missed.
final class EventLog: Sendable {
    private struct State {
        var events: [ChatEvent] = []
        var isClosed = false
        var readers: [UnsafeContinuation<Void, Never>] = []
    }

    /// The number of the first event that this log holds or will hold.
    let first: Int64
    private let state = Mutex(State())

    init(first: Int64) { self.first = first }

    /// Shows events to the readers. Their numbers go on from those before.
    func append(_ events: [ChatEvent]) { change { $0.events += events } }

    /// Ends the log: readers get what they have missed and then nil.
    func close() { change { $0.isClosed = true } }

    var isEmpty: Bool { state.withLock { $0.events.isEmpty } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Whether the log has ended and holds nothing after a number.
    func isClosed(after number: Int64) -> Bool {
        state.withLock { $0.isClosed && ($0.events.last?.number ?? first - 1) <= number }
    }

    private func change(_ change: (inout State) -> Void) {
        let readers = state.withLock { state in
            change(&state)
            defer { state.readers.removeAll(keepingCapacity: true) }
            return state.readers
        }
        for reader in readers { reader.resume() }
    }

    /// The events after a number that are there, the first `limit` of them.
    func events(after number: Int64, limit: Int = .max) -> [ChatEvent] {
        // Copied, so that the log does not have to copy itself when it grows.
        state.withLock { Array($0.events[min(max(0, Int(number - first + 1)), $0.events.count)...].prefix(limit)) }
    }

    /// The most events that a reader gets at a time.
    static let pieceSize = 256

    /// The events after a number, as soon as there are some; nil if the log ended without.
    func next(after number: Int64) async -> [ChatEvent]? {
        while true {
            let isClosed = self.isClosed
            let found = events(after: number, limit: Self.pieceSize)
            if !found.isEmpty { return found }
            if isClosed { return nil }
            await withUnsafeContinuation { continuation in
                let isLate = state.withLock { state in
                    if state.isClosed || (state.events.last?.number ?? first - 1) > number { return true }
                    state.readers.append(continuation)
                    return false
                }
                if isLate { continuation.resume() }
            }
        }
    }
}
