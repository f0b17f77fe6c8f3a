/// Where in the reply's object a result stands.
package enum ReplyLayout: Sendable {
    /// Under `data`.
    case data
    /// Its fields stand beside `code`.
    case flat
    /// There is no result: the reply has no `data` at all.
    case none
    /// Under `data`, or a stream of events if the request asks for one.
    case dataOrEvents
    /// A stream of events.
    case events
    /// Bytes that are not JSON.
    case download
    /// It is the whole body, and so are errors.
    case bare
    /// Under `data`, and the reply sets a cookie.
    case dataWithCookie
    /// A page for browsers, or a redirect.
    case page

    /// Whether a reply may be something else than JSON.
    var mayStream: Bool {
        switch self {
        case .data, .flat, .none, .bare, .dataWithCookie: false
        case .dataOrEvents, .events, .download, .page: true
        }
    }
}

/// A reply type that does not go under `data`.
package protocol ReplyShape { static var layout: ReplyLayout { get } }

/// The reply of an action that has no result.
package struct NoData: Codable, Sendable, ReplyShape {
    package static var layout: ReplyLayout { .none }
    package init() {}
}

/// A result whose fields stand beside `code` and `msg`.
package struct Flat<Content: Codable & Sendable>: Codable, Sendable, ReplyShape {
    package static var layout: ReplyLayout { .flat }
    package let content: Content

    package init(_ content: Content) { self.content = content }
    package init(from decoder: any Decoder) throws { content = try Content(from: decoder) }
    package func encode(to encoder: any Encoder) throws { try content.encode(to: encoder) }
}

/// The JSON object around every reply: `{"code":0,"msg":"","data":…,"detail":{"logid":"…"}}`.
package enum Envelope {
    package static func success<T: Encodable>(_ result: T, layout: ReplyLayout, logID: String) throws -> JSONWriter {
        var writer = JSONWriter()
        switch layout {
        case .bare:
            try writer.encode(result)
            return writer
        case .data, .dataOrEvents, .dataWithCookie:
            writer.raw(#"{"code":0,"msg":"","data":"#)
            try writer.encode(result)
        case .flat:
            writer.raw(#"{"code":0,"msg":"""#)
            let fields = try JSONOutput.bytes(result).dropFirst().dropLast()
            if !fields.isEmpty { writer.raw(",") }
            writer.raw(fields)
        case .none, .events, .download, .page:
            writer.raw(#"{"code":0,"msg":"""#)
        }
        appendDetail(&writer, logID)
        return writer
    }

    package static func failure(_ error: APIError, logID: String) -> JSONWriter {
        var writer = JSONWriter()
        writer.raw(#"{"code":"#)
        writer.integer(error.code.number)
        writer.raw(#","msg":"#)
        writer.string(error.message)
        appendDetail(&writer, logID)
        return writer
    }

    private static func appendDetail(_ writer: inout JSONWriter, _ logID: String) {
        writer.raw(#","detail":{"logid":"#)
        writer.string(logID)
        writer.raw("}}")
    }
}
