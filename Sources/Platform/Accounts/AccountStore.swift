package import APIKit
import Database

/// The table of accounts, as far as they are people's.
package struct AccountStore: Sendable {
    let storage: Storage
    let tokens: TokenStore

    package init(storage: Storage) {
        self.storage = storage
        tokens = TokenStore(storage: storage)
    }

    /// Makes an account with a personal workspace.
    ///
    /// - Throws: 4000 if another has its name or its address, whatever their case.
    package func create(_ new: NewAccount, by actor: AuditActor) async throws -> Account {
        try await naming {
            try await storage.database.write { connection in
                try Self.checkFree(userName: new.userName, for: 0, in: connection)
                if let email = new.email { try Self.checkFree(email: email, for: 0, in: connection) }
                let id = try UserStore(storage: storage).add(
                    userName: new.userName, nickName: new.nickName, email: new.email, passwordHash: new.passwordHash,
                    isOperator: new.isOperator, in: connection)
                try storage.audit(
                    "account.create", AuditObject("account", id), by: actor, detail: ["user_name": new.userName],
                    in: connection)
                return try Self.find(id, in: connection)
            }
        }
    }

    /// - Throws: 4200 if there is no such person.
    package func find(_ id: ID) async throws -> Account {
        try await storage.database.read { try Self.find(id, in: $0) }
    }

    /// The account with a user name or, if there is an @ in it, an e-mail address; nil if there is none.
    package func find(named name: String) async throws -> Account? {
        try await storage.database.read { connection in
            try connection.first("SELECT \(Account.columns) FROM account WHERE \(Self.isNamed(name))", Account.init)
        }
    }

    /// What is needed to check a password: by a name or an address.
    func credentials(named name: String) async throws -> Credentials? {
        try await credentials(where: Self.isNamed(name))
    }

    /// What is needed to check a password of a person.
    func credentials(of id: ID) async throws -> Credentials? {
        try await credentials(where: "id = \(id) AND kind = 'person'")
    }

    /// Whether a user operates the server.
    func isOperator(_ user: ID) async throws -> Bool {
        try await storage.database.read { connection in
            try connection.first(
                "SELECT id FROM account WHERE id = \(user) AND is_operator = 1 AND disabled_at IS NULL"
            ) { _ in true } ?? false
        }
    }

    /// A page of all people, oldest first, and how many there are.
    func list(_ page: PageRequest) async throws -> (items: [Account], total: Int) {
        try await storage.database.read { connection in
            let total = try connection.first("SELECT COUNT(*) FROM account WHERE kind = 'person'") { $0.int(0) } ?? 0
            let items = try connection.query(
                """
                SELECT \(Account.columns) FROM account WHERE kind = 'person'
                ORDER BY id LIMIT \(page.size) OFFSET \(page.offset)
                """, Account.init)
            return (items, total)
        }
    }

    /// All people, oldest first.
    package func list() async throws -> [Account] {
        try await storage.database.read { connection in
            try connection.query(
                "SELECT \(Account.columns) FROM account WHERE kind = 'person' ORDER BY id", Account.init)
        }
    }

    /// The workspaces a user is a member of.
    package func workspaces(of user: ID) async throws -> [ID] {
        try await storage.database.read { connection in
            try connection.query(
                "SELECT workspace_id FROM workspace_member WHERE user_id = \(user) ORDER BY workspace_id"
            ) { $0.id(0) }
        }
    }

    /// Changes what is given.
    ///
    /// - Throws: 4200 if there is no such person; 4000 if another has the address, or it would leave no operator.
    func update(
        _ id: ID, nickName: String?, email: String?, isOperator: Bool? = nil, by actor: AuditActor
    ) async throws -> Account {
        let changed = [
            nickName.map { _ in "nick_name" }, email.map { _ in "email" }, isOperator.map { _ in "is_operator" },
        ].compactMap { $0 }
        if changed.isEmpty { return try await find(id) }
        var detail = ["changed": changed.joined(separator: ",")]
        detail["is_operator"] = isOperator.map { $0 ? "true" : "false" }
        return try await naming { [detail] in
            try await storage.database.write { connection in
                if isOperator == false { try Self.keepOperator(without: id, "is_operator", in: connection) }
                if let email { try Self.checkFree(email: email, for: id, in: connection) }
                let account = try connection.first(
                    """
                    UPDATE account SET nick_name = COALESCE(\(nickName), nick_name), email = COALESCE(\(email), email),
                    is_operator = COALESCE(\(isOperator), is_operator) WHERE id = \(id) AND kind = 'person'
                    RETURNING \(Account.columns)
                    """, Account.init
                ).orThrow(.notFound)
                try storage.audit(
                    "account.update", AuditObject("account", id), by: actor, detail: detail, in: connection)
                return account
            }
        }
    }

    /// Sets a password and ends the account's browser sessions.
    ///
    /// - Parameter session: the session that goes on.
    /// - Throws: 4200 if there is no such person.
    package func setPassword(_ id: ID, hash: String, keeping session: ID? = nil, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let count = try connection.execute(
                "UPDATE account SET password = \(hash) WHERE id = \(id) AND kind = 'person'")
            if count == 0 { throw APIError(.notFound) }
            try tokens.revoke(where: "user_id = \(id) AND kind = 'session' AND id <> \(session ?? 0)", in: connection)
            try storage.audit("account.set_password", AuditObject("account", id), by: actor, in: connection)
        }
    }

    /// Keeps an account, with the sessions under it, from signing in and from using its tokens, and ends its browser
    /// sessions. Disabling it again changes nothing.
    ///
    /// - Throws: 4200 if there is no such person; 4000 if it is the actor or the last operator.
    package func disable(_ id: ID, by actor: AuditActor) async throws -> Account {
        try await storage.database.write { connection in
            let account = try Self.find(id, in: connection)
            if id == actor.user { throw APIError.invalid("user_id", "is your own account") }
            if account.isDisabled { return account }
            try Self.keepOperator(without: id, "user_id", in: connection)
            try connection.execute(
                """
                UPDATE account SET disabled_at = \(storage.clock.now())
                WHERE (id = \(id) OR parent_id = \(id)) AND disabled_at IS NULL
                """)
            try tokens.revoke(where: "user_id = \(id) AND kind = 'session'", in: connection)
            try touchTokens(of: id, in: connection)
            try storage.audit("account.disable", AuditObject("account", id), by: actor, in: connection)
            return try Self.find(id, in: connection)
        }
    }

    /// Lets a disabled account work again, with the tokens it had.
    ///
    /// - Throws: 4200 if there is no such person.
    package func enable(_ id: ID, by actor: AuditActor) async throws -> Account {
        try await storage.database.write { connection in
            let account = try Self.find(id, in: connection)
            if !account.isDisabled { return account }
            try connection.execute("UPDATE account SET disabled_at = NULL WHERE id = \(id) OR parent_id = \(id)")
            try touchTokens(of: id, in: connection)
            try storage.audit("account.enable", AuditObject("account", id), by: actor, in: connection)
            return try Self.find(id, in: connection)
        }
    }

    private func touchTokens(of id: ID, in connection: any Connection) throws {
        try tokens.touch(
            where: """
                user_id = \(id) OR user_id IN (SELECT id FROM account WHERE parent_id = \(id))
                OR app_id IN (SELECT id FROM oauth_app WHERE owner_id = \(id))
                """, in: connection)
    }

    /// - Throws: 4000 naming `field` if the account is the last operator that is not disabled.
    private static func keepOperator(without id: ID, _ field: String, in connection: any Connection) throws {
        // Locks their rows, so that of two servers neither can take away the one that the other counts on.
        let operators = try connection.query(
            """
            UPDATE account SET is_operator = 1 WHERE is_operator = 1 AND disabled_at IS NULL AND kind = 'person'
            RETURNING id
            """
        ) { $0.id(0) }
        if operators == [id] { throw APIError.invalid(field, "is the last operator's") }
    }

    private static func find(_ id: ID, in connection: any Connection) throws -> Account {
        try connection.first(
            "SELECT \(Account.columns) FROM account WHERE id = \(id) AND kind = 'person'", Account.init
        ).orThrow(.notFound)
    }

    private static func isNamed(_ name: String) -> SQL {
        let name = name.lowercased()
        return name.contains("@")
            ? "kind = 'person' AND email = \(name)" : "kind = 'person' AND lower(user_name) = \(name)"
    }

    private func credentials(where condition: SQL) async throws -> Credentials? {
        try await storage.database.read { connection in
            try connection.first(
                """
                SELECT id, user_name, email, password, CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END
                FROM account WHERE \(condition)
                """
            ) { row in
                Credentials(
                    id: row.id(0), userName: row.text(1), email: row.optionalText(2),
                    passwordHash: row.optionalText(3), isDisabled: row.int64(4) == 1)
            }
        }
    }

    static func checkFree(userName: String, for id: ID, in connection: any Connection) throws {
        let holder = try connection.first(
            """
            SELECT id FROM account WHERE kind = 'person' AND lower(user_name) = \(userName.lowercased()) AND id <> \(id)
            """
        ) { $0.id(0) }
        if holder != nil { throw AccountFault.userNameTaken.error(at: "user_name") }
    }

    static func checkFree(email: String, for id: ID, in connection: any Connection) throws {
        let holder = try connection.first("SELECT id FROM account WHERE email = \(email) AND id <> \(id)") { $0.id(0) }
        if holder != nil { throw AccountFault.emailTaken.error(at: "email") }
    }

    /// Tells of names and addresses that another server gave away since they were looked for.
    func naming<T>(_ work: () async throws -> T) async throws -> T {
        do {
            return try await work()
        } catch let error as DatabaseError where error.kind == .constraint {
            // PostgreSQL names the index, SQLite the index or its column.
            if error.message.contains("email") { throw AccountFault.emailTaken.error(at: "email") }
            if ["user_name", "account_by_name"].contains(where: error.message.contains) {
                throw AccountFault.userNameTaken.error(at: "user_name")
            }
            throw error
        }
    }
}

/// What is needed to check a password.
struct Credentials: Sendable {
    let id: ID
    let userName: String
    let email: String?
    let passwordHash: String?
    let isDisabled: Bool
}
