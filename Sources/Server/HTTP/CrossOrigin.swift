import APIKit
import NIOHTTP1
import Platform

/// What pages of other sites may do here (Fetch, 3.3): those of ``AllowedOrigins`` may call the API with a token and
/// read the answers. None may use the session of whoever looks at it.
struct CrossOrigin: Sendable {
    /// Nil if there are none, so that no request is looked at for them.
    private let allowed: AllowedOrigins?
    private let publicURL: PublicURL

    init(_ allowed: AllowedOrigins, publicURL: PublicURL) {
        self.allowed = allowed.isEmpty ? nil : allowed
        self.publicURL = publicURL
    }

    /// The origin of an allowed page of another site that sent a request; nil for all other requests.
    fileprivate func allowedOrigin(_ headers: HTTPHeaders) -> String? {
        guard let allowed, let origin = headers.first(name: "Origin"), allowed.allows(origin) else { return nil }
        return origin
    }

    /// Whether a request came from a page of this server, or from no page at all.
    func isOwn(_ client: Client) -> Bool {
        guard let origin = client.header("Origin") else { return true }
        let host = client.header("Host") ?? ""
        return origin == "http://\(host)" || origin == "https://\(host)" || publicURL.text == origin
            || publicURL.text.hasPrefix(origin + "/")
            // No page can make a browser say so. It helps behind a proxy that does not pass the host on.
            || client.header("Sec-Fetch-Site") == "same-origin"
    }

    /// The headers of an answer that a page with this origin may read.
    fileprivate static func headers(for origin: String) -> [(String, String)] {
        [
            ("Access-Control-Allow-Origin", origin), ("Vary", "Origin"),
            ("Access-Control-Expose-Headers", "X-Tt-Logid, Retry-After, Content-Disposition"),
        ]
    }

    /// The headers of the answer to a browser that asks before it sends a page's request.
    fileprivate static func preflightHeaders(for origin: String, _ headers: HTTPHeaders) -> [(String, String)] {
        [
            ("Access-Control-Allow-Origin", origin), ("Vary", "Origin"),
            ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
            (
                "Access-Control-Allow-Headers",
                (standardHeaders + extraHeaders(headers["Access-Control-Request-Headers"])).joined(separator: ", ")
            ),
            // Browsers take 600 to 7200 seconds at most; what the operator changes shall count soon.
            ("Access-Control-Max-Age", "600"),
        ]
    }

    private static let standardHeaders = [
        "Authorization", "Content-Type", "Accept", "Accept-Language", "Last-Event-ID", "Agw-Js-Conv",
    ]

    /// The headers of a page's own, such as those that SDKs tell of themselves in: all that begin with `x-`.
    private static func extraHeaders(_ lists: [String]) -> [String] {
        let names = lists.flatMap { $0.split { $0 == "," || $0 == " " || $0 == "\t" } }
        return names.filter { $0.utf8.count <= 64 && $0.wholeMatch(of: /[Xx]-[A-Za-z0-9-]+/) != nil }.prefix(32)
            .map(String.init)
    }
}

extension Responder {
    /// The headers that let the page of another site read the answer to its request; none if it may not.
    func crossOriginHeaders(_ head: HTTPRequestHead, _ target: Target) -> [(String, String)] {
        guard let origin = crossOrigin.allowedOrigin(head.headers),
            isShared(Self.preflighted(head) ?? head.method, target.path)
        else { return [] }
        return CrossOrigin.headers(for: origin)
    }

    /// The answer to a browser that asks whether an allowed page's request may be sent; nil for all other requests.
    func preflight(_ head: HTTPRequestHead, _ target: Target, logID: String) -> HTTPReply? {
        guard let method = Self.preflighted(head), let origin = crossOrigin.allowedOrigin(head.headers),
            isShared(method, target.path)
        else { return nil }
        var reply = HTTPReply(text: "", contentType: "text/plain", status: .noContent, logID: logID)
        reply.headers = CrossOrigin.preflightHeaders(for: origin, head.headers)
        return reply
    }

    /// The method that a browser asks about; nil if a request is no such question.
    private static func preflighted(_ head: HTTPRequestHead) -> HTTPMethod? {
        guard head.method == .OPTIONS else { return nil }
        return head.headers.first(name: "Access-Control-Request-Method").map { HTTPMethod(rawValue: $0) }
    }

    /// Whether pages of other sites may call what a path leads to. Where it leads nowhere they may learn that.
    private func isShared(_ method: HTTPMethod, _ path: Substring) -> Bool {
        guard let match = router.match(method == .HEAD ? .GET : method, path) else { return true }
        if let number = match.route { return Self.isShared(routes[number]) }
        return match.allowed.contains { isShared($0, path) }
    }

    /// The pages are for people who look at them here, and sessions are for the pages.
    private static func isShared(_ route: Route) -> Bool {
        switch route {
        case .endpoint(let endpoint): endpoint.operation.layout != .page && endpoint.operation.layout != .dataWithCookie
        case .page: false
        }
    }
}
