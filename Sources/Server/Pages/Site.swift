import APIKit
import Logging
import Platform

/// What all pages share: who looks at them, and how they are put together.
struct Site: Sendable {
    let authority: TokenAuthority
    let accounts: AccountStore
    let publicURL: PublicURL
    let files: WebFiles

    /// Whether browsers may send cookies over HTTPS alone.
    var isSecure: Bool { publicURL.text.hasPrefix("https://") }

    /// Answers with a page, whatever happens: a browser can show nothing else.
    func page(_ call: Call, _ make: (Visitor) async throws -> WebPage) async throws -> WebPage {
        let texts = Texts.best(for: call.client)
        do {
            return try await make(Visitor(session: try await authority.browserSession(call.client), texts: texts))
        } catch let error as PageError {
            return notice(texts, error.text(texts), status: error.status)
        } catch OAuthRequestFault.redirect(let address) {
            return WebPage(redirectTo: address)
        } catch OAuthRequestFault.page(let error) {
            return refusal(texts, error.message, status: error.status, retryAfter: error.retryAfter)
        } catch let error as APIError where error.code != .internalError {
            return refusal(texts, error.message, status: max(400, error.code.status), retryAfter: error.retryAfter)
        } catch {
            call.logger.error("a page cannot be shown", metadata: ["error": "\(error)"])
            return notice(texts, texts.failed, logID: call.logID, status: 500)
        }
    }

    /// A page for people who are signed in; others sign in first and then come back to `path`.
    func page(
        _ call: Call, at path: String, _ make: (Visitor, BrowserSession) async throws -> WebPage
    ) async throws -> WebPage {
        try await page(call) { visitor in
            guard let session = visitor.session else { return Self.signIn(returnTo: path) }
            return try await make(visitor, session)
        }
    }

    static func signIn(returnTo path: String) -> WebPage { WebPage(redirectTo: signInPath(returnTo: path)) }

    static func signInPath(returnTo path: String) -> String {
        "/sign-in" + (path == "/" ? "" : "?return_to=\(PercentDecoding.encoded(path))")
    }

    /// The name that others see of an account; empty if there is no such person.
    func name(_ id: ID) async throws -> String {
        do {
            return try await accounts.find(id).nickName
        } catch let error as APIError where error.code == .notFound {
            return ""
        }
    }

    /// - Throws: a ``PageError`` unless the form came from a page that this session was shown.
    static func check(_ csrfToken: String?, _ session: BrowserSession) throws {
        guard session.accepts(csrfToken: csrfToken) else { throw PageError(\.formRefused, status: 403) }
    }

    /// - Parameters:
    ///   - page: what the template shows.
    ///   - path: the page's own path, for those who would rather be somebody else, or read another language; nil for
    ///     the start.
    ///   - module: the name of the page's script in `web/pages`; nil if it has none.
    func html<Content>(
        _ template: String, _ title: String, _ page: Content, _ visitor: Visitor, path: String? = nil,
        status: Int = 200, formTargets: [String] = [], module: String? = nil
    ) async throws -> WebPage {
        var person: Layout<Content>.Person?
        if let session = visitor.session {
            person = .init(
                name: try await name(session.bearer.user), csrfToken: session.csrfToken, returnTo: path)
        }
        let view = layout(visitor.texts, title, person, page, path: path, module: module)
        return WebPage(
            html: Templates.render(template, view), status: status,
            policy: module == nil ? .forms(targets: formTargets) : .console)
    }

    /// How something ended.
    func notice(_ visitor: Visitor, _ title: String, _ text: String) async throws -> WebPage {
        try await html("notice", title, Notice(text: text, detail: nil, logID: nil), visitor)
    }

    /// What the server does not do, and what a maker of apps should know of it.
    private func refusal(_ texts: Texts, _ detail: String, status: Int, retryAfter: Int?) -> WebPage {
        guard let retryAfter else { return notice(texts, texts.refused, detail: detail, status: status) }
        var page = notice(texts, texts.later(retryAfter), status: status)
        page.headers.append(("Retry-After", String(retryAfter)))
        return page
    }

    private func notice(
        _ texts: Texts, _ text: String, detail: String? = nil, logID: String? = nil, status: Int
    ) -> WebPage {
        let page = Notice(text: text, detail: detail, logID: logID)
        return WebPage(
            html: Templates.render("notice", layout(texts, texts.errorTitle, nil, page, path: nil, module: nil)),
            status: status)
    }

    private func layout<Content>(
        _ texts: Texts, _ title: String, _ person: Layout<Content>.Person?, _ page: Content, path: String?,
        module: String?
    ) -> Layout<Content> {
        Layout(
            texts: texts, console: ConsoleTexts.of(texts), title: title, path: path, person: person, page: page,
            stylesheets: ["styles/base.css", "styles/pages.css"].map(files.path),
            module: module.map { files.path("pages/\($0).js") })
    }
}

/// Who looks at a page, and in which language.
struct Visitor: Sendable {
    /// Nil for those who are not signed in.
    let session: BrowserSession?
    let texts: Texts
}

/// The values of a field of a form that may occur any number of times.
struct FormValues: Decodable, Sendable {
    let values: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // A field that occurs once is no array.
        switch try container.decode(JSON.self) {
        case .string(let text): values = [text]
        case .null: values = []
        default: values = try container.decode([String].self)
        }
    }
}
