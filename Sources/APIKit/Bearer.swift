/// Whom a token stands for, and what it allows.
package final class Bearer: Sendable {
    /// The account the token belongs to.
    package let user: ID
    /// Whose conversations, messages and chats the token makes and sees: the user, or one of the user's sessions.
    package let owner: ID
    package let token: ID
    package let kind: TokenKind
    package let permissions: PermissionSet
    package let member: Member
    /// The only bots the token may chat with; nil for all.
    package let bots: Set<ID>?
    /// The channel the token belongs to; nil for the API.
    package let connector: String?
    /// The OAuth app the token was issued to; nil for none.
    package let app: ID?

    package init(
        user: ID, owner: ID? = nil, token: ID, kind: TokenKind, permissions: PermissionSet,
        workspaces: WorkspaceScope = .all, bots: Set<ID>? = nil, connector: String? = nil, app: ID? = nil
    ) {
        self.user = user
        self.owner = owner ?? user
        self.token = token
        self.kind = kind
        self.permissions = permissions
        member = Member(user: user, workspaces: workspaces)
        self.bots = bots
        self.connector = connector
        self.app = app
    }

    /// Whoever calls what needs no token.
    package static let nobody = Bearer(user: 0, token: 0, kind: .personal, permissions: .some([]))
}

/// Where a token comes from.
package enum TokenKind: String, Codable, Sendable, CaseIterable {
    /// A person made it for a program of their own.
    case personal
    /// It belongs to a workspace.
    case service
    /// A person granted it to an OAuth app.
    case oauth
    /// An OAuth app got it for a JWT.
    case jwt
    /// A person signed in with a browser.
    case session
}

/// A user, and which of their workspaces a token reaches. What workspaces hold is asked for in a member's name.
package struct Member: Sendable, Hashable {
    package let user: ID
    package let workspaces: WorkspaceScope

    package init(user: ID, workspaces: WorkspaceScope = .all) {
        self.user = user
        self.workspaces = workspaces
    }
}

/// The workspaces a token reaches, of those its user is a member of.
package enum WorkspaceScope: Sendable, Hashable {
    case all
    case some(Set<ID>)

    package func contains(_ workspace: ID) -> Bool {
        switch self {
        case .all: true
        case .some(let reached): reached.contains(workspace)
        }
    }
}
