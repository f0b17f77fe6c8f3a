import APIKit
import Database

/// The table of refresh tokens, of which only hashes are kept. Each is good for one use.
struct RefreshTokenStore: Sendable {
    /// Seconds in which a refresh token must be used: thirty days.
    static let lifetime: Int64 = 30 * 86400

    let storage: Storage

    /// A refresh token that an app brings back.
    struct RefreshToken: Sendable {
        let grant: ID
        /// Unix seconds.
        let end: Int64
        let isUsed: Bool
    }

    /// Makes a refresh token, in the caller's unit of work.
    func create(for grant: ID, in connection: any Connection) throws -> String {
        let secret = TokenSecret(prefix: "czr_")
        try connection.execute(
            """
            INSERT INTO oauth_refresh_token (hash, grant_id, expires_at)
            VALUES (\(secret.hash.bytes), \(grant), \(storage.clock.now() + Self.lifetime))
            """)
        return secret.text
    }

    /// The refresh token with this hash, whatever its state; nil if there is none.
    static func find(_ hash: TokenHash, in connection: any Connection) throws -> RefreshToken? {
        try connection.first(
            "SELECT grant_id, expires_at, used_at FROM oauth_refresh_token WHERE hash = \(hash.bytes)"
        ) { RefreshToken(grant: $0.id(0), end: $0.int64(1), isUsed: !$0.isNull(2)) }
    }

    /// Uses a refresh token up, in the caller's unit of work; false if somebody was faster.
    func use(_ hash: TokenHash, in connection: any Connection) throws -> Bool {
        try connection.execute(
            """
            UPDATE oauth_refresh_token SET used_at = \(storage.clock.now())
            WHERE hash = \(hash.bytes) AND used_at IS NULL
            """) == 1
    }
}
