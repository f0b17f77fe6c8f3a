import APIKit

/// What is looked for: every term must occur in the same name or the same message.
struct SearchQuery: Sendable {
    /// The most characters of a query.
    static let limit = 200

    let terms: [Term]

    /// - Throws: 4000 naming query, if there is nothing in it to look for.
    init(_ text: String) throws(APIError) {
        try Limits.check(text, 1...Self.limit, "query")
        terms = Self.terms(of: SearchText(text).folded)
        if terms.isEmpty { throw .invalid("query", "must have a letter, a digit or another character to look for") }
    }

    /// The tokens that a document with all the terms has.
    func tokens(owner: ID, bot: ID?) -> [UInt32] {
        let maker = SearchTokens(owner: owner)
        let all = Set(terms.flatMap { maker.needed(for: $0.pattern) }).sorted()
        // What they leave over is found out from the text; more tokens would hardly leave less.
        let step = (all.count + Self.mostTokens - 1) / Self.mostTokens
        let some = stride(from: 0, to: all.count, by: max(step, 1)).map { all[$0] }
        return some + (bot.map { [maker.token(ofBot: $0)] } ?? [])
    }

    private static let mostTokens = 16

    /// Where each term occurs first; nil unless all do.
    func firstMatches(in text: SearchText) -> [Range<Int>]? {
        var matches: [Range<Int>] = []
        for term in terms {
            guard let match = term.match(in: text.folded, from: 0) else { return nil }
            matches.append(match)
        }
        return matches
    }

    // MARK: Reading a query

    private static func terms(of folded: [UInt32]) -> [Term] {
        var terms: [Term] = []
        var rest = folded[...]
        while let first = rest.first {
            if isQuote(first), let end = rest.dropFirst().firstIndex(where: isQuote) {
                if let phrase = Term(phrase: rest[(rest.startIndex + 1)..<end]) { terms.append(phrase) }
                rest = rest[(end + 1)...]
                continue
            }
            let kind = SearchText.kind(first)
            let end = rest.firstIndex { SearchText.kind($0) != kind } ?? rest.endIndex
            switch kind {
            case .separator:
                // One at a time: among them may be a quotation mark.
                rest = rest.dropFirst()
                continue
            case .word: terms.append(Term(pattern: Array(rest[..<end]), beginsWord: true))
            case .run: terms.append(Term(pattern: Array(rest[..<end])))
            case .symbol: terms += rest[..<end].map { Term(pattern: [$0]) }
            }
            rest = rest[end...]
        }
        var seen: Set<Term> = []
        return terms.filter { seen.insert($0).inserted }
    }

    /// Straight and typographic quotation marks. The full-width one is folded to the straight one.
    private static func isQuote(_ folded: UInt32) -> Bool { folded == 0x22 || folded == 0x201C || folded == 0x201D }
}

extension SearchQuery {
    /// One thing that must occur.
    struct Term: Sendable, Hashable {
        /// Folded scalars, of which a space stands for any white space. The first and last are no spaces.
        let pattern: [UInt32]
        /// Whether no word may go on before it.
        var beginsWord = false
        /// Whether no word may go on after it.
        var endsWord = false

        init(pattern: [UInt32], beginsWord: Bool = false, endsWord: Bool = false) {
            self.pattern = pattern
            self.beginsWord = beginsWord
            self.endsWord = endsWord
        }

        /// What stood in quotation marks: words must be whole and follow each other exactly so. Nil if there is
        /// nothing to look for.
        init?(phrase: ArraySlice<UInt32>) {
            var pattern: [UInt32] = []
            for part in phrase.split(whereSeparator: SearchText.isSpace) {
                if !pattern.isEmpty { pattern.append(Self.space) }
                pattern += part
            }
            guard pattern.contains(where: { SearchText.kind($0) != .separator }) else { return nil }
            self.init(
                pattern: pattern, beginsWord: SearchText.kind(pattern[0]) == .word,
                endsWord: SearchText.kind(pattern[pattern.count - 1]) == .word)
        }

        private static let space: UInt32 = 0x20

        /// The next occurrence that begins at `start` or later.
        func match(in folded: [UInt32], from start: Int) -> Range<Int>? {
            guard folded.count >= start else { return nil }
            for index in start..<folded.count where folded[index] == pattern[0] {
                if beginsWord, index > 0, SearchText.kind(folded[index - 1]) == .word { continue }
                if let end = end(in: folded, from: index) { return index..<end }
            }
            return nil
        }

        /// Where an occurrence ends that begins at `start`; nil if there is none.
        private func end(in folded: [UInt32], from start: Int) -> Int? {
            var index = start
            for scalar in pattern {
                guard index < folded.count else { return nil }
                if scalar == Self.space {
                    guard SearchText.isSpace(folded[index]) else { return nil }
                    while index < folded.count, SearchText.isSpace(folded[index]) { index += 1 }
                } else {
                    guard folded[index] == scalar else { return nil }
                    index += 1
                }
            }
            if endsWord, index < folded.count, SearchText.kind(folded[index]) == .word { return nil }
            return index
        }
    }
}
