import APIKit

/// A token, as those who manage it see it. Its secret is shown once, when it is made.
struct TokenInfo: Codable, Sendable {
    /// The token's id.
    var id: ID
    /// The account it stands for.
    var userID: ID
    var name: String
    /// personal or service.
    var kind: TokenKind
    /// The permission points it carries; `all` for every one.
    var permissions: [String]
    /// The workspaces it reaches, of those its account is a member of; absent for all.
    var workspaceIDs: [ID]?
    /// Unix seconds.
    var createdAt: Int64
    /// Unix seconds; absent if it does not expire.
    var expiresAt: Int64?
    /// When it was last used, in Unix seconds and some seconds late; absent for never.
    var lastUsedAt: Int64?
    /// Unix seconds; absent if it is not revoked.
    var revokedAt: Int64?
    /// valid, expired or revoked.
    var state: State

    enum State: String, Codable, Sendable, CaseIterable { case valid, expired, revoked }

    enum CodingKeys: String, CodingKey {
        case id, name, kind, permissions, state
        case userID = "user_id"
        case workspaceIDs = "workspace_ids"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case revokedAt = "revoked_at"
    }

    /// - Parameter now: Unix seconds.
    init(_ token: Token, at now: Int64) {
        id = token.id
        userID = token.userID
        name = token.name
        kind = token.kind
        permissions = token.permissions
        workspaceIDs = token.workspaces
        createdAt = token.createdAt
        expiresAt = token.expiresAt
        lastUsedAt = token.lastUsedAt
        revokedAt = token.revokedAt
        let isExpired = token.expiresAt.map { $0 <= now } ?? false
        state = token.revokedAt != nil ? .revoked : isExpired ? .expired : .valid
    }
}

/// A token that was just made.
struct CreatedToken: Codable, Sendable {
    /// The token.
    var token: TokenInfo
    /// What the token's bearer sends. It is not stored, and cannot be shown again.
    var secret: String
}

/// A page of tokens.
struct TokenPage: Codable, Sendable {
    /// The tokens, newest first.
    var tokens: [TokenInfo]
    /// How many there are on all pages.
    var totalCount: Int
    /// Whether there are more pages.
    var hasMore: Bool

    enum CodingKeys: String, CodingKey {
        case tokens
        case totalCount = "total_count"
        case hasMore = "has_more"
    }
}
