import APIKit
import Platform

/// Lets anybody make themselves an account, if the server is set up so.
struct RegisterPages: Resource {
    static let tag = "Pages"
    let site: Site
    let accounts: Accounts
    let signIn: SignIn
    let isRegistrationOpen: Bool

    var endpoints: [AnyEndpoint] {
        ask
        register
    }

    struct AskInput: Decodable, Sendable {
        /// The path of this server to go to afterwards; the start if absent.
        var returnTo: String?

        enum CodingKeys: String, CodingKey {
            case returnTo = "return_to"
        }
    }

    struct RegisterInput: Decodable, Sendable {
        /// The unique name: 3 to 64 letters, digits, periods, underscores and hyphens.
        var userName: String?
        /// The name that is shown; the user name if absent.
        var nickName: String?
        /// An e-mail address, which signs in as well.
        var email: String?
        /// 8 to 128 characters.
        var password: String?
        /// The path of this server to go to afterwards; the start if absent.
        var returnTo: String?
        /// The browser's own token, which the page's form carries.
        var formToken: String?

        enum CodingKeys: String, CodingKey {
            case email, password
            case userName = "user_name"
            case nickName = "nick_name"
            case returnTo = "return_to"
            case formToken = "form_token"
        }
    }

    var ask: Endpoint<AskInput, WebPage> {
        Endpoint(.get, "/register", "Show the form to make an account", access: .open) { input, call in
            try await site.page(call) { visitor in
                try checkOpen()
                let path = LocalPath(input.returnTo).text
                if visitor.session != nil { return WebPage(redirectTo: path) }
                return try await show(RegisterInput(returnTo: path), visitor, call)
            }
        }
    }

    var register: Endpoint<RegisterInput, WebPage> {
        Endpoint(.post, "/register", "Make oneself an account and sign in", access: .open) { input, call in
            try await site.page(call) { visitor in
                try checkOpen()
                let texts = visitor.texts
                guard FormToken.accepts(input.formToken, call.client) else {
                    return try await show(input, visitor, call, fault: FormFault(text: texts.formExpired), status: 403)
                }
                do {
                    return try await enter(input, call)
                } catch let error as APIError where error.cause is AccountFault {
                    let fault = (error.cause as? AccountFault).map { FormFault($0, texts) }
                    return try await show(input, visitor, call, fault: fault, status: 400)
                } catch let error as APIError where error.retryAfter != nil {
                    let fault = FormFault(text: texts.later(error.retryAfter ?? 0))
                    var page = try await show(input, visitor, call, fault: fault, status: 429)
                    page.headers.append(("Retry-After", String(error.retryAfter ?? 0)))
                    return page
                }
            }
        }
    }

    static func path(returnTo path: String) -> String {
        "/register" + (path == "/" ? "" : "?return_to=\(PercentDecoding.encoded(path))")
    }

    private func checkOpen() throws {
        guard isRegistrationOpen else { throw PageError(\.notHere, status: 404) }
    }

    private func enter(_ input: RegisterInput, _ call: Call) async throws -> WebPage {
        let (name, password) = (input.userName ?? "", input.password ?? "")
        let address = call.client.address()
        _ = try await accounts.register(
            userName: name, nickName: input.nickName, email: input.email, password: password, address: address,
            by: call.actor)
        let session = try await signIn.signIn(name: name, password: password, address: address, logID: call.logID)
        return WebPage(redirectTo: LocalPath(input.returnTo).text).setting(
            session.cookie(lifetime: SignIn.lifetime, isSecure: site.isSecure))
    }

    private func show(
        _ input: RegisterInput, _ visitor: Visitor, _ call: Call, fault: FormFault? = nil, status: Int = 200
    ) async throws -> WebPage {
        let token = FormToken(call.client)
        let path = LocalPath(input.returnTo).text
        let page = try await site.html(
            "register", visitor.texts.registerTitle,
            View(
                returnTo: path, formToken: token.text,
                fields: AccountFields(
                    userName: input.userName, nickName: input.nickName, email: input.email, fault: fault,
                    focuses: true),
                fault: fault?.text(at: nil), signInPath: Site.signInPath(returnTo: path)),
            visitor, status: status)
        return page.setting(token.cookie(isSecure: site.isSecure))
    }

    struct View {
        let returnTo: String
        let formToken: String
        let fields: AccountFields
        /// What was wrong with the form as a whole; nil for nothing.
        let fault: String?
        let signInPath: String
    }

    static let template = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#page.fault}}<p class="alert" role="alert">{{.}}</p>{{/page.fault}}
        <form method="post" action="/register">
        <input type="hidden" name="form_token" value="{{page.formToken}}">
        <input type="hidden" name="return_to" value="{{page.returnTo}}">
        {{> account-fields}}
        <div class="buttons"><button class="primary" type="submit">{{texts.registerButton}}</button></div>
        </form>
        <p class="after"><a href="{{page.signInPath}}">{{texts.haveAccount}}</a></p>
        {{/content}}{{/layout}}
        """#
}
