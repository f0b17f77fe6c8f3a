package import APIKit
import Glibc

/// Refuses requests that come too often. A server whose operator sets no limits has none of these.
package final class RateLimits: Sendable {
    /// What plans tell apart. Found once for each route.
    package enum EndpointClass: Sendable, Hashable {
        case chat
        case upload
        /// The number tells operations apart: each has a limit of its own.
        case collaborator(Int)
        case other

        /// Looking at a chat is not `chat`: clients do so ten times a second until it ends.
        package init(_ operation: APIKit.Operation) {
            let path = operation.path
            self =
                switch operation.verb {
                case .post where Self.chats.contains(path): .chat
                case .post where path == "/v1/files/upload": .upload
                case .post where path.hasSuffix("/collaborators"), .delete where path.contains("/collaborators/"):
                    .collaborator("\(operation.verb) \(path)".hashValue)
                default: .other
                }
        }

        /// What makes a bot answer.
        private static let chats: Set<String> = [
            "/v3/chat", "/v3/chat/submit_tool_outputs", "/buckle/v1/chats/{chat_id}/regenerate",
        ]
    }

    private let system: RateLimiter?
    private let address: RateLimiter?
    private let token: RateLimiter?
    private let endUser: RateLimiter?
    private let chats: RateLimiter?
    private let uploads: RateLimiter?
    private let collaborators: RateLimiter?

    /// Nil if nothing is limited.
    package init?(_ rules: RateLimitRules, clock: Clock = .monotonic) {
        guard !rules.isEmpty else { return nil }
        func limiter(_ rate: Rate?, _ refusal: APIError.Code, _ what: String) -> RateLimiter? {
            rate.map { RateLimiter($0, refusal: refusal, of: what, clock: clock) }
        }
        system = limiter(rules.system, .overSystemLimit, "requests to the server")
        address = limiter(rules.address, .overRateLimit, "requests from this address")
        token = limiter(rules.token, .overUserLimit, "requests with this token")
        endUser = limiter(rules.endUser, .overRateLimit, "chats of this user")
        chats = limiter(rules.plan?.chats, .overUserLimit, "chats of this account")
        uploads = limiter(rules.plan?.uploads, .overUserLimit, "uploads of this account")
        collaborators = limiter(rules.plan?.collaborators, .overUserLimit, "changes of collaborators by this account")
    }

    /// Counts a request in before its token is looked at.
    ///
    /// - Throws: 4020 if too many come from its address, 4009 if too many come at all.
    package func admit(from client: Client) throws(APIError) {
        if let address, let key = Self.key(address: client.address()) { try address.take(key) }
        if let system { try system.take(RateLimiter.Key(0)) }
    }

    /// Counts a request in whose token is known.
    ///
    /// - Throws: 4008 if there are too many with the token, or of the account for what the endpoint does.
    package func admit(_ kind: EndpointClass, _ bearer: Bearer) throws(APIError) {
        if let token { try token.take(RateLimiter.Key(bearer.token.value)) }
        switch kind {
        case .other: break
        case .chat: try chats?.take(RateLimiter.Key(bearer.user.value))
        case .upload: try uploads?.take(RateLimiter.Key(bearer.user.value))
        case .collaborator(let operation): try collaborators?.take(RateLimiter.Key(bearer.user.value, operation))
        }
    }

    /// Counts in a chat of an end user's. Whoever has a session of their own is one end user, whatever the request
    /// calls them.
    ///
    /// - Throws: 4020 if there are too many.
    package func admitEndUser(_ user: String, by bearer: Bearer) throws(APIError) {
        guard let endUser else { return }
        try endUser.take(
            bearer.owner == bearer.user
                ? RateLimiter.Key(bearer.user, text: user) : RateLimiter.Key(bearer.owner.value))
    }

    /// The bucket of an address; nil for none. Whoever has one address of IPv6 has the whole network of its first 64
    /// bits, so these share a bucket.
    static func key(address text: String) -> RateLimiter.Key? {
        if text.isEmpty { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return RateLimiter.Key(number(bytes[..<4]), 4) }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return RateLimiter.Key(text: text) }
        // An address of IPv4 as a socket for both shows it.
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped ? RateLimiter.Key(number(bytes[12...]), 4) : RateLimiter.Key(number(bytes[..<8]), 6)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }
}
