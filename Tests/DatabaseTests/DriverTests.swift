import TestSupport
import Testing

@testable import Database

private let notes = Migration(
    1, "notes",
    """
    CREATE TABLE note (
        id BIGINT PRIMARY KEY,
        body TEXT NOT NULL,
        weight DOUBLE PRECISION,
        raw BYTEA
    )
    """)

/// What both drivers must do alike.
@Suite struct DriverTests {
    @Test(arguments: DatabaseKind.available)
    func `values of every kind come back as they went in`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let text = "扣子 👩‍👩‍👧 \u{2028} \u{85} 'quoted' \"x\" \\"
            let bytes = (0...255).map { UInt8($0) }
            _ = try await database.write(
                "INSERT INTO note (id, body, weight, raw) VALUES (\(Int64.max), \(text), \(1.5), \(bytes)) RETURNING id"
            ) { $0.int64(0) }
            _ = try await database.write(
                """
                INSERT INTO note (id, body, weight, raw)
                VALUES (\(2), \(""), \(nil as Double?), \(nil as [UInt8]?)) RETURNING id
                """
            ) { $0.int64(0) }
            try await database.read { connection in
                try connection.first("SELECT id, body, weight, raw FROM note WHERE id = \(Int64.max)") { row in
                    #expect(row.int64(0) == .max)
                    #expect(row.text(1) == text)
                    #expect(row.double(2) == 1.5)
                    #expect(row.blob(3) == bytes)
                }
                try connection.first("SELECT id, body, weight, raw FROM note WHERE id = \(2)") { row in
                    #expect(row.text(1) == "" && !row.isNull(1))
                    #expect(row.isNull(2) && row.isNull(3))
                }
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a unit that throws is undone alone`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            struct Refused: Error {}
            let failures = await withTaskGroup(of: Bool.self) { group in
                for id in 1...60 {
                    group.addTask {
                        do {
                            try await database.write { connection in
                                try connection.execute("INSERT INTO note (id, body) VALUES (\(id), \("first"))")
                                try connection.execute("INSERT INTO note (id, body) VALUES (\(id + 1000), \("second"))")
                                if id.isMultiple(of: 3) { throw Refused() }
                            }
                            return false
                        } catch { return error is Refused }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failures == 20)
            let ids = try await database.read { try $0.query("SELECT id FROM note ORDER BY id") { $0.int(0) } }
            let kept = (1...60).filter { !$0.isMultiple(of: 3) }
            #expect(ids == kept + kept.map { $0 + 1000 })
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a single statement that fails leaves its neighbours' work`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let refused = await withTaskGroup(of: DatabaseError.Kind?.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        // Every tenth takes the id of the one before.
                        let id = number % 10 == 9 ? number - 1 : number
                        do {
                            _ = try await database.write(
                                "INSERT INTO note (id, body) VALUES (\(id), \("x")) RETURNING id"
                            ) { $0.int(0) }
                            return nil
                        } catch { return (error as? DatabaseError)?.kind }
                    }
                }
                return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            #expect(refused == Array(repeating: .constraint, count: 10))
            #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM note") { $0.int(0) } } == 90)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an answered write is seen by every other connection`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let other = try Database.connector(location)(.readOnly)
            for id in 1...50 {
                _ = try await database.write("INSERT INTO note (id, body) VALUES (\(id), \("x")) RETURNING id") {
                    $0.int(0)
                }
                #expect(try other.first("SELECT COUNT(*) FROM note") { $0.int(0) } == id)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `nobody is answered before the commit of the whole batch`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let (first, second) = (Gate(), Gate())
            let answered = Gate()
            let other = try Database.connector(location)(.readOnly)
            async let occupied: Void = database.write { _ in first.wait() }
            // While the writer is occupied, two units gather that it will take together.
            try await Task.sleep(for: .milliseconds(50))
            async let early: Void = {
                try await database.write { try $0.execute("INSERT INTO note (id, body) VALUES (1, 'early')") }
                answered.open()
            }()
            try await Task.sleep(for: .milliseconds(50))
            async let late: Void = database.write { _ in second.wait() }
            try await Task.sleep(for: .milliseconds(50))
            first.open()
            try await Task.sleep(for: .milliseconds(150))
            #expect(!answered.isOpen)
            #expect(try other.first("SELECT COUNT(*) FROM note") { $0.int(0) } == 0)
            second.open()
            _ = try await (occupied, early, late)
            #expect(answered.isOpen)
            #expect(try other.first("SELECT COUNT(*) FROM note") { $0.int(0) } == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a database of a newer version is refused with a sentence`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            try Database(location, migrations: [notes, Migration(2, "later", "CREATE TABLE later (id BIGINT)")]).close()
            let error = #expect(throws: DatabaseError.self) { try Database(location, migrations: [notes]) }
            #expect(error?.kind == .tooNew)
            #expect(error?.message.contains("newer version") == true)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a migration that fails leaves nothing behind and can be run again`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let broken = Migration(2, "broken", "CREATE TABLE half (id BIGINT); INSERT INTO absent VALUES (1)")
            #expect(throws: DatabaseError.self) { try Database(location, migrations: [notes, broken]) }
            let mended = Migration(2, "mended", "CREATE TABLE half (id BIGINT)")
            let database = try Database(location, migrations: [notes, mended])
            defer { database.close() }
            #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM half") { $0.int(0) } } == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `work that waits when the database is closed is still done and answered`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            let gate = Gate()
            let answered = await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await database.write { _ in gate.wait() }) != nil }
                try? await Task.sleep(for: .milliseconds(50))
                for id in 1...20 {
                    group.addTask {
                        (try? await database.write("INSERT INTO note (id, body) VALUES (\(id), \("x")) RETURNING id") {
                            $0.int(0)
                        }) != nil
                    }
                }
                try? await Task.sleep(for: .milliseconds(50))
                group.addTask {
                    database.close()
                    return true
                }
                try? await Task.sleep(for: .milliseconds(50))
                gate.open()
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(answered == 22)
            let later = try Database.connector(location)(.readOnly)
            #expect(try later.first("SELECT COUNT(*) FROM note") { $0.int(0) } == 20)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `after close calls are refused and nothing hangs`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let database = try Database(location, migrations: [notes])
            database.close()
            await #expect(throws: DatabaseError.self) { try await database.write { _ in } }
            await #expect(throws: DatabaseError.self) { try await database.read { _ in } }
            await #expect(throws: DatabaseError.self) { try await database.scan { _ in } }
        }
    }
}
