import APIKit
import Database

/// Lets people sign in with a password, and out.
package struct SignIn: Sendable {
    /// Seconds until a browser session ends.
    package static let lifetime: Int64 = 14 * 86_400

    let storage: Storage
    package let accounts: AccountStore
    let passwords: PasswordHasher
    let throttle: SignInThrottle
    let authority: TokenAuthority

    package init(
        storage: Storage, passwords: PasswordHasher, authority: TokenAuthority,
        throttle: SignInThrottle = SignInThrottle()
    ) {
        self.storage = storage
        accounts = AccountStore(storage: storage)
        self.passwords = passwords
        self.throttle = throttle
        self.authority = authority
    }

    /// Begins a session. Nothing tells an account that does not exist, is disabled or has no password from one whose
    /// password is another.
    ///
    /// - Parameters:
    ///   - name: a user name or an e-mail address.
    ///   - address: where the request came from.
    /// - Throws: 4100 if the account or the password is wrong; 4008 if there were too many such tries, 4009 if too many
    ///   are at it now.
    package func signIn(
        name: String, password: String, address: String, logID: String
    ) async throws -> BrowserSession {
        let account = try await accounts.credentials(named: name)
        let attempt = try throttle.signIn(
            account: account.map { "\($0.id)" } ?? "@" + name.lowercased(), address: address)
        let isRight = try await judge(attempt) {
            let usable = account.flatMap { $0.isDisabled ? nil : $0.passwordHash }
            return try await passwords.verify(password, against: usable)
        }
        if isRight, let account,
            let session = try await begin(account, address: address, logID: logID)
        {
            return session
        }
        try await noteFailure(of: account, address: address, logID: logID)
        throw APIError(.authenticationInvalid, "The account or the password is wrong")
    }

    /// Checks the password of somebody who has signed in already.
    ///
    /// - Throws: 4000 naming `field` if it is wrong; 4008 and 4009 as ``signIn(name:password:address:logID:)``.
    func confirm(_ password: String, of account: Credentials, address: String, _ field: String) async throws {
        let attempt = try throttle.signIn(account: "\(account.id)", address: address)
        let isRight = try await judge(attempt) {
            try await passwords.verify(password, against: account.passwordHash)
        }
        if !isRight { throw APIError.invalid(field, "is wrong") }
    }

    /// Ends a session.
    package func signOut(_ session: BrowserSession, address: String, logID: String) async throws {
        let (user, token) = (session.bearer.user, session.bearer.token)
        try await end(token, by: AuditActor(user: user, token: token, address: address, logID: logID))
    }

    /// Ends a session of the actor's own.
    ///
    /// - Throws: 4200 if there is no such session.
    func end(_ session: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let count = try accounts.tokens.revoke(
                where: "id = \(session) AND user_id = \(actor.user) AND kind = 'session'", in: connection)
            if count == 0 { throw APIError(.notFound, "The session \(session) does not exist") }
            try storage.audit("session.delete", AuditObject("session", session), by: actor, in: connection)
        }
        try await authority.refresh()
    }

    /// The sessions of a user that have not ended, oldest first.
    func sessions(of user: ID) async throws -> [Token] {
        try await storage.database.read { connection in
            try accounts.tokens.list(
                where: """
                    t.user_id = \(user) AND t.kind = 'session' AND t.revoked_at IS NULL
                    AND t.expires_at > \(storage.clock.now())
                    """, in: connection)
        }
    }

    /// Tells the throttle how a try ended. One that could not be checked does not count.
    func judge(_ attempt: SignInThrottle.Attempt, _ check: () async throws -> Bool) async throws -> Bool {
        do {
            let isRight = try await check()
            if isRight { throttle.succeed(attempt) } else { throttle.fail(attempt) }
            return isRight
        } catch {
            throttle.withdraw(attempt)
            throw error
        }
    }

    /// Nil if the account was disabled, or its password changed, since they were looked at.
    private func begin(_ account: Credentials, address: String, logID: String) async throws -> BrowserSession? {
        let made = try await storage.database.write { connection -> IssuedToken? in
            // Locks the row, so that a change of the password ends this session too if it is not seen here.
            let count = try connection.execute(
                """
                UPDATE account SET password = password
                WHERE id = \(account.id) AND password = \(account.passwordHash) AND disabled_at IS NULL
                """)
            return count == 0 ? nil : try begin(account.id, address: address, logID: logID, in: connection)
        }
        return made.map { Self.session(of: account.id, $0) }
    }

    /// Makes the token of a new session, in the caller's unit of work.
    func begin(
        _ user: ID, address: String, logID: String, in connection: any Connection
    ) throws -> IssuedToken {
        let made = try accounts.tokens.create(
            NewToken(
                .session, user: user, name: "browser", permissions: [PermissionPoint.everything],
                lifetime: Self.lifetime), in: connection)
        try storage.audit(
            "session.create", AuditObject("session", made.id),
            by: AuditActor(user: user, token: made.id, address: address, logID: logID), in: connection)
        return made
    }

    static func session(of user: ID, _ made: IssuedToken) -> BrowserSession {
        BrowserSession(
            secret: made.secret, bearer: Bearer(user: user, token: made.id, kind: .session, permissions: .all))
    }

    /// Notes who was tried, but not what was typed: it may be a password in the wrong field.
    func noteFailure(of account: Credentials?, address: String, logID: String) async throws {
        let actor = AuditActor(user: account?.id ?? 0, address: address, logID: logID)
        try await storage.database.write { connection in
            try storage.audit(
                "session.fail", AuditObject("account", account.map { "\($0.id)" } ?? ""), by: actor,
                detail: account.map { ["user_name": $0.userName] } ?? [:], in: connection)
        }
    }
}
