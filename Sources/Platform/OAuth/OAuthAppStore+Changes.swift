import APIKit
import Database

/// What an app is made with.
struct NewOAuthApp: Sendable {
    var name: String
    var description: String
    var type: OAuthApp.Kind
    var redirectURIs: [String]
    var permissions: [String]
    var isS256Only: Bool
    var isChannel: Bool
    var connectorID: String?
    var enterpriseID: ID?
    var isPrivileged: Bool
}

/// What is to change about an app; nil for what is to stay.
struct OAuthAppChange: Sendable {
    var name: String?
    var description: String?
    var redirectURIs: [String]?
    var permissions: [String]?
    var isS256Only: Bool?
    var connectorID: String?
}

extension OAuthAppStore {
    /// Finds an app that a user manages: the user's own, or one of an enterprise that the user administers.
    ///
    /// - Throws: 4200 if there is no such app.
    static func managed(_ id: ID, by user: ID, in connection: any Connection) throws -> OAuthApp {
        guard let app = try find(id: id, in: connection) else { throw unknown(id) }
        let isManager =
            try app.enterpriseID.map { try administers($0, user, in: connection) } ?? (app.ownerID == user)
        guard isManager else { throw unknown(id) }
        return app
    }

    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The OAuth app \(id) does not exist") }

    func get(_ id: ID, by user: ID) async throws -> OAuthApp {
        try await storage.database.read { try Self.managed(id, by: user, in: $0) }
    }

    /// The apps that a user manages, newest first.
    func list(by user: ID, _ page: PageRequest) async throws -> (items: [OAuthApp], total: Int) {
        let condition: SQL = """
            (owner_id = \(user) AND enterprise_id IS NULL) OR enterprise_id IN (SELECT enterprise_id
            FROM enterprise_member WHERE user_id = \(user) AND role IN ('enterprise_admin', 'enterprise_super_admin'))
            """
        return try await storage.database.read { connection in
            let total =
                try connection.first("SELECT COUNT(*) FROM oauth_app WHERE \(condition)") { $0.int(0) } ?? 0
            let items = try connection.query(
                """
                SELECT \(Self.columns) FROM oauth_app WHERE \(condition)
                ORDER BY id DESC LIMIT \(page.size) OFFSET \(page.offset)
                """, Self.app)
            return (items, total)
        }
    }

    /// - Throws: 4200 if the user does not administer the app's enterprise.
    /// - Returns: the app, and its secret if it has one.
    func create(_ new: NewOAuthApp, owner: ID, by actor: AuditActor) async throws -> (app: OAuthApp, secret: String?) {
        let id = storage.ids.next()
        let secret = new.type == .web ? Self.newSecret() : nil
        let app = try await storage.database.write { connection in
            if let enterprise = new.enterpriseID, try !Self.administers(enterprise, owner, in: connection) {
                throw APIError(.notFound, "The enterprise \(enterprise) does not exist")
            }
            let now = storage.clock.now()
            try connection.execute(
                """
                INSERT INTO oauth_app (id, owner_id, enterprise_id, name, description, app_type, client_id, secret_hash,
                redirect_uris, permissions, is_s256_only, is_channel, is_privileged, connector_id, is_enabled,
                created_at, updated_at)
                VALUES (\(id), \(owner), \(new.enterpriseID), \(new.name), \(new.description), \(new.type.rawValue),
                \(OAuthApp.clientID(of: id, new.type)), \(secret?.hash.bytes), \(StoredJSON.text(new.redirectURIs)),
                \(StoredJSON.text(new.permissions)), \(new.isS256Only), \(new.isChannel), \(new.isPrivileged),
                \(new.connectorID), \(true), \(now), \(now))
                """)
            let app = try Self.managed(id, by: owner, in: connection)
            let detail = ["name": app.name, "app_type": app.type.rawValue]
            try audit("create", app, by: actor, detail: detail, in: connection)
            return app
        }
        return (app, secret?.text)
    }

