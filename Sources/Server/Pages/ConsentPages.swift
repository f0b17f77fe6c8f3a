import APIKit
import Platform

/// Asks a person who came from an app's site whether the app may act for them, and sends them back with the answer.
struct ConsentPages: Resource {
    static let tag = "Pages"
    let site: Site
    let consent: OAuthConsent

    var endpoints: [AnyEndpoint] {
        ask
        answer
    }

    struct AskInput: Decodable, Sendable {
        /// The request, as `authorize` leads here with it.
        var authorizeKey: String?

        enum CodingKeys: String, CodingKey {
            case authorizeKey = "authorize_key"
        }
    }

    struct AnswerInput: Decodable, Sendable {
        /// The request that is answered.
        var authorizeKey: String?
        let answer: ConsentAnswer

        enum CodingKeys: String, CodingKey {
            case authorizeKey = "authorize_key"
        }

        init(from decoder: any Decoder) throws {
            authorizeKey = try decoder.container(keyedBy: CodingKeys.self)
                .decodeIfPresent(String.self, forKey: .authorizeKey)
            answer = try ConsentAnswer(from: decoder)
        }
    }

    var ask: Endpoint<AskInput, WebPage> {
        Endpoint(.get, "/oauth/consent", "Show what an app asks for", access: .open) { input, call in
            try await site.page(call, at: Self.path(input.authorizeKey ?? "")) { visitor, session in
                try await show(try await request(input.authorizeKey), visitor, session)
            }
        }
    }

    var answer: Endpoint<AnswerInput, WebPage> {
        Endpoint(.post, "/oauth/consent", "Allow or deny an app what it asks for", access: .open) { input, call in
            try await site.page(call, at: Self.path(input.authorizeKey ?? "")) { visitor, session in
                try Site.check(input.answer.csrfToken, session)
                let request = try await request(input.authorizeKey)
                if try input.answer.checkedDecision() == .deny { return WebPage(redirectTo: consent.deny(request)) }
                let workspaces = request.workspace == nil ? try input.answer.chosenWorkspaces() : nil
                if workspaces == [] { return try await show(request, visitor, session, fault: .lacksWorkspace) }
                do {
                    let address = try await consent.approve(
                        request, by: session, workspaces: workspaces, shown: input.answer.shown,
                        actor: call.actor(session))
                    // Tokens of an earlier grant may have lost something.
                    await site.authority.refreshAfterChange()
                    return WebPage(redirectTo: address)
                } catch is ConsentOutdated {
                    let request = try await self.request(input.authorizeKey)
                    return try await show(request, visitor, session, fault: .outdated)
                }
            }
        }
    }

    /// The page that asks about a request.
    static func path(_ key: String) -> String { "/oauth/consent?authorize_key=\(PercentDecoding.encoded(key))" }

    private func request(_ key: String?) async throws -> AuthorizationRequest {
        guard let key, let request = try await consent.request(key: key) else { throw PageError(\.expired) }
        return request
    }

    private func show(
        _ request: AuthorizationRequest, _ visitor: Visitor, _ session: BrowserSession,
        fault: ConsentForm.Fault? = nil
    ) async throws -> WebPage {
        let details = try await consent.details(of: request, for: session)
        let form = ConsentForm(
            details, owner: try await site.name(request.app.ownerID), action: "/oauth/consent",
            field: ("authorize_key", request.key), target: request.redirectURI, fault: fault,
            texts: visitor.texts, session: session)
        return try await site.html(
            "consent", visitor.texts.consentTitle.filled("app", details.appName), form, visitor,
            path: Self.path(request.key), status: fault == nil ? 200 : 400,
            formTargets: Self.formTargets(request.redirectURI))
    }

    /// Where the form's answer may lead: to every address of the redirect's scheme. Its host alone would not do, since
    /// browsers hold all further redirects to this rule too, and many apps lead on from where they take the code to
    /// another host of theirs.
    private static func formTargets(_ address: String) -> [String] {
        let scheme = address.prefix { $0 != ":" }.lowercased()
        guard !scheme.isEmpty, scheme.utf8.allSatisfy(schemeLetters.contains) else { return [] }
        return ["\(scheme):"]
    }

    private static let schemeLetters = Set("abcdefghijklmnopqrstuvwxyz0123456789+-.".utf8)
}
