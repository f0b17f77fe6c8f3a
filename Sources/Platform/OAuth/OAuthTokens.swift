package import APIKit
import Database

/// The endpoints where OAuth apps get their tokens. They have no envelope.
package struct OAuthTokens: Resource {
    package static let tag = "OAuth"

    private let exchange: CodeExchange
    private let jwts: JWTExchange
    private let devices: DeviceStore
    private let publicURL: PublicURL
    private let deviceLifetime: Int64
    /// Each device is a row of the database, and whoever asks for one needs no secret.
    private let deviceLimit = RateLimiter(
        .perMinute(60, burst: 120), refusal: .overUserLimit, of: "device codes for this address", memory: 16_384)

    /// - Parameters:
    ///   - jwts: gives service apps their tokens.
    ///   - publicURL: what people reach the server under, to let devices.
    ///   - deviceLifetime: the seconds in which a device must be let.
    package init(
        storage: Storage, authority: TokenAuthority, jwts: JWTExchange, publicURL: PublicURL,
        deviceLifetime: Int64 = 300
    ) {
        exchange = CodeExchange(storage: storage, authority: authority)
        self.jwts = jwts
        devices = DeviceStore(storage: storage)
        self.publicURL = publicURL
        self.deviceLifetime = deviceLifetime
    }

    package var endpoints: [AnyEndpoint] {
        token
        accountToken
        enterpriseToken
        deviceCode
        workspaceDeviceCode
    }

    /// What an app exchanges for a token.
    enum GrantType: String, Sendable {
        case code = "authorization_code"
        case refresh = "refresh_token"
        case device = "urn:ietf:params:oauth:grant-type:device_code"
        case jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer"

        /// - Throws: `unsupported_grant_type` for any other text, `invalid_request` for none.
        init(_ text: String?) throws(OAuthError) {
            guard let text, !text.isEmpty else { throw .invalid("grant_type") }
            guard let type = Self(rawValue: text) else {
                throw OAuthError("unsupported_grant_type", "not supported grant type: \(text.prefix(100))")
            }
            self = type
        }
    }

    // MARK: - Tokens

    private var token: Endpoint<TokenInput, Bare<TokenReply>> {
        Endpoint(.post, "/api/permission/oauth2/token", "Get or refresh an OAuth access token", access: .open) {
            input, call in
            let client = CodeExchange.Client(
                id: input.clientID, authorization: call.client.header("Authorization"), actor: call.actor)
            switch try GrantType(input.grantType) {
            case .code:
                guard let code = input.code else { throw OAuthError.invalid("code") }
                return Bare(
                    try await exchange.exchange(
                        code: code, redirectURI: input.redirectURI, verifier: input.codeVerifier, client))
            case .refresh:
                guard let token = input.refreshToken else { throw OAuthError.invalid("refresh_token") }
                return Bare(try await exchange.exchange(refreshToken: token, client))
            case .device:
                guard let code = input.deviceCode else { throw OAuthError.invalid("device_code") }
                return Bare(try await exchange.exchange(deviceCode: code, client))
            case .jwt:
                return try await jwtToken(input.durationSeconds, input.scope, .developer, call)
            }
        }
    }

    private var accountToken: Endpoint<AccountTokenInput, Bare<TokenReply>> {
        Endpoint(
            .post, "/api/permission/oauth2/account/{account_id}/token", "Get an access token for another account",
            access: .open
        ) { input, call in
            try Self.checkJWT(input.grantType)
            return try await jwtToken(input.durationSeconds, input.scope, .account(input.accountID), call)
        }
    }

    private var enterpriseToken: Endpoint<EnterpriseTokenInput, Bare<TokenReply>> {
        Endpoint(
            .post, "/api/permission/oauth2/enterprise_id/{enterprise_id}/token",
            "Get an access token for an enterprise", access: .open
        ) { input, call in
            try Self.checkJWT(input.grantType)
            return try await jwtToken(input.durationSeconds, input.scope, .enterprise(input.enterpriseID), call)
        }
    }

    /// Only JWTs are exchanged where the path says whom the token is for.
    private static func checkJWT(_ text: String?) throws(OAuthError) {
        guard try GrantType(text) == .jwt else {
            throw OAuthError("unsupported_grant_type", "not supported grant type: \(text ?? "")")
        }
    }

    private func jwtToken(
        _ duration: LenientInteger?, _ scope: ScopeInput?, _ target: JWTExchange.Target, _ call: Call
    ) async throws -> Bare<TokenReply> {
        if let scope, scope.scope == nil { throw OAuthError.invalid("scope must be an object") }
        return Bare(
            TokenReply(
                try await jwts.token(
                    for: call.client.header("Authorization"), durationSeconds: duration?.value, scope: scope?.scope,
                    target: target),
                refreshToken: nil))
    }

    // MARK: - Devices

    private var deviceCode: Endpoint<DeviceInput, Bare<DeviceReply>> {
        Endpoint(.post, "/api/permission/oauth2/device/code", "Get a code for a device", access: .open) {
            input, call in
            Bare(try await device(input.clientID, workspace: nil, call))
        }
    }

    private var workspaceDeviceCode: Endpoint<WorkspaceDeviceInput, Bare<DeviceReply>> {
        Endpoint(
            .post, "/api/permission/oauth2/workspace_id/{workspace_id}/device/code",
            "Get a code for a device that is to reach one workspace", access: .open
        ) { input, call in
            Bare(try await device(input.clientID, workspace: input.workspaceID, call))
        }
    }

    private func device(_ clientID: String?, workspace: ID?, _ call: Call) async throws -> DeviceReply {
        let app = try await exchange.deviceApp(clientID: clientID)
        do {
            if let key = RateLimits.key(address: call.client.address()) { try deviceLimit.take(key) }
        } catch {
            throw OAuthError("slow_down", error.message, status: 429, retryAfter: error.retryAfter)
        }
        let codes = try await devices.create(for: app, workspace: workspace, lifetime: deviceLifetime)
        return DeviceReply(
            deviceCode: codes.device, userCode: codes.user, verificationURI: publicURL.text + "/oauth/device",
            expiresIn: deviceLifetime, interval: DeviceStore.interval)
    }
}
