import Glibc
import Synchronization

/// Makes the ids that name calls in replies and in the log: the time as `YYYYMMDDHHMMSS`, then 20 upper-case
/// hexadecimal digits, of which the first ten are this process's and the rest count.
final class LogIDSource: Sendable {
    private struct State {
        var second: time_t = 0
        /// The time and the process's digits, made anew each second.
        var prefix: [UInt8] = []
        var count: UInt64
    }

    private let state: Mutex<State>
    private let process: [UInt8]

    init() {
        var random = SystemRandomNumberGenerator()
        process = Self.hexadecimal(random.next(), digits: 10)
        state = Mutex(State(count: random.next()))
    }

    func next() -> String {
        let now = time(nil)
        return state.withLock { state in
            if state.second != now {
                state.second = now
                state.prefix = Self.timestamp(now) + process
            }
            state.count &+= 1
            let (prefix, count) = (state.prefix, state.count)
            return String(unsafeUninitializedCapacity: 34) { text in
                _ = text[..<24].initialize(fromContentsOf: prefix)
                var rest = count
                for index in (24..<34).reversed() {
                    text.initializeElement(at: index, to: Self.digits[Int(rest & 15)])
                    rest >>= 4
                }
                return 34
            }
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func hexadecimal(_ value: UInt64, digits count: Int) -> [UInt8] {
        (0..<count).map { digits[Int(value >> (4 * UInt64($0)) & 15)] }
    }

    private static func timestamp(_ second: time_t) -> [UInt8] {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        var text = [CChar](repeating: 0, count: 16)
        strftime(&text, text.count, "%Y%m%d%H%M%S", &parts)
        return text.prefix(14).map { UInt8(bitPattern: $0) }
    }
}
