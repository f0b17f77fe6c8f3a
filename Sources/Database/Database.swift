/// A database: SQLite in a file, or PostgreSQL behind a URL. The stores above see no difference.
package final class Database: Sendable {
    /// Where the data lies.
    package enum Location: Sendable, Hashable {
        /// A SQLite file, made if it does not exist.
        case file(String)
        /// A `postgres://` URL.
        case postgres(String)
    }

    package let location: Location
    private let writer: GroupCommit
    private let readers: Readers
    private let scanners: ReaderThreads
    /// Where ``maintain(_:)`` works, if that is beside the writer.
    private let maintainer: ReaderThreads?

    /// Opens a database and brings its schema up to date.
    ///
    /// - Throws: ``DatabaseError``; of kind `tooNew` if a newer version of the program made the database.
    package init(_ location: Location, migrations: [Migration]) throws {
        self.location = location
        let connect = try Self.connector(location)
        let first = try connect(.readWrite)
        try Migrator(migrations).run(on: first)
        writer = GroupCommit(first: first) { try connect(.readWrite) }
        switch location {
        case .file(let path):
            readers = .inline(
                ConnectionPool { try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 4_096) })
            maintainer = nil
        case .postgres:
            readers = .threaded(ReaderThreads(count: 6) { try connect(.readOnly) })
            maintainer = ReaderThreads(count: 1) { try connect(.readWrite) }
        }
        scanners = ReaderThreads(count: 2) { try connect(.readOnly) }
    }

    /// Runs short reads: look-ups and pages by index. On SQLite they run on the caller's thread.
    package func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await readers.run(body)
    }

    /// Runs long reads, such as a search or an export, on threads of their own.
    package func scan<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await scanners.run(body)
    }

    /// Runs a unit of work: all of it is durable when this returns, and none of it is kept if it throws.
    /// The unit may run more than once, so it must change nothing but the database.
    ///
    /// - Parameter isUrgent: false if some milliseconds make no difference: then it shares a commit with others, which
    ///   costs less.
    @discardableResult
    package func write<T: Sendable>(
        isUrgent: Bool = true, _ unit: @escaping @Sendable (any Connection) throws -> T
    ) async throws -> T {
        try await withUnsafeThrowingContinuation { writer.send(UnitJob(unit, $0), isUrgent: isUrgent) }
    }

    /// Runs a single changing statement, cheaper than a unit, and returns its rows once the change is durable.
    @discardableResult
    package func write<T: Sendable>(
        isUrgent: Bool = true, _ sql: SQL, _ map: @escaping @Sendable (Row) throws -> T
    ) async throws -> [T] {
        try await withUnsafeThrowingContinuation { writer.send(StatementJob(sql, map, $0), isUrgent: isUrgent) }
    }

    /// Runs a unit of work that nobody waits for, such as the upkeep of an index. On PostgreSQL it has a connection and
    /// a transaction of its own and holds up no other writes; SQLite has one writer, so there it must be short.
    @discardableResult
    package func maintain<T: Sendable>(_ unit: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        guard let maintainer else { return try await write(unit) }
        return try await maintainer.run { connection in
            try connection.begin()
            do {
                let result = try unit(connection)
                try connection.commit()
                return result
            } catch {
                connection.rollback()
                throw error
            }
        }
    }

    /// Writes SQLite's file anew from what it holds, and empties its log. Afterwards nothing that was deleted can be
    /// found in them: deleting overwrites a row where it is, but not the copies that SQLite leaves behind when it moves
    /// rows from page to page.
    ///
    /// Writes wait while the file is written, about ten seconds for a gigabyte, and it takes twice its space meanwhile.
    /// On PostgreSQL this does nothing: there deleted rows stay in the files until VACUUM, which the server runs by
    /// itself, has made their space free and others have taken it.
    ///
    /// - Throws: ``DatabaseError``; of kind `conflict` if others keep the log from being emptied for half a minute.
    package func compact() async throws {
        guard case .file(let path) = location else { return }
        try await withUnsafeThrowingContinuation { continuation in
            writer.send(LoneJob(continuation) { try SQLiteConnection.rewrite(path) })
        }
        for _ in 1...150 {
            if try await scanners.run({ _ in try SQLiteConnection.emptyLog(of: path) }) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw DatabaseError(.conflict, "the log could not be emptied, since somebody reads what is in it")
    }

    /// How many commits were made since the database was opened, and of how many units of work.
    package var commits: (commits: Int, units: Int) {
        let counts = writer.counts
        return (counts.commits, counts.units)
    }

    /// Finishes the work handed over, then closes every connection. Later calls throw `closed`.
    package func close() {
        // The writer last: closing the last connection puts SQLite's log into the file.
        readers.close()
        scanners.close()
        maintainer?.close()
        writer.close()
    }

    package enum Mode: Sendable { case readOnly, readWrite }

    /// Makes single connections to a location, without a writer or readers around them.
    package static func connector(_ location: Location) throws -> @Sendable (Mode) throws -> any Connection {
        switch location {
        case .file(let path):
            return { mode in
                try SQLiteConnection(path: path, mode: mode, cacheKilobytes: 16_384)
            }
        case .postgres(let url):
            #if PostgreSQL
            return { mode in try PostgresConnection(url: url, isReadOnly: mode == .readOnly) }
            #else
            throw DatabaseError(.other, "this build has no PostgreSQL; build it with `--traits PostgreSQL`")
            #endif
        }
    }
}
