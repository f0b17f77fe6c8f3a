import APIKit
import Glibc
import Synchronization

/// Makes those wait who guess passwords, names or addresses. A few wrong tries cost nothing; from then on each one
/// doubles the time until the next is looked at. Tries are counted before they are checked, so that many at once are no
/// way around it, and slowly forgotten.
package final class SignInThrottle: Sendable {
    /// What tries are counted for.
    enum Key: Hashable, Sendable {
        /// One account, tried from one address.
        case pair(account: String, address: String)
        /// One account, tried from anywhere.
        case account(String)
        /// Any account, tried from one address.
        case address(String)
        /// Accounts that are made from one address.
        case registration(address: String)
        /// People that one user searched for and did not find.
        case search(user: ID)

        fileprivate var rule: Rule {
            switch self {
            case .pair: Rule(free: 5, longestWait: 300, recovery: 600)
            // Short, since anybody can make the account's owner wait.
            case .account: Rule(free: 20, longestWait: 30, recovery: 60)
            case .address: Rule(free: 50, longestWait: 300, recovery: 60)
            case .registration: Rule(free: 10, longestWait: 300, recovery: 300)
            case .search: Rule(free: 60, longestWait: 60, recovery: 1)
            }
        }
    }

    /// How many tries cost nothing, the longest wait in seconds, and the seconds after which one try is forgotten.
    fileprivate struct Rule {
        let free: Int
        let longestWait: Int64
        let recovery: Int64

        /// Milliseconds to wait after so many tries.
        func wait(after tries: Int) -> Int64 {
            tries < free ? 0 : min(longestWait, 1 << Int64(min(tries - free, 30))) * 1000
        }
    }

    /// What is known of a key. Times are milliseconds.
    private struct Entry {
        var tries = 0
        /// Since when tries are being forgotten.
        var since: Int64
        var blockedUntil: Int64 = 0

        mutating func forget(_ now: Int64, _ rule: Rule) {
            let forgotten = max(0, (now - since) / (rule.recovery * 1000))
            tries = max(0, tries - Int(clamping: forgotten))
            since = tries == 0 ? now : since + forgotten * rule.recovery * 1000
        }
    }

    /// The entries in two halves: when the younger is full it becomes the older, which is forgotten.
    private struct Entries {
        var younger: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        let limit: Int

        subscript(key: Key) -> Entry? {
            get { younger[key] ?? older[key] }
            set {
                older[key] = nil
                younger[key] = newValue
                if younger.count >= limit / 2 {
                    older = younger
                    younger = [:]
                }
            }
        }
    }

    /// A try that was let through, and not judged yet.
    package struct Attempt: Sendable {
        /// For each key, until when it was blocked before and because of this try.
        fileprivate let keys: [(key: Key, before: Int64, now: Int64)]
    }

    private let entries: Mutex<Entries>
    private let clock: Clock

    /// - Parameters:
    ///   - clock: one that nobody sets.
    ///   - limit: how much is kept in mind at most; what was not tried for longest is forgotten first.
    package init(clock: Clock = .steady, limit: Int = 100_000) {
        self.clock = clock
        entries = Mutex(Entries(limit: limit))
    }

    /// Counts a try to sign in.
    ///
    /// - Parameter account: the id of the account, or if there is none the name that was typed.
    /// - Throws: 4008 if it comes too early. Then it is not counted.
    package func signIn(account: String, address: String) throws -> Attempt {
        let account = String(account.prefix(256))
        let network = Self.network(of: address)
        return try begin([.pair(account: account, address: network), .account(account), .address(network)])
    }

    /// Counts an account that somebody asks for.
    ///
    /// - Throws: 4008 if it comes too early. Then it is not counted.
    func registration(address: String) throws -> Attempt {
        try begin([.registration(address: Self.network(of: address))])
    }

    /// Counts a search for a person.
    ///
    /// - Throws: 4008 if it comes too early. Then it is not counted.
    func search(by user: ID) throws -> Attempt { try begin([.search(user: user)]) }

    /// The try was wrong: the wait begins now.
    package func fail(_ attempt: Attempt) {
        let now = clock.milliseconds()
        entries.withLock { entries in
            for (key, _, _) in attempt.keys {
                guard var entry = entries[key] else { continue }
                entry.blockedUntil = max(entry.blockedUntil, now + key.rule.wait(after: entry.tries))
                entries[key] = entry
            }
        }
    }

    /// The try was right: the account's failures from this address are forgotten.
    package func succeed(_ attempt: Attempt) {
        withdraw(attempt)
        entries.withLock { entries in
            for case (let key, _, _) in attempt.keys { if case .pair = key { entries[key] = nil } }
        }
    }

    /// The try does not count.
    package func withdraw(_ attempt: Attempt) {
        entries.withLock { entries in
            for (key, before, now) in attempt.keys {
                guard var entry = entries[key] else { continue }
                entry.tries = max(0, entry.tries - 1)
                if entry.blockedUntil == now { entry.blockedUntil = before }
                entries[key] = entry
            }
        }
    }

    private func begin(_ keys: [Key]) throws -> Attempt {
        let now = clock.milliseconds()
        return try entries.withLock { entries in
            let wait = keys.map { (entries[$0]?.blockedUntil ?? 0) - now }.max() ?? 0
            if wait > 0 {
                throw APIError(
                    .overUserLimit, "There were too many failed tries; try again later",
                    retryAfter: Int((wait + 999) / 1000))
            }
            return Attempt(
                keys: keys.map { key in
                    var entry = entries[key] ?? Entry(since: now)
                    entry.forget(now, key.rule)
                    entry.tries += 1
                    let before = entry.blockedUntil
                    entry.blockedUntil = max(before, now + key.rule.wait(after: entry.tries))
                    entries[key] = entry
                    return (key, before, entry.blockedUntil)
                })
        }
    }

    /// What tries from an address count for: a household is given a whole /64 network of IPv6.
    private static func network(of address: String) -> String {
        var parsed = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &parsed) == 1 else {
            return String(address.prefix(64))
        }
        let bytes = withUnsafeBytes(of: parsed) { Array($0) }
        let isMapped = bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
        return isMapped
            ? bytes.suffix(4).map(String.init).joined(separator: ".") : Hexadecimal.text(bytes.prefix(8))
    }
}

extension Clock {
    /// Seconds that pass, from some beginning; setting the machine's clock does not change it.
    package static let steady = Clock {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
