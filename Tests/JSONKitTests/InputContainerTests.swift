import Testing

@testable import JSONKit

/// Types that read themselves by hand.
@Suite struct InputContainerTests {
    /// Reads `{"a":{"b":[1,{"c":"x"},[2]]}}`.
    struct Nested: Decodable {
        var numbers: [Int]
        var text: String

        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: AnyKey.self)
            let middle = try outer.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("a"))
            var list = try middle.nestedUnkeyedContainer(forKey: AnyKey("b"))
            numbers = [try list.decode(Int.self)]
            text = try list.nestedContainer(keyedBy: AnyKey.self).decode(String.self, forKey: AnyKey("c"))
            var last = try list.nestedUnkeyedContainer()
            numbers.append(try last.decode(Int.self))
            #expect(list.isAtEnd && last.isAtEnd)
        }
    }

    struct Holder<T: Decodable>: Decodable { var it: T }

    func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try InputSource(body: JSON(parsing: text)).decode(type)
    }

    @Test func `nested containers are read`() throws {
        let value = try decode(Nested.self, #"{"a":{"b":[1,{"c":"x"},[2]]}}"#)
        #expect(value.numbers == [1, 2])
        #expect(value.text == "x")
    }

    static let faults: [(String, String)] = [
        (#"{"it":{}}"#, "it.a: is required"),
        (#"{"it":{"a":1}}"#, "it.a: expected an object, got a number"),
        (#"{"it":{"a":{"b":{}}}}"#, "it.a.b: expected an array, got an object"),
        (#"{"it":{"a":{"b":[]}}}"#, "it.a.b[0]: is required"),
        (#"{"it":{"a":{"b":["x"]}}}"#, "it.a.b[0]: expected an integer, got a string"),
        (#"{"it":{"a":{"b":[1,{"c":2}]}}}"#, "it.a.b[1].c: expected a string, got a number"),
        (#"{"it":{"a":{"b":[1,{"c":"x"},3]}}}"#, "it.a.b[2]: expected an array, got a number"),
        (#"{"it":{"a":{"b":[1,{"c":"x"},[true]]}}}"#, "it.a.b[2][0]: expected an integer, got a boolean"),
    ]

    @Test(arguments: faults)
    func `faults in nested containers have their whole path`(text: String, error: String) {
        #expect(message { try decode(Holder<Nested>.self, text) } == error)
    }

    class Animal: Decodable {
        var name: String
        init(name: String) { self.name = name }
    }

    final class Dog: Animal {
        var age: Int
        enum CodingKeys: CodingKey { case age }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            age = try container.decode(Int.self, forKey: .age)
            try super.init(from: container.superDecoder())
        }
    }

    @Test func `a superclass reads its part`() throws {
        let dog = try decode(Dog.self, #"{"age":3,"super":{"name":"Rex"}}"#)
        #expect(dog.name == "Rex")
        #expect(dog.age == 3)
        let text = #"{"it":{"age":3,"super":{"name":1}}}"#
        #expect(message { try decode(Holder<Dog>.self, text) } == "it.super.name: expected a string, got a number")
        #expect(message { try decode(Dog.self, #"{"age":3}"#) } == "super: is required")
    }

    /// Says itself which key is at fault.
    struct Range: Decodable {
        var low: Int
        var high: Int
        enum CodingKeys: CodingKey { case low, high }
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            low = try container.decode(Int.self, forKey: .low)
            high = try container.decode(Int.self, forKey: .high)
            guard low <= high else {
                throw DecodingError.dataCorruptedError(
                    forKey: .high, in: container, debugDescription: "must not be less than low")
            }
        }
    }

    @Test func `a type's own error for a key gets the path in front`() {
        let text = #"{"it":[{"low":1,"high":2},{"low":2,"high":1}]}"#
        #expect(message { try decode(Holder<[Range]>.self, text) } == "it[1].high: must not be less than low")
    }

    /// Either a text or a list of numbers.
    enum Either: Decodable, Equatable {
        case text(String)
        case numbers([Int])
        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self = .text(text)
            } else {
                self = .numbers(try decoder.singleValueContainer().decode([Int].self))
            }
        }
    }

    @Test func `a type may try one form after the other`() throws {
        #expect(try decode(Holder<[Either]>.self, #"{"it":["a",[1,2]]}"#).it == [.text("a"), .numbers([1, 2])])
        let text = #"{"it":["a",[1,"b"]]}"#
        #expect(message { try decode(Holder<[Either]>.self, text) } == "it[1][1]: expected an integer, got a string")
    }

    @Test func `an element that failed can be read again as another type`() throws {
        struct Mixed: Decodable {
            var texts: [String] = []
            var numbers: [Double] = []
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                #expect(list.count == 4)
                while !list.isAtEnd {
                    if try list.decodeNil() { continue }
                    if let text = try? list.decode(String.self) {
                        texts.append(text)
                    } else {
                        numbers.append(try list.decode(Double.self))
                    }
                }
            }
        }
        let mixed = try decode(Mixed.self, #"["a",1,null,2.5]"#)
        #expect(mixed.texts == ["a"])
        #expect(mixed.numbers == [1, 2.5])
    }

    @Test func `all keys of an object can be listed`() throws {
        struct Keys: Decodable {
            var names: [String]
            init(from decoder: any Decoder) throws {
                names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
            }
        }
        #expect(try decode(Keys.self, #"{"b":1,"a":null}"#).names == ["b", "a"])
    }

    @Test func `large objects find their fields in any order`() throws {
        struct Few: Decodable {
            var k90: Int
            var k3: Int
            var k50: Int
            var k51: Int
        }
        let text = "{" + (0..<100).map { #""k\#($0)":\#($0)"# }.joined(separator: ",") + "}"
        let few = try decode(Few.self, text)
        #expect([few.k90, few.k3, few.k50, few.k51] == [90, 3, 50, 51])
        #expect(message { try decode(Nested.self, text) } == "a: is required")
    }

    @Test func `deeply nested input of a recursive type is read to its end`() throws {
        struct Tree: Decodable { var children: [Tree] }
        let text = String(repeating: #"{"children":["#, count: 64) + String(repeating: "]}", count: 64)
        #expect(throws: Never.self) { try decode(Tree.self, text) }
    }
}
