package import APIKit
package import Database

/// The table of tokens.
package struct TokenStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    private static let columns = SQL.Fragment("id, user_id, name, permissions, created_at, expires_at, revoked_at")

    /// Makes a token and returns its secret, which is not to be had again.
    ///
    /// - Parameters:
    ///   - permissions: names of permission points, or `all`.
    ///   - lifetime: seconds until it expires; nil for never.
    package func create(
        for user: ID, name: String, permissions: [String], lifetime: Int64?, in connection: any Connection
    ) throws -> TokenSecret {
        let secret = TokenSecret()
        let now = storage.clock.now()
        let revision = try Self.nextRevision(connection)
        // The second that has begun counts whole, so that a token never ends early.
        let end = now * 1000 < storage.clock.milliseconds() ? now + 1 : now
        try connection.execute(
            """
            INSERT INTO token (id, user_id, name, hash, permissions, created_at, expires_at, revision)
            VALUES (\(storage.ids.next()), \(user), \(name), \(secret.hash.bytes), \(StoredJSON.text(permissions)),
            \(now), \(lifetime.map { end + $0 }), \(revision))
            """)
        return secret
    }

    /// All tokens, oldest first.
    package func list() async throws -> [Token] {
        try await storage.database.read { connection in
            try connection.query("SELECT \(Self.columns) FROM token ORDER BY id", Self.token)
        }
    }

    /// Revokes the tokens with this id or name that are not revoked yet, and returns how many there were.
    package func revoke(id: ID?, name: String?) async throws -> Int {
        let now = storage.clock.now()
        return try await storage.database.write { connection in
            let revision = try Self.nextRevision(connection)
            return try connection.execute(
                """
                UPDATE token SET revoked_at = \(now), revision = \(revision)
                WHERE revoked_at IS NULL AND (id = \(id ?? 0) OR name = \(name ?? ""))
                """)
        }
    }

    /// The token with this secret, whatever its state.
    func find(_ hash: TokenHash) async throws -> Token? {
        try await storage.database.read { connection in
            try connection.first("SELECT \(Self.columns) FROM token WHERE hash = \(hash.bytes)", Self.token)
        }
    }

    /// The tokens that were made or revoked after a revision, and the latest revision.
    func changes(after revision: Int64) async throws -> (tokens: [Token], revision: Int64) {
        try await storage.database.read { connection in
            var latest = revision
            let tokens = try connection.query(
                "SELECT \(Self.columns), revision FROM token WHERE revision > \(revision)"
            ) { row in
                latest = max(latest, row.int64(7))
                return try Self.token(row)
            }
            return (tokens, latest)
        }
    }

    /// Counts a change. The row stays locked until the commit, so that revisions are committed in their order and
    /// whoever has seen one has seen all before it.
    private static func nextRevision(_ connection: any Connection) throws -> Int64 {
        try connection.query("UPDATE token_revision SET latest = latest + 1 WHERE id = 1 RETURNING latest") {
            $0.int64(0)
        }[0]
    }

    private static func token(_ row: Row) throws -> Token {
        Token(
            id: row.id(0), userID: row.id(1), name: row.text(2),
            permissions: try StoredJSON.read([String].self, row.text(3)), createdAt: row.int64(4),
            expiresAt: row.optionalInt64(5), revokedAt: row.optionalInt64(6))
    }
}
