import Database

/// Removes what apps cannot use any more. It is called now and then.
package struct OAuthSweep: Sendable {
    /// For how many seconds something is told from what never was, after its end.
    private static let memory: Int64 = 86400
    /// How many rows go at a time, so that others can write in between.
    private static let batch = 500

    private let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Removes expired codes, refresh tokens, devices and ids of JWTs.
    package func run() async throws {
        let now = storage.clock.now()
        let old = now - Self.memory
        for statement: SQL in [
            """
            DELETE FROM oauth_code WHERE hash IN
            (SELECT hash FROM oauth_code WHERE expires_at < \(old) LIMIT \(Self.batch))
            """,
            """
            DELETE FROM oauth_refresh_token WHERE hash IN
            (SELECT hash FROM oauth_refresh_token WHERE expires_at < \(old) LIMIT \(Self.batch))
            """,
            """
            DELETE FROM oauth_device WHERE device_hash IN
            (SELECT device_hash FROM oauth_device WHERE expires_at < \(now - DeviceStore.memory) LIMIT \(Self.batch))
            """,
        ] {
            while try await remove(statement) == Self.batch {}
        }
        try await storage.database.write(isUrgent: false) { connection in
            try connection.execute("DELETE FROM oauth_jwt_id WHERE expires_at < \(now)")
        }
    }

    private func remove(_ statement: SQL) async throws -> Int {
        try await storage.database.write(isUrgent: false) { try $0.execute(statement) }
    }
}
