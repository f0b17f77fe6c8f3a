package import APIKit
import Crypto

/// What an app asks a person for, in the person's browser. Everything in it has been checked.
package struct AuthorizationRequest: Sendable {
    package let app: OAuthApp
    /// Where the browser goes with the answer: one of the app's registered addresses.
    package let redirectURI: String
    /// What the app gets back with the answer; nil if it sent none.
    package let state: String?
    package let challenge: CodeChallenge?
    /// The one workspace that the app asks for; nil for what is the account's.
    package let workspace: ID?
    /// The request as a text that only this server can make, and that it takes back for ten minutes. So nothing is
    /// stored for visitors who have not signed in.
    package let key: String

    /// The address of the app's that tells it something.
    func redirect(_ fields: [(name: String, value: String)]) -> String {
        Self.address(redirectURI, fields + (state.map { [("state", $0)] } ?? []))
    }

    /// An address with more fields in its query, before its fragment.
    static func address(_ address: String, _ fields: [(name: String, value: String)]) -> String {
        let fragment = address.utf8.firstIndex(of: UInt8(ascii: "#")) ?? address.endIndex
        let target = address[..<fragment]
        let query = fields.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
        let separator =
            if !target.utf8.contains(UInt8(ascii: "?")) { "?" } else { "?&".contains(target.last!) ? "" : "&" }
        return "\(target)\(separator)\(query)\(address[fragment...])"
    }

    /// Everything but the letters that need no escaping anywhere in a URL is escaped.
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why a request of an app's is refused before anybody is asked.
package enum OAuthRequestFault: Error {
    /// To be shown to the person: the app, or the address its answers go to, cannot be trusted.
    case page(OAuthError)
    /// To be told to the app, by sending the browser to this address.
    case redirect(String)
}

/// What a request's key says.
struct AuthorizationFields: Codable, Sendable, Hashable {
    var app: ID
    var redirectURI: String
    /// One, or none: an empty state is a state too.
    var states: [String]
    var challenge: String?
    var method: CodeChallenge.Method?
    var workspace: ID?
    /// Unix seconds.
    var end: Int64

    enum CodingKeys: String, CodingKey {
        case app = "a"
        case redirectURI = "r"
        case states = "s"
        case challenge = "c"
        case method = "m"
        case workspace = "w"
        case end = "e"
    }
}

/// Makes and checks the keys of requests.
struct AuthorizationSigner: Sendable {
    /// Seconds in which a key is taken back.
    static let lifetime: Int64 = 600
    /// Beyond this a text is no key, and is not looked at.
    private static let limit = 16_384

    private let key: SymmetricKey
    private let clock: Clock

    init(secret: [UInt8], clock: Clock) {
        key = SymmetricKey(data: secret)
        self.clock = clock
    }

    func text(_ fields: AuthorizationFields) throws -> String {
        let content = Array(try StoredJSON.text(fields).utf8)
        let code = HMAC<SHA256>.authenticationCode(for: content, using: key)
        return "\(Base64URL.text(content)).\(Base64URL.text(code))"
    }

    /// What a key says; nil if this server did not make it, or it has ended.
    func fields(_ text: String) -> AuthorizationFields? {
        let parts = text.utf8.count <= Self.limit ? text.split(separator: ".", omittingEmptySubsequences: false) : []
        guard parts.count == 2, let content = Base64URL.bytes(parts[0].utf8), let code = Base64URL.bytes(parts[1].utf8),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: content, using: key),
            let fields = try? StoredJSON.read(AuthorizationFields.self, String(decoding: content, as: UTF8.self)),
            clock.now() < fields.end
        else { return nil }
        return fields
    }
}
