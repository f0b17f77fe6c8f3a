/// The HTTP verb of an endpoint.
package enum HTTPVerb: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// One declaration per endpoint: route, permission, documentation and code.
///
/// The router, the permission check, the decoder of the input, the OpenAPI document and the tests over all endpoints
/// read this one value.
package struct Endpoint<Input: Decodable & Sendable, Output: Codable & Sendable>: Sendable {
    package let operation: Operation
    package let handler: @Sendable (Input, Call) async throws -> Output

    /// - Parameters:
    ///   - path: names in braces are taken from the path into the input's fields of the same wire name.
    ///   - summary: what it does, in a few words; the title in the API reference.
    ///   - query: wire names of the input's fields that come from the query; all others come from the JSON body. For
    ///     GET every field comes from the query.
    package init(
        _ verb: HTTPVerb, _ path: String, _ summary: String, access: Access, query: Set<String> = [],
        isDeprecated: Bool = false, handler: @escaping @Sendable (Input, Call) async throws -> Output
    ) {
        operation = Operation(
            verb: verb, path: path, summary: summary, access: access, queryFields: query, isDeprecated: isDeprecated,
            isUpload: false, layout: (Output.self as? any ReplyShape.Type)?.layout ?? .data,
            input: { try SchemaProbe.schema(of: Input.self) }, output: { try SchemaProbe.schema(of: Output.self) })
        self.handler = handler
    }

    /// The endpoint without its types, as the server calls it.
    package var erased: AnyEndpoint {
        AnyEndpoint(
            operation: operation,
            handler: .input { [handler, operation] source, call in
                let input: Input
                do {
                    input = try source.decode(
                        Input.self, queryFields: operation.queryFields, allQuery: operation.verb == .get)
                } catch let error as InputError {
                    throw APIError.invalid(error.field, error.reason)
                }
                let output = try await handler(input, call)
                if operation.layout.mayStream, let reply = (output as? any StreamedReply)?.streamed { return reply }
                let json = try Envelope.success(output, layout: operation.layout, logID: call.logID)
                if operation.layout == .dataWithCookie, let cookie = (output as? any CookieReply)?.cookie {
                    return .jsonWithCookie(json, cookie)
                }
                return .json(json)
            })
    }
}

/// What is known of an endpoint without calling it.
package struct Operation: Sendable {
    package let verb: HTTPVerb
    package let path: String
    package let summary: String
    package let access: Access
    package let queryFields: Set<String>
    package let isDeprecated: Bool
    /// Whether the body is a file and not JSON.
    package let isUpload: Bool
    package let layout: ReplyLayout
    package let input: @Sendable () throws -> Schema
    package let output: @Sendable () throws -> Schema

    /// The names in braces.
    package var pathFields: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}

/// An endpoint whose input and output types are forgotten.
package struct AnyEndpoint: Sendable {
    package let operation: Operation
    package let handler: Handler

    package enum Handler: Sendable {
        /// Decodes the input, runs the handler and encodes the reply.
        case input(@Sendable (InputSource, Call) async throws -> EndpointReply)
        /// Takes the body as it comes.
        case upload(@Sendable (RequestBody, Call) async throws -> EndpointReply)
    }
}

/// A group of endpoints that share a tag: a value that holds exactly the stores and services its endpoints use.
package protocol Resource: Sendable {
    /// The group's name in the API reference.
    static var tag: String { get }
    @EndpointList var endpoints: [AnyEndpoint] { get }
}

@resultBuilder
package enum EndpointList {
    package static func buildExpression<I, O>(_ endpoint: Endpoint<I, O>) -> [AnyEndpoint] { [endpoint.erased] }
    package static func buildExpression<O>(_ endpoint: UploadEndpoint<O>) -> [AnyEndpoint] { [endpoint.erased] }
    package static func buildArray(_ parts: [[AnyEndpoint]]) -> [AnyEndpoint] { parts.flatMap { $0 } }
    package static func buildBlock(_ parts: [AnyEndpoint]...) -> [AnyEndpoint] { parts.flatMap { $0 } }
}
