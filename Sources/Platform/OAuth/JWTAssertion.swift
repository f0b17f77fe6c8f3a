import APIKit

/// A JWT with which an app says that it is the one it claims to be: read, but not believed yet.
struct JWTAssertion: Sendable {
    /// Which key signed it, and how.
    struct Header: Decodable, Sendable {
        var algorithm: String
        var keyID: String
        /// What a reader must understand beyond the standard.
        var critical: JSON?

        enum CodingKeys: String, CodingKey {
            case algorithm = "alg"
            case keyID = "kid"
            case critical = "crit"
        }
    }

    /// What the app says.
    struct Claims: Decodable, Sendable {
        /// What the app calls itself.
        var issuer: String
        /// For whom it is meant.
        var audience: Audience
        /// From when to when it counts, in Unix seconds.
        var issuedAt: Time
        var expiresAt: Time
        var notBefore: Time?
        /// What makes it count only once.
        var id: String
        /// Whose conversations the token sees.
        var sessionName: String?

        enum CodingKeys: String, CodingKey {
            case issuer = "iss"
            case audience = "aud"
            case issuedAt = "iat"
            case expiresAt = "exp"
            case notBefore = "nbf"
            case id = "jti"
            case sessionName = "session_name"
        }
    }

    /// One name or several.
    struct Audience: Decodable, Sendable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            switch try JSON(from: decoder) {
            case .string(let name): names = [name]
            case .array(let values):
                names = values.compactMap { if case .string(let name) = $0 { name } else { nil } }
            default: throw InputError(field: "", reason: "must be a text or a list of texts")
            }
        }
    }

    /// Unix seconds; whole ones, since a fraction makes no difference.
    struct Time: Decodable, Sendable {
        let seconds: Int64

        init(from decoder: any Decoder) throws {
            // Far more than enough, and far from what sums could overflow with.
            let range: ClosedRange<Int64> = 0...(1 << 40)
            switch try JSON(from: decoder) {
            case .integer(let seconds) where range.contains(seconds): self.seconds = seconds
            case .number(let seconds) where seconds >= 0 && seconds <= Double(range.upperBound):
                self.seconds = Int64(seconds)
            default: throw InputError(field: "", reason: "must be Unix seconds")
            }
        }
    }

    let header: Header
    let claims: Claims
    /// What the signature was made of.
    let signed: [UInt8]
    let signature: [UInt8]

    /// JWTs are some hundred bytes long; nobody needs more than this.
    private static let maximumLength = 16384

    /// - Throws: `invalid_request` if the text is no JWT, or lacks what it must say.
    init(_ text: String) throws(OAuthError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else { throw Self.malformed("it is too long") }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Self.malformed("it must have three parts") }
        header = try Self.read(Header.self, parts[0], "header")
        claims = try Self.read(Claims.self, parts[1], "payload")
        guard let signature = Base64URL.bytes(parts[2]) else { throw Self.malformed("its signature is not base64url") }
        self.signature = signature
        signed = Array(bytes[..<parts[1].endIndex])
    }

    private static func read<T: Decodable>(
        _ type: T.Type, _ part: ArraySlice<UInt8>, _ name: String
    ) throws(OAuthError) -> T {
        guard let bytes = Base64URL.bytes(part) else { throw malformed("its \(name) is not base64url") }
        do {
            let json = try JSON(parsing: bytes)
            guard case .object = json else { throw malformed("its \(name) is not a JSON object") }
            return try InputSource(body: json).decode(type)
        } catch let error as OAuthError {
            throw error
        } catch let error as InputError {
            throw malformed("\(error.field) \(error.reason)")
        } catch {
            throw malformed("its \(name) is not JSON")
        }
    }

    private static func malformed(_ reason: String) -> OAuthError {
        .invalid("the JWT is malformed: \(reason)")
    }
}
