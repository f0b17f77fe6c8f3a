#if PostgreSQL
import CPostgres
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Many statements in one exchange with the server: libpq's pipeline mode.
extension PostgresConnection {
    /// A part of an exchange. The server answers each, in order.
    private enum Step {
        case free(String)
        case prepare(text: String, name: String)
        case run(text: String)

        var text: String {
            switch self {
            case .free(let text), .prepare(let text, _), .run(let text): text
            }
        }
    }

    /// Runs statements in order and gives their results, or throws the first error, with none kept: outside of a
    /// transaction the server makes one of the exchange, inside of one it is up to the caller to roll back.
    func exchange(_ batch: [SQL]) throws(DatabaseError) -> [PostgresResult] {
        if batch.isEmpty { return [] }
        // Nothing may fail on our side once a part is sent: the server would keep that part.
        for sql in batch { try PostgresParameters.check(sql) }
        let canRepeat = !isInTransaction
        var (results, failed) = try attempt(batch)
        if let first = failed, canRepeat, isStale(first.result) { (results, failed) = try attempt(batch) }
        if let failed { throw failed.error }
        return results
    }

    private typealias Failure = (result: PostgresResult, error: DatabaseError)

    private func attempt(_ batch: [SQL]) throws(DatabaseError) -> ([PostgresResult], Failure?) {
        try requireUsable(batch[0].text)
        let wasInTransaction = isInTransaction
        // Not blocking, so that `flush` can read while it writes.
        guard PQenterPipelineMode(handle) == 1, PQsetnonblocking(handle, 1) == 0 else { throw lose(batch[0].text) }
        let steps = try send(batch)
        let (results, failed) = try receive(steps)
        guard PQsetnonblocking(handle, 0) == 0, PQexitPipelineMode(handle) == 1 else { throw lose(batch[0].text) }
        // The batch may have begun a transaction itself.
        if failed != nil && !wasInTransaction { rollback() }
        return (results, failed)
    }

    // MARK: Sending

    private func send(_ batch: [SQL]) throws(DatabaseError) -> [Step] {
        var steps: [Step] = []
        steps.reserveCapacity(batch.count + 2)
        var unsent = 0
        // In a failed transaction they would fail too, and with them the ROLLBACK TO that comes after.
        let leftovers = PQtransactionStatus(handle) == PQTRANS_INERROR ? [] : statements.leftovers
        for leftover in leftovers {
            guard PQsendQueryParams(handle, leftover, 0, nil, nil, nil, nil, 0) == 1 else { throw lose(leftover) }
            steps.append(.free(leftover))
        }
        for sql in batch {
            let name: String
            if let known = statements.name(of: sql.text) {
                name = known
            } else {
                name = statements.add(sql.text)
                guard PQsendPrepare(handle, name, sql.text, 0, nil) == 1 else { throw lose(sql.text) }
                steps.append(.prepare(text: sql.text, name: name))
            }
            parameters.fill(sql.values)
            let isSent = parameters.withPointers { count, values, lengths, formats in
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 0) == 1
            }
            guard isSent else { throw lose(sql.text) }
            steps.append(.run(text: sql.text))
            unsent += parameters.byteCount
            if unsent > 1 << 16 {
                guard flush() else { throw lose(sql.text) }
                unsent = 0
            }
        }
        guard PQpipelineSync(handle) == 1, flush() else { throw lose(batch[0].text) }
        return steps
    }

    /// Sends what libpq holds, and reads meanwhile: a server whose answers are not read stops reading too.
    private func flush() -> Bool {
        while true {
            switch PQflush(handle) {
            case 0: return true
            case 1: break
            default: return false
            }
            var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN | POLLOUT), revents: 0)
            // For a socket that is closed already, poll would wait for ever.
            guard socket.fd >= 0 else { return false }
            if poll(&socket, 1, -1) < 0 {
                guard errno == EINTR else { return false }
            } else if socket.revents != Int16(POLLOUT), PQconsumeInput(handle) == 0 {
                return false
            }
        }
    }

    /// Reads what has come while no statement ran, without waiting; false if that is the end of the connection.
    func canStillRead() -> Bool {
        var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        while PQstatus(handle) == CONNECTION_OK && poll(&socket, 1, 0) > 0 {
            if PQconsumeInput(handle) == 0 { return false }
        }
        return PQstatus(handle) == CONNECTION_OK
    }

    // MARK: Receiving

    private func receive(_ steps: [Step]) throws(DatabaseError) -> ([PostgresResult], Failure?) {
        var results: [PostgresResult] = []
        results.reserveCapacity(steps.count)
        var failed: Failure?
        for step in steps {
            guard let answer = PQgetResult(handle) else { throw lose(step.text) }
            let result = PostgresResult(answer)
            switch (result.status, step) {
            case (PGRES_COMMAND_OK, .run), (PGRES_TUPLES_OK, .run), (PGRES_EMPTY_QUERY, .run): results.append(result)
            case (PGRES_COMMAND_OK, .free(let leftover)): statements.free(leftover)
            case (PGRES_COMMAND_OK, .prepare): break
            case (PGRES_FATAL_ERROR, _), (PGRES_PIPELINE_ABORTED, _):
                if case .prepare(let text, let name) = step { statements.remove(text, name: name) }
                if failed == nil { failed = (result, failure(result, step.text)) }
            default: throw lose(step.text)  // COPY, which cannot be used here.
            }
            if isLost, let failed { throw failed.error }
            // A nil ends each step's results.
            guard PQgetResult(handle) == nil else { throw lose(step.text) }
        }
        if let late = try receiveSync(), failed == nil { failed = late }
        return (results, failed)
    }

    /// Waits for the end of the exchange. Outside of a transaction it commits there, which may fail.
    private func receiveSync() throws(DatabaseError) -> Failure? {
        var failed: Failure?
        while true {
            // A nil follows an error; two in a row would mean that nothing more is coming.
            guard let answer = PQgetResult(handle) ?? PQgetResult(handle) else { throw lose(nil) }
            let result = PostgresResult(answer)
            if result.status == PGRES_PIPELINE_SYNC { return failed }
            failed = (result, failure(result, nil))
            if isLost, let failed { throw failed.error }
        }
    }
}
#endif
