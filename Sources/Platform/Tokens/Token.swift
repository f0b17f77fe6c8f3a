package import APIKit
import Crypto

/// A personal access token, as its owner manages it. The secret itself is not kept anywhere.
package struct Token: Sendable, Encodable {
    package let id: ID
    package let userID: ID
    package let name: String
    /// Names of permission points, or `all`.
    package let permissions: [String]
    /// Unix seconds.
    package let createdAt: Int64
    /// Unix seconds; nil for a token that does not expire.
    package let expiresAt: Int64?
    package let revokedAt: Int64?
    /// What `permissions` allow.
    package let permissionSet: PermissionSet

    package enum CodingKeys: String, CodingKey {
        case id, name, permissions
        case userID = "user_id"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
    }

    init(
        id: ID, userID: ID, name: String, permissions: [String], createdAt: Int64, expiresAt: Int64?, revokedAt: Int64?
    ) {
        self.id = id
        self.userID = userID
        self.name = name
        self.permissions = permissions
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        permissionSet = permissions.contains(PermissionPoint.everything) ? .all : .some(Set(permissions))
    }
}

/// The secret of a token, known only to its bearer.
package struct TokenSecret: Sendable {
    package let text: String

    /// A new secret of 256 random bits.
    package init() {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let digits = Array("0123456789abcdef")
        text = "pat_" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    package init(_ text: some StringProtocol) { self.text = String(text) }

    /// What is stored: the SHA-256 of the text.
    package var hash: TokenHash { TokenHash(of: text) }
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
