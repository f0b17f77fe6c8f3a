package import APIKit
package import Database

/// The table of tokens.
package struct TokenStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    private static let columns = SQL.Fragment(
        """
        t.id, t.user_id, t.kind, t.name, t.permissions, t.workspaces, t.workspace_id, t.created_at, t.expires_at, \
        t.revoked_at, t.last_used_at, t.owner_id, t.bots, t.connector_id, t.app_id, \
        CASE WHEN u.disabled_at IS NOT NULL OR (t.app_id IS NOT NULL AND COALESCE(o.is_enabled, 0) = 0) \
        OR (o.enterprise_id IS NULL AND m.disabled_at IS NOT NULL) THEN 1 ELSE 0 END, t.revision
        """)
    private static let source = SQL.Fragment(
        """
        FROM token t JOIN account u ON u.id = t.user_id LEFT JOIN oauth_app o ON o.id = t.app_id \
        LEFT JOIN account m ON m.id = o.owner_id
        """)

    /// Makes a token, in the caller's unit of work. Nobody knows it yet, so there is no change to tell of.
    package func create(_ new: NewToken, in connection: any Connection) throws -> IssuedToken {
        let secret = TokenSecret(prefix: new.kind.prefix)
        let id = storage.ids.next()
        let now = storage.clock.now()
        // The second that has begun counts whole, so that a token never ends early.
        let end = now * 1000 < storage.clock.milliseconds() ? now + 1 : now
        let expiry = new.lifetime.map { end + $0 }
        try connection.execute(
            """
            INSERT INTO token (id, user_id, kind, name, hash, permissions, workspaces, bots, owner_id, connector_id,
            app_id, grant_id, workspace_id, created_at, expires_at, revision)
            VALUES (\(id), \(new.user), \(new.kind.rawValue), \(new.name), \(secret.hash.bytes),
            \(StoredJSON.text(new.permissions)), \(new.workspaces.map(StoredJSON.text)),
            \(new.bots.map(StoredJSON.text)), \(new.owner), \(new.connector), \(new.app), \(new.grant),
            \(new.workspace), \(now), \(expiry), 0)
            """)
        return IssuedToken(id: id, secret: secret, expiresAt: expiry)
    }

    /// All personal and service tokens, oldest first.
    package func list() async throws -> [Token] {
        try await storage.database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) \(Self.source) WHERE t.kind IN ('personal', 'service') ORDER BY t.id
                """, Self.token)
        }
    }

    /// The tokens that meet a condition on the columns of `token t`, oldest first.
    func list(where condition: SQL, in connection: any Connection) throws -> [Token] {
        try connection.query("SELECT \(Self.columns) \(Self.source) WHERE \(condition) ORDER BY t.id", Self.token)
    }

    /// Revokes the personal and service tokens with this id or name that are not revoked yet, and returns how many
    /// there were.
    package func revoke(id: ID?, name: String?, by actor: AuditActor) async throws -> Int {
        try await storage.database.write { connection in
            let isChosen: SQL = "(t.id = \(id ?? 0) OR t.name = \(name ?? "")) AND t.kind IN ('personal', 'service')"
            let chosen = try list(where: "t.revoked_at IS NULL AND \(isChosen)", in: connection)
            for token in chosen {
                try revoke(where: "id = \(token.id)", in: connection)
                try storage.audit(
                    "token.revoke", AuditObject("token", token.id, workspace: token.workspaceID), by: actor,
                    detail: ["name": token.name], in: connection)
            }
            return chosen.count
        }
    }

    /// Revokes the tokens that meet a condition on the columns of `token` and are not revoked yet, in the caller's unit
    /// of work, and returns how many there were. ``TokenAuthority/refresh()`` makes it known to this server at once.
    @discardableResult
    package func revoke(where condition: SQL, in connection: any Connection) throws -> Int {
        let revision = try Self.nextRevision(connection)
        return try connection.execute(
            """
            UPDATE token SET revoked_at = \(storage.clock.now()), revision = \(revision)
            WHERE revoked_at IS NULL AND \(condition)
            """)
    }

    /// Tells all servers to look anew at the tokens that meet a condition, since what they depend on has changed: their
    /// account or OAuth app was disabled or enabled, or what they allow.
    package func touch(where condition: SQL, in connection: any Connection) throws {
        let revision = try Self.nextRevision(connection)
        try connection.execute("UPDATE token SET revision = \(revision) WHERE \(condition)")
    }

    /// The token with this secret, whatever its state.
    func find(_ hash: TokenHash) async throws -> Token? {
        try await storage.database.read { connection in
            try connection.first("SELECT \(Self.columns) \(Self.source) WHERE t.hash = \(hash.bytes)", Self.token)
        }
    }

    /// The tokens that were changed after a revision, and the latest revision.
    func changes(after revision: Int64) async throws -> (tokens: [Token], revision: Int64) {
        try await storage.database.read { connection in
            var latest = revision
            let tokens = try connection.query(
                "SELECT \(Self.columns) \(Self.source) WHERE t.revision > \(revision)"
            ) { row in
                latest = max(latest, row.int64(16))
                return try Self.token(row)
            }
            return (tokens, latest)
        }
    }

    /// Notes when tokens were last used.
    func note(_ uses: [(token: ID, at: Int64)]) async throws {
        try await storage.database.write(isUrgent: false) { connection in
            for use in uses {
                try connection.execute(
                    """
                    UPDATE token SET last_used_at = \(use.at)
                    WHERE id = \(use.token) AND (last_used_at IS NULL OR last_used_at < \(use.at))
                    """)
            }
        }
    }

    /// Removes what ended on its own or was revoked before a time: nobody manages these kinds one by one.
    func removeEnded(before time: Int64) async throws {
        try await storage.database.write(isUrgent: false) { connection in
            try connection.execute(
                """
                DELETE FROM token WHERE kind IN ('oauth', 'jwt', 'session')
                AND (expires_at < \(time) OR revoked_at < \(time))
                """)
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
        let kind = TokenKind(rawValue: row.text(2)) ?? .personal
        let permissions = try StoredJSON.read([String].self, row.text(4))
        let workspaces = try row.optionalText(5).map { try StoredJSON.read([ID].self, $0) }
        let bots = try row.optionalText(12).map { try StoredJSON.read([ID].self, $0) }
        let bearer = Bearer(
            user: row.id(1), owner: row.optionalID(11), token: row.id(0), kind: kind,
            permissions: permissions.contains(PermissionPoint.everything) ? .all : .some(Set(permissions)),
            workspaces: workspaces.map { .some(Set($0)) } ?? .all, bots: bots.map { Set($0) },
            connector: row.optionalText(13), app: row.optionalID(14))
        return Token(
            id: row.id(0), userID: row.id(1), kind: kind, name: row.text(3), permissions: permissions,
            workspaces: workspaces, workspaceID: row.optionalID(6), createdAt: row.int64(7),
            expiresAt: row.optionalInt64(8), revokedAt: row.optionalInt64(9), lastUsedAt: row.optionalInt64(10),
            isSuspended: row.int64(15) == 1, bearer: bearer)
    }
}
