import APIKit
import NIOCore
import NIOHTTP1

/// A page of the server's own beside the API: health, metrics, the OpenAPI document. It needs no token.
struct Page: Sendable {
    let path: String
    /// Makes the reply to a request with a log id.
    let reply: @Sendable (String, Client) async throws -> HTTPReply
}

extension HTTPReply {
    init(text: String, contentType: String, status: HTTPResponseStatus = .ok, logID: String) {
        self.status = status
        self.contentType = contentType
        body = .whole(ByteBuffer(string: text))
        self.logID = logID
    }
}
