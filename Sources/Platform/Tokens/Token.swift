package import APIKit
import Crypto

/// A token, as its owner manages it. The secret itself is not kept anywhere.
package struct Token: Sendable, Encodable {
    package let id: ID
    package let userID: ID
    package let kind: TokenKind
    package let name: String
    /// Names of permission points, or `all`.
    package let permissions: [String]
    /// The workspaces it reaches, of those its user is a member of; nil for all.
    package let workspaces: [ID]?
    /// The workspace it belongs to, if it is a service's; nil if it is a person's.
    package let workspaceID: ID?
    /// Unix seconds.
    package let createdAt: Int64
    /// Unix seconds; nil for a token that does not expire.
    package let expiresAt: Int64?
    package let revokedAt: Int64?
    /// When it was last used, in Unix seconds and some seconds late; nil for never.
    package let lastUsedAt: Int64?
    /// Whether its account or its OAuth app is disabled, or the app is gone.
    package let isSuspended: Bool
    /// Whom the token stands for.
    package let bearer: Bearer

    package enum CodingKeys: String, CodingKey {
        case id, kind, name, permissions
        case userID = "user_id"
        case workspaces = "workspace_ids"
        case workspaceID = "workspace_id"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
        case lastUsedAt = "last_used_at"
    }
}

/// What a token is made with.
package struct NewToken: Sendable {
    package var kind: TokenKind
    package var user: ID
    /// Whose conversations it sees; nil for the user's.
    package var owner: ID?
    package var name: String
    /// Names of permission points, or `all`.
    package var permissions: [String]
    /// The workspaces it reaches; nil for all of the user's.
    package var workspaces: [ID]?
    /// The only bots it may chat with; nil for all.
    package var bots: [ID]?
    /// The channel it belongs to; nil for the API.
    package var connector: String?
    /// The OAuth app it is issued to, and what it is issued for.
    package var app: ID?
    package var grant: ID?
    /// The workspace a service's token belongs to.
    package var workspace: ID?
    /// Seconds until it expires; nil for never.
    package var lifetime: Int64?

    package init(
        _ kind: TokenKind, user: ID, name: String, permissions: [String], lifetime: Int64?
    ) {
        self.kind = kind
        self.user = user
        self.name = name
        self.permissions = permissions
        self.lifetime = lifetime
    }
}

/// A token that was made, with its secret, which is not to be had again.
package struct IssuedToken: Sendable {
    package let id: ID
    package let secret: TokenSecret
    /// Unix seconds; nil for a token that does not expire.
    package let expiresAt: Int64?
}

/// The secret of a token, known only to its bearer.
package struct TokenSecret: Sendable {
    package let text: String

    /// A new secret of 256 random bits.
    ///
    /// - Parameter prefix: tells people, and those who search for leaked secrets, what it is.
    package init(prefix: String) {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        text = prefix + Hexadecimal.text(bytes)
    }

    package init(_ text: some StringProtocol) { self.text = String(text) }

    /// What is stored: the SHA-256 of the text.
    package var hash: TokenHash { TokenHash(of: text) }
}

extension TokenKind {
    /// How secrets of the kind begin.
    var prefix: String {
        switch self {
        case .personal: "pat_"
        case .service: "sat_"
        case .oauth: "czu_"
        case .jwt: "czs_"
        case .session: "ses_"
        }
    }
}

/// The SHA-256 of a token's secret.
package struct TokenHash: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(of text: String) {
        var text = text
        let digest = text.withUTF8 { SHA256.hash(data: $0) }
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    package static func == (left: TokenHash, right: TokenHash) -> Bool { left.words == right.words }
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
