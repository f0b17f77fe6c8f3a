import AsyncHTTPClient
import JSONKit
import NIOHTTP1

extension ModelError {
    /// What a reply with an error status means.
    init(status: Int, body: [UInt8]) {
        guard let json = try? JSON(parsing: body), let fault = UpstreamFault(json) else {
            self.init(status: status, text: String(decoding: body, as: UTF8.self))
            return
        }
        self.init(status: status, text: fault.text)
    }

    /// What an error object in the middle of a good reply means.
    init(_ fault: UpstreamFault) {
        self.init(status: fault.status ?? 200, text: fault.text)
    }

    /// Upstreams agree neither on statuses nor on codes, so the words decide where there are any we know.
    private init(status: Int, text: String) {
        let words = text.lowercased()
        func mentions(_ phrases: [String]) -> Bool { phrases.contains { words.contains($0) } }
        let kind: Kind =
            if status == 402 || mentions(Phrases.quota) {
                .quotaExceeded
            } else if mentions(Phrases.contextTooLong) {
                .contextTooLong
            } else if status == 429 || mentions(Phrases.rateLimited) {
                .rateLimited
            } else if status == 404 || mentions(Phrases.modelNotFound) {
                .modelNotFound
            } else if status == 401 || status == 403 || mentions(Phrases.unauthorized) {
                .unauthorized
            } else if (400..<500).contains(status) && status != 408 || mentions(Phrases.badRequest) {
                .badRequest
            } else {
                .upstreamFailure(status: status)
            }
        self.init(kind, "status \(status): \(text)")
    }

    /// What an error of the HTTP client means.
    ///
    /// - Parameter status: that of the reply, if one had begun.
    init(_ error: any Error, status: Int?) {
        // Not the description: it may quote header values, and so the key.
        let words = (error as? HTTPClientError)?.shortDescription ?? String(describing: error)
        let kind: Kind =
            if let error = error as? HTTPClientError, error == .cancelled || error == .alreadyShutdown {
                .cancelled
            } else if let status {
                .upstreamFailure(status: status)
            } else if error is HTTPParserError {
                .protocolViolation
            } else {
                .unreachable
            }
        self.init(kind, words)
    }
}

/// An error in the upstream's words.
struct UpstreamFault {
    /// Code, type and message, as far as given.
    let text: String
    /// The HTTP status the error would have had, if its code says so.
    let status: Int?

    /// Nil if the value is not one of the forms in which upstreams report errors: `{"error": {…}}` and
    /// `{"error": "…"}`, the same inside an array, and `{"message": "…", "code": …}` or `{"detail": …}` alone.
    init?(_ json: JSON) {
        var object = json
        if case .array(let elements) = json, let first = elements.first { object = first }
        guard case .object = object else { return nil }
        let fault = object["error"].flatMap { $0 == .null ? nil : $0 } ?? object
        if case .string(let text) = fault {
            self.text = text
            status = nil
            return
        }
        let parts = ["code", "type", "message", "detail"].compactMap { fault[$0] }.compactMap(Self.words)
        guard !parts.isEmpty else { return nil }
        text = parts.joined(separator: ", ")
        status = ["code", "status"].lazy.compactMap { fault[$0] }.compactMap(Self.status).first
    }

    private static func words(_ value: JSON) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text.isEmpty ? nil : text
        default: try? JSONOutput.text(value)
        }
    }

    private static func status(_ value: JSON) -> Int? {
        let number: Int? =
            switch value {
            case .integer(let number): Int(exactly: number)
            case .string(let text): Int(text)
            default: nil
            }
        return number.flatMap { (400..<600).contains($0) ? $0 : nil }
    }
}

/// What upstreams write in codes, types and messages, in lower case.
private enum Phrases {
    static let quota = [
        "insufficient_quota", "insufficient quota", "exceeded your current quota", "insufficient balance",
        "insufficient_balance", "balance is insufficient", "credit balance", "insufficient credits", "arrear",
        "accountoverdue", "overdue balance", "billing_hard_limit", "billing_not_active",
    ]
    static let contextTooLong = [
        "context_length_exceeded", "maximum context length", "exceeds the available context size",
        "exceed_context_size", "context window", "maximum model length", "prompt is too long", "input is too long",
        "exceed max message tokens", "range of input length", "reduce the length of the messages",
    ]
    static let rateLimited = ["rate_limit", "rate limit", "ratelimit", "too many requests", "too_many_requests"]
    static let modelNotFound = [
        "model_not_found", "model not found", "model not exist", "no such model", "unknown model",
        "invalidendpointormodel",
    ]
    static let unauthorized = [
        "invalid_api_key", "incorrect api key", "invalid api key", "authentication_error", "unauthorized",
    ]
    static let badRequest = ["invalid_request_error", "badrequesterror"]
}
