package import APIKit
import Database

/// A person's account, as operators and the person see it.
package struct Account: Codable, Sendable {
    /// The user's id.
    package var id: ID
    /// The unique name, which signs in.
    package var userName: String
    /// The name that is shown.
    package var nickName: String
    /// The e-mail address, which signs in as well; empty if there is none.
    package var email: String
    /// Whether the account manages the server and its accounts.
    package var isOperator: Bool
    /// Whether it can neither sign in nor use its tokens.
    package var isDisabled: Bool
    /// Whether it can sign in with a password.
    package var hasPassword: Bool
    /// Unix seconds.
    package var createdAt: Int64

    package enum CodingKeys: String, CodingKey {
        case id = "user_id"
        case userName = "user_name"
        case nickName = "nick_name"
        case email
        case isOperator = "is_operator"
        case isDisabled = "is_disabled"
        case hasPassword = "has_password"
        case createdAt = "created_at"
    }
}

extension Account {
    static let columns = SQL.Fragment(
        """
        id, user_name, nick_name, COALESCE(email, ''), is_operator, \
        CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END, CASE WHEN password IS NULL THEN 0 ELSE 1 END, created_at
        """)

    init(_ row: Row) {
        self.init(
            id: row.id(0), userName: row.text(1), nickName: row.text(2), email: row.text(3),
            isOperator: row.int64(4) == 1, isDisabled: row.int64(5) == 1, hasPassword: row.int64(6) == 1,
            createdAt: row.int64(7))
    }
}

/// What an account is made with. All of it must keep to ``AccountRules``.
package struct NewAccount: Sendable {
    package var userName: String
    package var nickName: String
    /// In lower case; nil for none.
    package var email: String?
    /// What ``PasswordHasher`` made of the password; nil for an account that cannot sign in with one.
    package var passwordHash: String?
    package var isOperator: Bool

    package init(
        userName: String, nickName: String, email: String?, passwordHash: String?, isOperator: Bool
    ) {
        self.userName = userName
        self.nickName = nickName
        self.email = email
        self.passwordHash = passwordHash
        self.isOperator = isOperator
    }
}
