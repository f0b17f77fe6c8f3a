import Glibc
import TestSupport
import Testing

@testable import Database

private let notes = Migration(1, "notes", "CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT NOT NULL)")

@Suite struct SQLiteTests {
    @Test func `the writer syncs every commit to disk`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let pragmas = try await database.write { connection in
                try ["synchronous", "journal_mode", "foreign_keys", "secure_delete"].map { name in
                    try connection.first(SQL(text: "PRAGMA \(name)", values: [])) { $0.text(0) }
                }
            }
            // 2 is FULL.
            #expect(pragmas == ["2", "wal", "1", "1"])
        }
    }

    @Test func `BIGINT primary keys are row ids`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let type = try await database.read {
                try $0.first("SELECT type FROM pragma_table_info('note')") { $0.text(0) }
            }
            #expect(type == "INTEGER")
        }
    }

    @Test func `a full disk fails the writes, keeps what was there, and is over when there is space`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let body = String(repeating: "x", count: 3000)
            try await database.write { _ = try $0.execute("INSERT INTO note VALUES (0, \(body))") }
            try await database.write { connection in
                let pages = try connection.first("PRAGMA page_count") { $0.int(0) } ?? 0
                _ = try connection.query(SQL(text: "PRAGMA max_page_count = \(pages + 4)", values: [])) { _ in }
            }
            let results = await withTaskGroup(of: (Int, DatabaseError.Kind?).self) { group in
                for id in 1...40 {
                    group.addTask {
                        do {
                            try await database.write { connection in
                                try connection.execute("INSERT INTO note VALUES (\(id), \(body))")
                                try connection.execute("INSERT INTO note VALUES (\(id + 1000), \(body))")
                            }
                            return (id, nil)
                        } catch { return (id, (error as? DatabaseError)?.kind) }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let kept = results.filter { $0.1 == nil }.map(\.0).sorted()
            #expect(results.count - kept.count >= 30)
            #expect(results.allSatisfy { $0.1 == nil || $0.1 == .full })
            let ids = try await database.read { try $0.query("SELECT id FROM note ORDER BY id") { $0.int(0) } }
            #expect(ids == [0] + kept + kept.map { $0 + 1000 })
            try await database.write { _ = try $0.query("PRAGMA max_page_count = 100000") { _ in } }
            try await database.write { _ = try $0.execute("INSERT INTO note VALUES (5000, \(body))") }
        }
    }

    @Test func `a database that cannot be written says so`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            try await database.write { try $0.script("PRAGMA query_only = 1") }
            let error = await #expect(throws: DatabaseError.self) {
                try await database.write("INSERT INTO note VALUES (1, 'x') RETURNING id") { $0.int(0) }
            }
            #expect(error?.kind == .readOnly)
        }
    }

    @Test func `a backup of a database in use is whole`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            guard case .file(let path) = location else { return }
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let writing = Task {
                var id = 0
                while !Task.isCancelled {
                    id += 1
                    let pair = id
                    try await database.write { connection in
                        try connection.execute("INSERT INTO note VALUES (\(pair), 'a')")
                        try connection.execute("INSERT INTO note VALUES (\(pair + 1_000_000), 'b')")
                    }
                }
            }
            for number in 1...5 {
                let copy = "\(path)-wal.copy\(number)"
                try DatabaseFile(path).copy(to: copy)
                try DatabaseFile(copy).check(schema: 1)
                let connection = try SQLiteConnection(path: copy, mode: .readOnly, cacheKilobytes: 1024)
                let halves = try connection.query("SELECT COUNT(*) FROM note GROUP BY id > 1000000") { $0.int(0) }
                #expect(halves.count != 1 && halves.first == halves.last)
                #expect(throws: DatabaseError.self) { try DatabaseFile(path).copy(to: copy) }
                remove(copy)
            }
            writing.cancel()
            _ = await writing.result
        }
    }
}
