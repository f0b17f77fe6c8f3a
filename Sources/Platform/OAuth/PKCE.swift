import Crypto

/// What an app shows when it asks for a code, so that only whoever asked can exchange it (RFC 7636).
package struct CodeChallenge: Sendable, Hashable {
    /// How the challenge is made of the verifier.
    package enum Method: String, Codable, Sendable, CaseIterable {
        /// The challenge is the verifier.
        case plain
        /// The challenge is the verifier's SHA-256, in base64url without padding.
        case s256 = "S256"
    }

    package let text: String
    package let method: Method

    package init(text: String, method: Method) {
        self.text = text
        self.method = method
    }

    /// Whether the challenge is made of this verifier, of whatever length: official SDKs send short ones. It takes as
    /// long for every wrong one.
    package func isMet(by verifier: String) -> Bool {
        let digest = SHA256.hash(data: Array(verifier.utf8))
        return switch method {
        // Digests are compared in constant time, texts are not.
        case .plain: SHA256.hash(data: Array(text.utf8)) == digest
        case .s256: SHA256.hash(data: Array(text.utf8)) == SHA256.hash(data: Array(Base64URL.text(digest).utf8))
        }
    }
}
