import APIKit
import Crypto
import CryptoExtras
import Dispatch
import Synchronization

/// Hashes passwords with scrypt (RFC 7914). A hash takes a good part of a second and 32 MB, so hashes are made on two
/// threads of their own, and whoever comes when many wait already is sent away.
package final class PasswordHasher: Sendable {
    /// How much work a hash is.
    package struct Cost: Sendable, Hashable {
        /// The base-2 logarithm of scrypt's N.
        let rounds: Int
        /// scrypt's r.
        let blockSize: Int
        /// scrypt's p.
        let passes: Int

        package init(rounds: Int, blockSize: Int, passes: Int) {
            self.rounds = rounds
            self.blockSize = blockSize
            self.passes = passes
        }

        /// What whoever steals the hashes should have to do for each guess.
        package static let standard = Cost(rounds: 15, blockSize: 8, passes: 3)
    }

    private struct Load {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private enum Place { case runs, waits, refused }

    private static let threads = 2
    private let cost: Cost
    private let waitingLimit: Int
    private let load = Mutex(Load())
    private let queue = DispatchQueue(label: "buckle.passwords", attributes: .concurrent)

    /// - Parameters:
    ///   - cost: of new hashes; old ones tell their own.
    ///   - waitingLimit: how many may wait while two are worked at.
    package init(cost: Cost = .standard, waitingLimit: Int = 32) {
        self.cost = cost
        self.waitingLimit = waitingLimit
    }

    /// What to store for a password: the parameters, a random salt and the hash, as text.
    ///
    /// - Throws: 4009 if too many wait already.
    package func hash(_ password: String) async throws -> String {
        try await run { [cost] in
            let salt = Self.salt()
            let hash = try Self.derive(password, salt: salt, cost, count: 32)
            return StoredHash(cost: cost, salt: salt, hash: hash).text
        }
    }

    /// Whether a password is the one a text of ``hash(_:)`` was made from. Without a text it never is, after as long.
    ///
    /// - Throws: 4009 if too many wait already.
    package func verify(_ password: String, against text: String?) async throws -> Bool {
        try await run { [cost] in
            guard let stored = text.flatMap(StoredHash.init) else {
                _ = try Self.derive(password, salt: Self.salt(), cost, count: 32)
                return false
            }
            let hash = try Self.derive(password, salt: stored.salt, stored.cost, count: stored.hash.count)
            return ConstantTime.areEqual(hash, stored.hash)
        }
    }

    private static func salt() -> [UInt8] { SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) } }

    private static func derive(_ password: String, salt: [UInt8], _ cost: Cost, count: Int) throws -> [UInt8] {
        try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: count, rounds: 1 << cost.rounds,
            blockSize: cost.blockSize, parallelism: cost.passes
        ).withUnsafeBytes { Array($0) }
    }

    private func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { continuation in
            let job: @Sendable () -> Void = { continuation.resume(with: Result(catching: work)) }
            let place = load.withLock { load in
                if load.running < Self.threads {
                    load.running += 1
                    return Place.runs
                }
                if load.waiting.count >= waitingLimit { return .refused }
                load.waiting.append(job)
                return .waits
            }
            switch place {
            case .runs: queue.async { self.work(from: job) }
            case .waits: break
            case .refused: continuation.resume(throwing: APIError(.overSystemLimit, retryAfter: 1))
            }
        }
    }

    /// Does a job, and then those that have come to wait.
    private func work(from first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let job = next {
            job()
            next = load.withLock { load in
                if load.waiting.isEmpty {
                    load.running -= 1
                    return nil
                }
                return load.waiting.removeFirst()
            }
        }
    }
}

/// A hash with all that it takes to check a password against it: `scrypt$ln=15,r=8,p=3$<salt>$<hash>`.
private struct StoredHash {
    let cost: PasswordHasher.Cost
    let salt: [UInt8]
    let hash: [UInt8]

    init(cost: PasswordHasher.Cost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    var text: String {
        "scrypt$ln=\(cost.rounds),r=\(cost.blockSize),p=\(cost.passes)$\(Hexadecimal.text(salt))$"
            + Hexadecimal.text(hash)
    }

    /// Nil for what is none, or would take more memory than any hash of this server's.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "scrypt" else { return nil }
        let numbers = parts[1].split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == 3, let rounds = Self.number(numbers[0], "ln=", 1...20),
            let blockSize = Self.number(numbers[1], "r=", 1...16), let passes = Self.number(numbers[2], "p=", 1...16),
            let salt = Self.bytes(parts[2]), let hash = Self.bytes(parts[3]), (16...64).contains(hash.count)
        else { return nil }
        self.init(
            cost: PasswordHasher.Cost(rounds: rounds, blockSize: blockSize, passes: passes), salt: salt, hash: hash)
    }

    private static func number(_ text: Substring, _ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard text.hasPrefix(name), let number = Int(text.dropFirst(name.count)), range.contains(number) else {
            return nil
        }
        return number
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { UInt8(ascii: "a") <= $0 ? $0 &- 87 : $0 &- 48 }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 < 16 }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
