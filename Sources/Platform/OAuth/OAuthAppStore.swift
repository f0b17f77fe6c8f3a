package import APIKit
package import Database

/// The tables of OAuth apps and their keys.
package struct OAuthAppStore: Sendable {
    let storage: Storage
    let tokens: TokenStore

    package init(storage: Storage) {
        self.storage = storage
        tokens = TokenStore(storage: storage)
    }

    static let columns = SQL.Fragment(
        """
        id, owner_id, enterprise_id, name, description, app_type, client_id, secret_hash, redirect_uris, permissions, \
        is_s256_only, is_channel, is_privileged, connector_id, is_enabled, created_at, updated_at
        """)

    /// The app that calls itself so, enabled or not; nil if there is none.
    package func find(clientID: String) async throws -> OAuthApp? {
        guard OAuthApp.id(in: clientID) != nil else { return nil }
        return try await storage.database.read { try Self.find(clientID: clientID, in: $0) }
    }

    /// The app that calls itself so, enabled or not, in the caller's read or unit of work; nil if there is none.
    package static func find(clientID: String, in connection: any Connection) throws -> OAuthApp? {
        guard let id = OAuthApp.id(in: clientID), let app = try find(id: id, in: connection), app.isNamed(clientID)
        else { return nil }
        return app
    }

    /// The app with an id, enabled or not, in the caller's read or unit of work; nil if there is none.
    package static func find(id: ID, in connection: any Connection) throws -> OAuthApp? {
        try connection.first("SELECT \(columns) FROM oauth_app WHERE id = \(id)", app)
    }

    static func app(_ row: Row) throws -> OAuthApp {
        OAuthApp(
            id: row.id(0), ownerID: row.id(1), enterpriseID: row.optionalID(2), name: row.text(3),
            description: row.text(4), type: OAuthApp.Kind(rawValue: row.text(5)) ?? .web, clientID: row.text(6),
            secretHash: row.isNull(7) ? nil : row.blob(7),
            redirectURIs: try StoredJSON.read([String].self, row.text(8)),
            permissions: try StoredJSON.read([String].self, row.text(9)), isS256Only: row.bool(10),
            isChannel: row.bool(11), isPrivileged: row.bool(12), connectorID: row.optionalText(13),
            isEnabled: row.bool(14), createdAt: row.int64(15), updatedAt: row.int64(16))
    }
}

extension OAuthAppStore {
    /// Whether a user administers an enterprise, in the caller's read or unit of work.
    static func administers(_ enterprise: ID, _ user: ID, in connection: any Connection) throws -> Bool {
        try EnterpriseRole.find(user, in: enterprise, connection)?.manages ?? false
    }

    /// An app's keys in PEM, by their ids.
    static func publicKeys(of app: ID, in connection: any Connection) throws -> [String: String] {
        let keys = try connection.query("SELECT kid, public_key FROM oauth_key WHERE app_id = \(app)") {
            ($0.text(0), $0.text(1))
        }
        return Dictionary(uniqueKeysWithValues: keys)
    }
}
