import Glibc
import TestSupport
import Testing

@testable import Database

private let notes = Migration(
    1, "notes",
    """
    CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT NOT NULL);
    CREATE TABLE extra (id BIGINT PRIMARY KEY, body BYTEA NOT NULL)
    """)

@Suite struct DatabaseFileTests {
    private struct Refusal: Error {}

    /// Makes a database with these notes, closed.
    private static func make(_ path: String, _ bodies: [String]) async throws {
        let database = try Database(.file(path), migrations: [notes])
        defer { database.close() }
        for (id, body) in bodies.enumerated() {
            try await database.write { _ = try $0.execute("INSERT INTO note VALUES (\(id), \(body))") }
        }
    }

    private static func bodies(_ path: String) throws -> [String] {
        try DatabaseFile(path).read { try $0.query("SELECT body FROM note ORDER BY id") { $0.text(0) } }
    }

    private static func size(_ path: String) -> Int {
        var found = stat()
        return stat(path, &found) == 0 ? Int(found.st_size) : -1
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// A table of 8 MB, which is more than a connection keeps in memory.
    private static func fillExtra(_ connection: any Connection) throws {
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        for id in 0..<8 { try connection.execute("INSERT INTO extra VALUES (\(id), \(piece))") }
    }

    @Test func `a copy is changed before it appears, and the original is not`() async throws {
        try await withScratchDirectory { directory in
            let (path, copy) = (directory + "/a.db", directory + "/a.copy")
            try await Self.make(path, ["a", "b"])
            try DatabaseFile(path).copy(to: copy) { connection in
                #expect(!Self.exists(copy) && Self.exists(copy + ".part"))
                try connection.execute("DELETE FROM note WHERE body = 'a'")
                try Self.fillExtra(connection)
            }
            #expect(try Self.bodies(copy) == ["b"])
            #expect(try Self.bodies(path) == ["a", "b"])
            #expect(Self.size(copy) > 8 << 20)
            #expect(!Self.exists(copy + ".part"))
            try DatabaseFile(copy).check(schema: 1)
        }
    }

    @Test func `a copy that cannot be changed as it should does not appear`() async throws {
        try await withScratchDirectory { directory in
            let (path, copy) = (directory + "/a.db", directory + "/a.copy")
            try await Self.make(path, ["a"])
            #expect(throws: Refusal.self) {
                try DatabaseFile(path).copy(to: copy) { connection in
                    try Self.fillExtra(connection)
                    throw Refusal()
                }
            }
            #expect(!Self.exists(copy) && !Self.exists(copy + ".part"))
            try DatabaseFile(path).copy(to: copy)
            #expect(try Self.bodies(copy) == ["a"])
        }
    }

    @Test func `a copy that somebody is making is left to them`() async throws {
        try await withScratchDirectory { directory in
            let (path, copy) = (directory + "/a.db", directory + "/a.copy")
            try await Self.make(path, ["a"])
            try DatabaseFile(path).copy(to: copy) { connection in
                for _ in 1...3 {
                    #expect(throws: DatabaseError.self) { try DatabaseFile(path).copy(to: copy) }
                }
                try connection.execute("INSERT INTO note VALUES (9, 'c')")
            }
            #expect(try Self.bodies(copy) == ["a", "c"])
            // What was there is not replaced, and what a crash left is.
            #expect(throws: DatabaseError.self) { try DatabaseFile(path).copy(to: copy) }
            #expect(try Self.bodies(copy) == ["a", "c"])
            rename(copy, copy + ".part")
            try DatabaseFile(path).copy(to: copy)
            #expect(try Self.bodies(copy) == ["a"])
        }
    }

    @Test func `a replacement leaves a table out, and its pages`() async throws {
        try await withScratchDirectory { directory in
            let (path, copy, target) = (directory + "/a.db", directory + "/a.copy", directory + "/b.db")
            try await Self.make(path, ["new"])
            try await Self.make(target, ["old"])
            try DatabaseFile(path).copy(to: copy) { try Self.fillExtra($0) }
            let before = Self.size(copy)
            try DatabaseFile(copy).replace(target, without: "extra") {
                let present = try Self.bodies(target)
                #expect(present == ["old"])
                // What is left out needs its room no longer.
                #expect(!Self.exists(target + ".unpacking"))
            }
            #expect(try Self.bodies(target) == ["new"])
            let isLeftOut = try DatabaseFile(target).read { try !DatabaseFile.hasTable("extra", in: $0) }
            #expect(isLeftOut)
            #expect(Self.size(target) < 100_000 && Self.size(copy) == before)
            #expect(!Self.exists(target + ".restoring"))
            // Without such a table too.
            try DatabaseFile(target).replace(path, without: "extra")
            #expect(try Self.bodies(path) == ["new"])
        }
    }

    @Test func `a replacement whose preparation fails replaces nothing`() async throws {
        try await withScratchDirectory { directory in
            let (path, target) = (directory + "/a.db", directory + "/b.db")
            try await Self.make(path, ["new"])
            try await Self.make(target, ["old"])
            for table in ["extra", "none"] as [StaticString] {
                #expect(throws: Refusal.self) {
                    try DatabaseFile(path).replace(target, without: table) { throw Refusal() }
                }
                #expect(try Self.bodies(target) == ["old"])
                #expect(!Self.exists(target + ".restoring") && !Self.exists(target + ".unpacking"))
            }
        }
    }
}
