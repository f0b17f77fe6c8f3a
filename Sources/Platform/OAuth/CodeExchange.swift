import APIKit
import Database

/// Gives apps tokens for what a person has granted: for a code, a refresh token or a device's code.
///
/// Whatever is exchanged is good for one time: it is used up in the same unit of work that makes the tokens, so of two
/// requests that race one gets them. A second use tells that somebody else has it too, and ends the whole grant.
struct CodeExchange: Sendable {
    /// How long an access token lasts, in seconds.
    private static let lifetime: Int64 = 900

    private let storage: Storage
    private let authority: TokenAuthority
    private let tokens: TokenStore
    private let grants: OAuthGrantStore
    private let codes: AuthorizationCodeStore
    private let refreshTokens: RefreshTokenStore
    private let devices: DeviceStore
    /// Verifiers may be short, so whoever has somebody's code must not get to try many.
    private let wrongVerifiers: GuessLimit<TokenHash>

    init(storage: Storage, authority: TokenAuthority) {
        self.storage = storage
        self.authority = authority
        tokens = TokenStore(storage: storage)
        grants = OAuthGrantStore(storage: storage)
        codes = AuthorizationCodeStore(storage: storage)
        refreshTokens = RefreshTokenStore(storage: storage)
        devices = DeviceStore(storage: storage)
        wrongVerifiers = GuessLimit(limit: 5, window: AuthorizationCodeStore.lifetime, clock: storage.clock)
    }

    /// Which app asks, and how it shows that it is the one.
    struct Client: Sendable {
        let id: String?
        let authorization: String?
        let actor: AuditActor
    }

    /// What comes of a request. A refusal is no error of the unit of work, which may have noted something.
    private enum Outcome: Sendable {
        case issued(OAuthTokens.TokenReply)
        case refused(OAuthError)
        /// The grant was ended, since what was presented had been used before.
        case ended(OAuthError)
    }

    // MARK: - What is exchanged

    /// Tokens for the code that a person's browser has brought.
    ///
    /// A code that comes with the wrong app, address or verifier stays good for the app it was made for, but for one
    /// that came with five wrong verifiers.
    func exchange(code: String, redirectURI: String?, verifier: String?, _ client: Client) async throws
        -> OAuthTokens.TokenReply
    {
        let hash = TokenSecret(code).hash
        return try await run { connection in
            let app = try app(client, types: [.web, .pkce], in: connection)
            guard let found = try AuthorizationCodeStore.find(hash, in: connection), found.app == app.id else {
                return .refused(.invalid("code"))
            }
            guard let redirectURI, redirectURI == found.redirectURI else { return .refused(.invalid("redirect_uri")) }
            if let challenge = found.challenge {
                guard let verifier, challenge.isMet(by: verifier) else {
                    if verifier != nil, wrongVerifiers.count(hash) { try codes.remove(hash, in: connection) }
                    return .refused(.invalid("code_verifier"))
                }
            } else if verifier != nil {
                // Somebody took the challenge out of the request that the app had made (RFC 9700, section 4.8.2).
                return .refused(.invalid("code_verifier"))
            } else if app.type == .pkce || app.isS256Only {
                // The app's settings have changed since the code was made.
                return .refused(.invalid("code_challenge is missing"))
            }
            if app.isS256Only, found.challenge?.method != .s256 {
                return .refused(.invalid("code_challenge_method must be S256"))
            }
            if found.isUsed { return try end(found.grant, "code", client, in: connection) }
            guard storage.clock.now() < found.end else { return .refused(.invalid("code has expired")) }
            guard let grant = try grants.find(found.grant, in: connection) else { return .refused(.invalid("code")) }
            try OAuthError.requireEnabled([grant.userID], in: connection)
            guard try codes.use(hash, in: connection) else {
                return try end(grant.id, "code", client, in: connection)
            }
            return .issued(try issue(app, grant, in: connection))
        }
    }

    /// New tokens for a refresh token, which is used up. Access tokens made before last as long as they would have.
    func exchange(refreshToken: String, _ client: Client) async throws -> OAuthTokens.TokenReply {
        let hash = TokenSecret(refreshToken).hash
        return try await run { connection in
            let app = try app(client, types: [.web, .pkce, .device], in: connection)
            guard let found = try RefreshTokenStore.find(hash, in: connection),
                let grant = try grants.find(found.grant, in: connection), grant.appID == app.id
            else { return .refused(.invalid("refresh_token")) }
            if found.isUsed { return try end(grant.id, "refresh_token", client, in: connection) }
            guard storage.clock.now() < found.end else { return .refused(.invalid("refresh_token has expired")) }
            try OAuthError.requireEnabled([grant.userID], in: connection)
            guard try refreshTokens.use(hash, in: connection) else {
                return try end(grant.id, "refresh_token", client, in: connection)
            }
            return .issued(try issue(app, grant, in: connection))
        }
    }

