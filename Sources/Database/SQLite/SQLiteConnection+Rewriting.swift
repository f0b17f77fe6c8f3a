/// Work on a whole file, for which a connection of its own is opened.
extension SQLiteConnection {
    /// Writes a database anew from what it holds. Nobody else may be writing to it for long.
    static func rewrite(_ path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readWrite, cacheKilobytes: 16_384)
        // In memory, as elsewhere, the new database would take as much of it as it is large.
        try connection.script("PRAGMA temp_store = FILE; VACUUM")
    }

    /// Copies the log into the database's file and cuts it to nothing.
    ///
    /// - Returns: false if somebody still reads from it, or is writing.
    static func emptyLog(of path: String) throws -> Bool {
        let connection = try SQLiteConnection(path: path, mode: .readWrite, cacheKilobytes: 1_024)
        // Writers wait while it waits.
        try connection.script("PRAGMA busy_timeout = 100")
        return try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) == 0 } ?? false
    }
}
