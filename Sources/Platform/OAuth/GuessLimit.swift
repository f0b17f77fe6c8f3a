import Synchronization

/// Counts the wrong tries of each key, in this server's memory, so that nobody can go through all there are.
final class GuessLimit<Key: Hashable & Sendable>: Sendable {
    private struct Tries {
        var count: Int
        /// Unix seconds.
        let end: Int64
    }

    /// How many keys are kept before those whose time is over are dropped.
    private static var capacity: Int { 10_000 }

    private let limit: Int
    private let window: Int64
    private let clock: Clock
    private let tries = Mutex<[Key: Tries]>([:])

    /// - Parameters:
    ///   - limit: how many wrong tries a key has.
    ///   - window: after how many seconds, from the first, they are forgotten.
    init(limit: Int, window: Int64, clock: Clock) {
        self.limit = limit
        self.window = window
        self.clock = clock
    }

    /// Counts a wrong try, and returns whether it was the last one that the key has.
    @discardableResult
    func count(_ key: Key) -> Bool {
        let now = clock.now()
        return tries.withLock { tries in
            if tries.count >= Self.capacity { tries = tries.filter { $0.value.end > now } }
            let known = tries[key].flatMap { $0.end > now ? $0 : nil }
            let counted = Tries(count: (known?.count ?? 0) + 1, end: known?.end ?? now + window)
            tries[key] = counted
            return counted.count >= limit
        }
    }

    /// Seconds until the key may try again; nil if it may now.
    func wait(_ key: Key) -> Int64? {
        let now = clock.now()
        return tries.withLock { tries in
            guard let known = tries[key], known.end > now, known.count >= limit else { return nil }
            return known.end - now
        }
    }
}
