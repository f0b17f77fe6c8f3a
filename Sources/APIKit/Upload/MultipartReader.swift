/// Reads a request's `multipart/form-data` body part by part, pulling no more of it than is asked for.
package struct MultipartReader: Sendable {
    private let body: RequestBody
    private var parser: MultipartParser

    /// - Throws: `notMultipart`, `invalidBoundary`.
    package init(_ body: RequestBody) throws(MultipartError) {
        self.body = body
        parser = try MultipartParser(contentType: body.contentType)
    }

    /// The next part; what was left of the content of the one before is passed over. Nil after the last, when the body
    /// has been read to its end.
    ///
    /// - Throws: ``MultipartError``, or what the body throws if the client goes.
    package mutating func nextPart() async throws -> MultipartPart? {
        while true {
            switch try await nextEvent() {
            case .part(let part): return part
            case .content, .partEnd: continue
            case .end:
                while let bytes = try await body.next() { try parser.append(bytes) }
                return nil
            }
        }
    }

    /// More of the present part's content, never empty; nil at its end. Called until then, and not beyond.
    ///
    /// - Throws: ``MultipartError``, or what the body throws if the client goes.
    package mutating func nextContent() async throws -> [UInt8]? {
        if case .content(let bytes) = try await nextEvent() { return bytes }
        return nil
    }

    private mutating func nextEvent() async throws -> MultipartParser.Event {
        while true {
            if let event = try parser.next() { return event }
            guard let bytes = try await body.next() else {
                try parser.finish()
                throw MultipartError.truncated
            }
            try parser.append(bytes)
        }
    }
}
