/// The fields of an object, or of the whole request.
struct InputObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let codingPath: [any CodingKey]
    private let members: [JSON.Member]
    private let request: InputRequest?
    /// Only for large objects: where the last search ended.
    private let cursor: InputCursor?

    init(_ value: InputValue, codingPath: [any CodingKey]) throws(InputError) {
        members = try value.members()
        self.codingPath = codingPath
        request = if case .request(let request) = value { request } else { nil }
        cursor = members.count > 32 ? InputCursor() : nil
    }

    private func find(_ name: String) -> InputValue? {
        if let value = request?.text(name) { return value }
        guard let cursor else {
            for member in members where member.key == name { return .json(member.value) }
            return nil
        }
        // A dictionary asks for all keys in their order. Searching each from the start would take a caller's
        // hundred thousand keys minutes.
        for index in [cursor.next..<members.count, 0..<cursor.next].joined() where members[index].key == name {
            cursor.next = index + 1
            return .json(members[index].value)
        }
        return nil
    }

    /// The field's value unless it is absent or the same as absent.
    @inline(__always)
    private func present(_ key: Key) -> InputValue? {
        guard let value = find(key.stringValue), !value.isBlank else { return nil }
        return value
    }

    /// The value of a required field.
    @inline(__always)
    private func required<T>(_ key: Key, _ read: (InputValue) throws(InputError) -> T) throws -> T {
        guard let value = find(key.stringValue), !value.isNull else {
            throw InputError.missing("").within(codingPath + [key])
        }
        return try located(key, value, read)
    }

    /// The value of an optional field.
    @inline(__always)
    private func optional<T>(_ key: Key, _ read: (InputValue) throws(InputError) -> T) throws -> T? {
        guard let value = present(key) else { return nil }
        return try located(key, value, read)
    }

    @inline(__always)
    private func located<T>(
        _ key: Key, _ value: InputValue, _ read: (InputValue) throws(InputError) -> T
    ) throws -> T {
        do {
            return try read(value)
        } catch {
            throw error.within(codingPath + [key])
        }
    }

    var allKeys: [Key] {
        var names = members.map(\.key)
        if let request { names = request.names + names }
        return names.compactMap { Key(stringValue: $0) }
    }

    func contains(_ key: Key) -> Bool { present(key) != nil }
    func decodeNil(forKey key: Key) -> Bool { present(key) == nil }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try required(key) { value throws(InputError) in try value.bool() }
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try required(key) { value throws(InputError) in try value.string() }
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try required(key) { value throws(InputError) in try value.double() }
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try required(key) { value throws(InputError) in try value.float() }
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try integer(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try integer(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try integer(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try integer(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try integer(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try integer(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try integer(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try integer(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try integer(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try integer(type, key) }

    private func integer<T: FixedWidthInteger>(_ type: T.Type, _ key: Key) throws -> T {
        try required(key) { value throws(InputError) in try value.integer(type) }
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let value = find(key.stringValue)
        if let value, !value.isNull {
            return try located(key, value) { value throws(InputError) in try value.decode(type) }
        }
        return try nothing(type, key)
    }

    /// What a required field of any type is when it is null or absent: nil for a map's or a generic type's values
    /// that happen to be optional, else an error.
    @inline(never)
    private func nothing<T>(_ type: T.Type, _ key: Key) throws -> T {
        if let optional = type as? any ExpressibleByNilLiteral.Type, let none = Self.none(optional) as? T {
            return none
        }
        throw InputError.missing("").within(codingPath + [key])
    }

    private static func none<T: ExpressibleByNilLiteral>(_ type: T.Type) -> Any { T(nilLiteral: ()) }

    // The other types come to these through the protocol's own `decodeIfPresent`, by way of `contains`.

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try optional(key) { value throws(InputError) in try value.bool() }
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try optional(key) { value throws(InputError) in try value.string() }
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try optional(key) { value throws(InputError) in try value.double() }
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try optional(key) { value throws(InputError) in try value.integer(type) }
    }
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let value = present(key), T.self != ID.self || !value.isNoID else { return nil }
        return try located(key, value) { value throws(InputError) in try value.decode(type) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try nested(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try nested(AnyKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }

    private func nested(_ key: any CodingKey) throws -> InputDecoder {
        let path = codingPath + [key]
        guard let value = find(key.stringValue), !value.isNull else { throw InputError.missing("").within(path) }
        return InputDecoder(value: value, codingPath: path)
    }
}

/// Where the last search of a large object ended. Containers cannot change themselves; this they can share.
final class InputCursor {
    var next = 0
}
