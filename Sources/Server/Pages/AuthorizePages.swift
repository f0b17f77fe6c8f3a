import APIKit
import Platform

/// Where apps send browsers to ask for access. Leads on to the page that asks.
struct AuthorizePages: Resource {
    static let tag = "OAuth"
    let site: Site
    let consent: OAuthConsent

    var endpoints: [AnyEndpoint] {
        authorize
        authorizeWorkspace
    }

    struct AuthorizeInput: Decodable, Sendable {
        /// `code`; nothing else is supported.
        var responseType: String?
        /// The app's client id.
        var clientID: String?
        /// Where the browser goes with the answer: one of the app's registered addresses.
        var redirectURI: String?
        /// What the app gets back with the answer.
        var state: String?
        /// For PKCE: what is made of the verifier that the app keeps.
        var codeChallenge: String?
        /// How the challenge is made: `plain`, which counts if it is absent, or `S256`.
        var codeChallengeMethod: String?
        /// Not used: an app asks for the permissions it is registered with.
        var scope: String?

        enum CodingKeys: String, CodingKey {
            case state, scope
            case responseType = "response_type"
            case clientID = "client_id"
            case redirectURI = "redirect_uri"
            case codeChallenge = "code_challenge"
            case codeChallengeMethod = "code_challenge_method"
        }
    }

    struct AuthorizeWorkspaceInput: Decodable, Sendable {
        /// The one workspace that the app asks for.
        var workspaceID: String
        let request: AuthorizeInput

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
        }

        init(from decoder: any Decoder) throws {
            workspaceID = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .workspaceID)
            request = try AuthorizeInput(from: decoder)
        }
    }

    var authorize: Endpoint<AuthorizeInput, WebPage> {
        Endpoint(
            .get, "/api/permission/oauth2/authorize", "Ask a person for access to their account", access: .open
        ) { input, call in
            try await site.page(call) { _ in try await lead(input, workspace: nil) }
        }
    }

    var authorizeWorkspace: Endpoint<AuthorizeWorkspaceInput, WebPage> {
        Endpoint(
            .get, "/api/permission/oauth2/workspace_id/{workspace_id}/authorize",
            "Ask a person for access to one workspace", access: .open
        ) { input, call in
            try await site.page(call) { _ in
                guard let workspace = ID(input.workspaceID) else {
                    throw OAuthRequestFault.page(OAuthError("invalid_request", "invalid request: workspace_id"))
                }
                return try await lead(input.request, workspace: workspace)
            }
        }
    }

    private func lead(_ input: AuthorizeInput, workspace: ID?) async throws -> WebPage {
        let request = try await consent.request(
            responseType: input.responseType, clientID: input.clientID, redirectURI: input.redirectURI,
            state: input.state, codeChallenge: input.codeChallenge, codeChallengeMethod: input.codeChallengeMethod,
            workspace: workspace)
        return WebPage(redirectTo: ConsentPages.path(request.key))
    }
}
