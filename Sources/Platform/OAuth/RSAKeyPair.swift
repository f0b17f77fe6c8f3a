import APIKit
import Crypto
import CryptoExtras
import Synchronization

/// A public key that an app's JWTs are checked with.
struct RSAPublicKey: Sendable {
    /// In PEM, as SubjectPublicKeyInfo.
    let pem: String
    /// The fingerprint by which JWTs name it: the SHA-256 of the key in DER, as base64url.
    let id: String

    /// - Throws: 4000 naming `public_key`, unless the text is an RSA key of 2048 to 8192 bits in PEM.
    init(pem text: String) throws(APIError) {
        guard !text.contains("PRIVATE KEY") else {
            throw .invalid("public_key", "is a private key, which nobody but the app may have: make another pair")
        }
        guard text.utf8.count <= 8192, let key = try? _RSA.Signing.PublicKey(pemRepresentation: text) else {
            throw .invalid("public_key", "must be an RSA key of at least 2048 bits in PEM")
        }
        guard key.keySizeInBits <= 8192 else { throw .invalid("public_key", "must have at most 8192 bits") }
        self.init(key)
    }

    fileprivate init(_ key: _RSA.Signing.PublicKey) {
        pem = key.pemRepresentation
        id = Base64URL.text(SHA256.hash(data: key.derRepresentation))
    }
}

/// A new pair of keys. The private one is not kept.
struct RSAKeyPair: Sendable {
    let publicKey: RSAPublicKey
    /// In PEM, as PKCS #8.
    let privateKey: String

    /// How many pairs may be made at a time.
    private static let limit = 4
    private static let running = Atomic<Int>(0)

    /// Makes a pair of 2048 bits. It takes some tenths of a second, so it is not done on a connection's thread.
    ///
    /// - Throws: 4009 if some are being made already: they would keep all others from the processors.
    static func make() async throws -> RSAKeyPair {
        let count = running.add(1, ordering: .relaxed).newValue
        defer { running.subtract(1, ordering: .relaxed) }
        guard count <= limit else { throw APIError(.overSystemLimit, retryAfter: 1) }
        return try await Task.detached(priority: .utility) {
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            return RSAKeyPair(publicKey: RSAPublicKey(key.publicKey), privateKey: key.pkcs8PEMRepresentation)
        }.value
    }
}
