package import APIKit
import Crypto

/// Makes and checks links to files that work without a token, until they expire.
package struct LinkSigner: Sendable {
    private let key: SymmetricKey
    private let base: PublicURL
    private let clock: Clock

    /// - Parameters:
    ///   - secret: random bytes that only servers of this database know.
    ///   - publicURL: what clients reach the server under.
    package init(secret: [UInt8], publicURL: PublicURL, clock: Clock = .system) {
        key = SymmetricKey(data: secret)
        base = publicURL
        self.clock = clock
    }

    /// The link to a file that works for some seconds.
    package func link(to file: ID, lasting seconds: Int64) -> String {
        link(to: file, until: clock.now() + seconds)
    }

    /// The link to a picture that others show, or empty if there is none. It stays the same for a year, and works for
    /// nine years at least.
    func icon(_ file: ID?) -> String {
        let year: Int64 = 365 * 86400
        return file.map { link(to: $0, until: (clock.now() / year + 10) * year) } ?? ""
    }

    private func link(to file: ID, until end: Int64) -> String {
        let signature = Hexadecimal.text(HMAC<SHA256>.authenticationCode(for: Self.signed(file, end), using: key))
        return "\(base.text)/buckle/v1/links/files/\(file)?expires=\(end)&signature=\(signature)"
    }

    /// Whether the signature is this server's own and the link has not expired. It takes as long for every signature.
    func isValid(_ file: ID, until end: Int64, signature: String) -> Bool {
        guard let code = Self.bytes(signature) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.signed(file, end), using: key)
            && clock.now() < end
    }

    private static func signed(_ file: ID, _ end: Int64) -> [UInt8] { Array("file \(file) until \(end)".utf8) }

    /// What 64 lower-case hexadecimal digits stand for; nil for any other text.
    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { digit -> UInt8 in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: 16
            }
        }
        guard digits.count == 64, digits.allSatisfy({ $0 < 16 }) else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
