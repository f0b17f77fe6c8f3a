import APIKit
import Platform

/// Lets people sign in with a browser, and out.
struct SignInPages: Resource {
    static let tag = "Pages"
    let site: Site
    let signIn: SignIn
    /// Whether the page offers to make an account.
    let isRegistrationOpen: Bool

    var endpoints: [AnyEndpoint] {
        ask
        enter
        leave
    }

    struct AskInput: Decodable, Sendable {
        /// The path of this server to go to afterwards; the start if absent.
        var returnTo: String?

        enum CodingKeys: String, CodingKey {
            case returnTo = "return_to"
        }
    }

    struct EnterInput: Decodable, Sendable {
        /// The user name or the e-mail address.
        var account: String?
        var password: String?
        /// The path of this server to go to afterwards; the start if absent.
        var returnTo: String?
        /// The browser's own token, which the page's form carries.
        var formToken: String?

        enum CodingKeys: String, CodingKey {
            case account, password
            case returnTo = "return_to"
            case formToken = "form_token"
        }
    }

    struct LeaveInput: Decodable, Sendable {
        /// The session's own token, which the page's form carries.
        var csrfToken: String?
        /// The path of this server to go to after the next sign-in; the start if absent.
        var returnTo: String?

        enum CodingKeys: String, CodingKey {
            case csrfToken = "csrf_token"
            case returnTo = "return_to"
        }
    }

    var ask: Endpoint<AskInput, WebPage> {
        Endpoint(.get, "/sign-in", "Show the form to sign in", access: .open) { input, call in
            try await site.page(call) { visitor in
                let path = LocalPath(input.returnTo).text
                if visitor.session != nil { return WebPage(redirectTo: path) }
                return try await show(path, visitor, call)
            }
        }
    }

    var enter: Endpoint<EnterInput, WebPage> {
        Endpoint(.post, "/sign-in", "Sign in", access: .open) { input, call in
            try await site.page(call) { visitor in
                let path = LocalPath(input.returnTo).text
                let account = input.account ?? ""
                let texts = visitor.texts
                guard FormToken.accepts(input.formToken, call.client) else {
                    return try await show(path, visitor, call, account, fault: texts.formExpired, status: 403)
                }
                do {
                    let session = try await signIn.signIn(
                        name: account, password: input.password ?? "", address: call.client.address(),
                        logID: call.logID)
                    return WebPage(redirectTo: path).setting(
                        session.cookie(lifetime: SignIn.lifetime, isSecure: site.isSecure))
                } catch let error as APIError where error.code == .authenticationInvalid {
                    return try await show(path, visitor, call, account, fault: texts.wrongPassword, status: 401)
                } catch let error as APIError where error.retryAfter != nil {
                    let fault = texts.later(error.retryAfter ?? 0)
                    var page = try await show(path, visitor, call, account, fault: fault, status: 429)
                    page.headers.append(("Retry-After", String(error.retryAfter ?? 0)))
                    return page
                }
            }
        }
    }

    var leave: Endpoint<LeaveInput, WebPage> {
        Endpoint(.post, "/sign-out", "Sign out", access: .open) { input, call in
            try await site.page(call) { visitor in
                let next = Site.signIn(returnTo: LocalPath(input.returnTo).text)
                guard let session = visitor.session else { return next }
                try Site.check(input.csrfToken, session)
                try await signIn.signOut(session, address: call.client.address(), logID: call.logID)
                return next.setting(BrowserSession.endingCookie(isSecure: site.isSecure))
            }
        }
    }

    private func show(
        _ path: String, _ visitor: Visitor, _ call: Call, _ account: String = "", fault: String? = nil,
        status: Int = 200
    ) async throws -> WebPage {
        let token = FormToken(call.client)
        let page = try await site.html(
            "sign-in", visitor.texts.signInTitle,
            View(
                returnTo: path, formToken: token.text, account: account, fault: fault,
                registerPath: isRegistrationOpen ? RegisterPages.path(returnTo: path) : nil,
                setupPath: try await signIn.accounts.awaitsSetup() ? SetupPages.path : nil),
            visitor, path: Site.signInPath(returnTo: path), status: status)
        return page.setting(token.cookie(isSecure: site.isSecure))
    }

    struct View {
        let returnTo: String
        let formToken: String
        /// What was typed in before.
        let account: String
        /// What was wrong with it; nil for nothing.
        let fault: String?
        let registerPath: String?
        let setupPath: String?
    }

    static let template = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#page.fault}}<p class="alert" role="alert">{{.}}</p>{{/page.fault}}
        <form method="post" action="/sign-in">
        <input type="hidden" name="form_token" value="{{page.formToken}}">
        <input type="hidden" name="return_to" value="{{page.returnTo}}">
        <div class="field">
        <label for="account">{{texts.account}}</label>
        <input type="text" id="account" name="account" value="{{page.account}}" required autofocus
        autocomplete="username" autocapitalize="none" spellcheck="false">
        </div>
        <div class="field">
        <label for="password">{{texts.password}}</label>
        <input type="password" id="password" name="password" required autocomplete="current-password">
        </div>
        <div class="buttons"><button class="primary" type="submit">{{texts.signInButton}}</button></div>
        </form>
        {{#page.registerPath}}<p class="after"><a href="{{.}}">{{texts.noAccount}}</a></p>{{/page.registerPath}}
        {{#page.setupPath}}<p class="after"><a href="{{.}}">{{texts.setupFirst}}</a></p>{{/page.setupPath}}
        {{/content}}{{/layout}}
        """#
}
