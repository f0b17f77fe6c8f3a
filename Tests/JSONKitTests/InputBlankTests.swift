import Testing

@testable import JSONKit

/// Null, "" and absent.
@Suite struct InputBlankTests {
    struct Inner: Decodable {
        var text: String?
        var number: Int?
    }

    struct Optionals: Decodable {
        var string: String?
        var int: Int?
        var short: UInt16?
        var bool: Bool?
        var double: Double?
        var float: Float?
        var id: ID?
        var list: [Int]?
        var map: [String: String]?
        var inner: Inner?
        var json: JSON?
        var inners: [Inner?]?

        var isEmpty: Bool {
            string == nil && int == nil && short == nil && bool == nil && double == nil && float == nil && id == nil
                && list == nil && map == nil && inner == nil && json == nil && inners == nil
        }
    }

    static let names = [
        "string", "int", "short", "bool", "double", "float", "id", "list", "map", "inner", "json", "inners",
    ]

    @Test(arguments: [JSON.null, .string("")])
    func `a blank optional field in the body is nil`(blank: JSON) throws {
        let body = JSON.object(Self.names.map { .init(key: $0, value: blank) })
        #expect(try InputSource(body: body).decode(Optionals.self).isEmpty)
    }

    @Test func `an empty optional field in query or path is nil`() throws {
        let fields = Self.names.map { ($0, "") }
        #expect(try InputSource(query: fields).decode(Optionals.self, allQuery: true).isEmpty)
        #expect(try InputSource(query: fields + fields).decode(Optionals.self, allQuery: true).isEmpty)
        #expect(try InputSource(path: fields).decode(Optionals.self).isEmpty)
    }

    @Test func `blanks are nil at every depth`() throws {
        let text = #"{"inner":{"text":"","number":null},"inners":[null,"",{"number":""},{"number":1}]}"#
        let body = try JSON(parsing: text)
        let input = try InputSource(body: body).decode(Optionals.self)
        #expect(input.inner != nil && input.inner?.text == nil && input.inner?.number == nil)
        #expect(input.inners?.map { $0 != nil } == [false, false, true, true])
        #expect(input.inners?.map { $0?.number } == [nil, nil, nil, 1])
    }

    @Test func `the values of a map may be optional`() throws {
        let body = try JSON(parsing: #"{"a":1,"b":null,"c":""}"#)
        let expected: [String: Int?] = ["a": 1, "b": nil, "c": nil]
        #expect(try InputSource(body: body).decode([String: Int?].self) == expected)
    }

    struct Required: Decodable {
        var name: String
        var count: Int
    }

    @Test func `a required field that is absent or null is missing`() {
        for text in [#"{"count":1}"#, #"{"name":null,"count":1}"#] {
            #expect(throws: InputError.missing("name")) {
                try InputSource(body: JSON(parsing: text)).decode(Required.self)
            }
        }
        #expect(InputError.missing("name").description == "name: is required")
    }

    @Test func `a required text may be empty but a number may not`() throws {
        func body(_ text: String) throws -> Required {
            try InputSource(body: JSON(parsing: text)).decode(Required.self)
        }
        func query(_ fields: (String, String)...) throws -> Required {
            try InputSource(query: fields).decode(Required.self, allQuery: true)
        }
        #expect(try body(#"{"name":"","count":1}"#).name == "")
        #expect(try query(("name", ""), ("count", "1")).name == "")
        #expect(message { try body(#"{"name":"","count":""}"#) } == "count: expected an integer, got a string")
        #expect(message { try query(("name", ""), ("count", "")) } == "count: expected an integer")
    }

    @Test func `free-form JSON keeps its blanks`() throws {
        struct Input: Decodable {
            var value: JSON
            var list: [JSON]
            var map: [String: JSON]
        }
        let text = #"{"value":{"a":null,"b":"","c":[null,""]},"list":[null,""],"map":{"a":null,"b":""}}"#
        let input = try InputSource(body: JSON(parsing: text)).decode(Input.self)
        #expect(try JSONOutput.text(input.value) == #"{"a":null,"b":"","c":[null,""]}"#)
        #expect(input.list == [.null, .string("")])
        #expect(input.map == ["a": .null, "b": .string("")])
    }

    @Test func `contains and decodeNil agree`() throws {
        struct Probe: Decodable {
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: AnyKey.self)
                for (name, isPresent) in [("null", false), ("empty", false), ("absent", false), ("zero", true)] {
                    #expect(container.contains(AnyKey(name)) == isPresent)
                    #expect(try container.decodeNil(forKey: AnyKey(name)) == !isPresent)
                }
                #expect(try container.decode(String?.self, forKey: AnyKey("absent")) == nil)
                #expect(try container.decode(Int?.self, forKey: AnyKey("null")) == nil)
            }
        }
        _ = try InputSource(body: JSON(parsing: #"{"null":null,"empty":"","zero":0}"#)).decode(Probe.self)
    }
}
