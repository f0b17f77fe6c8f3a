import Glibc

/// A SQLite database as a file, to be copied whole.
package struct DatabaseFile {
    private let path: String

    package init(_ path: String) { self.path = path }

    /// - Parameter schema: the greatest number of a migration this program knows.
    /// - Throws: unless the file is a sound database made by this program, or an older version of it.
    package func check(schema: Int) throws {
        guard access(path, R_OK) == 0 else { throw DatabaseError(.other, "cannot read \(path)") }
        let connection = try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 4_096)
        do {
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

    /// Makes a consistent copy, while others may be writing. The copy appears under its name only when it is whole and
    /// on disk.
    ///
    /// - Throws: if `copy` exists.
    package func copy(to copy: String) throws {
        guard access(copy, F_OK) != 0 else { throw DatabaseError(.other, "\(copy) exists") }
        try write(copy + ".part", renamedTo: copy)
    }

    /// Makes a copy in place of another database that nobody has open.
    package func replace(_ database: String) throws {
        try write(database + ".restoring", renamedTo: database) {
            // The old database's log must not be applied to the new one, but until then the old one must not lose it.
            if access(database, F_OK) == 0 {
                let old = try? SQLiteConnection(path: database, mode: .readWrite, cacheKilobytes: 1_024)
                try? old?.script("PRAGMA wal_checkpoint(TRUNCATE)")
            }
            unlink(database + "-wal")
            unlink(database + "-shm")
        }
    }

    private func write(_ part: String, renamedTo name: String, _ beforeRename: () -> Void = {}) throws {
        unlink(part)
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 4_096)
            _ = try connection.execute("VACUUM INTO \(part)")
        } catch {
            unlink(part)
            throw error
        }
        try Self.sync(part)
        beforeRename()
        guard rename(part, name) == 0 else {
            throw DatabaseError(.other, "cannot make \(name): \(String(cString: strerror(errno)))")
        }
        let end = name.lastIndex(of: "/")
        try Self.sync(end.map { $0 == name.startIndex ? "/" : String(name[..<$0]) } ?? ".")
    }

    /// Waits until a file or directory is on disk.
    private static func sync(_ path: String) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, fsync(file) == 0 else {
            throw DatabaseError(.other, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
