import Testing

@testable import JSONKit

@Suite struct JSONOutputTests {
    static let strings: [(String, String)] = [
        ("", #""""#),
        ("plain", #""plain""#),
        ("a/b", #""a/b""#),
        ("\"\\", #""\"\\""#),
        ("\n\r\t", #""\n\r\t""#),
        ("\u{0}\u{1}\u{8}\u{c}\u{1f}", #""\u0000\u0001\u0008\u000c\u001f""#),
        ("\u{7f}", "\"\u{7f}\""),
        ("a\u{85}b\u{2028}c\u{2029}d", #""a\u0085b\u2028c\u2029d""#),
        ("\u{84}\u{86}é\u{2027}\u{202a}“…”€", "\"\u{84}\u{86}é\u{2027}\u{202a}“…”€\""),
        ("今天北京天气怎么样？👩‍👩‍👧‍👦", "\"今天北京天气怎么样？👩‍👩‍👧‍👦\""),
        ("exactly8", #""exactly8""#),
        ("seven77\nthen a line that is rather longer\u{2028}", #""seven77\nthen a line that is rather longer\u2028""#),
    ]

    @Test(arguments: strings)
    func `a string is escaped where it must be and nowhere else`(text: String, json: String) throws {
        #expect(try JSONOutput.text(text) == json)
        #expect(try JSONOutput.text([text: text]) == "{\(json):\(json)}")
    }

    @Test func `an escape may stand at any place of a string`() throws {
        for special in ["\"", "\n", "\u{1}", "\u{85}", "\u{2028}", "é", "…"] {
            for length in 0..<40 {
                for place in 0...length {
                    let before = String(repeating: "x", count: place)
                    let text = before + special + String(repeating: "y", count: length - place)
                    let json = try JSONOutput.text(text)
                    #expect(try JSON(parsing: json) == .string(text))
                    #expect(!json.utf8.contains { $0 < 0x20 } && !json.contains { "\u{85}\u{2028}".contains($0) })
                }
            }
        }
    }

    @Test func `a string made of escapes outgrows its memory safely`() throws {
        let text = String(repeating: "\u{1}\u{2028}\"", count: 5000)
        #expect(try JSON(parsing: JSONOutput.bytes(text)) == .string(text))
    }

    @Test func `numbers are written in full`() throws {
        let integers = [0, 9, 10, 99, 100, -1, Int.max, .min]
        #expect(try JSONOutput.text(integers) == "[0,9,10,99,100,-1,9223372036854775807,-9223372036854775808]")
        #expect(try JSONOutput.text(UInt64.max) == "18446744073709551615")
        #expect(try JSONOutput.text([Int8.min, .max]) == "[-128,127]")
        #expect(try JSONOutput.text([1.0, -0.0, 0.1, 1e20, 1e-7]) == "[1.0,-0.0,0.1,1e+20,1e-07]")
        #expect(try JSONOutput.text([Float(0.1)]) == "[0.1]")
        #expect(try JSONOutput.text([true, false]) == "[true,false]")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `a number that JSON has not is an error and leaves the writer alone`(value: Double) throws {
        var writer = JSONWriter()
        writer.raw("data: ")
        #expect(throws: EncodingError.self) { try writer.encode(["a": [value]]) }
        #expect(throws: EncodingError.self) { try writer.encode(JSON.number(value)) }
        #expect(throws: EncodingError.self) { try writer.encode(Float(value)) }
        try writer.encode(["a": ["b": 1]])
        #expect(writer.text == #"data: {"a":{"b":1}}"#)
    }

    struct Optionals: Codable {
        var absent: String?
        var number: Int?
        var flag: Bool?
        var deep: [Int?]?
        var inner: Inner?
        struct Inner: Codable { var absent: ID? }
    }

    @Test func `a nil is left out and an explicit nil is null`() throws {
        #expect(try JSONOutput.text(Optionals()) == "{}")
        let some = Optionals(flag: false, deep: [nil, 1], inner: .init())
        #expect(try JSONOutput.text(some) == #"{"flag":false,"deep":[null,1],"inner":{}}"#)
        #expect(try JSONOutput.text(String?.none) == "null")
        #expect(try JSONOutput.text(Int??.some(nil)) == "null")
    }

    @Test func `empty values are complete`() throws {
        struct Nothing: Encodable {}
        struct Silent: Encodable { func encode(to encoder: any Encoder) {} }
        #expect(try JSONOutput.text([Nothing(), Nothing()]) == "[{},{}]")
        #expect(try JSONOutput.text([Silent(), Silent()]) == "[{},{}]")
        #expect(try JSONOutput.text([[Int]]()) == "[]")
        #expect(try JSONOutput.text([[Int](), [1], []]) == "[[],[1],[]]")
        #expect(try JSONOutput.text([String: Int]()) == "{}")
    }

    @Test func `maps are written in the order of their keys`() throws {
        let names = (0..<50).map { "k\($0)" }
        let expected = "{" + names.sorted().map { #""\#($0)":"v""# }.joined(separator: ",") + "}"
        #expect(try JSONOutput.text([String: String](uniqueKeysWithValues: names.map { ($0, "v") })) == expected)
        #expect(try JSONOutput.text([String: JSON](uniqueKeysWithValues: names.map { ($0, .string("v")) })) == expected)
    }

    @Test func `free-form JSON passes through in its order`() throws {
        struct Holder: Codable { var it: JSON? }
        let text = #"{"it":{"z":1,"a":[null,"",1.5,-0.0,{"b":{}}],"é":true}}"#
        let holder = try InputSource(body: JSON(parsing: text)).decode(Holder.self)
        #expect(try JSONOutput.text(holder) == text)
    }

    /// Members of its own beside those of another value: one object.
    struct Envelope<T: Encodable>: Encodable {
        var value: T
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: AnyKey.self)
            try container.encode(0, forKey: AnyKey("code"))
            try value.encode(to: encoder)
        }
    }

    @Test func `two values may share one object`() throws {
        #expect(try JSONOutput.text(Envelope(value: ["a": [1, 2]])) == #"{"code":0,"a":[1,2]}"#)
        let free = Envelope(value: object(("b", .null), ("a", object())))
        #expect(try JSONOutput.text([free]) == #"[{"code":0,"b":null,"a":{}}]"#)
        #expect(try JSONOutput.text(Envelope(value: Envelope(value: Optionals()))) == #"{"code":0,"code":0}"#)
    }

    @Test func `nested containers end when their parent goes on`() throws {
        struct Nested: Encodable {
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: AnyKey.self)
                var list = outer.nestedUnkeyedContainer(forKey: AnyKey("list"))
                try list.encode(1)
                var inner = list.nestedContainer(keyedBy: AnyKey.self)
                try inner.encode("x", forKey: AnyKey("a"))
                var deep = inner.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("deep"))
                try deep.encodeNil(forKey: AnyKey("n"))
                _ = list.nestedUnkeyedContainer()
                try list.superEncoder().singleValueContainerEncode("s")
                #expect(list.count == 4)
                try outer.encode(true, forKey: AnyKey("last"))
                try ["k": 2].encode(to: outer.superEncoder())
            }
        }
        let expected = #"[{"list":[1,{"a":"x","deep":{"n":null}},[],"s"],"last":true,"super":{"k":2}}]"#
        #expect(try JSONOutput.text([Nested()]) == expected)
    }

    @Test func `a writer takes pieces and its copies are independent`() throws {
        var writer = JSONWriter(capacity: 0)
        writer.raw("data: ")
        try JSONOutput.encode(["a"], into: &writer)
        var copy = writer
        copy.string("é")
        writer.raw(Array("\n".utf8))
        writer.raw("\n".utf8.lazy.map { $0 })
        #expect(writer.text == "data: [\"a\"]\n\n")
        #expect(copy.text == #"data: ["a"]"é""#)
        copy.removeAll()
        copy.integer(-7)
        copy.raw(",")
        try copy.double(0.5)
        #expect(copy.bytes == Array("-7,0.5".utf8))
        #expect(writer.count == 13)
    }
}

extension Encoder {
    fileprivate func singleValueContainerEncode(_ text: String) throws {
        var container = singleValueContainer()
        try container.encode(text)
    }
}
