import CSQLite
import Glibc

/// A connection to a SQLite file in WAL mode.
///
/// Unchecked Sendable: a connection is handed from thread to thread but used by one at a time.
final class SQLiteConnection: Connection, @unchecked Sendable {
    let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private var lastCheckpoint = ContinuousClock.now
    /// Statements are kept for texts that recur; texts built at run time must not fill the memory.
    private static let statementLimit = 256

    convenience init(path: String, mode: Database.Mode, cacheKilobytes: Int) throws {
        let access = mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        try self.init(path: path, access: access, cacheKilobytes: cacheKilobytes)
        if mode == .readWrite {
            try useLog()
            try script("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
            keepLogShort()
        }
    }

    /// Opens a database that is thrown away unless all goes well: nothing is kept that could undo a change, and nothing
    /// is durable before whoever makes it sees to that.
    convenience init(unfinished path: String, cacheKilobytes: Int) throws {
        try self.init(path: path, access: SQLITE_OPEN_READWRITE, cacheKilobytes: cacheKilobytes)
        try script("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF")
    }

    private init(path: String, access: Int32, cacheKilobytes: Int) throws {
        var opened: OpaquePointer?
        let status = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX, nil)
        guard status == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw DatabaseError(SQLiteConnection.kind(of: status), "cannot open \(path): \(message)")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        // The command line writes beside a running server; each waits for the other's short transaction.
        sqlite3_busy_timeout(handle, 5_000)
        try script("PRAGMA cache_size = -\(cacheKilobytes); PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
    var isUsable: Bool { true }

    func query<T>(_ sql: SQL, _ map: (Row) throws -> T) throws -> [T] {
        try withStatement(sql) { statement in
            var mapped: [T] = []
            let row = Row(.sqlite(statement))
            while try step(statement, sql) { mapped.append(try map(row)) }
            return mapped
        }
    }

    func execute(_ sql: SQL) throws -> Int {
        try withStatement(sql) { statement in
            while try step(statement, sql) {}
            return Int(sqlite3_changes(handle))
        }
    }

    func script(_ text: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        let status = sqlite3_exec(handle, text, nil, nil, &message)
        defer { sqlite3_free(message) }
        guard status == SQLITE_OK else { throw error(status, text) }
    }

    func pipeline(_ statements: [SQL], _ visit: (Int, Rows) throws -> Void) throws {
        for (index, sql) in statements.enumerated() {
            try withStatement(sql) { statement in
                try visit(
                    index, Rows { body in while try self.step(statement, sql) { try body(Row(.sqlite(statement))) } })
                while try step(statement, sql) {}
            }
        }
    }

    // IMMEDIATE, so that waiting for another process happens here and never in the middle of a unit.
    func begin() throws { _ = try execute("BEGIN IMMEDIATE") }
    func commit() throws { _ = try execute("COMMIT") }
    func rollback() {
        guard isInTransaction else { return }
        _ = try? execute("ROLLBACK")
    }

    // MARK: Log

    /// Pages in SQLite's log that are worth copying into the database file: 4 MB.
    private static let worthwhileLog = 1_000
    /// Pages that are copied at once, however soon: 128 MB.
    private static let longestLog = 32_768
    /// While pages are copied nobody can commit. Much gathers in a pause under load, and of a page that was written
    /// often only the last version is copied; SQLite's own rule, every 1000 pages, costs a large table a third of its
    /// writes a second.
    private static let checkpointPause = Duration.seconds(4)

    /// Switches to the write-ahead log, for which SQLite does not wait when another process opens the file too.
    private func useLog() throws {
        for attempt in 1... {
            do {
                return try script("PRAGMA journal_mode = WAL")
            } catch let error as DatabaseError where error.kind == .conflict && attempt < 100 {
                usleep(50_000)
            }
        }
    }

    private func keepLogShort() {
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                let connection = Unmanaged<SQLiteConnection>.fromOpaque(context!).takeUnretainedValue()
                connection.logHasGrown(to: Int(pages))
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Called after each commit.
    private func logHasGrown(to pages: Int) {
        guard pages >= Self.worthwhileLog else { return }
        let now = ContinuousClock.now
        guard pages >= Self.longestLog || lastCheckpoint.duration(to: now) >= Self.checkpointPause else { return }
        // Passive: it waits for no reader. What it must leave, the next one copies.
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        lastCheckpoint = now
    }

    // MARK: Statements

    private func withStatement<T>(_ sql: SQL, _ body: (OpaquePointer) throws -> T) throws -> T {
        let statement = try prepared(sql.text)
        statement.isBusy = true
        defer {
            sqlite3_reset(statement.pointer)
            sqlite3_clear_bindings(statement.pointer)
            statement.isBusy = false
        }
        for (index, value) in sql.values.enumerated() {
            let status = statement.bind(value, at: Int32(index + 1))
            guard status == SQLITE_OK else { throw error(status, sql.text) }
        }
        return try body(statement.pointer)
    }

    private func prepared(_ text: String) throws -> SQLiteStatement {
        if let kept = statements[text], !kept.isBusy { return kept }
        var pointer: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard status == SQLITE_OK, let pointer else { throw error(status, text) }
        let statement = SQLiteStatement(pointer)
        if statements.count >= Self.statementLimit { statements.removeAll() }
        statements[text] = statement
        return statement
    }

    @inline(__always)
    private func step(_ statement: OpaquePointer, _ sql: SQL) throws -> Bool {
        let status = sqlite3_step(statement)
        if status == SQLITE_ROW { return true }
        if status == SQLITE_DONE { return false }
        throw error(status, sql.text)
    }

    private func error(_ status: Int32, _ text: String) -> DatabaseError {
        DatabaseError(Self.kind(of: status), String(cString: sqlite3_errmsg(handle)), statement: text)
    }

    private static func kind(of status: Int32) -> DatabaseError.Kind {
        switch status & 0xff {
        case SQLITE_CONSTRAINT: .constraint
        case SQLITE_FULL: .full
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN: .readOnly
        case SQLITE_BUSY, SQLITE_LOCKED: .conflict
        default: .other
        }
    }
}

/// A prepared statement.
private final class SQLiteStatement {
    let pointer: OpaquePointer
    /// Set while its rows are being read: the same text run meanwhile needs a statement of its own.
    var isBusy = false

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { sqlite3_finalize(pointer) }

    /// Tells SQLite to copy what is bound, which lives only during the call.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func bind(_ value: SQL.Value, at index: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(pointer, index)
        case .integer(let integer): return sqlite3_bind_int64(pointer, index, integer)
        case .real(let real): return sqlite3_bind_double(pointer, index, real)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(pointer, index, $0.baseAddress ?? Self.empty, Int32($0.count), Self.copied)
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes {
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(pointer, index, 0)
                    : sqlite3_bind_blob(pointer, index, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    private static nonisolated(unsafe) let empty: UnsafePointer<CChar> = {
        let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        pointer.pointee = 0
        return UnsafePointer(pointer)
    }()
}
