/// One connection to a database, used by one thread at a time.
///
/// Two real conformers exist, SQLite's and PostgreSQL's. Every call blocks until the database has answered.
package protocol Connection: AnyObject {
    /// Runs one statement and maps each row it returns. A row is valid only during `map`.
    func query<T>(_ sql: SQL, _ map: (Row) throws -> T) throws -> [T]

    /// Runs one statement and returns how many rows it changed.
    @discardableResult func execute(_ sql: SQL) throws -> Int

    /// Runs statements separated by semicolons, without values. Used by migrations.
    func script(_ text: String) throws

    /// Runs independent statements in order, with a single exchange where the driver can, and gives `visit` each
    /// statement's index and rows. If any of them fails, the first error is thrown and none counts.
    func pipeline(_ statements: [SQL], _ visit: (Int, Rows) throws -> Void) throws

    /// Begins a transaction that may write.
    func begin() throws
    /// Makes the transaction durable; when this returns, a power cut cannot undo it.
    func commit() throws
    /// Undoes the open transaction, if there still is one. Never throws.
    func rollback()

    /// Whether a transaction is open. SQLite ends one by itself when the disk is full.
    var isInTransaction: Bool { get }
    /// Whether the connection can still be used. A lost one must be replaced.
    var isUsable: Bool { get }
}

extension Connection {
    /// The first row of a statement, or nil if there is none.
    package func first<T>(_ sql: SQL, _ map: (Row) throws -> T) throws -> T? {
        try query(sql, map).first
    }
}

/// The rows of one statement of a pipeline.
package struct Rows {
    let forEach: ((Row) throws -> Void) throws -> Void

    /// Maps each row. May be called once.
    package func map<T>(_ transform: (Row) throws -> T) throws -> [T] {
        var mapped: [T] = []
        try forEach { mapped.append(try transform($0)) }
        return mapped
    }
}
