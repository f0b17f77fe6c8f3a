import Synchronization
import Testing

@testable import APIKit

@Suite struct MultipartReaderTests {
    /// Gives pieces one after the other, and counts how many were asked for.
    private final class Source: Sendable {
        struct Gone: Error {}
        private let pieces: [String]
        private let given = Mutex(0)
        private let breaks: Bool

        /// - Parameter breaks: whether the client goes after the last piece.
        init(_ pieces: [String], breaks: Bool = false) {
            self.pieces = pieces
            self.breaks = breaks
        }

        var count: Int { given.withLock { $0 } }

        var body: RequestBody {
            RequestBody(contentType: MultipartParserTests.contentType, length: nil) { [self] in
                let number = given.withLock { given in
                    given += 1
                    return given - 1
                }
                if number < pieces.count { return Array(pieces[number].utf8) }
                if breaks { throw Gone() }
                return nil
            }
        }
    }

    private static let head = "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"

    @Test func `parts come one after the other with their contents`() async throws {
        let second = "\r\n--frontier\r\nContent-Disposition: form-data; name=b\r\nContent-Type: Text/Plain;x=y\r\n\r\nB"
        let source = Source([Self.head, "one ", "two", second, "\r\n--frontier--", "\r\n"])
        var reader = try MultipartReader(source.body)
        #expect(try await reader.nextPart() == MultipartPart(name: "file", fileName: "a.txt", contentType: nil))
        var content: [UInt8] = []
        while let bytes = try await reader.nextContent() { content += bytes }
        #expect(String(decoding: content, as: UTF8.self) == "one two")
        #expect(try await reader.nextPart() == MultipartPart(name: "b", fileName: nil, contentType: "text/plain"))
        // The content that was not asked for is passed over, and the body read to its end.
        #expect(try await reader.nextPart() == nil)
        #expect(source.count == 7)
    }

    @Test func `no more of the body is pulled than is asked for`() async throws {
        let source = Source([Self.head, "one", "two", "three", "\r\n--frontier--"])
        var reader = try MultipartReader(source.body)
        #expect(source.count == 0)
        _ = try await reader.nextPart()
        #expect(source.count == 1)
        #expect(try await reader.nextContent() == Array("one".utf8))
        #expect(source.count == 2)
    }

    @Test func `a body without parts has none`() async throws {
        var reader = try MultipartReader(Source(["--frontier--\r\n"]).body)
        #expect(try await reader.nextPart() == nil)
    }

    @Test func `a body that ends early is refused where it ends`() async throws {
        var reader = try MultipartReader(Source([Self.head, "one"]).body)
        _ = try await reader.nextPart()
        #expect(try await reader.nextContent() == Array("one".utf8))
        await #expect(throws: MultipartError.truncated) { try await reader.nextContent() }
    }

    @Test func `what the body throws reaches the caller`() async throws {
        for pieces in [[], ["--fron"], [Self.head, "one"], [Self.head, "one\r\n--frontier--"]] {
            let source = Source(pieces, breaks: true)
            var reader = try MultipartReader(source.body)
            await #expect(throws: Source.Gone.self) { while try await reader.nextPart() != nil {} }
        }
    }
}
