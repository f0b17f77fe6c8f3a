/// Lets a type read itself from a value. Also the value's single-value container.
///
/// `codingPath` is relative to the type being decoded, and so empty except below nested containers; see
/// ``InputValue/decode(_:)``.
struct InputDecoder: Decoder, SingleValueDecodingContainer {
    let value: InputValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try located { () throws(InputError) in try InputObject(value, codingPath: codingPath) })
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try located { () throws(InputError) in InputArray(elements: try value.elements(), codingPath: codingPath) }
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { value.isBlank }

    func decode(_ type: Bool.Type) throws -> Bool { try located(value.bool) }
    func decode(_ type: String.Type) throws -> String { try located(value.string) }
    func decode(_ type: Double.Type) throws -> Double { try located(value.double) }
    func decode(_ type: Float.Type) throws -> Float { try located(value.float) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try located { () throws(InputError) in try value.decode(type) }
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        try located { () throws(InputError) in try value.integer(type) }
    }

    @inline(__always)
    private func located<T>(_ read: () throws(InputError) -> T) throws -> T {
        do {
            return try read()
        } catch {
            throw error.within(codingPath)
        }
    }
}
