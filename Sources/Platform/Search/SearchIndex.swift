import APIKit
import Database

/// Finds the documents that have all of some tokens. A document is a conversation's name or a message; it has the id of
/// the conversation or the message.
///
/// SQLite's is FTS5, PostgreSQL's a GIN index. Both work from a queue of ids that triggers fill, and take an entry out
/// of it in the transaction in which the index comes to agree with it.
protocol SearchIndex: Sendable {
    /// How many times longer than it takes a unit of work pauses after it while others are writing.
    var rest: Int { get }

    /// Brings the documents of some queue entries up to date.
    ///
    /// - Returns: how many; nil if another server is doing this now.
    func advance(in connection: any Connection) throws -> Int?

    /// Takes documents out whose conversations and messages were deleted in this unit of work.
    func forget(_ ids: [ID], in connection: any Connection) throws

    /// Does a little of the upkeep that keeps look-ups fast.
    ///
    /// - Returns: false if there was nothing to do.
    func tidy(in connection: any Connection) throws -> Bool

    /// Does a little towards an index in which nothing is left of what was taken out.
    ///
    /// - Returns: false once that is so.
    func expunge(in connection: any Connection) throws -> Bool

    /// Gives documents of an owner that have all the tokens, the newest first, in lots, until `body` returns false.
    ///
    /// - Parameter place: only documents before this place; see ``SearchCandidate``.
    /// - Returns: nil if there are no more; otherwise a place before which there may be some, after a bounded search.
    func forEachLot(
        of tokens: [UInt32], owner: ID, before place: Int64, in connection: any Connection,
        _ body: ([SearchCandidate]) throws -> Bool
    ) throws -> Int64?
}

/// A document that may be what is looked for.
struct SearchCandidate: Sendable {
    let id: ID
    /// Greater for newer documents; by it pages are continued.
    let place: Int64
}

extension SearchIndex {
    /// Whether the queue has entries.
    func isBehind(in connection: any Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM search_queue LIMIT 1") { _ in true } ?? false
    }
}

/// The index of a database.
func searchIndex(of database: Database) -> any SearchIndex {
    switch database.location {
    case .file: SQLiteSearchIndex()
    case .postgres: PostgresSearchIndex()
    }
}

/// What is to be indexed of a conversation or a message.
struct SearchDocument: Sendable {
    let owner: ID
    let bot: ID?
    let text: SearchText

    var tokens: [UInt32] { SearchTokens(owner: owner).of(text, bot: bot) }

    /// Reads documents as they are now, and gives each with its index in `ids`: nil for what is gone, or not searched.
    static func read(
        _ ids: [ID], in connection: any Connection, _ body: (Int, SearchDocument?) throws -> Void
    ) throws {
        let queries = ids.map { id -> SQL in
            """
            SELECT c.owner_id, c.bot_id, COALESCE(m.content, c.name), COALESCE(m.content_type, 'text')
            FROM (SELECT CAST(\(id) AS BIGINT) AS id) d
            LEFT JOIN message m ON m.id = d.id AND m.type IN ('question', 'answer')
            JOIN conversation c ON c.id = COALESCE(m.conversation_id, d.id)
            """
        }
        try connection.pipeline(queries) { index, rows in
            let found = try rows.map { row in
                SearchDocument(
                    owner: row.id(0), bot: row.optionalID(1),
                    text: SearchText(content: row.text(2), type: row.text(3)))
            }
            try body(index, found.first)
        }
    }
}
