#if PostgreSQL
import TestSupport
import Testing

@testable import Database

private let notes = Migration(1, "notes", "CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT NOT NULL)")

@Suite(.enabled(if: DatabaseKind.available.contains(.postgres)))
struct PostgresTests {
    @Test func `lost connections fail their callers and are replaced`() async throws {
        try await withScratchDatabase(.postgres) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let admin = try Database.connector(location)(.readWrite)
            let cut = {
                _ = try admin.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """
                ) { _ in }
            }
            for round in 1...5 {
                // Lost in the middle of a unit: its caller is told.
                let error = await #expect(throws: DatabaseError.self) {
                    try await database.write { connection in
                        try connection.execute("INSERT INTO note VALUES (\(round), 'lost')")
                        _ = try connection.query("SELECT pg_terminate_backend(pg_backend_pid())") { _ in }
                    }
                }
                #expect(error?.kind == .connectionLost)
                try cut()
                // Lost while idle: replaced, at the latest for the second caller.
                for _ in 1...2 { _ = try? await database.read { try $0.first("SELECT 1") { $0.int(0) } } }
                for _ in 1...8 { _ = try? await database.read { try $0.first("SELECT 1") { $0.int(0) } } }
                #expect(
                    try await database.read { try $0.first("SELECT COUNT(*) FROM note") { $0.int(0) } } == round - 1)
                _ = try await database.write("INSERT INTO note VALUES (\(round + 100), 'kept') RETURNING id") {
                    $0.int(0)
                }
            }
        }
    }

    @Test func `commits wait for the disk`() async throws {
        try await withScratchDatabase(.postgres) { location in
            let database = try Database(location, migrations: [notes])
            defer { database.close() }
            let setting = try await database.write { try $0.first("SHOW synchronous_commit") { $0.text(0) } }
            #expect(setting == "on")
        }
    }
}
#endif
