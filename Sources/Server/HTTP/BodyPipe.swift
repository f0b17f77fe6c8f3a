import NIOCore
import Synchronization

/// Hands a body from the connection that receives it to the task that handles it. When the task is slow, the
/// connection stops reading.
final class BodyPipe: Sendable {
    /// The client went before it had sent all.
    struct Broken: Error {}

    /// What waits for the task at most, give or take one read of the connection.
    private static let limit = 1 << 20

    private struct State {
        var parts: [ByteBuffer] = []
        var bytes = 0
        var isComplete = false
        var isBroken = false
        var isPaused = false
        var wasPaused = false
        var reader: UnsafeContinuation<ByteBuffer?, any Error>?
    }

    private let state = Mutex(State())
    private let setReading: @Sendable (Bool) -> Void

    /// - Parameter setReading: stops and resumes the reading of the connection.
    init(setReading: @escaping @Sendable (Bool) -> Void) { self.setReading = setReading }

    // MARK: The connection's side

    func push(_ part: ByteBuffer) {
        let pauses = state.withLock { state -> Bool in
            if let reader = state.reader {
                state.reader = nil
                reader.resume(returning: part)
                return false
            }
            state.parts.append(part)
            state.bytes += part.readableBytes
            guard state.bytes > Self.limit, !state.isPaused else { return false }
            state.isPaused = true
            state.wasPaused = true
            return true
        }
        if pauses { setReading(false) }
    }

    /// Whether the connection was not to read at some time since this was last asked.
    func wasPaused() -> Bool {
        state.withLock { state in
            defer { state.wasPaused = state.isPaused }
            return state.wasPaused
        }
    }

    func complete() { end { $0.isComplete = true } }
    func fail() { end { $0.isBroken = true } }

    private func end(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            guard let reader = state.reader else { return }
            state.reader = nil
            if state.isBroken { reader.resume(throwing: Broken()) } else { reader.resume(returning: nil) }
        }
    }

    // MARK: The task's side

    /// All that has come, as one piece, or what comes next; nil at the end. One task calls this.
    func next() async throws -> [UInt8]? {
        let part = try await withUnsafeThrowingContinuation {
            (continuation: UnsafeContinuation<ByteBuffer?, any Error>) in
            let resumes = state.withLock { state -> Bool in
                if state.isBroken {
                    continuation.resume(throwing: Broken())
                } else if var all = state.parts.first {
                    for part in state.parts.dropFirst() { all.writeImmutableBuffer(part) }
                    state.parts.removeAll()
                    state.bytes = 0
                    continuation.resume(returning: all)
                    defer { state.isPaused = false }
                    return state.isPaused
                } else if state.isComplete {
                    continuation.resume(returning: nil)
                } else {
                    state.reader = continuation
                }
                return false
            }
            if resumes { setReading(true) }
        }
        return part.map { [UInt8]($0.readableBytesView) }
    }
}
