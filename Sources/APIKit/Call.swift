package import Logging

/// Who is calling. The only ambient fact a handler receives.
package struct Call: Sendable {
    /// The user the token belongs to; owner of what the call makes and sees.
    package let user: ID
    /// The token that was presented.
    package let token: ID
    package let permissions: PermissionSet
    /// Names this call in the reply and in the log.
    package let logID: String
    /// The last event that a reader of a stream has seen, from the header `Last-Event-ID`.
    package let lastEventID: String?
    /// Runs what the call starts and does not wait for on the caller's own thread, without a hop between threads.
    package let executor: any CallExecutor
    private let baseLogger: Logger

    package init(
        user: ID, token: ID, permissions: PermissionSet, logID: String, logger: Logger, lastEventID: String?,
        executor: any CallExecutor
    ) {
        self.lastEventID = lastEventID
        self.executor = executor
        self.user = user
        self.token = token
        self.permissions = permissions
        self.logID = logID
        baseLogger = logger
    }

    /// A logger that marks its lines with the log id.
    package var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "logid"] = .string(logID)
        return logger
    }
}

/// A thread that tasks and actors can be tied to.
package protocol CallExecutor: TaskExecutor, SerialExecutor {}

/// The permission points a token carries.
package enum PermissionSet: Sendable, Hashable {
    case all
    case some(Set<String>)

    /// Whether every one of the points is carried.
    package func contains(_ points: [String]) -> Bool {
        switch self {
        case .all: true
        case .some(let held): points.allSatisfy(held.contains)
        }
    }
}

/// Who may call an endpoint. Checked before the input is decoded.
package enum Access: Sendable, Hashable {
    /// Anyone who holds a valid token.
    case anyToken
    /// A token that carries all of these permission points.
    case permissions([String])
    /// Anyone: there is no token, and the input carries a signature that the handler checks. `Call.user` is 0.
    case link

    package static func permission(_ point: String) -> Access { .permissions([point]) }

    /// The permission points that are needed.
    package var points: [String] {
        switch self {
        case .anyToken, .link: []
        case .permissions(let points): points
        }
    }
}
