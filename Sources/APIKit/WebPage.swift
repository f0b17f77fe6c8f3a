/// A reply for browsers: a page of HTML, or a redirect.
package struct WebPage: Sendable, Codable, ReplyShape, StreamedReply {
    package static var layout: ReplyLayout { .page }

    package let status: Int
    /// The page's text; empty for a redirect.
    package let html: String
    package var headers: [(name: String, value: String)]

    /// What a page may do in its reader's browser.
    package enum Policy: Sendable {
        /// It has forms and no script. They may lead to these addresses beside the page's own, through redirects.
        case forms(targets: [String])
        /// It runs the server's scripts, which may call the server and write no text into a page as HTML.
        case console
        /// As console, in a frame of one of these: a list of sources as `frame-ancestors` has it.
        case framed(by: String)
    }

    package init(html: String, status: Int = 200, policy: Policy = .forms(targets: [])) {
        self.html = html
        self.status = status
        headers = [("Content-Security-Policy", policy.text)] + Self.privacy
    }

    /// A redirect that is followed with GET.
    package init(redirectTo address: String) {
        html = ""
        status = 303
        headers = [("Location", address)] + Self.privacy
    }

    package func setting(_ cookie: Cookie) -> WebPage {
        var page = self
        page.headers.append(("Set-Cookie", cookie.text))
        return page
    }

    /// Pages hold what is their reader's alone, and tell other sites nothing of where the reader came from.
    private static let privacy = [
        ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"),
    ]

    package var streamed: EndpointReply? { .page(self) }

    // A page has no JSON form; these exist since every reply type is described by running its decoder.
    package init(from decoder: any Decoder) throws { self.init(html: "") }
    package func encode(to encoder: any Encoder) throws {}
}

extension WebPage.Policy {
    fileprivate var text: String {
        switch self {
        case .forms(let targets):
            "default-src 'none'; style-src 'self'; img-src 'self' data:; "
                + "form-action \((["'self'"] + targets).joined(separator: " ")); frame-ancestors 'none'; base-uri 'none'"
        case .console: Self.scripted + "frame-src 'self'; frame-ancestors 'none'"
        case .framed(let ancestors): Self.scripted + "frame-ancestors \(ancestors)"
        }
    }

    /// Trusted types: only the library that makes HTML harmless may make any.
    private static let scripted =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        + "connect-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; "
        + "trusted-types dompurify; "
}

/// A cookie that is sent back to this server alone and that no script can read.
package struct Cookie: Sendable {
    package let name: String
    package let value: String
    /// Seconds until the browser forgets it; 0 at once; nil when the browser is closed.
    package let lifetime: Int64?
    /// Whether it may travel over HTTPS alone.
    package let isSecure: Bool

    package init(name: String, value: String, lifetime: Int64?, isSecure: Bool) {
        self.name = name
        self.value = value
        self.lifetime = lifetime
        self.isSecure = isSecure
    }

    package var text: String {
        // Lax: a site that sends its visitors here to sign in must find those who have.
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax" + (lifetime.map { "; Max-Age=\($0)" } ?? "")
            + (isSecure ? "; Secure" : "")
    }

    /// The value of a cookie in a request's `Cookie` header.
    package static func value(of name: String, in header: String) -> Substring? {
        for part in header.split(separator: ";") {
            let pair = part.drop { $0 == " " }
            if pair.hasPrefix(name), pair.dropFirst(name.count).first == "=" { return pair.dropFirst(name.count + 1) }
        }
        return nil
    }
}

/// A result under `data`, with a cookie beside it.
package struct WithCookie<Content: Codable & Sendable>: Codable, Sendable, ReplyShape {
    package static var layout: ReplyLayout { .dataWithCookie }
    package let content: Content
    package let cookie: Cookie?

    package init(_ content: Content, _ cookie: Cookie) {
        self.content = content
        self.cookie = cookie
    }

    package init(from decoder: any Decoder) throws {
        content = try Content(from: decoder)
        cookie = nil
    }
    package func encode(to encoder: any Encoder) throws { try content.encode(to: encoder) }
}

/// What replies with a cookie have in common.
protocol CookieReply { var cookie: Cookie? { get } }
extension WithCookie: CookieReply {}

/// A result that is the whole body, without the envelope; so are its errors, see ``OAuthError``.
package struct Bare<Content: Codable & Sendable>: Codable, Sendable, ReplyShape {
    package static var layout: ReplyLayout { .bare }
    package let content: Content

    package init(_ content: Content) { self.content = content }
    package init(from decoder: any Decoder) throws { content = try Content(from: decoder) }
    package func encode(to encoder: any Encoder) throws { try content.encode(to: encoder) }
}
