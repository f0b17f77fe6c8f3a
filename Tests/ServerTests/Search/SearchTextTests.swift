import APIKit
import Testing

@testable import Platform

/// What counts as a hit, and how it is shown; no database is needed.
@Suite struct SearchTextTests {
    @Test(arguments: [
        ("hel", "Hello, World", true), ("wor HEL", "Hello, World", true), ("ello", "Hello, World", false),
        ("hello there", "Hello, World", false), ("éco", "ÉCOLE", true), ("δρόμος", "ΔΡΌΜΟΣ", true),
        ("ＡＢＣ", "abcdef", true), ("abc", "ＡＢＣｄｅｆ", true), ("snake", "a_snake_case", true),
        ("天", "今天天气", true), ("天气", "今天天气预报", true), ("天气预报", "今天天气预报", true),
        ("天预", "今天天气预报", false), ("天气预报", "天气 预报", false), ("天气 今天", "今天天气", true),
        ("iphone手机", "我的iPhone 15手机", true), ("手机iphone", "我的iPhone 15手机", true), ("カタ", "カタカナ", true),
        ("한국", "한국어", true), ("สวัส", "คำว่าสวัสดี", true), ("👍", "ok 👍🏽!", true), ("👎", "ok 👍", false),
        ("15", "iPhone 15", true), ("internationalisation", "Internationalisation!", true),
        ("internationalization", "Internationalisation", false), ("👨‍👩‍👧", "the 👨‍👩‍👧 family", true),
    ])
    func `words are found by their beginnings and runs by any part, in any case`(
        _ query: String, _ text: String, _ isFound: Bool
    ) throws {
        #expect((SearchSnippet(of: SearchText(text), try SearchQuery(query)) != nil) == isFound)
    }

    @Test(arguments: [
        ("\"hello world\"", "say Hello  World!", true), ("\"hello world\"", "say hello\nworld", true),
        ("\"hello world\"", "hello, world", false), ("\"hello world\"", "hello worlds", false),
        ("\"hello world\"", "othello world", false), ("“hello, world”", "hello, world", true),
        ("\"天气 预报\"", "天气 预报", true), ("\"天气 预报\"", "天气预报", false), ("\"mess\"", "message", false),
        ("\"a b\" c", "c a b", true), ("\"a b\" c", "b a c", false), ("\"unfinished hel", "Unfinished hello", true),
    ])
    func `words in quotation marks are found just so`(_ query: String, _ text: String, _ isFound: Bool) throws {
        #expect((SearchSnippet(of: SearchText(text), try SearchQuery(query)) != nil) == isFound)
    }

    @Test(arguments: ["", " ", "!?", "\"\"", "\" \"", "。，", String(repeating: "x", count: 201)])
    func `a query without anything to look for, or too long, is refused`(_ query: String) {
        let error = #expect(throws: APIError.self) { try SearchQuery(query) }
        #expect(error?.code == .invalidParameter && error?.message.contains("query") == true)
    }

    @Test func `highlights tell where hits stand in Unicode scalars`() throws {
        func highlights(_ query: String, _ text: String) throws -> [[Int]] {
            try #require(SearchSnippet(of: SearchText(text), SearchQuery(query))).highlights
        }
        #expect(try highlights("hel wor", "Hello, World!") == [[0, 3], [7, 3]])
        #expect(try highlights("天气", "🌤️今天天气") == [[4, 2]])
        #expect(try highlights("a", "a ab b a") == [[0, 1], [2, 1], [7, 1]])
        // Overlapping hits are joined without a double end.
        #expect(try highlights("天气 气预", "天气预报") == [[0, 2], [2, 1]])
    }

    @Test func `a snippet is a line of at most 160 characters around the first hit`() throws {
        let filler = String(repeating: "lorem ipsum ", count: 50)
        let text = SearchText(filler + "the\tneedle\nis here " + filler)
        let snippet = try #require(SearchSnippet(of: text, SearchQuery("needle")))
        #expect(snippet.text.unicodeScalars.count <= 160)
        #expect(snippet.text.contains("the needle is here"))
        #expect(snippet.text.hasPrefix("ipsum") || snippet.text.hasPrefix("lorem"))
        let hit = try #require(snippet.highlights.first)
        let scalars = Array(snippet.text.unicodeScalars)
        #expect(String(String.UnicodeScalarView(scalars[hit[0]..<(hit[0] + hit[1])])) == "needle")
        let short = try #require(SearchSnippet(of: SearchText("just needle"), SearchQuery("needle")))
        #expect(short.text == "just needle")
        let late = try #require(SearchSnippet(of: SearchText(filler + "needle"), SearchQuery("needle")))
        #expect(late.text.hasSuffix("needle") && late.text.unicodeScalars.count > 140)
    }

    @Test func `whatever matches has all tokens of the query`() throws {
        var random = Seeded(state: 11)
        let words = ["hello", "Hell", "world", "words", "ÉCOLE", "x9", "👍", "天气", "天", "预报", "气预", "internationally"]
        var matches = 0
        for _ in 0..<20_000 {
            func pick(_ count: Int) -> String {
                (0..<Int.random(in: 1...count, using: &random)).map { _ in words.randomElement(using: &random)! }
                    .joined(separator: [" ", "", ", "].randomElement(using: &random)!)
            }
            let text = SearchText(pick(6))
            var asked = pick(2)
            if Bool.random(using: &random) { asked = "\"\(asked)\"" }
            let query = try SearchQuery(asked)
            guard query.firstMatches(in: text) != nil else { continue }
            matches += 1
            let tokens = Set(SearchTokens(owner: 7).of(text, bot: 8))
            #expect(tokens.isSuperset(of: query.tokens(owner: 7, bot: 8)), "\(asked)")
            #expect(tokens.isDisjoint(with: query.tokens(owner: 6, bot: 8)))
        }
        #expect(matches > 500)
    }

    @Test func `tokens are what the index of existing databases holds`() {
        // A change of any of these needs a migration.
        let tokens = SearchTokens(owner: 7).of(SearchText("ab 天气👍"), bot: 8)
        #expect(
            tokens == [75_574_683, 102_385_404, 109_196_907, 126_120_048, 865_245_125, 891_846_084, 895_203_969])
    }

    @Test func `only the first 100,000 characters of a text are searched`() throws {
        let text = String(repeating: "x ", count: 50_000)
        #expect(SearchSnippet(of: SearchText("needle " + text), try SearchQuery("needle")) != nil)
        #expect(SearchSnippet(of: SearchText(text + "needle"), try SearchQuery("needle")) == nil)
    }
}

/// Random numbers that are the same in each run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
