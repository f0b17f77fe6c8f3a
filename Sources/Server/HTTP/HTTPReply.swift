import APIKit
import NIOCore
import NIOHTTP1

/// A whole reply to a request.
struct HTTPReply: Sendable {
    var status: HTTPResponseStatus
    var contentType = "application/json"
    var body: ByteBuffer
    var logID: String
    /// Headers beyond content type, length and log id.
    var headers: [(String, String)] = []
    /// The number in the body's `code` field, for metrics.
    var code = 0

    init(_ json: JSONWriter, logID: String) {
        status = .ok
        body = json.withBytes { ByteBuffer(bytes: $0) }
        self.logID = logID
    }

    init(_ error: APIError, logID: String, allowed: [HTTPMethod] = []) {
        status = HTTPResponseStatus(statusCode: error.code.status)
        body = Envelope.failure(error, logID: logID).withBytes { ByteBuffer(bytes: $0) }
        code = error.code.number
        self.logID = logID
        if !allowed.isEmpty { headers = [("Allow", allowed.map(\.rawValue).joined(separator: ", "))] }
        if status == .unauthorized { headers = [("WWW-Authenticate", "Bearer")] }
    }
}
