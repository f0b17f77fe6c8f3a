/// A piece of work for the writer, with the caller that waits for it.
class WriteJob: @unchecked Sendable {
    // Unchecked: the caller hands the job over and only waits; the writer's thread alone touches it until it is done.

    /// The statement, if the work is just one.
    var statement: SQL? { nil }
    /// Whether it wants the writer to itself, outside of any transaction and without its connection.
    var isLone: Bool { false }
    /// Runs the work and keeps its result. May be called again after a rollback.
    func run(_ connection: any Connection) throws {}
    /// Keeps the result of `statement`, run by someone else.
    func keep(_ rows: Rows) throws {}
    /// Answers the caller with what was kept.
    func succeed() {}
    /// Answers the caller with an error.
    func fail(_ error: any Error) {}
    /// Why this job alone failed.
    final var failure: (any Error)?

    final func finish() {
        if let failure { fail(failure) } else { succeed() }
    }
}

/// Several statements that belong together.
final class UnitJob<T: Sendable>: WriteJob, @unchecked Sendable {
    private let body: @Sendable (any Connection) throws -> T
    private let continuation: UnsafeContinuation<T, any Error>
    private var result: T?

    init(_ body: @escaping @Sendable (any Connection) throws -> T, _ continuation: UnsafeContinuation<T, any Error>) {
        self.body = body
        self.continuation = continuation
    }

    override func run(_ connection: any Connection) throws { result = try body(connection) }
    override func succeed() { continuation.resume(returning: result!) }
    override func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// A single statement, which needs no savepoint and can share an exchange with others.
final class StatementJob<T: Sendable>: WriteJob, @unchecked Sendable {
    private let sql: SQL
    private let map: @Sendable (Row) throws -> T
    private let continuation: UnsafeContinuation<[T], any Error>
    private var result: [T] = []

    init(_ sql: SQL, _ map: @escaping @Sendable (Row) throws -> T, _ continuation: UnsafeContinuation<[T], any Error>) {
        self.sql = sql
        self.map = map
        self.continuation = continuation
    }

    override var statement: SQL? { sql }
    override func run(_ connection: any Connection) throws { result = try connection.query(sql, map) }
    override func keep(_ rows: Rows) throws { result = try rows.map(map) }
    override func succeed() { continuation.resume(returning: result) }
    override func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// Work on the database's file while the writer rests.
final class LoneJob: WriteJob, @unchecked Sendable {
    private let body: @Sendable () throws -> Void
    private let continuation: UnsafeContinuation<Void, any Error>

    init(_ continuation: UnsafeContinuation<Void, any Error>, _ body: @escaping @Sendable () throws -> Void) {
        self.body = body
        self.continuation = continuation
    }

    override var isLone: Bool { true }
    override func succeed() { continuation.resume() }
    override func fail(_ error: any Error) { continuation.resume(throwing: error) }

    func runAlone() {
        do {
            try body()
        } catch {
            failure = error
        }
        finish()
    }
}
