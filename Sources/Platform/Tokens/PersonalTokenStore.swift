import APIKit
import Database

/// What people do with personal tokens.
package struct PersonalTokenStore: Sendable {
    let storage: Storage
    private var tokens: TokenStore { TokenStore(storage: storage) }

    /// How many tokens that neither expired nor were revoked a user, or a workspace, may have.
    static let limit = 1000

    package init(storage: Storage) { self.storage = storage }

    /// A token that somebody asks for.
    struct Request: Sendable {
        var name: String
        /// Nil for all that the caller's token carries.
        var permissions: [String]?
        /// Nil for all that the caller's token reaches.
        var workspaces: [ID]?
        /// Seconds; nil for ever.
        var lifetime: Int64?
    }

    /// Makes a token of the caller's own.
    ///
    /// - Throws: 4101 if the token would allow more than the caller's, 4200 if the caller is no member of one of the
    ///   workspaces or the caller's token does not reach it, 4000 if there are too many tokens.
    func create(_ request: Request, by bearer: Bearer, _ actor: AuditActor) async throws -> CreatedToken {
        try await storage.database.write { try create(request, for: bearer.user, by: bearer, actor, $0) }
    }

    /// Makes a token for a person, which only operators may.
    ///
    /// - Throws: 4101 if the caller is no operator, or the token would allow more than the caller's; 4200 if there is
    ///   no such person, or the person is no member of one of the workspaces; 4000 if there are too many tokens.
    func create(
        _ request: Request, for user: ID, byOperator bearer: Bearer, _ actor: AuditActor
    ) async throws -> CreatedToken {
        try await storage.database.write { connection in
            try Self.requireOperator(bearer.user, over: user, connection)
            return try create(request, for: user, by: bearer, actor, connection)
        }
    }

    private func create(
        _ request: Request, for user: ID, by bearer: Bearer, _ actor: AuditActor, _ connection: any Connection
    ) throws -> CreatedToken {
        var rights = TokenRights(bearer)
        if let permissions = request.permissions {
            try TokenRights.requireCarried(permissions, by: bearer)
            rights.permissions = permissions
        }
        if let workspaces = request.workspaces {
            try Self.require(Member(user: user, workspaces: bearer.member.workspaces), in: workspaces, connection)
            rights.workspaces = workspaces
        }
        try requireRoom("user_id = \(user) AND kind = 'personal'", connection)
        var new = NewToken(
            .personal, user: user, name: request.name, permissions: rights.permissions, lifetime: request.lifetime)
        new.workspaces = rights.workspaces
        let issued = try tokens.create(new, in: connection)
        var detail = Self.detail(name: request.name, rights)
        detail["user_id"] = user.description
        detail["expires_at"] = issued.expiresAt.map { String($0) }
        try storage.audit("token.create", AuditObject("token", issued.id), by: actor, detail: detail, in: connection)
        return CreatedToken(token: try find(issued.id, of: user, connection), secret: issued.secret.text)
    }

    func list(of user: ID, _ page: PageRequest) async throws -> TokenPage {
        try await storage.database.read { connection in
            try self.page("user_id = \(user) AND kind = 'personal'", page, connection)
        }
    }

    /// - Throws: 4200 if the user has no such token.
    func find(_ id: ID, of user: ID) async throws -> TokenInfo {
        try await storage.database.read { try find(id, of: user, $0) }
    }

    /// Changes what is not nil.
    ///
    /// - Throws: 4200 if the user has no such token, or is no member of one of the workspaces; 4101 if the token would
    ///   come to allow more than the caller's; 4000 if it is revoked.
    func update(
        _ id: ID, name: String?, permissions: [String]?, workspaces: [ID]?, by bearer: Bearer, _ actor: AuditActor
    ) async throws -> TokenInfo {
        try await storage.database.write { connection in
            let old = try find(id, of: bearer.user, connection)
            guard old.revokedAt == nil else { throw APIError.invalid("token_id", "is revoked") }
            let oldRights = TokenRights(permissions: old.permissions, workspaces: old.workspaceIDs)
            var rights = oldRights
            if let permissions {
                try TokenRights.requireCarried(permissions, by: bearer)
                rights.permissions = permissions
            }
            if let workspaces {
                try Self.require(bearer.member, in: workspaces, connection)
                rights.workspaces = workspaces
            }
            try rights.requireNoGain(over: oldRights, by: bearer)
            try connection.execute(
                """
                UPDATE token SET name = \(name ?? old.name), permissions = \(StoredJSON.text(rights.permissions)),
                workspaces = \(rights.workspaces.map(StoredJSON.text)) WHERE id = \(id)
                """)
            try tokens.touch(where: "id = \(id)", in: connection)
            try storage.audit(
                "token.update", AuditObject("token", id), by: actor,
                detail: Self.detail(name: name ?? old.name, rights),
                in: connection)
            return try find(id, of: bearer.user, connection)
        }
    }

    /// Revokes a token, if it is not revoked yet.
    ///
    /// - Throws: 4200 if the user has no such token.
    func revoke(_ id: ID, of user: ID, _ actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let token = try find(id, of: user, connection)
            guard try tokens.revoke(where: "id = \(id)", in: connection) > 0 else { return }
            try storage.audit(
                "token.revoke", AuditObject("token", id), by: actor, detail: ["name": token.name], in: connection)
        }
    }

    private func find(_ id: ID, of user: ID, _ connection: any Connection) throws -> TokenInfo {
        try found(id, "t.id = \(id) AND t.user_id = \(user) AND t.kind = 'personal'", connection)
    }

    /// - Throws: 4101 unless one user is an operator, and 4200 unless the other is a person.
    private static func requireOperator(_ user: ID, over other: ID, _ connection: any Connection) throws {
        let isOperator = try connection.first("SELECT 1 FROM account WHERE id = \(user) AND is_operator = 1") { _ in
            true
        }
        guard isOperator == true else {
            throw APIError(.noPermission, "Only the server's operators may make tokens for others")
        }
        let exists = try connection.first("SELECT 1 FROM account WHERE id = \(other) AND kind = 'person'") { _ in true }
        guard exists == true else { throw APIError(.notFound, "The user \(other) does not exist") }
    }

    private static func require(_ member: Member, in workspaces: [ID], _ connection: any Connection) throws {
        for workspace in workspaces where try !WorkspaceStore.isMember(member, of: workspace, in: connection) {
            throw WorkspaceStore.unknown(workspace)
        }
    }
}

