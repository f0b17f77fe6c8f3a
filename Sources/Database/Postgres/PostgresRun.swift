#if PostgreSQL
extension PostgresConnection {
    func query<T>(_ sql: SQL, _ map: (Row) throws -> T) throws -> [T] {
        let result = try run(sql)
        var mapped: [T] = []
        mapped.reserveCapacity(Int(result.rowCount))
        for row in 0..<result.rowCount { mapped.append(try map(Row(.postgres(result, row)))) }
        return mapped
    }

    @discardableResult func execute(_ sql: SQL) throws -> Int {
        try run(sql).changedRows
    }

    func script(_ text: String) throws {
        if text.utf8.contains(0) { throw DatabaseError(.other, "a script contains a NUL character") }
        // A script may change what statements were prepared for, even the types of their values.
        defer { statements.removeAll() }
        let wasInTransaction = isInTransaction
        do {
            try simple(text)
        } catch {
            // The script may have begun a transaction of its own.
            if !wasInTransaction { rollback() }
            throw error
        }
    }

    func begin() throws {
        if isInTransaction { throw DatabaseError(.other, "a transaction is open already", statement: "BEGIN") }
        try simple("BEGIN")
    }

    /// Throws `other`, with nothing kept, if a statement of the transaction had failed.
    func commit() throws {
        try requireUsable("COMMIT")
        guard isInTransaction else { throw DatabaseError(.other, "no transaction is open", statement: "COMMIT") }
        // The server answers the commit of a failed transaction with success, and the word ROLLBACK.
        guard try simple("COMMIT").tag == "COMMIT" else {
            throw DatabaseError(
                .other, "the transaction was rolled back, since a statement in it had failed", statement: "COMMIT")
        }
    }

    func rollback() {
        guard isInTransaction else { return }
        do { try simple("ROLLBACK") } catch { isLost = true }
    }

    func pipeline(_ statements: [SQL], _ visit: (Int, Rows) throws -> Void) throws {
        try Self.visit(exchange(statements)[...], visit)
    }

    /// Runs independent statements as one transaction, and commits it, in a single exchange with the server.
    ///
    /// `visit` gets each statement's index and rows, and is called only once all is durable. If a statement or the
    /// commit fails, the first error is thrown and nothing is kept; after `connectionLost` it is not known.
    func pipelineTransaction(_ statements: [SQL], _ visit: (Int, Rows) throws -> Void) throws {
        if statements.isEmpty { return }
        if isInTransaction { throw DatabaseError(.other, "a transaction is open already", statement: "BEGIN") }
        try Self.visit(exchange(["BEGIN"] + statements + ["COMMIT"]).dropFirst().dropLast(), visit)
    }

    private static func visit(_ results: ArraySlice<PostgresResult>, _ visit: (Int, Rows) throws -> Void) throws {
        for (index, result) in results.enumerated() {
            let rows = Rows { body in
                for row in 0..<result.rowCount { try body(Row(.postgres(result, row))) }
            }
            try visit(index, rows)
        }
    }

    /// Runs one statement. An exchange of one is as fast as libpq's blocking call, and can prepare on its way.
    private func run(_ sql: SQL) throws(DatabaseError) -> PostgresResult {
        try exchange([sql])[0]
    }
}
#endif
