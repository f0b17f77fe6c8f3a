package import APIKit

/// Browsers that people have signed in with.
package struct Sessions: Resource {
    package static let tag = "Sessions"
    let signIn: SignIn
    let publicURL: PublicURL

    package init(signIn: SignIn, publicURL: PublicURL) {
        self.signIn = signIn
        self.publicURL = publicURL
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        current
        deleteCurrent
        delete
    }

    private var isSecure: Bool { publicURL.text.hasPrefix("https://") }

    struct CreateInput: Decodable, Sendable {
        /// The user name or the e-mail address.
        var account: String
        var password: String
    }

    struct Created: Codable, Sendable {
        /// The user who has signed in.
        var userID: ID
        /// What requests with the cookie must send in the header X-CSRF-Token, but for GET.
        var csrfToken: String
        /// Unix seconds.
        var expiresAt: Int64

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case csrfToken = "csrf_token"
            case expiresAt = "expires_at"
        }
    }

    var create: Endpoint<CreateInput, WithCookie<Created>> {
        Endpoint(.post, "/buckle/v1/sessions", "Sign in", access: .open) { input, call in
            try checkOrigin(call)
            let session = try await signIn.signIn(
                name: input.account, password: input.password, address: call.client.address(), logID: call.logID)
            let created = Created(
                userID: session.bearer.user, csrfToken: session.csrfToken,
                expiresAt: signIn.storage.clock.now() + SignIn.lifetime)
            return WithCookie(created, session.cookie(lifetime: SignIn.lifetime, isSecure: isSecure))
        }
    }

    struct NoInput: Decodable, Sendable {}

    struct Session: Codable, Sendable {
        /// The session's id.
        var id: ID
        /// When it began, in Unix seconds.
        var createdAt: Int64
        /// When it was last used, in Unix seconds and some seconds late; absent for never.
        var lastUsedAt: Int64?
        /// When it ends, in Unix seconds.
        var expiresAt: Int64
        /// Whether the request came with it.
        var isCurrent: Bool

        enum CodingKeys: String, CodingKey {
            case id
            case createdAt = "created_at"
            case lastUsedAt = "last_used_at"
            case expiresAt = "expires_at"
            case isCurrent = "is_current"
        }
    }

    struct SessionList: Codable, Sendable {
        /// The sessions that have not ended, oldest first.
        var items: [Session]
    }

    var list: Endpoint<NoInput, SessionList> {
        Endpoint(
            .get, "/buckle/v1/sessions", "List one's browser sessions",
            access: .permission(PermissionPoint.manageAccounts)
        ) { _, call in
            try Accounts.checkReach(call.member)
            return SessionList(
                items: try await signIn.sessions(of: call.user).map { token in
                    Session(
                        id: token.id, createdAt: token.createdAt, lastUsedAt: token.lastUsedAt,
                        expiresAt: token.expiresAt ?? 0, isCurrent: token.id == call.token)
                })
        }
    }

    struct Current: Codable, Sendable {
        /// The user who has signed in.
        var userID: ID
        /// What requests with the cookie must send in the header X-CSRF-Token, but for GET.
        var csrfToken: String

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case csrfToken = "csrf_token"
        }
    }

    var current: Endpoint<NoInput, Current> {
        Endpoint(.get, "/buckle/v1/sessions/current", "Get the session of the cookie", access: .anyToken) { _, call in
            let session = try await session(call)
            return Current(userID: call.user, csrfToken: session.csrfToken)
        }
    }

    struct Ended: Codable, Sendable {
        /// The session that has ended.
        var sessionID: ID

        enum CodingKeys: String, CodingKey { case sessionID = "session_id" }
    }

    var deleteCurrent: Endpoint<NoInput, WithCookie<Ended>> {
        Endpoint(.delete, "/buckle/v1/sessions/current", "Sign out", access: .anyToken) { _, call in
            let session = try await session(call)
            try await signIn.signOut(session, address: call.client.address(), logID: call.logID)
            return WithCookie(
                Ended(sessionID: session.bearer.token), BrowserSession.endingCookie(isSecure: isSecure))
        }
    }

    struct DeleteInput: Decodable, Sendable {
        /// One of the user's own sessions.
        var sessionID: ID

        enum CodingKeys: String, CodingKey { case sessionID = "session_id" }
    }

    var delete: Endpoint<DeleteInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/sessions/{session_id}", "End one of one's browser sessions",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try Accounts.checkReach(call.member)
            try await signIn.end(input.sessionID, by: call.actor)
            return NoData()
        }
    }

    /// A form of another site could sign its visitors in as somebody else, who then reads what they write.
    ///
    /// - Throws: 4101 for what a page of another site sends.
    private func checkOrigin(_ call: Call) throws(APIError) {
        guard let origin = call.client.header("Origin") else { return }
        let isOwn =
            origin == "http://" + (call.client.header("Host") ?? "")
            || origin == "https://" + (call.client.header("Host") ?? "") || publicURL.text == origin
            || publicURL.text.hasPrefix(origin + "/")
        if !isOwn { throw APIError(.noPermission, "Another site's pages cannot sign anybody in") }
    }

    /// The session that a request came with, in its cookie or as its token.
    ///
    /// - Throws: 4200 if it came with another token.
    private func session(_ call: Call) async throws -> BrowserSession {
        if call.bearer.kind == .session {
            if let session = try await signIn.authority.browserSession(call.client),
                session.bearer.token == call.token
            {
                return session
            }
            if let secret = call.client.header("Authorization").flatMap(TokenAuthority.bearer) {
                return BrowserSession(secret: secret, bearer: call.bearer)
            }
        }
        throw APIError(.notFound, "The request did not come with a session")
    }
}
