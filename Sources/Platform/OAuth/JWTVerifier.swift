import APIKit
import CryptoExtras
import JWTKit
import Synchronization

/// Tells whether a JWT was signed by the app that it names, for this server, and for now. Whether it was used before
/// only the database can tell.
package final class JWTVerifier: Sendable {
    private let publicURL: PublicURL
    private let audiences: [String]
    private let clock: Clock
    /// The keys that were used, by what they are stored as: reading one takes longer than using it.
    private let keys = Mutex<[String: any JWTAlgorithm]>([:])

    /// Bounds the memory that keys take; beyond it all are forgotten and read anew.
    private static let limit = 10_000
    /// How much the clocks of client and server may differ, in seconds.
    static let skew: Int64 = 60
    /// How long a JWT may count, in seconds.
    static let maximumLifetime: Int64 = 86400

    /// - Parameters:
    ///   - publicURL: what clients reach the server under; JWTs are meant for its host and port.
    ///   - audiences: what else JWTs may be meant for.
    package init(publicURL: PublicURL, audiences: [String], clock: Clock) {
        self.publicURL = publicURL
        self.audiences = audiences
        self.clock = clock
    }

    /// - Parameter publicKeys: the app's keys in PEM, by their ids.
    /// - Throws: `invalid_request`; it does not tell what is wrong with a signature.
    func verify(_ assertion: JWTAssertion, publicKeys: [String: String]) async throws {
        let header = assertion.header
        guard header.algorithm == "RS256" else { throw OAuthError.invalid("the JWT's alg must be RS256") }
        guard header.critical == nil else { throw OAuthError.invalid("the JWT's crit is not supported") }
        guard let pem = publicKeys[header.keyID] else {
            throw OAuthError.invalid("the JWT's kid names no key of the app")
        }
        let key = try await key(pem)
        let isGenuine = (try? key.verify(assertion.signature, signs: assertion.signed)) ?? false
        guard isGenuine else { throw OAuthError.invalid("the JWT's signature is not valid") }
        try check(assertion.claims)
    }

    private func check(_ claims: JWTAssertion.Claims) throws(OAuthError) {
        let accepted = acceptedAudiences
        guard claims.audience.names.contains(where: { accepted.contains($0.lowercased()) }) else {
            throw OAuthError.invalid("the JWT's aud must be \(accepted.joined(separator: " or "))")
        }
        let now = clock.now()
        let (start, end) = (claims.issuedAt.seconds, claims.expiresAt.seconds)
        guard start <= now + Self.skew else { throw OAuthError.invalid("the JWT's iat is in the future") }
        guard claims.notBefore.map({ $0.seconds <= now + Self.skew }) ?? true else {
            throw OAuthError.invalid("the JWT's nbf is in the future")
        }
        guard end > now - Self.skew else { throw OAuthError.invalid("the JWT has expired") }
        guard end > start else { throw OAuthError.invalid("the JWT's exp must be later than its iat") }
        guard end - start <= Self.maximumLifetime else {
            throw OAuthError.invalid("the JWT's exp must be at most \(Self.maximumLifetime) seconds later than its iat")
        }
        guard (1...128).contains(claims.id.unicodeScalars.count) else {
            throw OAuthError.invalid("the JWT's jti must have 1 to 128 characters")
        }
        guard (claims.sessionName ?? "").unicodeScalars.count <= 256 else {
            throw OAuthError.invalid("the JWT's session_name must have at most 256 characters")
        }
    }

    /// What a JWT may be meant for, in lower case: the host and port clients reach the server under, and what the
    /// operator adds. Whoever reaches it on its own machine may use any of the machine's names for itself.
    var acceptedAudiences: [String] {
        let address = publicURL.text.lowercased()
        let isSecure = address.hasPrefix("https://")
        let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
        let authority = address[start...].prefix { $0 != "/" }
        // An IPv6 address has colons too, before its bracket.
        let colon = authority.lastIndex { $0 == ":" || $0 == "]" }.flatMap { authority[$0] == ":" ? $0 : nil }
        let host = authority[..<(colon ?? authority.endIndex)]
        let port = colon.map { authority[authority.index(after: $0)...] }
        var hosts = [String(host)]
        if ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"].contains(host) {
            hosts += ["localhost", "127.0.0.1", "[::1]"].filter { $0 != host }
        }
        let standardPort = isSecure ? "443" : "80"
        let names = hosts.flatMap { host in
            guard let port else { return [host, "\(host):\(standardPort)"] }
            return port == standardPort ? ["\(host):\(port)", host] : ["\(host):\(port)"]
        }
        return names + audiences.map { $0.lowercased() }
    }

    private func key(_ pem: String) async throws -> any JWTAlgorithm {
        if let known = keys.withLock({ $0[pem] }) { return known }
        let key = try await JWTKeyCollection().add(
            rsa: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha256
        ).getKey()
        keys.withLock { keys in
            if keys.count >= Self.limit { keys.removeAll() }
            keys[pem] = key
        }
        return key
    }
}
