import APIKit
import Database
import Synchronization

/// Keeps the index for search in agreement with names and messages, from the queue of what has changed.
///
/// It works in short units, and rests after each of them if others are writing. All copies of a value work together.
package struct SearchIndexer: Sendable {
    private let database: Database
    private let index: any SearchIndex
    private let hold = Hold()

    package init(storage: Storage) {
        database = storage.database
        index = searchIndex(of: storage.database)
    }

    /// How many want the index left alone.
    private final class Hold: Sendable {
        let count = Mutex(0)
    }

    private static let pollInterval = Duration.milliseconds(200)
    /// Other processes write to the same database unnoticed.
    private static let longestSilence = Duration.seconds(5)

    // MARK: In the background

    /// Indexes what changes, about a second behind, until the task is cancelled or the database closed.
    ///
    /// - Parameter report: told of each failure; the work goes on a little later.
    package func run(report: @Sendable (any Error) -> Void = { _ in }) async {
        var seen = -1
        var lastLook = ContinuousClock.now
        while !Task.isCancelled {
            let commits = database.commits.commits
            if commits != seen || lastLook.duration(to: .now) > Self.longestSilence {
                do {
                    try await catchUp()
                    seen = commits
                } catch let error as DatabaseError where error.kind == .closed {
                    return
                } catch is CancellationError {
                    return
                } catch {
                    report(error)
                    try? await Task.sleep(for: .seconds(2))
                }
                lastLook = .now
            }
            try? await Task.sleep(for: Self.pollInterval)
        }
    }

    private func catchUp() async throws {
        var isTidy = true
        while try await database.read(index.isBehind) {
            guard try await shortly(index.advance) != nil else { return }
            isTidy = false
            // Upkeep must not fall behind either.
            for _ in 1...6 where !isTidy { isTidy = try await !shortly(index.tidy) }
        }
        while !isTidy { isTidy = try await !shortly(index.tidy) }
    }

    /// Runs a unit of work and rests.
    private func shortly<T: Sendable>(_ unit: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        while hold.count.withLock({ $0 }) > 0 { try await Task.sleep(for: Self.pollInterval) }
        let units = database.commits.units
        let start = ContinuousClock.now
        let result = try await database.maintain(unit)
        let elapsed = start.duration(to: .now)
        let hasCompany = database.commits.units > units + 1
        try await Task.sleep(for: hasCompany ? elapsed * index.rest : elapsed / 8)
        return result
    }

    // MARK: At once

    /// Indexes all that waits.
    package func drain() async throws {
        while try await database.read(index.isBehind) {
            if try await database.maintain(index.advance) == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        while try await database.maintain(index.tidy) {}
    }

    /// Takes deleted conversations and messages out of the index, in the unit of work that deleted them.
    func forget(_ ids: [ID], in connection: any Connection) throws { try index.forget(ids, in: connection) }

    /// Removes what the index may keep of documents that were taken out. Meanwhile nothing is indexed.
    func expunge() async throws {
        hold.count.withLock { $0 += 1 }
        defer { hold.count.withLock { $0 -= 1 } }
        while try await database.write(index.expunge) {}
    }
}
