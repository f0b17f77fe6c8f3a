import APIKit
import Database

/// The index of PostgreSQL: a table of documents with their tokens, and a GIN index on these.
///
/// GIN finds documents in no order, and all at once. So the newest documents are looked through one by one: a token of
/// many documents is among them soon. Only for one that is not GIN is asked, and never for more than it gives quickly.
struct PostgresSearchIndex: SearchIndex {
    /// Entries of one transaction from either end of the queue.
    private static let lotSize = 100
    /// Locks out the other servers of the database: "search" in letters of a telephone.
    private static let lock: Int64 = 732_724

    // MARK: Keeping up

    // It has a connection beside the writer's.
    var rest: Int { 1 }

    func advance(in connection: any Connection) throws -> Int? {
        let isMine = try connection.first("SELECT pg_try_advisory_xact_lock(\(Self.lock))") { $0.bool(0) } ?? false
        guard isMine else { return nil }
        // The newest, so that they are found at once whatever else waits, and the oldest, so that none waits for ever.
        let taken = try connection.query(
            """
            DELETE FROM search_queue WHERE number IN (
                (SELECT number FROM search_queue ORDER BY number DESC LIMIT \(Self.lotSize))
                UNION (SELECT number FROM search_queue ORDER BY number LIMIT \(Self.lotSize))
            ) RETURNING id
            """
        ) { $0.id(0) }
        let ids = Set(taken).sorted()
        // Read after the entries were taken: a change that is not seen here has queued an entry of its own.
        var statements: [SQL] = []
        try SearchDocument.read(ids, in: connection) { index, document in
            let tokens = document?.tokens ?? []
            guard let document, !tokens.isEmpty else {
                statements.append("DELETE FROM search_document WHERE id = \(ids[index])")
                return
            }
            statements.append(
                """
                INSERT INTO search_document (id, owner_id, tokens)
                VALUES (\(ids[index]), \(document.owner), CAST(\(Self.array(tokens)) AS INTEGER[]))
                ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, tokens = excluded.tokens
                WHERE search_document.tokens <> excluded.tokens
                """)
        }
        try connection.pipeline(statements) { _, _ in }
        return taken.count
    }

    func forget(_ ids: [ID], in connection: any Connection) throws {
        // Nobody may index meanwhile what this deletes.
        _ = try connection.query("SELECT pg_advisory_xact_lock(\(Self.lock))") { _ in }
        try connection.execute(
            "DELETE FROM search_document WHERE id = ANY (CAST(\(Self.array(ids.map(\.value))) AS BIGINT[]))")
    }

    // What was added lies in a list at first, which every look-up reads through. Only the index's owner may empty it;
    // for others autovacuum does.
    func tidy(in connection: any Connection) throws -> Bool {
        _ = try connection.query(
            """
            SELECT CASE WHEN pg_has_role(relowner, 'USAGE') THEN gin_clean_pending_list(oid) END
            FROM pg_class WHERE oid = 'search_document_by_token'::regclass
            """
        ) { _ in }
        return false
    }

    // Autovacuum does it.
    func expunge(in connection: any Connection) throws -> Bool { false }

    // MARK: Looking up

    /// How many of an owner's documents are looked through at once. The statement names it too, so that the planner
    /// knows it.
    private static let walked = 4_000
    /// Documents that GIN is asked for at most.
    private static let mostFound: Int64 = 5_000
    /// Lots to look through if GIN has more.
    private static let mostWalks = 10

    func forEachLot(
        of tokens: [UInt32], owner: ID, before place: Int64, in connection: any Connection,
        _ body: ([SearchCandidate]) throws -> Bool
    ) throws -> Int64? {
        let wanted = Self.array(tokens)
        let first = try walk(wanted, owner: owner, before: place, in: connection)
        if !first.found.isEmpty, try !body(first.found) { return first.found.last!.place }
        guard var place = first.end else { return nil }
        let found = try connection.query(
            "SELECT search_candidates(CAST(\(wanted) AS INTEGER[]), \(place), \(Self.mostFound + 1))"
        ) { $0.id(0) }
        if found.count <= Self.mostFound {
            let lots = Self.lots(of: found.sorted(by: >).map { SearchCandidate(id: $0, place: $0.value) })
            for lot in lots where try !body(lot) { return lot.last!.place }
            return nil
        }
        for _ in 1...Self.mostWalks {
            let next = try walk(wanted, owner: owner, before: place, in: connection)
            if !next.found.isEmpty, try !body(next.found) { return next.found.last!.place }
            guard let end = next.end else { return nil }
            place = end
        }
        return place
    }

    /// Looks through the newest documents before a place.
    ///
    /// - Returns: the place it came to; nil if there are no more.
    private func walk(
        _ wanted: String, owner: ID, before place: Int64, in connection: any Connection
    ) throws -> (found: [SearchCandidate], end: Int64?) {
        let walk = try connection.first(
            """
            SELECT COUNT(*), MIN(id), STRING_AGG(CAST(id AS TEXT), ',')
            FILTER (WHERE tokens @> CAST(\(wanted) AS INTEGER[])) FROM (
                SELECT id, tokens FROM search_document WHERE owner_id = \(owner) AND id < \(place)
                ORDER BY owner_id DESC, id DESC LIMIT 4000
            ) walked
            """
        ) { row in (count: row.int(0), end: row.int64(1), found: row.text(2)) }
        guard let walk else { return ([], nil) }
        let ids = walk.found.split(separator: ",").compactMap { Int64($0) }.sorted(by: >)
        return (ids.map { SearchCandidate(id: ID($0), place: $0) }, walk.count < Self.walked ? nil : walk.end)
    }

    /// Small ones first: mostly they are enough.
    private static func lots(of candidates: [SearchCandidate]) -> [[SearchCandidate]] {
        var lots: [[SearchCandidate]] = []
        var rest = candidates[...]
        while !rest.isEmpty {
            lots.append(Array(rest.prefix(64 << min(lots.count, 3))))
            rest = rest.dropFirst(lots.last!.count)
        }
        return lots
    }

    /// Numbers as PostgreSQL writes an array.
    private static func array(_ numbers: [some FixedWidthInteger]) -> String {
        "{" + numbers.map(\.description).joined(separator: ",") + "}"
    }
}
