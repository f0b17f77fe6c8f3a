import FoundationEssentials
import TestSupport
import Testing

@testable import Database

private let notes = Migration(1, "notes", "CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT NOT NULL)")

@Suite struct CompactingTests {
    /// How often a text occurs in a database's file and its log.
    private static func count(_ text: String, in path: String) throws -> Int {
        let needle = Array(text.utf8)
        var count = 0
        for suffix in ["", "-wal"] {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path + suffix)))
            guard bytes.count >= needle.count else { continue }
            for start in 0...(bytes.count - needle.count) where bytes[start] == needle[0] {
                if bytes[start..<(start + needle.count)].elementsEqual(needle) { count += 1 }
            }
        }
        return count
    }

    /// Random numbers that are the same in each run.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 32 | state << 32
        }
    }

    @Test func `after compacting nothing that was deleted is left in the files`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            guard case .file(let path) = location else { return }
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            var random = Seeded(state: 3)
            // Rows in no order fill pages in their middle, which are then split.
            for _ in 1...40 {
                let rows = (1...100).map { number -> (Int64, String) in
                    let filler = String(repeating: "x", count: Int.random(in: 5...600, using: &random))
                    let id = Int64.random(in: 1...Int64.max, using: &random)
                    return (id, number % 20 == 0 ? "xylophonic \(filler)" : filler)
                }
                try await database.write { connection in
                    for (id, body) in rows {
                        try connection.execute("INSERT INTO note (id, body) VALUES (\(id), \(body))")
                    }
                }
            }
            _ = try await database.write("DELETE FROM note WHERE body LIKE 'xylophonic%' RETURNING id") { $0.int64(0) }
            #expect(try Self.count("xylophonic", in: path) > 0)
            try await database.compact()
            #expect(try Self.count("xylophonic", in: path) == 0)
            #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM note") { $0.int(0) } } == 3_800)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `reads and writes go on around it`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for number in 1...100 {
                            let id = writer * 1_000 + number
                            try await database.write { connection in
                                try connection.execute("INSERT INTO note (id, body) VALUES (\(id), \("x"))")
                            }
                            let count = try await database.read { connection in
                                try connection.first("SELECT COUNT(*) FROM note WHERE id = \(id)") { $0.int(0) }
                            }
                            #expect(count == 1)
                        }
                    }
                }
                for _ in 1...3 { group.addTask { try await database.compact() } }
                try await group.waitForAll()
            }
            #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM note") { $0.int(0) } } == 400)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is maintained is kept as a whole or not at all`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let added = try await database.maintain { connection in
                try connection.execute("INSERT INTO note (id, body) VALUES (1, 'kept')")
            }
            #expect(added == 1)
            struct Refused: Error {}
            await #expect(throws: Refused.self) {
                try await database.maintain { connection in
                    try connection.execute("INSERT INTO note (id, body) VALUES (2, 'lost')")
                    throw Refused()
                }
            }
            #expect(try await database.read { try $0.query("SELECT id FROM note") { $0.int(0) } } == [1])
        }
    }

    @Test(.enabled(if: DatabaseKind.available.contains(.postgres)))
    func `on PostgreSQL what is maintained holds up no writes`() async throws {
        try await withScratchDatabase(.postgres) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let gate = Gate()
            async let maintained: Void = database.maintain { connection in
                try connection.execute("INSERT INTO note (id, body) VALUES (1, 'slow')")
                gate.wait()
            }
            try await database.write { connection in
                _ = try connection.execute("INSERT INTO note (id, body) VALUES (2, 'quick')")
            }
            gate.open()
            try await maintained
            #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM note") { $0.int(0) } } == 2)
        }
    }
}
