import Foundation
import Testing

@testable import JSONKit

@Suite struct JSONRoundTripTests {
    @Test func `what was written is read back the same`() throws {
        var generator = SeededGenerator(seed: 20_251_122)
        for _ in 0..<3000 {
            let value = JSON.random(depth: 4, &generator)
            let bytes = try JSONOutput.bytes(value)
            #expect(try JSON(parsing: bytes) == value)
            #expect(!bytes.contains { $0 < 0x20 })
        }
    }

    @Test func `the way through containers writes the same as the fast path`() throws {
        struct Plain: Encodable {
            var value: JSON
            func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let value = JSON.random(depth: 3, &generator)
            #expect(try JSONOutput.bytes(Plain(value: value)) == JSONOutput.bytes(value))
        }
    }

    @Test func `damaged texts are read without a trap and only as what they say`() throws {
        var generator = SeededGenerator(seed: 99)
        let pieces = Array(#"{}[]",:\u0dD8eE+-.0159 tfn"#.utf8) + [0x00, 0x0A, 0x80, 0xC2, 0xE2, 0xED, 0xF0, 0xFF]
        var survivors = 0
        for _ in 0..<20_000 {
            var bytes = try JSONOutput.bytes(JSON.random(depth: 3, &generator))
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = piece
                case 1: bytes.insert(piece, at: place)
                default: bytes.remove(at: place)
                }
            }
            do {
                let value = try JSON(parsing: bytes)
                survivors += 1
                #expect(try JSON(parsing: JSONOutput.bytes(value)) == value)
            } catch {
                let error = try #require(error as? JSONSyntaxError)
                #expect(error.offset >= 0 && error.offset <= bytes.count)
                #expect(error.line > 0 && error.column > 0)
            }
        }
        #expect(survivors > 1000)
    }

    /// Accepts about anything, so that random values reach every container.
    struct Greedy: Codable {
        var a: Int?
        var b: [Greedy]?
        var c: [String: Greedy]?
        var d: ID?
        var e: [String: String]?
        var f: Double?
        var g: UInt8?
        var h: [Bool?]?
        var i: JSON?
    }

    @Test func `random bodies are decoded without a trap`() {
        var generator = SeededGenerator(seed: 3)
        func random(_ depth: Int) -> JSON {
            guard depth > 0, Bool.random(using: &generator) else { return .random(depth: 1, &generator) }
            if Int.random(in: 0..<4, using: &generator) == 0 { return .array([random(depth - 1), random(depth - 1)]) }
            return .object("abcdefghi".map { .init(key: String($0), value: random(depth - 1)) })
        }
        for _ in 0..<3000 {
            let body = random(3)
            do {
                _ = try InputSource(path: [("a", "1")], body: body).decode(Greedy.self)
            } catch {
                #expect(!error.field.isEmpty && !error.reason.isEmpty)
            }
        }
    }

    struct Record: Codable, Equatable {
        var id: ID
        var text: String
        var count: Int
        var small: Int8
        var ratio: Double
        var flag: Bool
        var tags: [String]
        var meta: [String: String]
        var nested: [Record]
        var maybe: ID?
        var nothing: String?
    }

    @Test func `a record is read back as it was written`() throws {
        let inner = Record(
            id: 1, text: "😀\u{2028}\u{1}你\"", count: .min, small: -128, ratio: 1e20, flag: false, tags: [], meta: [:],
            nested: [], maybe: nil, nothing: nil)
        let record = Record(
            id: ID(.max), text: "", count: 7, small: 127, ratio: -0.1, flag: true, tags: ["a", "", "\u{85}"],
            meta: ["ключ": "значение", "": ""], nested: [inner, inner], maybe: 5, nothing: nil)
        let bytes = try JSONOutput.bytes(record)
        #expect(try InputSource(body: JSON(parsing: bytes)).decode(Record.self) == record)
        #expect(try JSONDecoder().decode(Record.self, from: Data(bytes)) == record)
    }

    @Test func `other coders take the same values`() throws {
        let text = #"{"a":[1,-2.5,true,null,"x"],"b":{"c":{}}}"#
        let value = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        #expect(value["a"] == .array([.integer(1), .number(-2.5), .bool(true), .null, .string("x")]))
        #expect(value["b"]?["c"] == .object([]))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == text)
        #expect(String(decoding: try encoder.encode([ID(5)]), as: UTF8.self) == #"["5"]"#)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([ID].self, from: Data("[5]".utf8)) }
    }

    @Test func `numbers are read as the nearest double`() throws {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<20_000 {
            let digits = Int.random(in: 1...24, using: &generator)
            let mantissa = (0..<digits).map { _ in "\(Int.random(in: 1...9, using: &generator))" }.joined()
            let text = "-\(mantissa).\(generator.next() % 1000)e\(Int.random(in: -330...280, using: &generator))"
            guard let double = Double(text) else { continue }
            #expect(try JSON(parsing: text) == .number(double))
        }
    }
}
