package import APIKit
package import Database

/// The table of what accounts have granted to OAuth apps.
package struct OAuthGrantStore: Sendable {
    let storage: Storage
    private let tokens: TokenStore

    package init(storage: Storage) {
        self.storage = storage
        tokens = TokenStore(storage: storage)
    }

    private static let columns = SQL.Fragment(
        "g.id, g.app_id, g.user_id, g.workspace_id, g.permissions, g.workspaces, g.created_at")

    /// Notes that an account lets an app do what it asks for, in the caller's unit of work. An account that has
    /// granted the same app the same before keeps that grant, with what the app asks for now; if that is less, the
    /// tokens made until now are revoked.
    ///
    /// - Parameters:
    ///   - workspace: the one workspace that the app may reach, and nothing of the account; nil for the account.
    ///   - workspaces: the workspaces that the app may reach; nil for all.
    /// - Throws: 4200 if the user is no member of one of the workspaces.
    /// - Returns: the grant's id.
    package func create(
        app: OAuthApp, user: ID, workspace: ID?, workspaces: [ID]?, in connection: any Connection
    ) throws -> ID {
        for workspace in (workspaces ?? []) + (workspace.map { [$0] } ?? []) {
            guard try WorkspaceStore.isMember(Member(user: user), of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
        }
        let points = app.permissions(bound: workspace != nil)
        let permissions = try StoredJSON.text(points)
        let reached = try workspaces.map(StoredJSON.text)
        if let known = try live(app: app.id, user: user, workspace: workspace, in: connection) {
            if known.exceeds(points, workspaces) { try tokens.revoke(where: "grant_id = \(known.id)", in: connection) }
            try connection.execute(
                """
                UPDATE oauth_grant SET permissions = \(permissions), workspaces = \(reached) WHERE id = \(known.id)
                """)
            return known.id
        }
        let id = storage.ids.next()
        try connection.execute(
            """
            INSERT INTO oauth_grant (id, app_id, user_id, workspace_id, permissions, workspaces, created_at)
            VALUES (\(id), \(app.id), \(user), \(workspace), \(permissions), \(reached), \(storage.clock.now()))
            """)
        return id
    }

    /// A grant that is not revoked, in the caller's read or unit of work.
    package func find(_ id: ID, in connection: any Connection) throws -> OAuthGrant? {
        try connection.first(
            "SELECT \(Self.columns) FROM oauth_grant g WHERE g.id = \(id) AND g.revoked_at IS NULL", Self.grant)
    }

    /// What an account has granted to an app and not revoked: for one workspace, or for the account.
    package func live(
        app: ID, user: ID, workspace: ID?, in connection: any Connection
    ) throws -> OAuthGrant? {
        let place: SQL = workspace.map { "g.workspace_id = \($0)" } ?? "g.workspace_id IS NULL"
        return try connection.first(
            """
            SELECT \(Self.columns) FROM oauth_grant g
            WHERE g.app_id = \(app) AND g.user_id = \(user) AND g.revoked_at IS NULL AND \(place)
            ORDER BY g.id DESC LIMIT 1
            """, Self.grant)
    }

    /// Revokes a grant with all its tokens and all that could be exchanged for one, in the caller's unit of work.
    /// ``TokenAuthority/refresh()`` makes it known to this server at once.
    ///
    /// - Parameter user: whose grant it must be; nil for anyone's.
    /// - Returns: the grant, or nil if there is no such grant that is not revoked.
    @discardableResult
    package func revoke(_ id: ID, of user: ID?, in connection: any Connection) throws -> OAuthGrant? {
        guard let grant = try find(id, in: connection), user == nil || grant.userID == user else { return nil }
        try revoke(where: "id = \(id)", in: connection)
        return grant
    }

    /// Revokes the grants that meet a condition on the columns of `oauth_grant`, with all that came of them.
    func revoke(where condition: SQL, in connection: any Connection) throws {
        let chosen: SQL = "(SELECT id FROM oauth_grant WHERE \(condition))"
        try connection.execute("DELETE FROM oauth_code WHERE grant_id IN \(chosen)")
        try connection.execute("DELETE FROM oauth_refresh_token WHERE grant_id IN \(chosen)")
        try connection.execute(
            "UPDATE oauth_device SET status = 'denied' WHERE status = 'approved' AND grant_id IN \(chosen)")
        try tokens.revoke(where: "grant_id IN \(chosen)", in: connection)
        try connection.execute(
            """
            UPDATE oauth_grant SET revoked_at = \(storage.clock.now()) WHERE revoked_at IS NULL AND \(condition)
            """)
    }

    /// What a user has granted and not revoked, newest first, with the names of the apps.
    package func list(
        of user: ID, _ page: PageRequest
    ) async throws -> (items: [(grant: OAuthGrant, appName: String)], total: Int) {
        try await storage.database.read { connection in
            let total =
                try connection.first(
                    "SELECT COUNT(*) FROM oauth_grant WHERE user_id = \(user) AND revoked_at IS NULL"
                ) { $0.int(0) } ?? 0
            let items = try connection.query(
                """
                SELECT \(Self.columns), a.name FROM oauth_grant g JOIN oauth_app a ON a.id = g.app_id
                WHERE g.user_id = \(user) AND g.revoked_at IS NULL
                ORDER BY g.id DESC LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { (grant: try Self.grant($0), appName: $0.text(7)) }
            return (items, total)
        }
    }

    private static func grant(_ row: Row) throws -> OAuthGrant {
        OAuthGrant(
            id: row.id(0), appID: row.id(1), userID: row.id(2), workspaceID: row.optionalID(3),
            permissions: try StoredJSON.read([String].self, row.text(4)),
            workspaces: try row.optionalText(5).map { try StoredJSON.read([ID].self, $0) }, createdAt: row.int64(6))
    }
}
