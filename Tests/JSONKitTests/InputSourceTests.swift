import Testing

@testable import JSONKit

/// Where fields come from, and how text is read.
@Suite struct InputSourceTests {
    enum Order: String, Codable, CaseIterable { case asc, desc }

    struct Input: Decodable, Equatable {
        var id: ID?
        var name: String?
        var page: Int?
        var size: UInt8?
        var flag: Bool?
        var ratio: Double?
        var order: Order?
        var tags: [String]?
        var ids: [ID]?
        var pages: [Int]?
        var orders: [Order]?
    }

    func query(_ fields: (String, String)...) throws -> Input {
        try InputSource(query: fields).decode(Input.self, allQuery: true)
    }

    @Test func `text becomes the type that is wanted`() throws {
        #expect(try query(("id", "17")).id == 17)
        #expect(try query(("name", "5")).name == "5")
        #expect(try query(("page", "-5")).page == -5)
        #expect(try query(("flag", "true")).flag == true)
        #expect(try query(("flag", "1")).flag == true)
        #expect(try query(("flag", "false")).flag == false)
        #expect(try query(("flag", "0")).flag == false)
        #expect(try query(("ratio", "0.25")).ratio == 0.25)
        #expect(try query(("ratio", "3")).ratio == 3)
        #expect(try query(("order", "desc")).order == .desc)
    }

    @Test func `arrays are repeated names and commas`() throws {
        #expect(try query(("tags", "a")).tags == ["a"])
        #expect(try query(("tags", "a,b"), ("page", "1"), ("tags", "c,"), ("tags", "")).tags == ["a", "b", "c"])
        #expect(try query(("ids", "1,2"), ("ids", "3")).ids == [1, 2, 3])
        #expect(try query(("pages", "1,2")).pages == [1, 2])
        #expect(try query(("orders", "asc,desc")).orders == [.asc, .desc])
    }

    @Test func `a repeated name that is no array counts once`() throws {
        #expect(try query(("name", "a"), ("name", "b")).name == "a")
        #expect(try query(("page", "1"), ("page", "2")).page == 1)
        #expect(try query(("id", "1"), ("id", "2")).id == 1)
    }

    static let faults: [(String, String, String)] = [
        ("page", "x", "page: expected an integer"),
        ("page", "1.5", "page: expected an integer"),
        ("page", "99999999999999999999", "page: expected an integer"),
        ("size", "256", "size: must be between 0 and 255"),
        ("flag", "yes", "flag: expected true or false"),
        ("ratio", "nan", "ratio: expected a number"),
        ("ratio", "1e999", "ratio: expected a number"),
        ("ratio", "true", "ratio: expected a number"),
        ("order", "up", "order: must be one of asc, desc"),
        ("orders", "asc,up", "orders[1]: must be one of asc, desc"),
        ("id", "x", "id: must be a decimal id"),
        ("ids", "1,x", "ids[1]: must be a decimal id"),
    ]

    @Test(arguments: faults)
    func `text that does not fit is refused`(name: String, text: String, error: String) {
        #expect(message { try query((name, text)) } == error)
    }

    @Test func `text is no object`() {
        struct Input: Decodable { var map: [String: Int] }
        let source = InputSource(query: [("map", "{}")])
        #expect(message { try source.decode(Input.self, allQuery: true) } == "map: expected an object, got text")
    }

    @Test func `the path comes before the query and the query before the body`() throws {
        let body = try JSON(parsing: #"{"id":"3","name":"body","page":3}"#)
        let source = InputSource(
            path: [("id", "1")], query: [("id", "2"), ("name", "query"), ("page", "2")], body: body)
        let some = try source.decode(Input.self, queryFields: ["name", "id"])
        #expect(some == Input(id: 1, name: "query", page: 3))
        #expect(try source.decode(Input.self) == Input(id: 1, name: "body", page: 3))
        #expect(try source.decode(Input.self, allQuery: true) == Input(id: 1, name: "query", page: 2))
    }

    @Test func `a field that the query may have but has not is taken from the body`() throws {
        let source = InputSource(query: [("page", "2")], body: object(("name", .string("body"))))
        #expect(try source.decode(Input.self, queryFields: ["name", "page"]) == Input(name: "body", page: 2))
    }

    @Test func `only the outermost object reads the path`() throws {
        struct Outer: Decodable {
            var id: ID
            var inner: Inner
            struct Inner: Decodable { var id: ID }
        }
        let source = InputSource(path: [("id", "1")], body: object(("inner", object(("id", .string("2"))))))
        let input = try source.decode(Outer.self)
        #expect(input.id == 1)
        #expect(input.inner.id == 2)
    }

    @Test func `a body of the wrong kind is refused beside a path too`() {
        let source = InputSource(path: [("id", "1")], body: .array([]))
        #expect(message { try source.decode(Input.self) } == "body: expected an object, got an array")
    }

    @Test func `all fields may be taken as one map`() throws {
        let body = object(("c", .string("4")))
        let source = InputSource(path: [("a", "1")], query: [("b", "2"), ("a", "3")], body: body)
        let expected = ["a": "1", "b": "2", "c": "4"]
        #expect(try source.decode([String: String].self, allQuery: true) == expected)
        #expect(try source.decode([String: Substitute].self, allQuery: true).mapValues(\.text) == expected)
    }

    /// A string that comes by way of its own `init(from:)`.
    struct Substitute: Decodable {
        let text: String
        init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    }
}
