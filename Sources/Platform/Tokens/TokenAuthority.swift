import APIKit
import Synchronization

/// Tells who a token stands for. Tokens that were used are held in memory, so a request costs no query; a change made
/// by another process is seen by ``watch()`` within half a second.
package final class TokenAuthority: Sendable {
    private struct State {
        var known: [TokenHash: Token] = [:]
        var revision: Int64 = 0
    }

    private let state = Mutex(State())
    private let tokens: TokenStore
    private let clock: Clock

    /// Bounds the memory that tokens take; beyond it all are forgotten and learned anew.
    private static let limit = 100_000

    package init(tokens: TokenStore, clock: Clock) {
        self.tokens = tokens
        self.clock = clock
    }

    /// The token in an `Authorization` header.
    ///
    /// - Throws: 700012006 if there is none or it is malformed, unknown, expired or revoked.
    package func authenticate(_ header: String?) async throws -> Token {
        guard let header, let secret = Self.bearer(header) else { throw APIError(.invalidToken) }
        let hash = secret.hash
        if let token = state.withLock({ $0.known[hash] }) { return try checked(token) }
        // Unknown here, but it may have been made by another process a moment ago.
        let revision = state.withLock { $0.revision }
        guard let token = try await tokens.find(hash) else { throw APIError(.invalidToken) }
        state.withLock { state in
            // If something changed since, what was read may be out of date: use it once and do not keep it.
            guard state.revision == revision else { return }
            if state.known.count >= Self.limit { state.known.removeAll() }
            state.known[hash] = token
        }
        return try checked(token)
    }

    /// Follows the changes that other processes make, until the task is cancelled.
    package func watch() async {
        while !Task.isCancelled {
            try? await refresh()
            try? await Task.sleep(for: .milliseconds(400))
        }
    }

    /// Takes over what was changed in the database since the last call.
    package func refresh() async throws {
        let (changed, revision) = try await tokens.changes(after: state.withLock { $0.revision })
        guard !changed.isEmpty else { return }
        let byID = Dictionary(uniqueKeysWithValues: changed.map { ($0.id, $0) })
        state.withLock { state in
            for (hash, token) in state.known {
                if let now = byID[token.id] { state.known[hash] = now }
            }
            state.revision = max(state.revision, revision)
        }
    }

    private func checked(_ token: Token) throws -> Token {
        if token.revokedAt != nil { throw APIError(.invalidToken) }
        if let end = token.expiresAt, end <= clock.now() { throw APIError(.invalidToken) }
        return token
    }

    /// The secret in `Bearer <secret>`; the scheme's case does not matter (RFC 9110).
    private static func bearer(_ header: String) -> TokenSecret? {
        let space = UInt8(ascii: " ")
        let scheme = header.utf8.prefix(7)
        guard scheme.elementsEqual("Bearer ".utf8) || scheme.lazy.map({ $0 | 0x20 }).elementsEqual("bearer ".utf8)
        else {
            return nil
        }
        let secret = header.utf8.dropFirst(7).drop { $0 == space }
        return secret.isEmpty || secret.contains(space) ? nil : TokenSecret(Substring(secret))
    }
}
