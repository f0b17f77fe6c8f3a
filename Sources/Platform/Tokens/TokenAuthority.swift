package import APIKit
import Synchronization

/// Tells who a token stands for. Tokens that were used are held in memory, so a request costs no query. A change made
/// by this server counts from the next request on, one made by another process within half a second.
package final class TokenAuthority: Sendable {
    /// A token that was used, and what a request needs to know of it.
    private final class Known: Sendable {
        let token: Token
        /// Unix seconds; 0 for never, since this server knows it.
        let lastUsed = Atomic<Int64>(0)

        init(_ token: Token) { self.token = token }
    }

    private struct State {
        var known: [TokenHash: Known] = [:]
        var revision: Int64 = 0
        /// When changes were last asked for, in Unix seconds.
        var refreshedAt: Int64 = 0
    }

    private let state = Mutex(State())
    private let tokens: TokenStore
    private let clock: Clock

    /// Bounds the memory that tokens take; beyond it all are forgotten and learned anew.
    private static let limit = 100_000
    /// Tokens that ended are removed after a day, and then no change tells of them. So a server that was stopped for
    /// longer than this many seconds, and goes on, forgets what it knew.
    private static let longestPause: Int64 = 3600

    package init(tokens: TokenStore, clock: Clock) {
        self.tokens = tokens
        self.clock = clock
    }

    /// Whom the token in an `Authorization` header stands for.
    ///
    /// - Throws: 700012006 if there is none or it is malformed, unknown, expired or revoked; 4100 if its account or
    ///   OAuth app is disabled.
    package func authenticate(_ header: String?) async throws -> Bearer {
        guard let header, let secret = Self.bearer(header) else { throw APIError(.invalidToken) }
        return try await authenticate(secret)
    }

    /// Whom a token stands for.
    ///
    /// - Throws: 700012006 if it is unknown, expired or revoked; 4100 if its account or OAuth app is disabled.
    package func authenticate(_ secret: TokenSecret) async throws -> Bearer {
        let hash = secret.hash
        if let known = state.withLock({ $0.known[hash] }) { return try checked(known) }
        // Unknown here, but it may have been made a moment ago.
        let revision = state.withLock { $0.revision }
        guard let token = try await tokens.find(hash) else { throw APIError(.invalidToken) }
        let known = Known(token)
        state.withLock { state in
            // If something changed since, what was read may be out of date: use it once and do not keep it.
            guard state.revision == revision else { return }
            if state.known.count >= Self.limit { state.known.removeAll() }
            state.known[hash] = known
        }
        return try checked(known)
    }

    /// Follows the changes that other processes make, and notes when tokens were used, until the task is cancelled.
    package func watch() async {
        var turns = 0
        while !Task.isCancelled {
            try? await refresh()
            turns += 1
            if turns % 25 == 0 { try? await tokens.note(uses()) }
            if turns % 1500 == 1 { try? await tokens.removeEnded(before: clock.now() - 86400) }
            try? await Task.sleep(for: .milliseconds(400))
        }
    }

    /// Takes over what was changed in the database since the last call.
    package func refresh() async throws {
        let (changed, revision) = try await tokens.changes(after: state.withLock { $0.revision })
        take(changed, revision)
    }

    /// Takes over what was read from the database, unless another call has read it later and been faster: what was
    /// revoked would come to life again.
    func take(_ changed: [Token], _ revision: Int64) {
        let byID = Dictionary(uniqueKeysWithValues: changed.map { ($0.id, $0) })
        let now = clock.now()
        state.withLock { state in
            if now - state.refreshedAt > Self.longestPause { state.known.removeAll() }
            state.refreshedAt = max(state.refreshedAt, now)
            guard revision > state.revision else { return }
            for (hash, known) in state.known {
                if let changed = byID[known.token.id] { state.known[hash] = Known(changed) }
            }
            state.revision = revision
        }
    }

    /// The tokens used since the last call, and when.
    private func uses() -> [(token: ID, at: Int64)] {
        state.withLock { Array($0.known.values) }.compactMap { known in
            let time = known.lastUsed.exchange(0, ordering: .relaxed)
            return time == 0 ? nil : (known.token.id, time)
        }
    }

    private func checked(_ known: Known) throws -> Bearer {
        let token = known.token
        if token.revokedAt != nil { throw APIError(.invalidToken) }
        let now = clock.now()
        if let end = token.expiresAt, end <= now { throw APIError(.invalidToken) }
        if token.isSuspended { throw APIError(.authenticationInvalid) }
        known.lastUsed.store(now, ordering: .relaxed)
        return token.bearer
    }

    /// The secret in `Bearer <secret>`; the scheme's case does not matter (RFC 9110).
    package static func bearer(_ header: String) -> TokenSecret? {
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
