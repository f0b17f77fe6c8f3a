import APIKit
import Database

/// Gives service apps tokens for the JWTs that they sign.
package struct JWTExchange: Sendable {
    /// Whom a token is asked for.
    package enum Target: Sendable {
        /// The app's owner.
        case developer
        /// An account that has authorized the app, or an organization that the app's owner administers.
        case account(String)
        /// The enterprise of a privileged app.
        case enterprise(String)
    }

    private let storage: Storage
    private let tokens: TokenStore
    private let verifier: JWTVerifier

    private static let standardDuration = 900
    private static let durations = 1...86399

    package init(storage: Storage, verifier: JWTVerifier) {
        self.storage = storage
        self.verifier = verifier
        tokens = TokenStore(storage: storage)
    }

    /// A token for a JWT, which is used up by it.
    ///
    /// - Parameters:
    ///   - authorization: the request's header, `Bearer` and the JWT.
    ///   - durationSeconds: how long the token lasts, 1 to 86399; 900 if nil.
    ///   - scope: what is asked for; nil for all that the app may have.
    /// - Throws: ``OAuthError``.
    package func token(
        for authorization: String?, durationSeconds: Int?, scope: JWTScope?, target: Target
    ) async throws -> IssuedToken {
        guard let secret = authorization.flatMap(TokenAuthority.bearer) else {
            throw OAuthError("invalid_client", "invalid client: Authorization must be Bearer and a JWT", status: 401)
        }
        let duration = durationSeconds ?? Self.standardDuration
        guard Self.durations.contains(duration) else {
            throw OAuthError.invalid("duration_seconds must be from 1 to \(Self.durations.upperBound)")
        }
        try scope?.check()
        let assertion = try JWTAssertion(secret.text)
        let (app, keys) = try await client(assertion.claims.issuer)
        try await verifier.verify(assertion, publicKeys: keys)
        return try await storage.database.write { connection in
            try issue(
                for: assertion, of: app.id, to: target, scope: scope, lasting: Int64(duration),
                in: connection)
        }
    }

    /// The app that a JWT is said to come from, and its keys.
    private func client(_ issuer: String) async throws -> (OAuthApp, keys: [String: String]) {
        try await storage.database.read { connection in
            guard let app = try OAuthAppStore.find(clientID: issuer, in: connection) else {
                throw OAuthError("invalid_client", "invalid client: the JWT's iss names no app", status: 401)
            }
            guard app.type == .service else { throw OAuthError.wrongType }
            return (app, try OAuthAppStore.publicKeys(of: app.id, in: connection))
        }
    }

    /// Checks what may have changed since the JWT was verified, takes it as used, and makes the token.
    private func issue(
        for assertion: JWTAssertion, of id: ID, to target: Target, scope: JWTScope?, lasting duration: Int64,
        in connection: any Connection
    ) throws -> IssuedToken {
        guard let app = try OAuthAppStore.find(id: id, in: connection),
            try OAuthAppStore.publicKeys(of: id, in: connection)[assertion.header.keyID] != nil
        else { throw OAuthError.invalid("the JWT's kid names no key of the app") }
        guard app.isEnabled else { throw OAuthError.disabled(app) }
        if app.isChannel, app.connectorID == nil {
            throw OAuthError("access_deny", "connector app should bind connector id")
        }
        var entitlement = try JWTEntitlement(of: app, for: target, storage: storage, in: connection)
        if let scope { try entitlement.narrow(to: scope, in: connection) }
        try OAuthError.requireEnabled([app.ownerID, entitlement.user], in: connection)
        try use(assertion, of: id, in: connection)

        var new = NewToken(
            .jwt, user: entitlement.user, name: app.name,
            permissions: app.isChannel ? Self.withChats(entitlement.permissions) : entitlement.permissions,
            lifetime: duration)
        if let session = assertion.claims.sessionName, !session.isEmpty {
            new.owner = try SessionAccounts(storage: storage)
                .account(of: session, parent: entitlement.user, in: connection)
        }
        new.workspaces = entitlement.workspaces
        new.bots = scope?.bots
        new.connector = app.isChannel ? app.connectorID : nil
        new.app = id
        new.grant = entitlement.grant
        return try tokens.create(new, in: connection)
    }

    /// Notes that a JWT is used, so that it cannot be used again.
    private func use(_ assertion: JWTAssertion, of app: ID, in connection: any Connection) throws {
        // The note may be removed at its end; the JWT is refused as expired before.
        let end = assertion.claims.expiresAt.seconds + JWTVerifier.skew + 60
        let count = try connection.execute(
            """
            INSERT INTO oauth_jwt_id (app_id, jti, expires_at) VALUES (\(app), \(assertion.claims.id), \(end))
            ON CONFLICT (app_id, jti) DO NOTHING
            """)
        guard count == 1 else { throw OAuthError.invalid("the JWT's jti has been used before") }
    }

    /// The permission to chat in a channel's name stands for all that a chat takes.
    private static func withChats(_ permissions: [String]) -> [String] {
        guard permissions.contains("Connector.botChat") else { return permissions }
        return permissions
            + ["chat", "getChat", "cancelChat", "submitToolChat"].filter { !permissions.contains($0) }
    }
}
