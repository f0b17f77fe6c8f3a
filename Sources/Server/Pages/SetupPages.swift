import APIKit
import Platform

/// Lets whoever has the token that the first start printed set a name and a password.
///
/// The printed link has the token behind a `#`, which browsers do not send. The page's script takes it from there into
/// the form; it can be put in by hand as well.
struct SetupPages: Resource {
    static let tag = "Pages"
    static let path = "/setup"

    let site: Site
    let signIn: SignIn

    var endpoints: [AnyEndpoint] {
        ask
        setUp
    }

    struct AskInput: Decodable, Sendable {}

    struct SetUpInput: Decodable, Sendable {
        /// A personal token of the account that may do everything.
        var token: String?
        /// The unique name: 3 to 64 letters, digits, periods, underscores and hyphens.
        var userName: String?
        /// The name that is shown; the user name if absent.
        var nickName: String?
        /// An e-mail address, which signs in as well.
        var email: String?
        /// 8 to 128 characters.
        var password: String?
        /// The password once more.
        var passwordAgain: String?
        /// The browser's own token, which the page's form carries.
        var formToken: String?

        enum CodingKeys: String, CodingKey {
            case token, email, password
            case userName = "user_name"
            case nickName = "nick_name"
            case passwordAgain = "password_again"
            case formToken = "form_token"
        }
    }

    var ask: Endpoint<AskInput, WebPage> {
        Endpoint(.get, Self.path, "Show the form to set up the first account", access: .open) { _, call in
            try await site.page(call) { visitor in try await show(SetUpInput(), visitor, call) }
        }
    }

    var setUp: Endpoint<SetUpInput, WebPage> {
        Endpoint(
            .post, Self.path, "Give an account without a password a name and a password, and sign in", access: .open
        ) { input, call in
            try await site.page(call) { visitor in
                let texts = visitor.texts
                guard FormToken.accepts(input.formToken, call.client) else {
                    return try await show(input, visitor, call, fault: FormFault(text: texts.formExpired), status: 403)
                }
                guard input.password == input.passwordAgain else {
                    let fault = FormFault(text: texts.passwordsDiffer, field: .passwordAgain)
                    return try await show(input, visitor, call, fault: fault, status: 400)
                }
                do {
                    return try await enter(input, call)
                } catch let error as APIError where error.code == .authenticationInvalid {
                    let fault = FormFault(text: texts.setupWrongToken, field: .token)
                    return try await show(input, visitor, call, fault: fault, status: 401)
                } catch is AccountIsSetUp {
                    return try await show(input, visitor, call, fault: FormFault(text: texts.setupDone), status: 400)
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

    private func enter(_ input: SetUpInput, _ call: Call) async throws -> WebPage {
        let session = try await signIn.setUp(
            AccountDraft(
                userName: input.userName ?? "", nickName: input.nickName, email: input.email, password: input.password),
            with: input.token ?? "", address: call.client.address(), logID: call.logID)
        return WebPage(redirectTo: "/welcome").setting(
            session.cookie(lifetime: SignIn.lifetime, isSecure: site.isSecure))
    }

    private func show(
        _ input: SetUpInput, _ visitor: Visitor, _ call: Call, fault: FormFault? = nil, status: Int = 200
    ) async throws -> WebPage {
        let formToken = FormToken(call.client)
        let page = try await site.html(
            "setup", visitor.texts.setupTitle,
            View(
                formToken: formToken.text, token: input.token ?? "",
                fields: AccountFields(
                    userName: input.userName, nickName: input.nickName, email: input.email, fault: fault,
                    focuses: false),
                fault: fault?.text(at: nil), tokenFault: fault?.text(at: .token),
                passwordAgainFault: fault?.text(at: .passwordAgain)),
            visitor, path: Self.path, status: status, module: "setup")
        return page.setting(formToken.cookie(isSecure: site.isSecure))
    }

    struct View {
        let path = SetupPages.path
        let formToken: String
        // What was typed in before. The link's token is not in the address any more, so it would be lost.
        let token: String
        let fields: AccountFields
        // What was wrong with it; nil for nothing.
        let fault: String?
        let tokenFault: String?
        let passwordAgainFault: String?
    }

    static let template = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#page.fault}}<p class="alert" role="alert">{{.}}</p>{{/page.fault}}
        <p>{{texts.setupText}}</p>
        <form method="post" action="{{page.path}}">
        <input type="hidden" name="form_token" value="{{page.formToken}}">
        <div class="field" id="token-field">
        <label for="token">{{texts.setupToken}}</label>
        <input type="text" id="token" name="token" value="{{page.token}}" required autocomplete="off"
        {{#page.tokenFault}}aria-invalid="true" autofocus{{/page.tokenFault}} autocapitalize="none" spellcheck="false"
        aria-describedby="{{#page.tokenFault}}token-fault {{/page.tokenFault}}token-hint">
        <p class="hint" id="token-hint">{{texts.setupTokenHint}}</p>
        {{#page.tokenFault}}<p class="field-error" id="token-fault">{{.}}</p>{{/page.tokenFault}}
        </div>
        {{> account-fields}}
        <div class="field">
        <label for="password_again">{{texts.passwordAgain}}</label>
        <input type="password" id="password_again" name="password_again" required minlength="8" maxlength="128"
        {{#page.passwordAgainFault}}aria-invalid="true" aria-describedby="password-again-fault" autofocus
        {{/page.passwordAgainFault}}
        autocomplete="new-password">
        {{#page.passwordAgainFault}}
        <p class="field-error" id="password-again-fault">{{.}}</p>
        {{/page.passwordAgainFault}}
        </div>
        <div class="buttons"><button class="primary" type="submit">{{texts.setupButton}}</button></div>
        </form>
        <p class="after"><a href="/sign-in">{{texts.haveAccount}}</a></p>
        {{/content}}{{/layout}}
        """#
}
