import APIKit
import CryptoExtras

/// A JWT that is checked again and again, to see how long it takes.
package struct JWTMeasure: Sendable {
    private let verifier: JWTVerifier
    private let keys: [String: String]
    private let text: String

    package init(clock: Clock = .system) throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        keys = ["measure": key.publicKey.pemRepresentation]
        verifier = JWTVerifier(publicURL: PublicURL("http://localhost:8080"), audiences: [], clock: clock)
        let now = clock.now()
        let parts: [JSON] = [
            ["alg": "RS256", "typ": "JWT", "kid": "measure"],
            [
                "iss": "7300000000000000001", "aud": "localhost:8080", "iat": .integer(now),
                "exp": .integer(now + 3600), "jti": "0123456789abcdef0123456789abcdef", "session_name": "someone",
            ],
        ]
        let signed = try parts.map { Base64URL.text(try JSONOutput.bytes($0)) }.joined(separator: ".")
        let signature = try key.signature(for: Array(signed.utf8), padding: .insecurePKCS1v1_5)
        text = signed + "." + Base64URL.text(Array(signature.rawRepresentation))
    }

    /// Reads and checks the JWT, all but whether it was used before.
    package func verify() async throws {
        try await verifier.verify(try JWTAssertion(text), publicKeys: keys)
    }
}
