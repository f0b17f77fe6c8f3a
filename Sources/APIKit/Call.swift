package import Logging

/// Who is calling. The only ambient fact a handler receives.
package struct Call: Sendable {
    /// Whom the token stands for, and what it allows.
    package let bearer: Bearer
    /// Names this call in the reply and in the log.
    package let logID: String
    /// The last event that a reader of a stream has seen, from the header `Last-Event-ID`.
    package let lastEventID: String?
    /// Runs what the call starts and does not wait for on the caller's own thread, without a hop between threads.
    package let executor: any CallExecutor
    /// The other end of the connection.
    package let client: Client
    private let baseLogger: Logger

    package init(
        bearer: Bearer, logID: String, logger: Logger, lastEventID: String?, executor: any CallExecutor, client: Client
    ) {
        self.bearer = bearer
        self.lastEventID = lastEventID
        self.executor = executor
        self.client = client
        self.logID = logID
        baseLogger = logger
    }

    /// The account the token belongs to.
    package var user: ID { bearer.user }
    /// Whose conversations, messages and chats the call makes and sees: the user, or one of the user's sessions.
    package var owner: ID { bearer.owner }
    /// In whose name the call makes and sees what belongs to workspaces.
    package var member: Member { bearer.member }
    /// The token that was presented.
    package var token: ID { bearer.token }
    package var permissions: PermissionSet { bearer.permissions }

    /// A logger that marks its lines with the log id.
    package var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "logid"] = .string(logID)
        return logger
    }
}

/// What a request says beside its input.
package struct Client: Sendable {
    /// The value of a header, whose name's case does not matter.
    package let header: @Sendable (_ name: String) -> String?
    /// The address the request came from, as text.
    package let address: @Sendable () -> String

    package init(header: @escaping @Sendable (String) -> String?, address: @escaping @Sendable () -> String) {
        self.header = header
        self.address = address
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
    /// Anyone: no token is looked at. The handler checks whatever it needs. `Call.user` is 0.
    case open

    package static func permission(_ point: String) -> Access { .permissions([point]) }

    /// The permission points that are needed.
    package var points: [String] {
        switch self {
        case .anyToken, .open: []
        case .permissions(let points): points
        }
    }
}
