package import APIKit
package import Database

/// The table of users.
package struct UserStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// - Throws: 4200 if there is no such user.
    func find(_ id: ID) async throws -> User {
        let found = try await storage.database.read { connection in
            try connection.first("SELECT id, user_name, nick_name, avatar_url FROM account WHERE id = \(id)") {
                User(id: $0.id(0), userName: $0.text(1), nickName: $0.text(2), avatarURL: $0.text(3))
            }
        }
        guard let found else { throw APIError(.notFound) }
        return found
    }

    /// Adds a person with a personal workspace of their own, in the caller's unit of work. The first one operates the
    /// server.
    ///
    /// - Parameters:
    ///   - email: in lower case.
    ///   - passwordHash: what ``PasswordHasher`` made of the password.
    package func add(
        userName: String, nickName: String, email: String? = nil, passwordHash: String? = nil,
        isOperator: Bool = false, in connection: any Connection
    ) throws -> ID {
        let user = storage.ids.next()
        let workspace = storage.ids.next()
        let now = storage.clock.now()
        let isFirst = try Self.owner(in: connection) == nil
        try connection.execute(
            """
            INSERT INTO account (id, user_name, nick_name, email, password, is_operator, created_at)
            VALUES (\(user), \(userName), \(nickName), \(email), \(passwordHash), \(isFirst || isOperator), \(now))
            """)
        try connection.execute(
            """
            INSERT INTO workspace (id, name, description, workspace_type, owner_id, created_at)
            VALUES (\(workspace), \("Personal"), \(""), \("personal"), \(user), \(now))
            """)
        try connection.execute(
            """
            INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
            VALUES (\(workspace), \(user), \("owner"), \(now))
            """)
        return user
    }

    /// The first user, who set the server up; nil on a fresh database.
    package static func owner(in connection: any Connection) throws -> ID? {
        try connection.first("SELECT id FROM account ORDER BY id LIMIT 1") { $0.id(0) }
    }
}
