import APIKit
import Platform

/// Lets a person connect a device that has no browser: they type in the code it shows, and allow or deny it.
struct DevicePages: Resource {
    static let tag = "Pages"
    let site: Site
    let consent: OAuthConsent

    var endpoints: [AnyEndpoint] {
        ask
        answer
    }

    struct AskInput: Decodable, Sendable {
        /// The code that the device shows; absent, the page asks for it.
        var userCode: String?

        enum CodingKeys: String, CodingKey {
            case userCode = "user_code"
        }
    }

    struct AnswerInput: Decodable, Sendable {
        /// The code that the device shows.
        var userCode: String?
        let answer: ConsentAnswer

        enum CodingKeys: String, CodingKey {
            case userCode = "user_code"
        }

        init(from decoder: any Decoder) throws {
            userCode = try decoder.container(keyedBy: CodingKeys.self)
                .decodeIfPresent(String.self, forKey: .userCode)
            answer = try ConsentAnswer(from: decoder)
        }
    }

    var ask: Endpoint<AskInput, WebPage> {
        Endpoint(.get, "/oauth/device", "Show what a device asks for", access: .open) { input, call in
            try await site.page(call, at: Self.path(input.userCode)) { visitor, session in
                guard let code = input.userCode else { return try await askForCode(visitor) }
                guard let device = try await consent.device(userCode: code, by: session) else {
                    return try await askForCode(visitor, unknown: code)
                }
                return try await show(device, visitor, session)
            }
        }
    }

    var answer: Endpoint<AnswerInput, WebPage> {
        Endpoint(.post, "/oauth/device", "Allow or deny a device what it asks for", access: .open) { input, call in
            try await site.page(call, at: Self.path(input.userCode)) { visitor, session in
                try Site.check(input.answer.csrfToken, session)
                let code = input.userCode ?? ""
                guard let device = try await consent.device(userCode: code, by: session) else {
                    return try await askForCode(visitor, unknown: code)
                }
                let texts = visitor.texts
                if try input.answer.checkedDecision() == .deny {
                    try await consent.deny(device)
                    return try await site.notice(visitor, texts.deviceDeniedTitle, texts.deviceDenied)
                }
                let workspaces = device.workspace == nil ? try input.answer.chosenWorkspaces() : nil
                if workspaces == [] { return try await show(device, visitor, session, fault: .lacksWorkspace) }
                do {
                    try await consent.approve(
                        device, by: session, workspaces: workspaces, shown: input.answer.shown,
                        actor: call.actor(session))
                    await site.authority.refreshAfterChange()
                } catch is ConsentOutdated {
                    guard let device = try await consent.device(userCode: code, by: session) else {
                        return try await askForCode(visitor, unknown: code)
                    }
                    return try await show(device, visitor, session, fault: .outdated)
                }
                return try await site.notice(visitor, texts.deviceAllowedTitle, texts.deviceAllowed)
            }
        }
    }

    private static func path(_ code: String?) -> String {
        "/oauth/device" + (code.map { "?user_code=\(PercentDecoding.encoded($0))" } ?? "")
    }

    /// - Parameter unknown: what was typed in, if no device waits with it.
    private func askForCode(_ visitor: Visitor, unknown: String? = nil) async throws -> WebPage {
        try await site.html(
            "device-code", visitor.texts.deviceTitle, CodeForm(code: unknown ?? "", isUnknown: unknown != nil), visitor,
            path: Self.path(nil), status: unknown == nil ? 200 : 404)
    }

    private func show(
        _ device: DeviceRequest, _ visitor: Visitor, _ session: BrowserSession, fault: ConsentForm.Fault? = nil
    ) async throws -> WebPage {
        let details = try await consent.details(of: device, for: session)
        // Whoever sends a link with a code of their own device must not find the reader unaware.
        let form = ConsentForm(
            details, owner: try await site.name(device.app.ownerID), action: "/oauth/device",
            field: ("user_code", device.userCode),
            warning: visitor.texts.deviceWarning.filled("code", device.userCode), fault: fault,
            texts: visitor.texts, session: session)
        return try await site.html(
            "consent", visitor.texts.consentTitle.filled("app", details.appName), form, visitor,
            path: Self.path(device.userCode), status: fault == nil ? 200 : 400)
    }

    struct CodeForm {
        let code: String
        let isUnknown: Bool
    }

    static let codeTemplate = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#page.isUnknown}}<p class="alert" role="alert">{{texts.deviceUnknown}}</p>{{/page.isUnknown}}
        <form method="get" action="/oauth/device">
        <div class="field">
        <label for="user_code">{{texts.deviceCode}}</label>
        <input class="code" type="text" id="user_code" name="user_code" value="{{page.code}}" required autofocus
        autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="64" aria-describedby="code-hint">
        <p class="hint" id="code-hint">{{texts.deviceCodeHint}}</p>
        </div>
        <div class="buttons"><button class="primary" type="submit">{{texts.deviceNext}}</button></div>
        </form>
        {{/content}}{{/layout}}
        """#
}