/// What the stores of personal and of service tokens share.
extension PersonalTokenStore {
    /// - Throws: 4200 if no token meets a condition on `token t`.
    func found(_ id: ID, _ condition: SQL, _ connection: any Connection) throws -> TokenInfo {
        guard let token = try TokenStore(storage: storage).list(where: condition, in: connection).first else {
            throw APIError(.notFound, "The token \(id) does not exist")
        }
        return TokenInfo(token, at: storage.clock.now())
    }

    /// A page of the tokens that meet a condition on the columns of `token`, newest first.
    func page(_ condition: SQL, _ page: PageRequest, _ connection: any Connection) throws -> TokenPage {
        let total = try connection.first("SELECT COUNT(*) FROM token WHERE \(condition)") { $0.int(0) } ?? 0
        let now = storage.clock.now()
        let found = try TokenStore(storage: storage).list(
            where: """
                t.id IN (SELECT id FROM token WHERE \(condition) ORDER BY id DESC LIMIT \(page.size)
                OFFSET \(page.offset))
                """, in: connection)
        return TokenPage(
            tokens: found.reversed().map { TokenInfo($0, at: now) }, totalCount: total,
            hasMore: page.offset + page.size < total)
    }

    /// - Throws: 4000 if as many of the tokens that meet a condition are valid as may be.
    func requireRoom(_ condition: SQL, _ connection: any Connection) throws {
        let count = try connection.first(
            """
            SELECT COUNT(*) FROM token WHERE \(condition) AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > \(storage.clock.now()))
            """
        ) { $0.int(0) }
        if let count, count >= Self.limit {
            throw APIError(.invalidParameter, "There are \(count) valid tokens already; revoke some of them first")
        }
    }

    /// What the audit log tells of a token.
    static func detail(name: String, _ rights: TokenRights) -> [String: String] {
        var detail = ["name": name, "permissions": rights.permissions.joined(separator: ",")]
        detail["workspace_ids"] = rights.workspaces.map { $0.map(\.description).joined(separator: ",") }
        return detail
    }
}
