/// Why there is no answer, or not all of one.
package struct ModelError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No connection could be made in time, or it broke before a reply began.
        case unreachable
        /// No first piece of an answer in time, or silence for too long after it.
        case timedOut
        /// The upstream refuses the key.
        case unauthorized
        /// There is no such model at that address, or nothing at all.
        case modelNotFound
        /// The messages are longer than the model can read.
        case contextTooLong
        /// The upstream does not accept the request for another reason.
        case badRequest
        /// Too many requests just now.
        case rateLimited
        /// The account has no money or allowance left.
        case quotaExceeded
        /// The upstream failed. The status is that of its reply, or the one its error object names.
        case upstreamFailure(status: Int)
        /// The reply is not what such a reply must be.
        case protocolViolation
        /// A line of the reply, a reply in one piece, or the arguments of all calls are longer than 8 MB.
        case tooLarge
        /// The task that reads was cancelled, or the client was shut down.
        case cancelled
    }

    package let kind: Kind
    /// The upstream's words, or ours, for the log: at most 2,000 characters, never with the key.
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    package var description: String { "\(kind): \(detail)" }

    static let cancelled = ModelError(.cancelled, "the reader was cancelled")

    /// Whether the same request may succeed in a moment.
    var isPassing: Bool {
        switch kind {
        case .unreachable, .rateLimited, .upstreamFailure(502...504): true
        default: false
        }
    }

    /// The error as it may be logged: without the key, should the upstream have quoted it, and not too long.
    func forLog(hiding key: String?) -> ModelError {
        var detail = detail
        if let key, !key.isEmpty { detail = detail.replacing(key, with: "[key]") }
        return ModelError(kind, String(detail.prefix(2000)))
    }
}
