import APIKit
import NIOCore
import NIOHTTP1

/// A reply to a request: its head, and its body or what will write it.
struct HTTPReply: Sendable {
    var status: HTTPResponseStatus
    var contentType = "application/json"
    var body: Body
    var logID: String
    /// Headers beyond content type, length and log id.
    var headers: [(String, String)] = []
    /// The number in the body's `code` field, for metrics.
    var code = 0

    enum Body: Sendable {
        case whole(ByteBuffer)
        case events(EventStream)
        /// A file's path and how many bytes of it to send.
        case file(String, count: Int64)
    }

    init(_ reply: EndpointReply, logID: String) {
        status = .ok
        self.logID = logID
        switch reply {
        case .json(let json): body = .whole(json.withBytes { ByteBuffer(bytes: $0) })
        case .events(let stream):
            body = .events(stream)
            contentType = "text/event-stream; charset=utf-8"
            // Proxies must neither keep nor collect the events.
            headers = [("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no")]
        case .download(let download):
            switch download.content {
            case .bytes(let bytes): body = .whole(ByteBuffer(bytes: bytes))
            case .file(let path, let count): body = .file(path, count: count)
            }
            contentType = download.mediaType
            headers = Self.headers(of: download)
        case .page(let page):
            status = HTTPResponseStatus(statusCode: page.status)
            body = .whole(ByteBuffer(string: page.html))
            contentType = "text/html; charset=utf-8"
            headers = page.headers.map { ($0.name, $0.value) }
        case .jsonWithCookie(let json, let cookie):
            body = .whole(json.withBytes { ByteBuffer(bytes: $0) })
            headers = [("Set-Cookie", cookie.text), ("Cache-Control", "no-store")]
        }
    }

    init(_ error: APIError, logID: String, allowed: [HTTPMethod] = []) {
        status = HTTPResponseStatus(statusCode: error.code.status)
        body = .whole(Envelope.failure(error, logID: logID).withBytes { ByteBuffer(bytes: $0) })
        code = error.code.number
        self.logID = logID
        if !allowed.isEmpty { headers = [("Allow", allowed.map(\.rawValue).joined(separator: ", "))] }
        if status == .unauthorized { headers = [("WWW-Authenticate", "Bearer")] }
        if let wait = error.retryAfter { headers.append(("Retry-After", String(wait))) }
    }

    init(_ error: OAuthError, logID: String) {
        status = HTTPResponseStatus(statusCode: error.status)
        body = .whole(ByteBuffer(bytes: (try? JSONOutput.bytes(error.json)) ?? []))
        code = error.status
        self.logID = logID
        headers = [("Cache-Control", "no-store")]
        if let wait = error.retryAfter { headers.append(("Retry-After", String(wait))) }
    }

    /// What users upload is shown as data: no browser may guess another type, or run it with the server's rights.
    private static func headers(of download: Download) -> [(String, String)] {
        let name = PercentDecoding.encoded(download.fileName)
        return [
            ("Content-Disposition", "\(download.isInline ? "inline" : "attachment"); filename*=UTF-8''\(name)"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cache-Control", "private, no-transform"),
        ]
    }
}
