import Synchronization

/// How many streams of events, and files, are being written to clients.
final class OpenStreams: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .relaxed) }

    func begin() { number.add(1, ordering: .relaxed) }
    func end() { number.subtract(1, ordering: .relaxed) }
}
