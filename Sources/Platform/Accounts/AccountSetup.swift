import APIKit
import Database

/// The account has a password already, so a token is no longer enough to set one.
package struct AccountIsSetUp: Error {}

extension SignIn {
    /// Gives a person's account that has no password yet a name and a password, and begins a session. Nothing tells a
    /// token that does not exist from one that may not do this.
    ///
    /// - Parameters:
    ///   - draft: what the account shall be like. Without an e-mail address it keeps the one it has.
    ///   - secret: a personal token of the account that may do everything.
    ///   - address: where the request came from.
    /// - Throws: 4100 if there is no such token; ``AccountIsSetUp`` if its account has a password; 4000 for what breaks
    ///   ``AccountRules``, and for a name or an address that is taken; 4008 if there were too many wrong tokens, 4009 if
    ///   too many are at it now.
    package func setUp(
        _ draft: AccountDraft, with secret: String, address: String, logID: String
    ) async throws -> BrowserSession {
        let attempt = try throttle.signIn(account: "setup", address: address)
        var holder: Bearer?
        _ = try await judge(attempt) {
            holder = try await wholePerson(secret)
            return holder != nil
        }
        guard let holder, let account = try await accounts.credentials(of: holder.user) else {
            try await noteFailure(of: nil, address: address, logID: logID)
            throw APIError(.authenticationInvalid, "The token is wrong")
        }
        if account.passwordHash != nil { throw AccountIsSetUp() }
        var draft = draft
        draft.email = draft.email ?? account.email
        // None would leave the account as open as it is.
        draft.password = draft.password ?? ""
        let new = try await accounts.checked(draft, passwords: passwords)
        let actor = AuditActor(user: holder.user, token: holder.token, address: address, logID: logID)
        let made = try await accounts.naming {
            try await storage.database.write { connection in
                try accounts.setUp(account.id, new, by: actor, in: connection)
                return try begin(account.id, address: address, logID: logID, in: connection)
            }
        }
        return Self.session(of: account.id, made)
    }

    /// Whom a personal token stands for that may do all that its user may; nil for any other.
    private func wholePerson(_ secret: String) async throws -> Bearer? {
        do {
            let bearer = try await authority.authenticate(TokenSecret(secret))
            let isWhole = bearer.permissions == .all && bearer.member.workspaces == .all && bearer.bots == nil
            return bearer.kind == .personal && isWhole ? bearer : nil
        } catch let error as APIError where [.invalidToken, .authenticationInvalid].contains(error.code) {
            return nil
        }
    }
}

extension AccountStore {
    /// Whether the account that the first start made has no password yet.
    package func awaitsSetup() async throws -> Bool {
        try await storage.database.read { connection in
            try connection.first(
                """
                SELECT id FROM account WHERE id = (SELECT MIN(id) FROM account) AND kind = 'person'
                AND is_operator = 1 AND password IS NULL AND disabled_at IS NULL
                """
            ) { _ in true } ?? false
        }
    }

    /// - Throws: ``AccountIsSetUp`` if the account has got a password or was disabled; 4000 if another has its name or
    ///   its address.
    fileprivate func setUp(
        _ id: ID, _ new: NewAccount, by actor: AuditActor, in connection: any Connection
    ) throws {
        try Self.checkFree(userName: new.userName, for: id, in: connection)
        if let email = new.email { try Self.checkFree(email: email, for: id, in: connection) }
        // Of two at once only one changes the row.
        let count = try connection.execute(
            """
            UPDATE account SET user_name = \(new.userName), nick_name = \(new.nickName), email = \(new.email),
            password = \(new.passwordHash)
            WHERE id = \(id) AND kind = 'person' AND password IS NULL AND disabled_at IS NULL
            """)
        if count == 0 { throw AccountIsSetUp() }
        try storage.audit(
            "account.set_up", AuditObject("account", id), by: actor, detail: ["user_name": new.userName],
            in: connection)
    }
}
