/// The error every endpoint throws: a code and a sentence for the caller, and what only the server sees.
package struct APIError: Error, CustomStringConvertible {
    /// What went wrong, as clients tell it apart.
    package let code: Code
    /// For the caller; names the field at fault and holds no internals.
    package let message: String
    /// The underlying error: for the log, and for the server's own pages. Callers of the API never see it.
    package let cause: (any Error)?
    /// Seconds the client should wait before it asks again; nil if waiting does not help.
    package let retryAfter: Int?

    package init(_ code: Code, _ message: String? = nil, cause: (any Error)? = nil, retryAfter: Int? = nil) {
        self.code = code
        self.retryAfter = retryAfter
        self.message = message ?? code.summary
        self.cause = cause
    }

    package var description: String {
        "\(code.number) \(message)" + (cause.map { " (\($0))" } ?? "")
    }

    /// A field with a value that is not acceptable.
    package static func invalid(_ field: String, _ reason: String, cause: (any Error)? = nil) -> APIError {
        APIError(.invalidParameter, "\(Code.invalidParameter.summary): \(field): \(reason)", cause: cause)
    }

    /// An internal failure; the caller learns nothing but that it happened.
    package static func internalFailure(_ cause: any Error) -> APIError {
        APIError(.internalError, cause: cause)
    }
}

extension APIError {
    /// A code of the Coze API and the HTTP status it travels with.
    package struct Code: Sendable, Hashable {
        /// The number in the `code` field.
        package let number: Int
        /// The HTTP status. Failures that belong to the business of the API are 200, as the SDKs expect.
        package let status: Int
        /// What it means, and the message when there is no better one.
        package let summary: String

        package init(_ number: Int, status: Int = 200, _ summary: String) {
            self.number = number
            self.status = status
            self.summary = summary
        }
    }
}

/// The codes that are in use. The page of error codes in the documentation is made from this list.
extension APIError.Code {
    package static let invalidParameter = Self(4000, "Request parameter error")
    package static let invalidConversation = Self(
        4002, "The conversation does not exist, or is not visible to this account")
    package static let metaDataOverLimit = Self(
        4003, "meta_data is over its limits: 16 pairs, keys of 64 and values of 512 characters")
    package static let invalidMessage = Self(4005, "The message does not exist, or cannot be used in this way")
    package static let botNotPublished = Self(4015, "The bot has not been published to the channel")
    package static let invalidToken = Self(700_012_006, status: 401, "access token invalid")
    package static let noPermission = Self(4101, "The token does not have the permission this operation needs")
    package static let notFound = Self(4200, "The requested resource does not exist")
    package static let internalError = Self(
        5000, status: 500,
        "The server failed to process the request. Try again later, and give its log id when you report it")
    package static let invalidHTTP = Self(4000, status: 400, "The request is not valid HTTP")
    package static let unknownRoute = Self(4000, status: 404, "There is no such operation")
    package static let wrongMethod = Self(4000, status: 405, "This path does not support the request's method")
    package static let bodyTooLarge = Self(4000, status: 413, "The request body is over the limit")

    package static let all: [Self] = [
        invalidParameter, invalidConversation, metaDataOverLimit, invalidMessage, botNotPublished, noPermission,
        invalidChat, tooManyMessages, historyIsNeeded, promptTooLong, invalidModel, modelFailure, contentRefused,
        chatIsRunning,
        tooManyRequests, modelInArrears, notCancelable, emptyUpload, severalFiles, fileTooLarge, fileTypeUnsupported,
        fileInvalid, notFound, internalError, invalidToken, invalidHTTP,
        unknownRoute, wrongMethod, bodyTooLarge, authenticationInvalid, overUserLimit, overSystemLimit, overRateLimit,
        memberExists, workspaceFull, notInEnterprise, enterpriseFull, lastSuperAdmin, backupIsRunning,
    ]
}
