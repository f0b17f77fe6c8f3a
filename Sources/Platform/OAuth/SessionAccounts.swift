import APIKit
import Database

/// The hidden accounts that conversations of one `session_name` belong to, so that the tokens of one session do not see
/// those of another. Everything else, such as bots and workspaces, is the parent's.
struct SessionAccounts: Sendable {
    let storage: Storage

    /// The account of a session, made when the name is used for the first time, in the caller's unit of work.
    ///
    /// - Throws: `invalid_request` if somebody else has the account's name.
    func account(of name: String, parent: ID, in connection: any Connection) throws -> ID {
        if let known = try find(name, parent, connection) { return known }
        try connection.execute(
            """
            INSERT INTO account (id, user_name, nick_name, created_at, kind, parent_id)
            VALUES (\(storage.ids.next()), \(Self.userName(name, parent)), \(name), \(storage.clock.now()),
            \("session"), \(parent))
            ON CONFLICT (user_name) DO NOTHING
            """)
        guard let made = try find(name, parent, connection) else {
            throw OAuthError("invalid_request", "invalid request: session_name cannot be used")
        }
        return made
    }

    private func find(_ name: String, _ parent: ID, _ connection: any Connection) throws -> ID? {
        try connection.first(
            """
            SELECT id FROM account
            WHERE user_name = \(Self.userName(name, parent)) AND kind = 'session' AND parent_id = \(parent)
            """
        ) { $0.id(0) }
    }

    private static func userName(_ name: String, _ parent: ID) -> String { "\(parent)/\(name)" }
}
