import APIKit
import Database

/// The index of SQLite: an FTS5 table that keeps no text, whose rows are the documents' numbers.
///
/// Newer documents have greater numbers, as FTS5 finds by number from the greatest down without reading all it finds.
/// What existed before the index is numbered downwards, newest first, so that new messages never wait for it.
struct SQLiteSearchIndex: SearchIndex {
    /// Entries of one unit of work, and the tokens after which it ends: some five milliseconds.
    private static let lotSize = 64
    private static let lotTokens = 10_000
    /// The number of the first document of all.
    private static let firstNumber: Int64 = 1 << 30
    /// Pages that are merged in one unit of work, some five milliseconds.
    private static let mergedPages = 20

    // MARK: Keeping up

    var rest: Int { 4 }

    func advance(in connection: any Connection) throws -> Int? {
        let newest = try connection.first("SELECT id FROM search_document ORDER BY number DESC LIMIT 1") {
            $0.int64(0)
        }
        // What is newer than all that is indexed, oldest first; some room is left for what was changed or is older.
        var ids = try connection.query(
            """
            SELECT id FROM search_queue WHERE id > \(newest ?? .max) ORDER BY id LIMIT \(Self.lotSize * 3 / 4)
            """
        ) { $0.id(0) }
        ids += try connection.query(
            """
            SELECT id FROM search_queue WHERE id <= \(newest ?? .max) ORDER BY id DESC
            LIMIT \(Self.lotSize - ids.count)
            """
        ) { $0.id(0) }
        return try update(ids, tokenLimit: Self.lotTokens, in: connection)
    }

    func forget(_ ids: [ID], in connection: any Connection) throws {
        _ = try update(ids, tokenLimit: .max, in: connection)
    }

    /// How the index must change for one entry of the queue.
    private struct Change {
        let id: ID
        /// Nil if it is not in the index, and then until it gets one.
        var number: Int64?
        /// The tokens that the index has of it.
        let old: [UInt32]
        /// What it is now; nil if it is gone.
        let document: SearchDocument?
        let new: [UInt32]
    }

    private func update(_ ids: [ID], tokenLimit: Int, in connection: any Connection) throws -> Int {
        var changes: [Change] = []
        var tokens = 0
        for id in ids where tokens < tokenLimit {
            guard let change = try change(for: id, in: connection) else { continue }
            tokens += change.old.count + change.new.count
            changes.append(change)
        }
        try number(&changes, in: connection)
        // In the order of their numbers, since FTS5 begins a new segment wherever a number is less than the last.
        changes.sort { ($0.number ?? 0) < ($1.number ?? 0) }
        for change in changes { try apply(change, in: connection) }
        return changes.count
    }

    /// Nil if the queue has no entry for the id.
    private func change(for id: ID, in connection: any Connection) throws -> Change? {
        struct Entry {
            let content: String?
            let type: String
        }
        let entry = try connection.first("SELECT old_content, old_type FROM search_queue WHERE id = \(id)") { row in
            Entry(content: row.optionalText(0), type: row.text(1))
        }
        guard let entry else { return nil }
        let indexed = try connection.first(
            "SELECT number, owner_id, bot_id FROM search_document WHERE id = \(id)"
        ) { row in (number: row.int64(0), owner: row.id(1), bot: row.optionalID(2)) }
        var document: SearchDocument?
        try SearchDocument.read([id], in: connection) { document = $1 }
        var old: [UInt32] = []
        if let indexed, let content = entry.content {
            let text = SearchText(content: content, type: entry.type)
            old = SearchDocument(owner: indexed.owner, bot: indexed.bot, text: text).tokens
        }
        return Change(id: id, number: indexed?.number, old: old, document: document, new: document?.tokens ?? [])
    }

