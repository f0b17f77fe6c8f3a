/// The elements of an array, one after the other.
struct InputArray: UnkeyedDecodingContainer {
    enum Elements {
        case json([JSON])
        case texts([String])
    }

    private let elements: Elements
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: Elements, codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { length }
    var isAtEnd: Bool { currentIndex >= length }

    private var length: Int {
        switch elements {
        case .json(let values): values.count
        case .texts(let texts): texts.count
        }
    }

    private var path: [any CodingKey] { codingPath + [IndexKey(currentIndex)] }

    /// The current element, which the caller must step over once it is read.
    private func current() throws -> InputValue {
        guard !isAtEnd else { throw InputError.missing("").within(path) }
        return switch elements {
        case .json(let values): .json(values[currentIndex])
        case .texts(let texts): .text(texts[currentIndex])
        }
    }

    @inline(__always)
    private mutating func next<T>(_ read: (InputValue) throws(InputError) -> T) throws -> T {
        let value = try current()
        do {
            let result = try read(value)
            currentIndex += 1
            return result
        } catch {
            throw error.within(path)
        }
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().isBlank else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        try next { value throws(InputError) in try value.bool() }
    }
    mutating func decode(_ type: String.Type) throws -> String {
        try next { value throws(InputError) in try value.string() }
    }
    mutating func decode(_ type: Double.Type) throws -> Double {
        try next { value throws(InputError) in try value.double() }
    }
    mutating func decode(_ type: Float.Type) throws -> Float {
        try next { value throws(InputError) in try value.float() }
    }
    mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        try next { value throws(InputError) in try value.integer(type) }
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next { value throws(InputError) in try value.decode(type) }
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let container = try nested().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try nested().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try nested()
        currentIndex += 1
        return decoder
    }

    private func nested() throws -> InputDecoder {
        InputDecoder(value: try current(), codingPath: path)
    }
}
