import Synchronization

/// Lets one task at a time work on a content: what one deletes because nobody refers to it, another may just be
/// uploading again.
final class ContentLocks: Sendable {
    private typealias Waiter = UnsafeContinuation<Void, Never>

    /// Who waits for each content that is being worked on.
    private let waiting = Mutex<[String: [Waiter]]>([:])

    /// Runs the work once no other is running for the same hash.
    func alone<T>(with hash: String, _ work: () async throws -> T) async rethrows -> T {
        await withUnsafeContinuation { (waiter: Waiter) in
            let isFree = waiting.withLock { waiting in
                if waiting[hash]?.append(waiter) != nil { return false }
                waiting[hash] = []
                return true
            }
            if isFree { waiter.resume() }
        }
        defer { pass(hash) }
        return try await work()
    }

    private func pass(_ hash: String) {
        let next = waiting.withLock { waiting -> Waiter? in
            if waiting[hash]!.isEmpty {
                waiting[hash] = nil
                return nil
            }
            return waiting[hash]!.removeFirst()
        }
        next?.resume()
    }
}
