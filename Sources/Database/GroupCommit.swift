import Synchronization

/// The one writer of a database: it runs all the work that waits in one transaction, commits once, and only then
/// answers the callers. So each caller's change is durable when it is told so, and many share the cost of making it so.
///
/// A unit that fails is undone alone. A commit that fails fails every caller of its batch, and nothing of it is kept.
final class GroupCommit: Sendable {
    /// How many commits were made and how many units of work they held.
    struct Counts: Sendable {
        var commits = 0
        var units = 0
    }

    /// Bounds how long the first caller of a batch waits for the last.
    private static let batchLimit = 256
    /// How long work that is not urgent waits for other work to share a commit with, in nanoseconds.
    private static let patience = 5_000_000

    private let mailbox = Mailbox<WriteJob>()
    private let thread: WorkerThread
    private let counted: Counter

    private final class Counter: Sendable {
        let counts = Mutex(Counts())
    }

    /// - Parameters:
    ///   - first: the connection to write through.
    ///   - connect: replaces it when it was lost.
    init(first: any Connection, connect: @escaping @Sendable () throws -> any Connection) {
        let first = Handover(first)
        let counted = Counter()
        self.counted = counted
        thread = WorkerThread { [mailbox] in
            var connection: (any Connection)? = first.take()
            while let taken = mailbox.take(upTo: Self.batchLimit, patience: Self.patience) {
                let lone = taken.contains(where: \.isLone) ? taken.compactMap { $0 as? LoneJob } : []
                let jobs = lone.isEmpty ? taken : taken.filter { !$0.isLone }
                for job in lone { job.runAlone() }
                if jobs.isEmpty { continue }
                do {
                    if connection?.isUsable != true { connection = nil }
                    let usable = try connection ?? connect()
                    connection = usable
                    try Self.run(jobs, on: usable)
                    counted.counts.withLock {
                        $0.commits += 1
                        $0.units += jobs.count
                    }
                    for job in jobs { job.finish() }
                } catch {
                    connection?.rollback()
                    for job in jobs { job.fail(job.failure ?? error) }
                }
            }
        }
    }

    var counts: Counts { counted.counts.withLock { $0 } }

    /// Hands work over; answers with an error at once if the writer is closed.
    func send(_ job: WriteJob, isUrgent: Bool = true) {
        if !mailbox.send(job, isUrgent: isUrgent) { job.fail(DatabaseError(.closed, "the database is closed")) }
    }

    /// Finishes what was handed over and ends the thread.
    func close() {
        mailbox.close()
        WorkerThread.join([thread])
    }

    // MARK: On the writer's thread

    private static func run(_ jobs: [WriteJob], on connection: any Connection) throws {
        do {
            if let pipelined = connection as? any PipelinedConnection {
                try runPipelined(jobs, on: pipelined)
            } else {
                try connection.begin()
                // A single statement of SQLite's undoes itself when it fails.
                for job in jobs { try run(job, hasSavepoint: job.statement == nil, on: connection) }
                try connection.commit()
            }
        } catch let error as DatabaseError where error.concernsOneUnit && connection.isUsable {
            // One job spoiled the transaction of all. Fence each of them off.
            connection.rollback()
            try connection.begin()
            for job in jobs { try run(job, hasSavepoint: true, on: connection) }
            try connection.commit()
        }
        // What lost against another server's transaction has a fair chance now.
        for job in jobs where (job.failure as? DatabaseError)?.kind == .conflict { runSeparately(job, on: connection) }
    }

    /// Runs a job inside the open transaction.
    ///
    /// - Parameter hasSavepoint: whether to undo it alone if it fails.
    private static func run(_ job: WriteJob, hasSavepoint: Bool, on connection: any Connection) throws {
        job.failure = nil
        do {
            if hasSavepoint { try connection.execute("SAVEPOINT unit") }
            try job.run(connection)
            if hasSavepoint { try connection.execute("RELEASE unit") }
        } catch {
            job.failure = error
            // A full disk ends SQLite's whole transaction; then the others have lost their work too.
            guard connection.isInTransaction, connection.isUsable else { throw error }
            if hasSavepoint {
                try connection.execute("ROLLBACK TO unit")
                try connection.execute("RELEASE unit")
            }
        }
    }

    private static func runPipelined(_ jobs: [WriteJob], on connection: any PipelinedConnection) throws {
        let single = jobs.filter { $0.statement != nil }
        let units = jobs.filter { $0.statement == nil }
        // The change is made by then: a row that cannot be read is that caller's trouble alone.
        let keep = { (index: Int, rows: Rows) in
            single[index].failure = nil
            do { try single[index].keep(rows) } catch { single[index].failure = error }
        }
        if units.isEmpty { return try connection.pipelineTransaction(single.map { $0.statement! }, keep) }
        try connection.begin()
        for job in units { try run(job, hasSavepoint: true, on: connection) }
        if !single.isEmpty { try connection.pipeline(single.map { $0.statement! }, keep) }
        try connection.commit()
    }

    private static func runSeparately(_ job: WriteJob, on connection: any Connection) {
        do {
            job.failure = nil
            try connection.begin()
            try job.run(connection)
            try connection.commit()
        } catch {
            connection.rollback()
            job.failure = error
        }
    }
}

/// A connection that can run many independent statements, as one transaction, in one exchange with its server.
protocol PipelinedConnection: Connection {
    /// Runs all or, when one fails, none. `visit` is called after the commit.
    func pipelineTransaction(_ statements: [SQL], _ visit: (Int, Rows) throws -> Void) throws
}

/// Carries a connection into the thread that will own it. Unchecked, since it is made, taken once and then forgotten.
final class Handover: @unchecked Sendable {
    private var connection: (any Connection)?
    init(_ connection: any Connection) { self.connection = connection }

    /// The connection, which from now on belongs to the caller alone.
    func take() -> any Connection {
        defer { connection = nil }
        return connection!
    }
}
