/// How often the server lets itself be asked. What is nil is not limited.
package struct RateLimitRules: Sendable, Hashable {
    /// What each account may do, as the hosted service has it.
    package var plan: RateLimitPlan?
    /// Requests with one token.
    package var token: Rate?
    /// Chats of one end user.
    package var endUser: Rate?
    /// Requests from one address, with or without a token.
    package var address: Rate?
    /// All requests together.
    package var system: Rate?

    package init() {}

    package var isEmpty: Bool { self == RateLimitRules() }
}

/// What the plans of the hosted service allow an account.
package enum RateLimitPlan: String, Sendable, CaseIterable {
    case free, paid, team, enterprise

    /// Chats begun or continued.
    var chats: Rate {
        switch self {
        case .free: .perSecond(20)
        case .paid: .perSecond(100)
        case .team: .perSecond(200)
        case .enterprise: .perSecond(500)
        }
    }

    /// Files uploaded.
    var uploads: Rate {
        switch self {
        case .free, .paid: .perSecond(10)
        case .team, .enterprise: .perSecond(20)
        }
    }

    /// Collaborators added or removed, for each operation of its own.
    var collaborators: Rate { .perSecond(5) }
}
