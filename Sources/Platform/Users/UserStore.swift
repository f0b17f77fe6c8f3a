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

    /// Adds a user with a personal workspace of their own, in the caller's unit of work.
    package func add(userName: String, nickName: String, in connection: any Connection) throws -> ID {
        let user = storage.ids.next()
        let workspace = storage.ids.next()
        let now = storage.clock.now()
        try connection.execute(
            """
            INSERT INTO account (id, user_name, nick_name, created_at)
            VALUES (\(user), \(userName), \(nickName), \(now))
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