    /// Tokens for a device, once a person has let it.
    func exchange(deviceCode: String, _ client: Client) async throws -> OAuthTokens.TokenReply {
        let hash = TokenSecret(deviceCode).hash
        return try await run { connection in
            let app = try app(client, types: [.device], in: connection)
            guard let device = try DeviceStore.find(hash, in: connection), device.app == app.id else {
                return .refused(.invalid("device_code"))
            }
            switch device.status {
            case .used: return .refused(.invalid("device_code has been used"))
            case .denied: return .refused(OAuthError("access_denied", "The request was denied"))
            case .pending, .approved: break
            }
            guard storage.clock.now() < device.end else {
                return .refused(OAuthError("expired_token", "The device code has expired"))
            }
            guard device.status == .approved else {
                // Whether it asks too soon makes a difference only while it waits (RFC 8628, section 3.5).
                let isEarly = try devices.poll(device, hash, in: connection)
                return .refused(
                    isEarly
                        ? OAuthError("slow_down", "The device asks too often; leave more time in between")
                        : OAuthError("authorization_pending", "Nobody has answered the request yet"))
            }
            guard let grant = try device.grant.flatMap({ try grants.find($0, in: connection) }) else {
                return .refused(OAuthError("access_denied", "The request was denied"))
            }
            try OAuthError.requireEnabled([grant.userID], in: connection)
            guard try devices.use(hash, in: connection) else {
                return .refused(.invalid("device_code has been used"))
            }
            return .issued(try issue(app, grant, in: connection))
        }
    }

    /// The app of this kind that asks for a device's code.
    ///
    /// - Throws: ``OAuthError``.
    func deviceApp(clientID: String?) async throws -> OAuthApp {
        try await storage.database.read { try app(clientID, types: [.device], authorization: nil, in: $0) }
    }

    // MARK: - Parts

    private func run(
        _ unit: @escaping @Sendable (any Connection) throws -> Outcome
    ) async throws -> OAuthTokens.TokenReply {
        switch try await storage.database.write(unit) {
        case .issued(let reply): return reply
        case .refused(let error): throw error
        case .ended(let error):
            try await authority.refresh()
            throw error
        }
    }

    private func app(_ client: Client, types: Set<OAuthApp.Kind>, in connection: any Connection) throws -> OAuthApp {
        try app(client.id, types: types, authorization: client.authorization, in: connection)
    }

    /// The app that asks.
    ///
    /// - Throws: ``OAuthError`` unless it is of these types, shows its secret if it has one, and is enabled.
    private func app(
        _ clientID: String?, types: Set<OAuthApp.Kind>, authorization: String?, in connection: any Connection
    ) throws -> OAuthApp {
        guard let clientID, !clientID.isEmpty else { throw OAuthError.invalid("client_id") }
        guard let app = try OAuthAppStore.find(clientID: clientID, in: connection) else {
            throw OAuthError.unknownClient
        }
        guard types.contains(app.type) else { throw OAuthError.wrongType }
        if app.type == .web {
            let secret = authorization.flatMap(TokenAuthority.bearer)
            guard let secret, app.accepts(secret: secret.text) else { throw OAuthError.wrongSecret }
        }
        guard app.isEnabled else { throw OAuthError.disabled(app) }
        if app.enterpriseID == nil { try OAuthError.requireEnabled([app.ownerID], in: connection) }
        return app
    }

    private func issue(
        _ app: OAuthApp, _ grant: OAuthGrant, in connection: any Connection
    ) throws -> OAuthTokens.TokenReply {
        var new = NewToken(
            .oauth, user: grant.userID, name: app.name, permissions: grant.permissions(of: app),
            lifetime: Self.lifetime)
        new.workspaces = grant.reachedWorkspaces
        new.app = app.id
        new.grant = grant.id
        return OAuthTokens.TokenReply(
            try tokens.create(new, in: connection),
            refreshToken: try refreshTokens.create(for: grant.id, in: connection))
    }

    /// Ends a grant, since a code or a refresh token of it was presented a second time.
    private func end(
        _ grant: ID, _ field: String, _ client: Client, in connection: any Connection
    ) throws -> Outcome {
        let error = OAuthError.invalid("\(field) has been used before, so all that was issued for it is revoked")
        guard let ended = try grants.revoke(grant, of: nil, in: connection) else { return .refused(error) }
        // The account that granted it is told, whoever it was.
        let actor = AuditActor(user: ended.userID, address: client.actor.address, logID: client.actor.logID)
        try storage.audit(
            "oauth.revoke", AuditObject("oauth_grant", grant, workspace: ended.workspaceID), by: actor,
            detail: ["reason": "\(field) was used twice", "client_id": client.id ?? ""], in: connection)
        return .ended(error)
    }
}
