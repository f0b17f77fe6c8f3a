/// A recursive-descent parser over raw bytes. Strings are in `JSONParser+String.swift`, numbers in
/// `JSONParser+Number.swift`.
struct JSONParser {
    /// A fault before its line and column are known.
    struct Fault: Error {
        let message: StaticString
        let offset: Int
    }

    /// Deep enough for any honest document; shallow enough that no text can exhaust a thread's stack, here or in
    /// code that later walks the value.
    static let depthLimit = 128

    let text: UnsafeBufferPointer<UInt8>
    var position: Int
    var depth = 0
    /// Where strings with escapes are put together.
    var scratch: [UInt8] = []

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        position = Self.lengthOfByteOrderMark(in: text)
    }

    static func lengthOfByteOrderMark(in text: UnsafeBufferPointer<UInt8>) -> Int {
        text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF ? 3 : 0
    }

    func fault(_ message: StaticString, at offset: Int? = nil) -> Fault {
        Fault(message: message, offset: offset ?? position)
    }

    /// One value with nothing but white space around it.
    mutating func document() throws(Fault) -> JSON {
        let value = try value()
        if peek() != nil { throw fault("unexpected text after the value") }
        return value
    }

    /// The next byte that is not white space, not consumed; nil at the end.
    @inline(__always)
    private mutating func peek() -> UInt8? {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    private mutating func value() throws(Fault) -> JSON {
        guard let byte = peek() else { throw fault("expected a value") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try nested { (parser) throws(Fault) in .object(try parser.members()) }
        case UInt8(ascii: "["): return try nested { (parser) throws(Fault) in .array(try parser.elements()) }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw fault("expected a value")
        }
    }

    @inline(__always)
    private mutating func nested(_ read: (inout JSONParser) throws(Fault) -> JSON) throws(Fault) -> JSON {
        guard depth < Self.depthLimit else { throw fault("nested deeper than 128 levels") }
        depth += 1
        position += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(Fault) -> JSON {
        let length = word.utf8CodeUnitCount
        guard text.count - position >= length else { throw fault("expected a value") }
        for index in 0..<length where text[position + index] != word.utf8Start[index] {
            throw fault("expected a value")
        }
        position += length
        return value
    }

    private mutating func elements() throws(Fault) -> [JSON] {
        var elements: [JSON] = []
        if peek() == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        elements.reserveCapacity(4)
        while true {
            elements.append(try value())
            switch peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return elements
            default: throw fault("expected ',' or ']'")
            }
        }
    }

    private mutating func members() throws(Fault) -> [JSON.Member] {
        var members: [JSON.Member] = []
        if peek() == UInt8(ascii: "}") {
            position += 1
            return members
        }
        members.reserveCapacity(4)
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw fault("expected a key in quotes") }
            let key = try string()
            guard peek() == UInt8(ascii: ":") else { throw fault("expected ':'") }
            position += 1
            members.append(JSON.Member(key: key, value: try value()))
            switch peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                Self.dropRepeated(&members)
                return members
            default: throw fault("expected ',' or '}'")
            }
        }
    }

    /// Leaves the last value of every key, at the place of the key's first.
    private static func dropRepeated(_ members: inout [JSON.Member]) {
        // Comparing all pairs is fastest for the objects people write; a dictionary keeps a body of a hundred
        // thousand keys from taking minutes.
        guard members.count > 12 || hasRepeated(members) else { return }
        var places = [String: Int](minimumCapacity: members.count)
        var kept = 0
        for index in members.indices {
            if let place = places[members[index].key] {
                members[place].value = members[index].value
            } else {
                places[members[index].key] = kept
                if kept != index { members[kept] = members[index] }
                kept += 1
            }
        }
        members.removeLast(members.count - kept)
    }

    private static func hasRepeated(_ members: [JSON.Member]) -> Bool {
        for index in members.indices.dropFirst() {
            for earlier in 0..<index where members[earlier].key == members[index].key { return true }
        }
        return false
    }
}