    private func number(_ changes: inout [Change], in connection: any Connection) throws {
        let added = changes.indices.filter { changes[$0].number == nil && changes[$0].document != nil }.sorted {
            changes[$0].id < changes[$1].id
        }
        if added.isEmpty { return }
        let oldest = try connection.first("SELECT number, id FROM search_document ORDER BY number LIMIT 1") { row in
            (number: row.int64(0), id: row.id(1))
        }
        let last = try connection.first("SELECT MAX(number) FROM search_document") { $0.optionalInt64(0) } ?? nil
        var below = (oldest?.number ?? 0) - Int64(added.count { changes[$0].id < oldest?.id ?? 0 })
        var above = (last ?? Self.firstNumber) + 1
        for index in added {
            if changes[index].id < oldest?.id ?? 0 {
                changes[index].number = below
                below += 1
            } else {
                changes[index].number = above
                above += 1
            }
        }
    }

    private func apply(_ change: Change, in connection: any Connection) throws {
        if let number = change.number {
            if change.old != change.new {
                if !change.old.isEmpty {
                    try connection.execute(
                        """
                        INSERT INTO search_index (search_index, rowid, tokens)
                        VALUES ('delete', \(number), \(Self.text(change.old)))
                        """)
                }
                if !change.new.isEmpty {
                    try connection.execute(
                        "INSERT INTO search_index (rowid, tokens) VALUES (\(number), \(Self.text(change.new)))")
                }
            }
            if let document = change.document {
                try connection.execute(
                    """
                    INSERT INTO search_document (number, id, owner_id, bot_id)
                    VALUES (\(number), \(change.id), \(document.owner), \(document.bot))
                    ON CONFLICT (number) DO UPDATE SET owner_id = excluded.owner_id, bot_id = excluded.bot_id
                    """)
            } else {
                try connection.execute("DELETE FROM search_document WHERE number = \(number)")
            }
        }
        try connection.execute("DELETE FROM search_queue WHERE id = \(change.id)")
    }

    func tidy(in connection: any Connection) throws -> Bool { try merge(Self.mergedPages, in: connection) }

    // A negative number merges all segments into one, where nothing is left of documents that were taken out.
    func expunge(in connection: any Connection) throws -> Bool { try merge(-Self.mergedPages, in: connection) }

    /// - Returns: whether something was merged.
    private func merge(_ pages: Int, in connection: any Connection) throws -> Bool {
        let before = try connection.first("SELECT total_changes()") { $0.int64(0) } ?? 0
        try connection.execute("INSERT INTO search_index (search_index, rank) VALUES ('merge', \(pages))")
        let after = try connection.first("SELECT total_changes()") { $0.int64(0) } ?? 0
        // The statement itself counts as one.
        return after - before > 1
    }

    // MARK: Looking up

    /// Documents that are compared with their text in one search, of which most match.
    private static let mostCandidates = 4_096

    func forEachLot(
        of tokens: [UInt32], owner: ID, before place: Int64, in connection: any Connection,
        _ body: ([SearchCandidate]) throws -> Bool
    ) throws -> Int64? {
        let wanted = Self.text(tokens)
        var place = place
        var size = 64
        var count = 0
        while count < Self.mostCandidates {
            let lot = try connection.query(
                """
                SELECT d.id, d.number FROM search_index JOIN search_document d ON d.number = search_index.rowid
                WHERE search_index MATCH \(wanted) AND search_index.rowid < \(place)
                ORDER BY search_index.rowid DESC LIMIT \(size)
                """
            ) { SearchCandidate(id: $0.id(0), place: $0.int64(1)) }
            if let last = lot.last {
                place = last.place
                if try !body(lot) { return place }
            }
            if lot.count < size { return nil }
            count += lot.count
            size = min(size * 2, 512)
        }
        return place
    }

    /// Tokens as FTS5 takes them, in a document and in a query: six digits each, which a query joins by AND.
    private static func text(_ tokens: [UInt32]) -> String {
        String(unsafeUninitializedCapacity: 7 * tokens.count) { bytes in
            var end = 0
            for token in tokens {
                if end > 0 {
                    bytes[end] = UInt8(ascii: " ")
                    end += 1
                }
                for shift in [25, 20, 15, 10, 5, 0] as [UInt32] {
                    let digit = UInt8(token >> shift & 31)
                    bytes[end] = digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
                    end += 1
                }
            }
            return end
        }
    }
}
