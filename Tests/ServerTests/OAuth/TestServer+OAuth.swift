import APIKit
import Database
import NIOHTTP1
import Platform

@testable import Server

extension TestServer {
    /// An app of the owner's, as the owner would have registered it.
    struct App: Sendable {
        let id: ID
        var clientID: String { "\(id).app.coze" }
        let secret: TokenSecret
        static let redirectURI = "https://app.example.com/callback"
    }

    var storage: Storage { application.storage }
    var consent: OAuthConsent { OAuthConsent(storage: storage, secret: Array(repeating: 7, count: 32)) }

    func makeApp(
        _ type: OAuthApp.Kind, permissions: [String] = ["listBot", "createConversation", "listConversation"],
        redirectURIs: [String] = [App.redirectURI], isS256Only: Bool = false
    ) async throws -> App {
        let app = App(id: storage.ids.next(), secret: TokenSecret(prefix: "secret_"))
        let hash = type == .web ? app.secret.hash.bytes : nil
        try await storage.database.write { connection in
            try connection.execute(
                """
                INSERT INTO oauth_app (id, owner_id, name, description, app_type, client_id, secret_hash, redirect_uris,
                permissions, is_s256_only, created_at, updated_at)
                VALUES (\(app.id), \(owner.user), 'Notebook', 'Takes notes', \(type.rawValue), \(app.clientID), \(hash),
                \(StoredJSON.text(redirectURIs)), \(StoredJSON.text(permissions)), \(isS256Only), 1, 1)
                """)
        }
        return app
    }

    /// A caller who has signed in with a browser.
    func session(_ caller: Caller) -> BrowserSession {
        BrowserSession(
            secret: TokenSecret("ses_test"),
            bearer: Bearer(user: caller.user, token: 0, kind: .session, permissions: .all))
    }

    func request(
        _ app: App, state: String? = "xyz", challenge: String? = nil, method: String? = nil, workspace: ID? = nil
    ) async throws -> AuthorizationRequest {
        try await consent.request(
            responseType: "code", clientID: app.clientID, redirectURI: App.redirectURI, state: state,
            codeChallenge: challenge, codeChallengeMethod: method, workspace: workspace)
    }

    /// The code that an app gets once a caller has let it.
    func code(
        _ app: App, for caller: Caller, challenge: String? = nil, method: String? = nil, workspace: ID? = nil
    ) async throws -> String {
        let request = try await request(app, challenge: challenge, method: method, workspace: workspace)
        let address = try await consent.approve(
            request, by: session(caller), workspaces: nil, actor: AuditActor(user: caller.user, address: "", logID: ""))
        return Self.field("code", in: address)!
    }

    static func field(_ name: String, in address: String) -> String? {
        let query = address.split(separator: "?", maxSplits: 1).last ?? ""
        let pair = query.split(separator: "&").first { $0.hasPrefix("\(name)=") }
        return pair.map { String($0.dropFirst(name.count + 1)) }
    }

    /// Asks for tokens. The secret goes into the header.
    func tokens(_ app: App, _ fields: [String: String], secret: String? = nil) async throws -> Reply {
        let members = ["client_id": app.clientID].merging(fields) { $1 }
        let body = JSON.object(members.map { JSON.Member(key: $0.key, value: .string($0.value)) })
        return try await send(.POST, "/api/permission/oauth2/token", body, token: secret)
    }

    func exchange(
        _ app: App, code: String, verifier: String? = nil, secret: String? = nil,
        redirectURI: String = App.redirectURI
    ) async throws -> Reply {
        var fields = ["grant_type": "authorization_code", "code": code, "redirect_uri": redirectURI]
        fields["code_verifier"] = verifier
        return try await tokens(app, fields, secret: secret)
    }

    func refresh(_ app: App, _ token: String, secret: String? = nil) async throws -> Reply {
        try await tokens(app, ["grant_type": "refresh_token", "refresh_token": token], secret: secret)
    }

    /// Whether an access token still opens anything.
    func isGood(_ accessToken: String) async throws -> Bool {
        let reply = try await send(.GET, "/v1/users/me", token: accessToken)
        return reply.code == 0
    }

    func execute(_ sql: SQL) async throws {
        try await storage.database.write { connection in _ = try connection.execute(sql) }
    }

    func number(_ sql: SQL) async throws -> Int64 {
        try await storage.database.read { connection in try connection.first(sql) { $0.int64(0) } ?? 0 }
    }
}

extension TestServer.Reply {
    var access: String { json["access_token"]?.text ?? "" }
    var refresh: String { json["refresh_token"]?.text ?? "" }
    /// The error of an endpoint without envelope; empty for none.
    var error: String { json["error_code"]?.text ?? "" }
    func integer(_ name: String) -> Int64? { if case .integer(let value)? = json[name] { value } else { nil } }
    var errorMessage: String { json["error_message"]?.text ?? "" }
}
