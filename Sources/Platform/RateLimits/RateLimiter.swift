package import APIKit
import Glibc
import Synchronization

/// How often something may be done.
package struct Rate: Sendable, Hashable {
    /// How many times in each `seconds`, when there are no pauses.
    package let count: Int
    package let seconds: Int
    /// How many times at once, after a pause.
    package let burst: Int

    /// - Parameter burst: what may be done in one second if nil.
    package static func perSecond(_ count: Int, burst: Int? = nil) -> Rate {
        Rate(count: count, seconds: 1, burst: burst ?? count)
    }

    /// - Parameter burst: what may be done in one minute if nil.
    package static func perMinute(_ count: Int, burst: Int? = nil) -> Rate {
        Rate(count: count, seconds: 60, burst: burst ?? count)
    }
}

/// Lets everybody do something at one rate. Each has a bucket that holds a burst, and fills at the rate.
///
/// Of a bucket only the time is kept at which it will be full again: that says how much is in it now. A full one is
/// like one that was never used, so it is forgotten. Buckets are exact on one server; servers that share a database
/// have each their own.
package final class RateLimiter: Sendable {
    /// Whose bucket it is.
    package struct Key: Hashable, Sendable {
        private let number: Int64
        private let text: Int

        package init(_ number: Int64, _ text: Int = 0) {
            self.number = number
            self.text = text
        }

        /// A text of whatever length becomes a number that differs from process to process, so that nobody can find two
        /// texts that share a bucket.
        package init(_ id: ID = 0, text: String) { self.init(id.value, text.hashValue) }
    }

    private struct Buckets {
        /// When each will be full again, in nanoseconds.
        var times: [Key: Int64] = [:]
        /// How many may be kept before full ones are looked for.
        var room = 64
    }

    /// A part of the buckets with a lock of its own, so that threads seldom wait for each other.
    private final class Shard: Sendable {
        let buckets = Mutex(Buckets())
    }

    private let shards: [Shard]
    /// Nanoseconds in which one more comes into a bucket, and in which an empty one is full.
    private let interval: Int64
    private let capacity: Int64
    /// How many buckets a shard keeps.
    private let limit: Int
    private let refusal: APIError.Code
    private let what: String
    private let clock: Clock

    /// - Parameters:
    ///   - refusal: what is thrown when a bucket is empty.
    ///   - what: what there is too much of, such as `requests with this token`.
    ///   - memory: how many buckets are kept. Beyond it those that are nearest to full are forgotten.
    package init(
        _ rate: Rate, refusal: APIError.Code, of what: String, clock: Clock = .monotonic, memory: Int = 131_072
    ) {
        shards = (0..<16).map { _ in Shard() }
        interval = max(1, Int64(rate.seconds) * 1_000_000_000 / Int64(rate.count))
        capacity = interval * Int64(rate.burst)
        limit = max(1, memory / 16)
        self.refusal = refusal
        self.what = what
        self.clock = clock
    }

    /// Takes one out of a bucket.
    ///
    /// - Throws: the limiter's refusal, with the seconds until there is one, if the bucket is empty.
    package func take(_ key: Key) throws(APIError) {
        let now = clock.nanoseconds()
        let excess = shards[key.hashValue & 15].buckets.withLock { buckets -> Int64 in
            let full = max(buckets.times[key] ?? now, now) + interval
            let excess = full - now - capacity
            guard excess <= 0 else { return excess }
            buckets.times[key] = full
            if buckets.times.count > buckets.room { Self.forget(&buckets, now, limit) }
            return 0
        }
        guard excess > 0 else { return }
        let seconds = Int((excess + 999_999_999) / 1_000_000_000)
        throw APIError(
            refusal, "There are too many \(what); try again in \(seconds == 1 ? "a second" : "\(seconds) seconds")",
            retryAfter: seconds)
    }

    /// How many buckets are kept.
    package var count: Int { shards.reduce(0) { $0 + $1.buckets.withLock { $0.times.count } } }

    private static func forget(_ buckets: inout Buckets, _ now: Int64, _ limit: Int) {
        buckets.times = buckets.times.filter { $0.value > now }
        if buckets.times.count > limit {
            // Half of them, so that this does not come again with the next one.
            let kept = buckets.times.sorted { $0.value > $1.value }.prefix(limit / 2)
            buckets.times = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
        }
        buckets.room = min(limit, max(64, buckets.times.count * 2))
    }
}

extension Clock {
    /// Counts from some moment on and is never set. For lengths of time, not for the time of day.
    package static let monotonic = Clock {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
