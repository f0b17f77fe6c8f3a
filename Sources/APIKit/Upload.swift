/// The body of a request as it comes. It is pulled by whoever handles it, so that a slow disk slows the client down.
package struct RequestBody: Sendable {
    /// The request's `Content-Type`.
    package let contentType: String?
    /// The request's `Content-Length`, in bytes; nil if it does not say.
    package let length: Int?
    private let pull: @Sendable () async throws -> [UInt8]?

    package init(contentType: String?, length: Int?, pull: @escaping @Sendable () async throws -> [UInt8]?) {
        self.contentType = contentType
        self.length = length
        self.pull = pull
    }

    /// The next bytes, or nil at the end.
    ///
    /// - Throws: if the client goes before it has sent all.
    package func next() async throws -> [UInt8]? { try await pull() }
}

/// An endpoint whose body is not read into memory: `multipart/form-data` with one part named `file`.
package struct UploadEndpoint<Output: Codable & Sendable>: Sendable {
    package let operation: Operation
    package let handler: @Sendable (RequestBody, Call) async throws -> Output

    package init(
        _ path: String, _ summary: String, access: Access,
        handler: @escaping @Sendable (RequestBody, Call) async throws -> Output
    ) {
        operation = Operation(
            verb: .post, path: path, summary: summary, access: access, queryFields: [], isDeprecated: false,
            isUpload: true, layout: .data, input: { .object(name: "Upload", fields: []) },
            output: { try SchemaProbe.schema(of: Output.self) })
        self.handler = handler
    }

    /// The endpoint without its types, as the server calls it.
    package var erased: AnyEndpoint {
        AnyEndpoint(
            operation: operation,
            handler: .upload { [handler] body, call in
                .json(try Envelope.success(try await handler(body, call), layout: .data, logID: call.logID))
            })
    }
}
