import Testing

@testable import JSONKit

/// What types accept from a body, and how faults are named.
@Suite struct InputBodyTests {
    enum Role: String, Codable, CaseIterable { case user, assistant }
    enum Level: Int, Codable, CaseIterable { case low = 1, high = 2 }
    enum Open: String, Codable { case a }

    /// Refuses odd numbers, in its own words.
    struct Even: Decodable, Equatable {
        let value: Int
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            value = try container.decode(Int.self)
            if value % 2 != 0 {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be even")
            }
        }
    }

    struct Message: Decodable {
        var role: Role
        var content: String
        var meta: [String: String]?
    }

    struct Everything: Decodable {
        var string: String?
        var int: Int?
        var int8: Int8?
        var unsigned: UInt64?
        var double: Double?
        var float: Float?
        var bool: Bool?
        var id: ID?
        var role: Role?
        var level: Level?
        var open: Open?
        var even: Even?
        var strings: [String]?
        var evens: [Even]?
        var map: [String: String]?
        var counts: [String: Int]?
        var messages: [Message]?
        var free: JSON?
    }

    func decode(_ body: String) throws -> Everything {
        try InputSource(body: JSON(parsing: body)).decode(Everything.self)
    }

    @Test func `each type takes its own kind of value`() throws {
        let input = try decode(
            #"""
            {"string":"s","int":-5,"int8":127,"unsigned":7,"double":0.5,"float":1.5,"bool":true,"id":"12","role":"user",
            "level":2,"open":"a","even":4,"strings":["a",""],"evens":[2,0],"map":{"k":"v","e":""},"counts":{"n":1},
            "messages":[{"role":"assistant","content":"你"}],"free":{"z":[1,null,""],"a":1.0},"unknown":[{}]}
            """#)
        #expect(input.string == "s")
        #expect(input.int == -5)
        #expect(input.int8 == 127)
        #expect(input.unsigned == 7)
        #expect(input.double == 0.5)
        #expect(input.float == 1.5)
        #expect(input.bool == true)
        #expect(input.id == 12)
        #expect(input.role == .user)
        #expect(input.level == .high)
        #expect(input.open == .a)
        #expect(input.even?.value == 4)
        #expect(input.strings == ["a", ""])
        #expect(input.evens?.map(\.value) == [2, 0])
        #expect(input.map == ["k": "v", "e": ""])
        #expect(input.counts == ["n": 1])
        #expect(input.messages?.first?.content == "你")
        #expect(
            input.free == object(("z", .array([.integer(1), .null, .string("")])), ("a", .number(1))))
    }

    static let faults: [(String, String)] = [
        (#"{"string":5}"#, "string: expected a string, got a number"),
        (#"{"string":true}"#, "string: expected a string, got a boolean"),
        (#"{"string":{}}"#, "string: expected a string, got an object"),
        (#"{"int":"5"}"#, "int: expected an integer, got a string"),
        (#"{"int":5.5}"#, "int: expected an integer, got a fraction"),
        (#"{"int":1e300}"#, "int: must be between -9223372036854775808 and 9223372036854775807"),
        (#"{"int":-9223372036854775809}"#, "int: must be between -9223372036854775808 and 9223372036854775807"),
        (#"{"int8":128}"#, "int8: must be between -128 and 127"),
        (#"{"unsigned":-1}"#, "unsigned: must be between 0 and 18446744073709551615"),
        (#"{"double":"1"}"#, "double: expected a number, got a string"),
        (#"{"float":1e300}"#, "float: the number is too large"),
        (#"{"bool":1}"#, "bool: expected a boolean, got a number"),
        (#"{"bool":"true"}"#, "bool: expected a boolean, got a string"),
        (#"{"role":"admin"}"#, "role: must be one of user, assistant"),
        (#"{"role":1}"#, "role: expected a string, got a number"),
        (#"{"level":3}"#, "level: must be one of 1, 2"),
        (#"{"open":"b"}"#, "open: has an unknown value"),
        (#"{"even":3}"#, "even: must be even"),
        (#"{"evens":[2,4,5]}"#, "evens[2]: must be even"),
        (#"{"strings":"a,b"}"#, "strings: expected an array, got a string"),
        (#"{"strings":["a",null]}"#, "strings[1]: expected a string, got null"),
        (#"{"map":{"a":"b","key":1}}"#, "map.key: expected a string, got a number"),
        (#"{"map":[]}"#, "map: expected an object, got an array"),
        (#"{"counts":{"key":"1"}}"#, "counts.key: expected an integer, got a string"),
        (#"{"messages":{}}"#, "messages: expected an array, got an object"),
        (#"{"messages":[1]}"#, "messages[0]: expected an object, got a number"),
        (#"{"messages":[{"role":"user","content":"a"},{"content":"b"}]}"#, "messages[1].role: is required"),
        (#"{"messages":[{"role":"user","content":null}]}"#, "messages[0].content: is required"),
        (#"{"messages":[{"role":"user","content":["a"]}]}"#, "messages[0].content: expected a string, got an array"),
        (#"{"messages":[{"role":"x","content":"a"}]}"#, "messages[0].role: must be one of user, assistant"),
        (
            #"{"messages":[{"role":"user","content":"a","meta":{"k":{}}}]}"#,
            "messages[0].meta.k: expected a string, got an object"
        ),
        ("[]", "body: expected an object, got an array"),
        (#""text""#, "body: expected an object, got a string"),
        ("7", "body: expected an object, got a number"),
        (
            #"{"map":{"\#(String(repeating: "k", count: 9999))":1}}"#,
            "map.\(String(repeating: "k", count: 50))…: expected a string, got a number"
        ),
    ]

    @Test(arguments: faults)
    func `a fault is named with its path and reason`(body: String, error: String) {
        #expect(message { try decode(body) } == error)
    }

    @Test func `whole numbers are integers and integers are numbers`() throws {
        let input = try decode(#"{"int":5.0,"int8":-1.28e2,"double":3,"float":2}"#)
        #expect(input.int == 5)
        #expect(input.int8 == -128)
        #expect(input.double == 3)
        #expect(input.float == 2)
    }

    @Test(arguments: [JSON?.none, .null, .object([])])
    func `a body left out is an empty object`(body: JSON?) throws {
        #expect(throws: Never.self) { try InputSource(body: body).decode(Everything.self) }
        #expect(throws: InputError.missing("role")) { try InputSource(body: body).decode(Message.self) }
    }

    @Test func `a body may be an array or a scalar where that is asked for`() throws {
        #expect(try InputSource(body: JSON(parsing: "[2,4]")).decode([Even].self).count == 2)
        #expect(try InputSource(body: .string("a")).decode(String.self) == "a")
        #expect(
            message { try InputSource(body: JSON(parsing: "[2,3]")).decode([Even].self) } == "body[1]: must be even")
        #expect(message { try InputSource().decode([Even].self) } == "body: expected an array, got an object")
    }

    struct Numbers<T: Decodable>: Decodable {
        var value: T
        var list: [T]
        var optional: T?
    }

    @Test func `all widths of integers have their bounds`() throws {
        func check<T: FixedWidthInteger & Decodable>(_ type: T.Type) throws {
            func input(_ value: String) throws -> Numbers<T> {
                let text = #"{"value":\#(value),"list":[\#(value)],"optional":\#(value)}"#
                return try InputSource(body: JSON(parsing: text)).decode(Numbers<T>.self)
            }
            for value in [T.min, 0, 1, T(clamping: Int64.max)] {
                let numbers = try input("\(value)")
                #expect(numbers.value == value)
                #expect(numbers.list == [value])
                #expect(numbers.optional == value)
            }
            for value in ["-9223372036854775809", "36893488147419103232", "-1e40"] {
                #expect(message { try input(value) } == "value: must be between \(T.min) and \(T.max)")
            }
        }
        try check(Int.self)
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(UInt.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
    }

    @Test func `an error of another kind keeps its words`() {
        struct Refusal: Error, CustomStringConvertible { var description: String { "never mind" } }
        struct Stubborn: Decodable {
            init(from decoder: any Decoder) throws { throw Refusal() }
        }
        struct Input: Decodable { var inner: [Stubborn] }
        let body = object(("inner", .array([object()])))
        #expect(message { try InputSource(body: body).decode(Input.self) } == "inner[0]: never mind")
    }

    @Test func `a null in a map of strings is left out`() throws {
        struct Body: Decodable { var map: [String: String] }
        let body = try InputSource(body: JSON(parsing: #"{"map":{"a":null,"b":"x"}}"#)).decode(Body.self)
        #expect(body.map == ["b": "x"])
    }
}
