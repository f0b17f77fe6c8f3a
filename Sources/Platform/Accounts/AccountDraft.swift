import APIKit

/// An account as somebody asks for it, not checked yet.
package struct AccountDraft: Sendable {
    package var userName: String
    /// The user name if nil.
    package var nickName: String?
    package var email: String?
    /// Nil for an account that cannot sign in with a password.
    package var password: String?
    package var isOperator: Bool

    package init(
        userName: String, nickName: String?, email: String?, password: String?, isOperator: Bool = false
    ) {
        self.userName = userName
        self.nickName = nickName
        self.email = email
        self.password = password
        self.isOperator = isOperator
    }
}

extension AccountStore {
    /// Makes an account with a personal workspace.
    ///
    /// - Throws: 4000 for what breaks ``AccountRules``, and for a name or an address that is taken; 4009 if too many
    ///   passwords wait to be hashed.
    package func create(
        _ draft: AccountDraft, passwords: PasswordHasher, by actor: AuditActor
    ) async throws -> Account {
        try await create(checked(draft, passwords: passwords), by: actor)
    }

    /// What an account as it is asked for is made with.
    ///
    /// - Throws: 4000 for what breaks ``AccountRules``; 4009 if too many passwords wait to be hashed.
    func checked(_ draft: AccountDraft, passwords: PasswordHasher) async throws -> NewAccount {
        try AccountRules.checkUserName(draft.userName)
        let nickName = draft.nickName ?? draft.userName
        try AccountRules.checkNickName(nickName)
        let email = try draft.email.map { try AccountRules.email($0) }
        var hash: String?
        if let password = draft.password {
            try AccountRules.checkPassword(password, userName: draft.userName, email: email, "password")
            hash = try await passwords.hash(password)
        }
        return NewAccount(
            userName: draft.userName, nickName: nickName, email: email, passwordHash: hash,
            isOperator: draft.isOperator)
    }
}
