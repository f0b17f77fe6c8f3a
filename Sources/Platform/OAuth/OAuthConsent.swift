package import APIKit
import Crypto
import Database

/// Asks people whether an app may act for them, and notes their answers: the part behind the pages.
package struct OAuthConsent: Sendable {
    /// Beyond this a `state` or a challenge is refused, in bytes: both travel in addresses.
    private static let textLimit = 2048

    let storage: Storage
    let grants: OAuthGrantStore
    let devices: DeviceStore
    let guesses: GuessLimit<ID>
    private let codes: AuthorizationCodeStore
    private let signer: AuthorizationSigner

    /// - Parameter secret: random bytes that only servers of this database know.
    package init(storage: Storage, secret: [UInt8]) {
        self.storage = storage
        grants = OAuthGrantStore(storage: storage)
        devices = DeviceStore(storage: storage)
        guesses = GuessLimit(limit: 10, window: 600, clock: storage.clock)
        codes = AuthorizationCodeStore(storage: storage)
        signer = AuthorizationSigner(secret: secret, clock: storage.clock)
    }

    /// Checks what an app asks for through a person's browser.
    ///
    /// - Parameters:
    ///   - state: nil if the app sent none; an empty one is sent back too.
    ///   - workspace: the one workspace the app asks for. Whether the person is a member of it shows later.
    /// - Throws: ``OAuthRequestFault``.
    package func request(
        responseType: String?, clientID: String?, redirectURI: String?, state: String?, codeChallenge: String?,
        codeChallengeMethod: String?, workspace: ID?
    ) async throws -> AuthorizationRequest {
        guard let clientID, !clientID.isEmpty else { throw OAuthRequestFault.page(.invalid("client_id")) }
        guard let app = try await OAuthAppStore(storage: storage).find(clientID: clientID) else {
            throw OAuthRequestFault.page(.unknownClient)
        }
        try Self.check(app, redirectURI: redirectURI)
        guard let redirectURI else { throw OAuthRequestFault.page(.invalid("redirect_uri")) }
        guard (state?.utf8.count ?? 0) <= Self.textLimit else { throw OAuthRequestFault.page(.invalid("state")) }
        func refusal(_ error: OAuthError) -> OAuthRequestFault {
            .redirect(
                AuthorizationRequest.address(
                    redirectURI,
                    [("error", error.code), ("error_description", error.message)]
                        + (state.map { [("state", $0)] } ?? [])))
        }
        guard responseType == "code" else {
            throw refusal(OAuthError("unsupported_response_type", "invalid request: response_type must be code"))
        }
        let challenge: CodeChallenge?
        do {
            challenge = try Self.challenge(codeChallenge, method: codeChallengeMethod, for: app)
        } catch {
            throw refusal(error)
        }
        let fields = AuthorizationFields(
            app: app.id, redirectURI: redirectURI, states: state.map { [$0] } ?? [], challenge: challenge?.text,
            method: challenge?.method, workspace: workspace, end: storage.clock.now() + AuthorizationSigner.lifetime)
        return AuthorizationRequest(
            app: app, redirectURI: redirectURI, state: state, challenge: challenge, workspace: workspace,
            key: try signer.text(fields))
    }

    /// The request that a key stands for; nil if it is none of this server's, is older than ten minutes, or the app
    /// may no longer ask for it.
    package func request(key: String) async throws -> AuthorizationRequest? {
        guard let fields = signer.fields(key),
            let app = try await storage.database.read({ try OAuthAppStore.find(id: fields.app, in: $0) })
        else { return nil }
        do {
            try Self.check(app, redirectURI: fields.redirectURI)
            let challenge = try Self.challenge(fields.challenge, method: fields.method?.rawValue, for: app)
            return AuthorizationRequest(
                app: app, redirectURI: fields.redirectURI, state: fields.states.first, challenge: challenge,
                workspace: fields.workspace, key: key)
        } catch is OAuthRequestFault, is OAuthError {
            return nil
        }
    }

    /// What the page shows.
    ///
    /// - Throws: ``OAuthRequestFault/page(_:)`` if the request is for a workspace that the person is no member of.
    package func details(
        of request: AuthorizationRequest, for session: BrowserSession
    ) async throws -> ConsentDetails {
        try await details(app: request.app, workspace: request.workspace, user: session.bearer.user)
    }

    /// Notes that a person lets an app do what it asks for, and makes the code that tells the app.
    ///
    /// - Parameters:
    ///   - workspaces: the workspaces the app may reach; nil for all. Of no account if the request is for one workspace.
    ///   - shown: the ``ConsentDetails/mark`` of what the person saw.
    /// - Throws: ``ConsentOutdated``; ``OAuthRequestFault/page(_:)`` if the app may no longer ask, or for a workspace
    ///   that the person is no member of.
    /// - Returns: where to send the browser.
    package func approve(
        _ request: AuthorizationRequest, by session: BrowserSession, workspaces: [ID]?, shown: String? = nil,
        actor: AuditActor
    ) async throws -> String {
        let code = try await storage.database.write { connection in
            // What was checked may have changed since the page was shown.
            guard let app = try OAuthAppStore.find(id: request.app.id, in: connection) else {
                throw OAuthRequestFault.page(.unknownClient)
            }
            try Self.check(app, redirectURI: request.redirectURI)
            try ConsentDetails.check(shown, app, request.workspace)
            let grant = try grant(
                app, request.workspace, workspaces, by: session.bearer.user, flow: "code", actor, in: connection)
            return try codes.create(for: request, grant: grant, in: connection)
        }
        return request.redirect([("code", code)])
    }

    /// Where to send the browser of a person who does not let the app.
    package func deny(_ request: AuthorizationRequest) -> String {
        request.redirect([("error", "access_denied"), ("error_description", "The request was denied")])
    }

    // MARK: - What is checked

    /// Whether an app may ask through browsers, and be answered at this address.
    private static func check(_ app: OAuthApp, redirectURI: String?) throws(OAuthRequestFault) {
        guard app.type == .web || app.type == .pkce else { throw .page(.wrongType) }
        guard app.isEnabled else { throw .page(.disabled(app)) }
        guard let redirectURI, app.redirectURIs.contains(redirectURI) else { throw .page(.invalid("redirect_uri")) }
    }

    /// - Throws: ``OAuthError`` for a challenge that this app may not come with, or for the lack of one.
    private static func challenge(
        _ text: String?, method: String?, for app: OAuthApp
    ) throws(OAuthError) -> CodeChallenge? {
        guard let text, !text.isEmpty else {
            if app.type == .pkce || app.isS256Only { throw .invalid("code_challenge is missing") }
            return nil
        }
        guard text.utf8.count <= textLimit else { throw .invalid("code_challenge") }
        let name = method.flatMap { $0.isEmpty ? nil : $0 } ?? CodeChallenge.Method.plain.rawValue
        guard let method = CodeChallenge.Method(rawValue: name) else { throw .invalid("code_challenge_method") }
        if app.isS256Only, method != .s256 { throw .invalid("code_challenge_method must be S256") }
        return CodeChallenge(text: text, method: method)
    }
}

