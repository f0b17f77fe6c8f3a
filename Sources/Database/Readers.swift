import Synchronization

/// Runs reads.
enum Readers: Sendable {
    /// Reads on the caller's own thread: an indexed look-up in SQLite takes microseconds, less than a change of
    /// thread would.
    case inline(ConnectionPool)
    /// Reads on threads that may block, one connection each: PostgreSQL, and whatever takes long.
    case threaded(ReaderThreads)

    func run<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        switch self {
        case .inline(let pool): try pool.run(body)
        case .threaded(let threads): try await threads.run(body)
        }
    }

    func close() {
        switch self {
        case .inline(let pool): pool.close()
        case .threaded(let threads): threads.close()
        }
    }
}

/// Read-only connections that are lent for the length of a call.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [SQLiteConnection] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let connect: @Sendable () throws -> SQLiteConnection

    init(connect: @escaping @Sendable () throws -> SQLiteConnection) { self.connect = connect }

    func run<T>(_ body: (any Connection) throws -> T) throws -> T {
        let lent = try state.withLock { state in
            guard !state.isClosed else { throw DatabaseError(.closed, "the database is closed") }
            return state.idle.popLast()
        }
        let connection = try lent ?? connect()
        defer {
            state.withLock { state in
                if !state.isClosed { state.idle.append(connection) }
            }
        }
        return try body(connection)
    }

    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        _ = idle
    }
}

/// Threads that each own a connection and run the reads they are sent.
final class ReaderThreads: Sendable {
    private final class Job: Sendable {
        let run: @Sendable (Result<Handover, any Error>) -> Void
        init(_ run: @escaping @Sendable (Result<Handover, any Error>) -> Void) { self.run = run }
    }

    private let mailbox: Mailbox<Job>
    private let threads: [WorkerThread]

    /// - Parameter connect: makes a connection; called by each thread when it first needs one and after a loss.
    init(count: Int, connect: @escaping @Sendable () throws -> any Connection) {
        let mailbox = Mailbox<Job>()
        self.mailbox = mailbox
        threads = (0..<count).map { _ in
            WorkerThread {
                var connection: (any Connection)?
                while let jobs = mailbox.take(upTo: 1) {
                    for job in jobs {
                        if connection?.isUsable != true { connection = nil }
                        job.run(
                            Result {
                                let usable = try connection ?? connect()
                                connection = usable
                                return Handover(usable)
                            })
                    }
                }
            }
        }
    }

    func run<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<T, any Error>) in
            let job = Job { connection in
                continuation.resume(with: Result { try body(connection.get().take()) })
            }
            if !mailbox.send(job) {
                continuation.resume(throwing: DatabaseError(.closed, "the database is closed"))
            }
        }
    }

    func close() {
        mailbox.close()
        WorkerThread.join(threads)
    }
}
