import APIKit
import Database

/// The table of authorization codes, of which only hashes are kept.
struct AuthorizationCodeStore: Sendable {
    /// Seconds in which a code must be exchanged.
    static let lifetime: Int64 = 300

    let storage: Storage

    /// A code that an app brings back.
    struct Code: Sendable {
        let app: ID
        let grant: ID
        let redirectURI: String
        let challenge: CodeChallenge?
        /// Unix seconds.
        let end: Int64
        let isUsed: Bool
    }

    /// Makes the code that tells an app what a person has granted, in the caller's unit of work.
    func create(for request: AuthorizationRequest, grant: ID, in connection: any Connection) throws -> String {
        let code = TokenSecret(prefix: "code_")
        try connection.execute(
            """
            INSERT INTO oauth_code (hash, app_id, grant_id, redirect_uri, challenge, challenge_method, expires_at)
            VALUES (\(code.hash.bytes), \(request.app.id), \(grant), \(request.redirectURI),
            \(request.challenge?.text), \(request.challenge?.method.rawValue),
            \(storage.clock.now() + Self.lifetime))
            """)
        return code.text
    }

    /// The code with this hash, whatever its state; nil if there is none.
    static func find(_ hash: TokenHash, in connection: any Connection) throws -> Code? {
        try connection.first(
            """
            SELECT app_id, grant_id, redirect_uri, challenge, challenge_method, expires_at, used_at
            FROM oauth_code WHERE hash = \(hash.bytes)
            """
        ) { row in
            let method = row.optionalText(4).flatMap(CodeChallenge.Method.init)
            return Code(
                app: row.id(0), grant: row.id(1), redirectURI: row.text(2),
                challenge: row.optionalText(3).map { CodeChallenge(text: $0, method: method ?? .s256) },
                end: row.int64(5), isUsed: !row.isNull(6))
        }
    }

    /// Uses a code up, in the caller's unit of work; false if somebody was faster.
    func use(_ hash: TokenHash, in connection: any Connection) throws -> Bool {
        try connection.execute(
            "UPDATE oauth_code SET used_at = \(storage.clock.now()) WHERE hash = \(hash.bytes) AND used_at IS NULL")
            == 1
    }

    /// Makes a code worthless, in the caller's unit of work, without a trace of who had it.
    func remove(_ hash: TokenHash, in connection: any Connection) throws {
        try connection.execute("DELETE FROM oauth_code WHERE hash = \(hash.bytes)")
    }
}