/// What a person is shown before they answer.
package struct ConsentDetails: Sendable {
    package struct Workspace: Sendable {
        package let id: ID
        package let name: String
    }

    package let appName: String
    package let appDescription: String
    /// Names of the permission points that the app would get.
    package let permissions: [String]
    /// The one workspace it would reach; nil if it asks for what is the account's.
    package let workspace: Workspace?
    /// The person's workspaces, of which some or all can be let; empty if the app asks for one.
    package let workspaces: [Workspace]
    package let userName: String
    package let nickName: String
    /// Tells whether what the app says of itself and asks for is still what the person saw.
    package let mark: String

    static func mark(of app: OAuthApp, _ workspace: ID?) -> String {
        // No name of a permission has a line break, and each other text has its length before it.
        let parts = [app.name, app.description].map { "\($0.utf8.count) \($0)" }
        let text = (parts + app.permissions(bound: workspace != nil).sorted()).joined(separator: "\n")
        return Hexadecimal.text(SHA256.hash(data: Array(text.utf8)))
    }

    /// - Parameter shown: nil if it is not known what the person saw.
    /// - Throws: ``ConsentOutdated`` if it was something else.
    static func check(_ shown: String?, _ app: OAuthApp, _ workspace: ID?) throws(ConsentOutdated) {
        if let shown, shown != mark(of: app, workspace) { throw ConsentOutdated() }
    }
}

/// The app has come to ask for something else since the person was shown what it asks for. They must see that first.
package struct ConsentOutdated: Error {}

extension OAuthConsent {
    func details(app: OAuthApp, workspace: ID?, user: ID) async throws -> ConsentDetails {
        try await storage.database.read { connection in
            let account = try connection.first("SELECT user_name, nick_name FROM account WHERE id = \(user)") {
                ($0.text(0), $0.text(1))
            }
            let all = try connection.query(
                """
                SELECT w.id, w.name FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id
                WHERE m.user_id = \(user) ORDER BY w.id
                """
            ) { ConsentDetails.Workspace(id: $0.id(0), name: $0.text(1)) }
            let bound = all.first { $0.id == workspace }
            if workspace != nil, bound == nil { throw OAuthRequestFault.page(.invalid("workspace_id")) }
            return ConsentDetails(
                appName: app.name, appDescription: app.description,
                permissions: app.permissions(bound: workspace != nil), workspace: bound,
                workspaces: workspace == nil ? all : [], userName: account?.0 ?? "", nickName: account?.1 ?? "",
                mark: ConsentDetails.mark(of: app, workspace))
        }
    }

    /// Notes a grant and what the audit log says of it, in the caller's unit of work.
    func grant(
        _ app: OAuthApp, _ workspace: ID?, _ workspaces: [ID]?, by user: ID, flow: String, _ actor: AuditActor,
        in connection: any Connection
    ) throws -> ID {
        let grant: ID
        do {
            grant = try grants.create(
                app: app, user: user, workspace: workspace, workspaces: workspace == nil ? workspaces : nil,
                in: connection)
        } catch let error as APIError {
            throw OAuthRequestFault.page(workspace == nil ? OAuthError(error) : .invalid("workspace_id"))
        }
        try storage.audit(
            "oauth.grant", AuditObject("oauth_grant", grant, workspace: workspace), by: actor,
            detail: ["app": app.name, "client_id": app.clientID, "flow": flow], in: connection)
        return grant
    }
}
