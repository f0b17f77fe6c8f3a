package import APIKit
import Glibc
import Synchronization

/// Makes ids: 63-bit integers that sort by time. The high 32 bits are the second of creation, then come 20 bits for
/// the fraction of the second and 12 for the process, so that servers that share a database never make the same one.
package final class IDSource: Sendable {
    private let last = Mutex<Int64>(0)
    private let process: Int64
    private let clock: Clock

    /// - Parameter process: a number that no other process now using the database has; its low 12 bits count.
    package init(process: Int64, clock: Clock) {
        self.process = process & 0xfff
        self.clock = clock
    }

    /// A new id, greater than all this source has made before.
    package func next() -> ID {
        let (second, nanosecond) = clock.nanoseconds().quotientAndRemainder(dividingBy: 1_000_000_000)
        let tick = second << 20 | (nanosecond << 20) / 1_000_000_000
        let unique = last.withLock { last in
            last = max(last + 1, tick)
            return last
        }
        return ID(unique << 12 | process)
    }
}

/// Tells the time. A value, so that tests can choose it.
package struct Clock: Sendable {
    /// The Unix time in nanoseconds.
    package let nanoseconds: @Sendable () -> Int64

    package init(nanoseconds: @escaping @Sendable () -> Int64) { self.nanoseconds = nanoseconds }

    /// The Unix time in milliseconds.
    package func milliseconds() -> Int64 { nanoseconds() / 1_000_000 }

    /// The Unix time in seconds.
    package func now() -> Int64 { nanoseconds() / 1_000_000_000 }

    package static let system = Clock {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
