/// A reply for browsers: a page of HTML, or a redirect.
package struct WebPage: Sendable, Codable, ReplyShape, StreamedReply {
    package static var layout: ReplyLayout { .page }

    package let status: Int
    /// The page's text; empty for a redirect.
    package let html: String
    package var headers: [(name: String, value: String)]

    /// - Parameter formTargets: the addresses beside the page's own that its forms may lead to, through redirects.
    package init(html: String, status: Int = 200, formTargets: [String] = []) {
        self.html = html
        self.status = status
        headers = [("Content-Security-Policy", Self.policy(formTargets: formTargets))] + Self.privacy
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

    private static func policy(formTargets: [String]) -> String {
        let targets = (["'self'"] + formTargets).joined(separator: " ")
        return "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action \(targets); "
            + "frame-ancestors 'none'; base-uri 'none'"
    }

    package var streamed: EndpointReply? { .page(self) }

    // A page has no JSON form; these exist since every reply type is described by running its decoder.
    package init(from decoder: any Decoder) throws { self.init(html: "") }
    package func encode(to encoder: any Encoder) throws {}
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
