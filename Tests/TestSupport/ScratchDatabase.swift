package import Database
import FoundationEssentials
import Glibc
import Synchronization

/// The databases a test runs on: SQLite always, PostgreSQL if `BUCKLE_TEST_DATABASE` names a server.
package enum DatabaseKind: String, Sendable, CaseIterable {
    case sqlite, postgres

    package static let available: [DatabaseKind] = postgresURL == nil ? [.sqlite] : [.sqlite, .postgres]

    static let postgresURL = ProcessInfo.processInfo.environment["BUCKLE_TEST_DATABASE"]
}

/// Runs a test on a fresh, empty database, which is removed afterwards.
package func withScratchDatabase<T>(
    _ kind: DatabaseKind, isolation: isolated (any Actor)? = #isolation, _ body: (Database.Location) async throws -> T
) async throws -> T {
    await turns.take()
    defer { turns.giveBack() }
    let name = "buckle_test_\(UInt64.random(in: .min ... .max))"
    switch kind {
    case .sqlite:
        let directory = "/tmp/\(name)"
        mkdir(directory, 0o700)
        defer {
            for suffix in ["", "-wal", "-shm"] { unlink("\(directory)/buckle.db\(suffix)") }
            rmdir(directory)
        }
        return try await body(.file("\(directory)/buckle.db"))
    case .postgres:
        let server = DatabaseKind.postgresURL!
        let admin = try Database.connector(.postgres(server))(.readWrite)
        try admin.execute(SQL(text: "CREATE DATABASE \(name)", values: []))
        defer { _ = try? admin.execute(SQL(text: "DROP DATABASE \(name) WITH (FORCE)", values: [])) }
        return try await body(.postgres(replacingDatabase(of: server, with: name)))
    }
}

/// Tests run all at once, and a PostgreSQL server has only so many connections.
private let turns = Turns(24)

/// Lets so many go on, and the others wait for one of them.
private final class Turns: Sendable {
    private struct State {
        var left: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(left: count)) }

    func take() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.left > 0 {
                    state.left -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    func giveBack() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.left += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

/// The URL of another database on the same server.
private func replacingDatabase(of url: String, with name: String) -> String {
    let parts = url.split(separator: "?", maxSplits: 1)
    let base = parts[0]
    let authority = base.firstRange(of: "://")!.upperBound
    let end = base[authority...].firstIndex(of: "/") ?? base.endIndex
    return base[..<end] + "/" + name + (parts.count > 1 ? "?" + parts[1] : "")
}
