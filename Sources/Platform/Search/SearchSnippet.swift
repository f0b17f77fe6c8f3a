/// The part of a text around what was found in it.
struct SearchSnippet: Sendable {
    /// The most characters of a snippet.
    static let length = 160
    /// How many characters before the first hit are shown, if there are as many after it.
    private static let lead = 40

    /// Plain text; each line break and control character is a space.
    let text: String
    /// Where terms occur in `text`: start and length in Unicode scalars, in order, without overlaps.
    let highlights: [[Int]]

    /// Nil unless every term of the query occurs.
    init?(of text: SearchText, _ query: SearchQuery) {
        guard let first = query.firstMatches(in: text)?.map(\.lowerBound).min() else { return nil }
        let latest = max(0, text.folded.count - Self.length)
        let start = Self.wordStart(in: text, near: min(max(0, first - Self.lead), latest), before: first)
        let end = min(text.folded.count, start + Self.length)
        self.text = String(String.UnicodeScalarView(text.scalars[start..<end].map(Self.shown)))
        highlights = Self.highlights(in: text, start..<end, query)
    }

    /// A start a little later than `start`, if that spares half a word.
    private static func wordStart(in text: SearchText, near start: Int, before hit: Int) -> Int {
        guard start > 0 else { return start }
        let near = start..<min(hit, start + lead / 2)
        let gap = near.first { SearchText.isSpace(text.folded[$0]) } ?? start
        return (gap...hit).first { !SearchText.isSpace(text.folded[$0]) } ?? start
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: " "
        default: scalar
        }
    }

    private static func highlights(in text: SearchText, _ shown: Range<Int>, _ query: SearchQuery) -> [[Int]] {
        var found: [Range<Int>] = []
        for term in query.terms {
            var start = shown.lowerBound
            while let match = term.match(in: text.folded, from: start), match.lowerBound < shown.upperBound {
                found.append(match.clamped(to: shown))
                start = match.upperBound
            }
        }
        found.sort { ($0.lowerBound, -$0.count) < ($1.lowerBound, -$1.count) }
        var highlights: [[Int]] = []
        var end = shown.lowerBound
        for match in found where match.upperBound > end {
            let start = max(match.lowerBound, end)
            highlights.append([start - shown.lowerBound, match.upperBound - start])
            end = match.upperBound
        }
        return highlights
    }
}
