import Testing

@testable import JSONKit

@Suite struct IDTests {
    struct Input: Codable, Equatable {
        var id: ID
        var other: ID?
        var list: [ID?]?
    }

    @Test(arguments: [1, 10, 7_381_473_525_342_978_089, Int64.max])
    func `an id is its decimal digits in quotes`(value: Int64) throws {
        let id = ID(value)
        #expect(ID("\(value)") == id)
        #expect(id.description == "\(value)")
        #expect(try JSONOutput.text(id) == "\"\(value)\"")
        #expect(try JSONOutput.text([id]) == "[\"\(value)\"]")
        let text = try JSONOutput.text(Input(id: id, other: id))
        #expect(text == #"{"id":"\#(value)","other":"\#(value)"}"#)
        #expect(try InputSource(body: JSON(parsing: text)).decode(Input.self) == Input(id: id, other: id))
        #expect(try InputSource(path: [("id", "\(value)")]).decode(Input.self).id == id)
    }

    static let wrong = [
        "", "0", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "abc", "0x1", "١", "9223372036854775808",
        "18446744073709551617", "99999999999999999999", String(repeating: "1", count: 1000),
    ]

    @Test(arguments: wrong)
    func `nothing else is an id`(text: String) {
        #expect(ID(text) == nil)
        let error = InputError(field: "id", reason: "must be a decimal id")
        #expect(throws: error) { try InputSource(body: object(("id", .string(text)))).decode(Input.self) }
        #expect(throws: error) { try InputSource(path: [("id", text)]).decode(Input.self) }
    }

    @Test(arguments: [JSON.integer(1), .number(1), .bool(true), .array([]), object()])
    func `only a string is an id`(value: JSON) {
        let error = InputError(field: "id", reason: "must be a decimal id")
        #expect(throws: error) { try InputSource(body: object(("id", value))).decode(Input.self) }
        let other = object(("id", .string("1")), ("other", value))
        #expect(message { try InputSource(body: other).decode(Input.self) } == "other: must be a decimal id")
    }

    @Test(arguments: [JSON.null, .string(""), .string("0")])
    func `an optional id that is blank or zero is nil`(value: JSON) throws {
        let body = object(("id", .string("1")), ("other", value), ("list", .array([value, .string("2")])))
        #expect(try InputSource(body: body).decode(Input.self) == Input(id: 1, other: nil, list: [nil, 2]))
        #expect(try InputSource(query: [("id", "1"), ("other", "0")]).decode(Input.self, allQuery: true).other == nil)
    }

    @Test func `a required id that is absent or null is missing`() {
        #expect(throws: InputError.missing("id")) { try InputSource().decode(Input.self) }
        #expect(throws: InputError.missing("id")) { try InputSource(body: object(("id", .null))).decode(Input.self) }
    }

    @Test func `ids are ordered by value`() {
        #expect(ID(9) < ID(10))
        #expect([ID(3), 1, 2].sorted() == [1, 2, 3])
    }
}
