import APIKit

/// What the index holds of a text: numbers that stand for its words and characters, never the text itself.
///
/// A word gives a token for each of its beginnings, up to some length, so that a query finds it by its beginning
/// without a scan. Where words are not separated, each character gives a token, and each pair of neighbours. Two texts
/// may share a token by chance, so what the index finds is compared with its text before it is shown.
///
/// Tokens differ from owner to owner: a look-up meets only documents of the one who asks, however many others have the
/// same word. What is computed here is stored: a change needs a migration that empties the index and queues all rows.
struct SearchTokens: Sendable {
    private let seed: UInt64

    init(owner: ID) { seed = Self.step(Self.basis, UInt64(bitPattern: owner.value)) }

    /// The tokens of a text, sorted, each once.
    ///
    /// - Parameter bot: the bot of its conversation.
    func of(_ text: SearchText, bot: ID?) -> [UInt32] {
        var tokens: [UInt32] = []
        tokens.reserveCapacity(2 * text.folded.count + 1)
        forEach(in: text.folded) { tokens.append($0) }
        if tokens.isEmpty { return [] }
        if let bot { tokens.append(token(ofBot: bot)) }
        tokens.sort()
        var last: UInt32?
        tokens.removeAll { token in
            defer { last = token }
            return token == last
        }
        return tokens
    }

    /// The token of everything in conversations with a bot.
    func token(ofBot bot: ID) -> UInt32 {
        Self.finish(Self.step(start(.bot), UInt64(bitPattern: bot.value)))
    }

    /// The tokens that every text has in which this piece of a query occurs: of each of its words the longest
    /// beginning that has a token, of a run its pairs.
    func needed(for piece: [UInt32]) -> [UInt32] {
        var tokens: [UInt32] = []
        var rest = piece[...]
        while let first = rest.first {
            let kind = SearchText.kind(first)
            let end = rest.firstIndex { SearchText.kind($0) != kind } ?? rest.endIndex
            let part = Array(rest[..<end])
            rest = rest[end...]
            switch kind {
            case .separator: break
            case .symbol: tokens += part.map(single)
            case .run: tokens += part.count == 1 ? [single(first)] : zip(part, part.dropFirst()).map(pair)
            case .word:
                let length = Self.lengths.last { $0 <= part.count }!
                tokens.append(Self.finish(part[..<length].reduce(start(.word)) { Self.step($0, UInt64($1)) }))
            }
        }
        return tokens
    }

    // MARK: Making

    /// The lengths of beginnings that have a token.
    private static let lengths = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24]
    private static let hasToken: [Bool] = (0...24).map(lengths.contains)

    private func forEach(in folded: [UInt32], _ body: (UInt32) -> Void) {
        let wordStart = start(.word)
        var word = wordStart
        var length = 0
        var previous: UInt32?
        for scalar in folded {
            let kind = SearchText.kind(scalar)
            if kind == .word {
                word = Self.step(word, UInt64(scalar))
                length += 1
                if length < Self.hasToken.count, Self.hasToken[length] { body(Self.finish(word)) }
            } else if length > 0 {
                word = wordStart
                length = 0
            }
            if kind == .run {
                body(single(scalar))
                if let previous { body(pair(previous, scalar)) }
                previous = scalar
            } else {
                previous = nil
                if kind == .symbol { body(single(scalar)) }
            }
        }
    }

    private func single(_ scalar: UInt32) -> UInt32 { Self.finish(Self.step(start(.single), UInt64(scalar))) }

    private func pair(_ first: UInt32, _ second: UInt32) -> UInt32 {
        Self.finish(Self.step(start(.pair), UInt64(first) << 32 | UInt64(second)))
    }

    private enum Sort: UInt64 { case word = 1, single, pair, bot }

    private func start(_ sort: Sort) -> UInt64 { Self.step(seed, sort.rawValue) }

    private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Takes one more number into a hash (FNV-1a, by words instead of bytes, and mixed).
    private static func step(_ hash: UInt64, _ value: UInt64) -> UInt64 {
        let product = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 32
    }

    /// 30 bits of a hash: they fit PostgreSQL's INTEGER, and six digits.
    private static func finish(_ hash: UInt64) -> UInt32 {
        let mixed = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        return UInt32(truncatingIfNeeded: mixed >> 34)
    }
}