    /// Changes an app. Tokens that would have more than it still asks for, or belong to another channel, are revoked.
    ///
    /// - Parameter check: refuses a change that does not suit the app.
    /// - Throws: 4200 if the user manages no such app.
    func update(
        _ id: ID, _ change: OAuthAppChange, user: ID, by actor: AuditActor,
        check: @escaping @Sendable (OAuthApp) throws -> Void
    ) async throws -> OAuthApp {
        try await storage.database.write { connection in
            let app = try Self.managed(id, by: user, in: connection)
            try check(app)
            try connection.execute(
                """
                UPDATE oauth_app SET name = \(change.name ?? app.name),
                description = \(change.description ?? app.description),
                redirect_uris = \(StoredJSON.text(change.redirectURIs ?? app.redirectURIs)),
                permissions = \(StoredJSON.text(change.permissions ?? app.permissions)),
                is_s256_only = \(change.isS256Only ?? app.isS256Only),
                connector_id = \(change.connectorID ?? app.connectorID), updated_at = \(storage.clock.now())
                WHERE id = \(id)
                """)
            let lost = Set(app.permissions).subtracting(change.permissions ?? app.permissions)
            if !lost.isEmpty || (change.connectorID ?? app.connectorID) != app.connectorID {
                try tokens.revoke(where: "app_id = \(id)", in: connection)
            }
            var detail: [String: String] = [:]
            detail["name"] = change.name
            detail["redirect_uris"] = change.redirectURIs?.joined(separator: " ")
            detail["permissions"] = change.permissions?.joined(separator: " ")
            detail["connector_id"] = change.connectorID
            detail["is_s256_only"] = change.isS256Only.map { "\($0)" }
            try audit("update", app, by: actor, detail: detail, in: connection)
            return try Self.managed(id, by: user, in: connection)
        }
    }

    /// Enables or disables an app. The tokens of a disabled one do not work until it is enabled again.
    func setEnabled(_ isEnabled: Bool, _ id: ID, user: ID, by actor: AuditActor) async throws -> OAuthApp {
        try await storage.database.write { connection in
            let app = try Self.managed(id, by: user, in: connection)
            guard app.isEnabled != isEnabled else { return app }
            try connection.execute(
                """
                UPDATE oauth_app SET is_enabled = \(isEnabled), updated_at = \(storage.clock.now()) WHERE id = \(id)
                """)
            try tokens.touch(where: "app_id = \(id)", in: connection)
            try audit(isEnabled ? "enable" : "disable", app, by: actor, in: connection)
            return try Self.managed(id, by: user, in: connection)
        }
    }

    /// Gives a web app a new secret in place of the old one.
    ///
    /// - Throws: 4000 if the app is of another type.
    func resetSecret(of id: ID, user: ID, by actor: AuditActor) async throws -> (app: OAuthApp, secret: String) {
        let secret = Self.newSecret()
        let app = try await storage.database.write { connection in
            let app = try Self.managed(id, by: user, in: connection)
            guard app.type == .web else {
                throw APIError.invalid(
                    "app_id", "names an app of type \(app.type.rawValue); only web apps have secrets")
            }
            try connection.execute(
                """
                UPDATE oauth_app SET secret_hash = \(secret.hash.bytes), updated_at = \(storage.clock.now())
                WHERE id = \(id)
                """)
            try audit("reset_secret", app, by: actor, in: connection)
            return try Self.managed(id, by: user, in: connection)
        }
        return (app, secret.text)
    }

    /// Takes back all that was granted to an app, and all its tokens.
    func revoke(_ id: ID, user: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let app = try Self.managed(id, by: user, in: connection)
            try revokeEverything(of: id, in: connection)
            try audit("revoke", app, by: actor, in: connection)
        }
    }

    /// Removes an app with all that was granted to it, and revokes all its tokens.
    func remove(_ id: ID, user: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let app = try Self.managed(id, by: user, in: connection)
            try revokeEverything(of: id, in: connection)
            try connection.execute("DELETE FROM oauth_app WHERE id = \(id)")
            try audit("delete", app, by: actor, detail: ["name": app.name], in: connection)
        }
    }

    private func revokeEverything(of id: ID, in connection: any Connection) throws {
        try OAuthGrantStore(storage: storage).revoke(where: "app_id = \(id)", in: connection)
        // What is not bound to a grant: the tokens of its owner.
        try tokens.revoke(where: "app_id = \(id)", in: connection)
    }

    func audit(
        _ verb: String, _ app: OAuthApp, by actor: AuditActor, detail: [String: String] = [:],
        in connection: any Connection
    ) throws {
        try storage.audit(
            "oauth_app." + verb, AuditObject("oauth_app", app.id, enterprise: app.enterpriseID), by: actor,
            detail: detail, in: connection)
    }

    private static func newSecret() -> TokenSecret { TokenSecret(prefix: "ocs_") }
}
