import APIKit
import Database

extension OAuthAppStore {
    /// How many keys an app may have, so that a new one can be used before the old one is removed.
    private static let mostKeys = 3

    struct Key: Sendable {
        let id: String
        /// In PEM.
        let publicKey: String
        /// Unix seconds.
        let createdAt: Int64
    }

    /// An app's keys, oldest first.
    func keys(of id: ID, user: ID) async throws -> [Key] {
        try await storage.database.read { connection in
            _ = try Self.service(id, user, connection)
            return try connection.query(
                "SELECT kid, public_key, created_at FROM oauth_key WHERE app_id = \(id) ORDER BY created_at, kid"
            ) { Key(id: $0.text(0), publicKey: $0.text(1), createdAt: $0.int64(2)) }
        }
    }

    /// - Throws: 4200 if the caller manages no such app; 4101 if the app is another's, or may have more than the caller's
    ///   token; 4000 if it can have no more keys.
    func checkKeyCanBeAdded(to id: ID, by bearer: Bearer) async throws {
        _ = try await storage.database.read { try Self.checkKeyCanBeAdded(to: id, bearer, $0) }
    }

    /// Adds a key to an app.
    ///
    /// - Throws: as ``checkKeyCanBeAdded(to:by:)``; 4000 if the app has the key already.
    func add(_ key: RSAPublicKey, to id: ID, by bearer: Bearer, _ actor: AuditActor) async throws -> Key {
        try await storage.database.write { connection in
            let app = try Self.checkKeyCanBeAdded(to: id, bearer, connection)
            let now = storage.clock.now()
            let count = try connection.execute(
                """
                INSERT INTO oauth_key (app_id, kid, public_key, created_at)
                VALUES (\(id), \(key.id), \(key.pem), \(now)) ON CONFLICT (app_id, kid) DO NOTHING
                """)
            guard count == 1 else { throw APIError.invalid("public_key", "is a key of the app already") }
            try audit("add_key", app, by: actor, detail: ["kid": key.id], in: connection)
            return Key(id: key.id, publicKey: key.pem, createdAt: now)
        }
    }

    /// Removes a key. The tokens that were got with it stay.
    ///
    /// - Throws: 4200 if there is no such key.
    func removeKey(_ key: String, of id: ID, user: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let app = try Self.service(id, user, connection)
            let count = try connection.execute("DELETE FROM oauth_key WHERE app_id = \(id) AND kid = \(key)")
            guard count == 1 else { throw APIError(.notFound, "The app has no such key") }
            try audit("remove_key", app, by: actor, detail: ["kid": key], in: connection)
        }
    }

    /// Only the owner adds keys: whoever has one gets tokens that stand for the owner, and not for the other
    /// administrators of the app's enterprise.
    private static func checkKeyCanBeAdded(to id: ID, _ bearer: Bearer, _ connection: any Connection) throws -> OAuthApp
    {
        let app = try service(id, bearer.user, connection)
        guard app.ownerID == bearer.user else {
            throw APIError(.noPermission, "Only the app's owner can add keys, since they stand for the owner")
        }
        try OAuthAppRules.requireNoGain(app.permissions, by: bearer)
        guard try publicKeys(of: id, in: connection).count < mostKeys else {
            throw APIError.invalid("app_id", "names an app that has \(mostKeys) keys already; remove one first")
        }
        return app
    }

    private static func service(_ id: ID, _ user: ID, _ connection: any Connection) throws -> OAuthApp {
        let app = try managed(id, by: user, in: connection)
        guard app.type == .service else {
            throw APIError.invalid("app_id", "names an app of type \(app.type.rawValue); only service apps have keys")
        }
        return app
    }
}
