/// A reply that is sent piece by piece as server-sent events.
package struct EventStream: Sendable {
    /// Takes pieces of the stream. Waits while the client does not read; throws once the client has gone.
    package struct Sink: Sendable {
        package let write: @Sendable (JSONWriter) async throws -> Void

        package init(write: @escaping @Sendable (JSONWriter) async throws -> Void) { self.write = write }
    }

    /// Writes all events. The stream ends when it returns.
    package let run: @Sendable (Sink) async throws -> Void

    package init(run: @escaping @Sendable (Sink) async throws -> Void) { self.run = run }
}

/// A reply that is one JSON object or a stream of events, as the request asks.
package enum Reply<Result: Codable & Sendable>: Codable, Sendable, ReplyShape, StreamedReply {
    case result(Result)
    case events(EventStream)

    package static var layout: ReplyLayout { .dataOrEvents }

    package var streamed: EndpointReply? { if case .events(let stream) = self { .events(stream) } else { nil } }

    // Only the object has a JSON form.
    package init(from decoder: any Decoder) throws { self = .result(try Result(from: decoder)) }
    package func encode(to encoder: any Encoder) throws {
        if case .result(let result) = self { try result.encode(to: encoder) }
    }
}

/// A reply that is always a stream of events.
package struct Events: Codable, Sendable, ReplyShape, StreamedReply {
    package static var layout: ReplyLayout { .events }
    package let stream: EventStream

    package init(_ stream: EventStream) { self.stream = stream }

    package var streamed: EndpointReply? { .events(stream) }

    // Events have no one JSON form.
    package init(from decoder: any Decoder) throws { stream = EventStream { _ in } }
    package func encode(to encoder: any Encoder) throws {}
}

/// What an endpoint gives back to be sent.
package enum EndpointReply: Sendable {
    /// The whole reply.
    case json(JSONWriter)
    case download(Download)
    case events(EventStream)
    case page(WebPage)
    /// A whole reply that sets a cookie.
    case jsonWithCookie(JSONWriter, Cookie)
}

/// A reply type whose values are not, or not always, sent as JSON.
protocol StreamedReply {
    /// How this value is sent; nil for JSON.
    var streamed: EndpointReply? { get }
}
