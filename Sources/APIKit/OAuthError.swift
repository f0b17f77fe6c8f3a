/// The error of an endpoint whose replies have no envelope: a word for programs and a sentence for people.
package struct OAuthError: Error {
    /// The word, such as `invalid_request`.
    package let code: String
    /// Never empty, since SDKs tell errors by it.
    package let message: String
    package let status: Int
    /// Seconds the client should wait before it asks again.
    package let retryAfter: Int?

    package init(_ code: String, _ message: String, status: Int = 400, retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
    }

    /// An error of another part of the server, in this form.
    package init(_ error: APIError) {
        switch error.code {
        case .internalError: self.init("internal_error", "Service internal error.", status: 500)
        default:
            self.init(
                "invalid_request", "invalid request: \(error.message)", status: max(400, error.code.status),
                retryAfter: error.retryAfter)
        }
    }

    /// The body: each of the official SDKs reads other names.
    package var json: JSON {
        [
            "error_code": .string(code), "error_message": .string(message), "error": .string(code),
            "error_description": .string(message),
        ]
    }
}
