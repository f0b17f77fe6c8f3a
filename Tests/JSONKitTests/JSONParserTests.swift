import Testing

@testable import JSONKit

@Suite struct JSONParserTests {
    static let accepted: [(String, JSON)] = [
        ("null", .null),
        ("true", .bool(true)),
        (" \t\r\n false \n", .bool(false)),
        ("0", .integer(0)),
        ("-1", .integer(-1)),
        ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
        ("1.0", .number(1)),
        ("-0.5", .number(-0.5)),
        ("1e3", .number(1000)),
        ("1E+2", .number(100)),
        ("25e-1", .number(2.5)),
        ("0.1", .number(0.1)),
        ("0e99999999999999999999", .number(0)),
        ("123456789012345678901234567890", .number(1.2345678901234568e29)),
        ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
        ("5e-324", .number(.leastNonzeroMagnitude)),
        ("1e-400", .number(0)),
        (#""""#, .string("")),
        (#""a longer piece of plain text, then \n""#, .string("a longer piece of plain text, then \n")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")),
        (#""\u00e9\u4F60\uD83D\ude00""#, .string("é你😀")),
        (#""é你😀 and \u0001""#, .string("é你😀 and \u{1}")),
        ("\"\u{7f}\u{85}\u{2028}\"", .string("\u{7f}\u{85}\u{2028}")),
        ("[]", .array([])),
        ("[ ]", .array([])),
        ("[1,[2,3], []]", .array([.integer(1), .array([.integer(2), .integer(3)]), .array([])])),
        ("{ }", .object([])),
        (#"{"b":1,"a":{"":null}}"#, object(("b", .integer(1)), ("a", object(("", .null))))),
        ("\u{feff}[1]", .array([.integer(1)])),
    ]

    @Test(arguments: accepted)
    func `a valid text becomes its value`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: text) == value)
        #expect(try JSON(parsing: Array(text.utf8)) == value)
    }

    static let refused: [(String, String)] = [
        ("", "line 1, column 1: expected a value"),
        ("  ", "line 1, column 3: expected a value"),
        (#"{"name":"#, "line 1, column 9: expected a value"),
        (#"{"name":}"#, "line 1, column 9: expected a value"),
        ("{\n  \"é你😀\": nul\n}", "line 2, column 10: expected a value"),
        ("\u{feff}x", "line 1, column 1: expected a value"),
        ("tru", "line 1, column 1: expected a value"),
        ("TRUE", "line 1, column 1: expected a value"),
        ("NaN", "line 1, column 1: expected a value"),
        ("+1", "line 1, column 1: expected a value"),
        (".5", "line 1, column 1: expected a value"),
        ("'a'", "line 1, column 1: expected a value"),
        ("[1,]", "line 1, column 4: expected a value"),
        ("[1 2]", "line 1, column 4: expected ',' or ']'"),
        ("[1", "line 1, column 3: expected ',' or ']'"),
        (#"{"a":1,}"#, "line 1, column 8: expected a key in quotes"),
        ("{a:1}", "line 1, column 2: expected a key in quotes"),
        (#"{"a" 1}"#, "line 1, column 6: expected ':'"),
        (#"{"a":1]"#, "line 1, column 7: expected ',' or '}'"),
        ("1 1", "line 1, column 3: unexpected text after the value"),
        ("{} // no", "line 1, column 4: unexpected text after the value"),
        ("null\u{0}", "line 1, column 5: unexpected text after the value"),
        ("-", "line 1, column 2: expected a digit"),
        ("1.", "line 1, column 3: expected a digit"),
        ("1.e5", "line 1, column 3: expected a digit"),
        ("1e", "line 1, column 3: expected a digit"),
        ("1e+", "line 1, column 4: expected a digit"),
        ("01", "line 1, column 1: a number cannot start with 0"),
        ("-012", "line 1, column 2: a number cannot start with 0"),
        ("[1e309]", "line 1, column 2: the number is too large"),
        ("-1e99999999999999999999", "line 1, column 1: the number is too large"),
        (#""abc"#, "line 1, column 5: unterminated string"),
        (#""abc\"#, "line 1, column 6: unterminated string"),
        (#""\u12"#, "line 1, column 6: unterminated string"),
        ("\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"),
        ("\"a\u{0}b\"", "line 1, column 3: a string cannot contain the NUL character (U+0000)"),
        (#""a\u0000b""#, "line 1, column 3: a string cannot contain the NUL character (U+0000)"),
        (#"{"\u0000":1}"#, "line 1, column 3: a string cannot contain the NUL character (U+0000)"),
        (#""\x""#, "line 1, column 2: unknown escape in a string"),
        (#""\u12g4""#, "line 1, column 6: expected four hexadecimal digits"),
        (#""\ud800""#, "line 1, column 2: half of a surrogate pair"),
        (#""ab\udc00""#, "line 1, column 4: half of a surrogate pair"),
        (#""\ud800\ud800""#, "line 1, column 2: half of a surrogate pair"),
        (#""\ud800\n""#, "line 1, column 2: half of a surrogate pair"),
    ]

    @Test(arguments: refused)
    func `an invalid text is refused with the place of its fault`(text: String, error: String) {
        #expect(message { try JSON(parsing: text) } == error)
    }

    static let notUTF8: [([UInt8], Int)] = [
        ([0xFF], 0),
        ([0x80], 0),
        ([0xC3], 0),
        ([0xC0, 0x80], 0),
        ([0xE4, 0xBD], 0),
        ([0xED, 0xA0, 0x80], 0),
        ([0xF4, 0x90, 0x80, 0x80], 0),
        ([0xF0, 0x9F, 0x98], 0),
        (Array("plain 你".utf8) + [0xFE], 9),
        (Array(#"\n你"#.utf8) + [0xC3, 0x5C, 0x6E], 5),
        ([0xEF, 0xBF, 0xBD, 0xF0, 0x9F, 0x98], 3),
    ]

    @Test(arguments: notUTF8)
    func `bytes that are not UTF-8 are refused where they begin`(bytes: [UInt8], offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: [0x22] + bytes + [0x22]) }
        #expect(error?.message == "invalid UTF-8")
        #expect(error?.offset == offset + 1)
    }

    @Test func `the offset counts bytes and the column characters`() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: "[\n\"你😀\" x]") }
        #expect(error?.offset == 12)
        #expect(error?.line == 2)
        #expect(error?.column == 6)
    }

    @Test func `nesting stops at 128 levels`() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(throws: Never.self) { try JSON(parsing: nested(128)) }
        #expect(message { try JSON(parsing: nested(129)) } == "line 1, column 129: nested deeper than 128 levels")
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: String(repeating: #"{"a":"#, count: 100_000)) }
    }

    @Test func `nesting is counted in depth and not in number`() {
        let text = "[" + Array(repeating: "[[]]", count: 500).joined(separator: ",") + "]"
        #expect(throws: Never.self) { try JSON(parsing: text) }
    }

    @Test func `of repeated keys the last value counts`() throws {
        #expect(try JSON(parsing: #"{"a":1,"b":2,"a":3}"#) == object(("a", .integer(3)), ("b", .integer(2))))
        let many = (0..<1000).map { #""k\#($0 % 100)":\#($0)"# }.joined(separator: ",")
        let kept = (0..<100).map { JSON.Member(key: "k\($0)", value: .integer($0 + 900)) }
        #expect(try JSON(parsing: "{\(many)}") == .object(kept))
    }

    @Test func `an object with very many keys is read in time`() throws {
        let text = "{" + (0..<100_000).map { #""k\#($0)":1"# }.joined(separator: ",") + "}"
        let map = try InputSource(body: JSON(parsing: text)).decode([String: Int8].self)
        #expect(map.count == 100_000)
    }

    @Test func `every prefix of a valid text is refused`() throws {
        let text = #"{"a":[1,-2.5e+3,true,false,null,{}],"你":"é\n\ud83d\ude00 plain plain plain","":[[],""]}"#
        let bytes = Array(text.utf8)
        #expect(throws: Never.self) { try JSON(parsing: bytes) }
        for length in 0..<bytes.count {
            let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: Array(bytes[..<length])) }
            #expect((error?.offset ?? .max) <= length)
        }
    }

    @Test func `every suffix of a valid text is read without a trap`() {
        let bytes = Array(#"{"a":[1,-2.5e+3,true],"你":"é\n\ud83d\ude00 plain plain plain"}"#.utf8)
        for length in 1..<bytes.count {
            #expect(throws: JSONSyntaxError.self) { try JSON(parsing: Array(bytes.suffix(length))) }
        }
    }

    @Test func `a member is found by its key`() throws {
        let value = try JSON(parsing: #"{"a":{"b":[1]}}"#)
        #expect(value["a"]?["b"] == .array([.integer(1)]))
        #expect(value["b"] == nil)
        #expect(JSON.null["a"] == nil)
    }
}
