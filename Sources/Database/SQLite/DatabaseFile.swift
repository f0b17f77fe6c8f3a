import Glibc

/// A SQLite database as a file, to be copied whole.
package struct DatabaseFile {
    private let path: String

    package init(_ path: String) { self.path = path }

    /// - Parameter schema: the greatest number of a migration this program knows.
    /// - Throws: unless the file is a sound database made by this program, or an older version of it.
    package func check(schema: Int) throws {
        guard access(path, R_OK) == 0 else { throw DatabaseError(.other, "cannot read \(path)") }
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 4_096)
            let isOurs = try connection.first(
                "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_migration'"
            ) { $0.int(0) }
            guard isOurs == 1 else { throw DatabaseError(.other, "\(path) is no backup of this program") }
            let made = try connection.first("SELECT COALESCE(MAX(number), 0) FROM schema_migration") { $0.int(0) } ?? 0
            guard made <= schema else {
                throw DatabaseError(.tooNew, "\(path) was made by a newer version, which has schema \(made)")
            }
            let faults = try connection.query("PRAGMA integrity_check") { $0.text(0) }
            guard faults == ["ok"] else {
                throw DatabaseError(.other, "\(path) is damaged: \(faults.joined(separator: "; "))")
            }
        } catch let error as DatabaseError where error.statement != nil {
            throw DatabaseError(.other, "\(path) is no backup: \(error.message)")
        }
    }

    /// Runs reads on the database, which others may be using.
    package func read<T>(_ body: (any Connection) throws -> T) throws -> T {
        try body(SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 4_096))
    }

    /// Whether the database that a connection reads has a table of this name.
    package static func hasTable(_ name: String, in connection: any Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = \(name)") { _ in true }
            ?? false
    }

    /// Makes a consistent copy, while others may be writing. The copy appears under its name only when it is whole and
    /// on disk.
    ///
    /// - Parameter change: makes of the copy what shall appear. If it throws, nothing appears.
    /// - Throws: if `copy` exists, or somebody else is making it.
    package func copy(to copy: String, changing change: (any Connection) throws -> Void = { _ in }) throws {
        let part = try PartFile(copy + ".part")
        defer { part.discard() }
        guard access(copy, F_OK) != 0 else { throw DatabaseError(.other, "\(copy) exists") }
        try write(to: part)
        try Self.change(part, change)
        try part.publish(as: copy)
    }

    /// Makes a copy in place of another database that nobody has open.
    ///
    /// - Parameters:
    ///   - table: is left out of the copy, if there is one of this name.
    ///   - work: what must be done before the copy takes its place; the other stays if it throws.
    package func replace(_ database: String, without table: StaticString, _ work: () throws -> Void = {}) throws {
        let part = try PartFile(database + ".restoring")
        defer { part.discard() }
        if try read({ try Self.hasTable("\(table)", in: $0) }) {
            let whole = try PartFile(database + ".unpacking")
            defer { whole.discard() }
            try write(to: whole)
            try Self.change(whole) { try $0.script("DROP TABLE \(table)") }
            // A table that is dropped leaves its pages; a copy has only those in use.
            try DatabaseFile(whole.path).write(to: part)
        } else {
            try write(to: part)
        }
        try part.publish(as: database) {
            try work()
            // The old database's log must not be applied to the new one, but until then the old one must not lose it.
            if access(database, F_OK) == 0 {
                let old = try? SQLiteConnection(path: database, mode: .readWrite, cacheKilobytes: 1_024)
                try? old?.script("PRAGMA wal_checkpoint(TRUNCATE)")
            }
            unlink(database + "-wal")
            unlink(database + "-shm")
        }
    }

    private func write(to part: PartFile) throws { try read { _ = try $0.execute("VACUUM INTO \(part.path)") } }

    private static func change(_ part: PartFile, _ change: (any Connection) throws -> Void) throws {
        let connection = try SQLiteConnection(unfinished: part.path, cacheKilobytes: 4_096)
        try connection.begin()
        try change(connection)
        try connection.commit()
    }
}
