/// The members of an object being written.
struct JSONStreamObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let buffer: JSONBuffer
    /// How many containers are open, this one included, when it is its turn.
    let level: Int

    var codingPath: [any CodingKey] { [] }

    @inline(__always)
    private func name(_ key: Key) { buffer.key(key.stringValue, level: level) }

    func encodeNil(forKey key: Key) {
        name(key)
        buffer.raw("null")
    }
    func encode(_ value: Bool, forKey key: Key) {
        name(key)
        buffer.bool(value)
    }
    func encode(_ value: String, forKey key: Key) {
        name(key)
        buffer.string(value)
    }
    func encode(_ value: Double, forKey key: Key) throws {
        name(key)
        try buffer.double(value)
    }
    func encode(_ value: Float, forKey key: Key) throws {
        name(key)
        try buffer.float(value)
    }
    func encode(_ value: Int, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int8, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int16, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int32, forKey key: Key) { integer(value, key) }
    func encode(_ value: Int64, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt8, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt16, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt32, forKey key: Key) { integer(value, key) }
    func encode(_ value: UInt64, forKey key: Key) { integer(value, key) }

    @inline(__always)
    private func integer(_ value: some FixedWidthInteger, _ key: Key) {
        name(key)
        buffer.integer(value)
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        name(key)
        try buffer.value(value)
    }

    // The common optionals, spared the way through the protocol's own versions.

    func encodeIfPresent(_ value: String?, forKey key: Key) {
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: Int?, forKey key: Key) {
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: Bool?, forKey key: Key) {
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        name(key)
        return nested().container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        name(key)
        return nested().unkeyedContainer()
    }
    func superEncoder() -> any Encoder {
        buffer.key("super", level: level)
        return nested()
    }
    func superEncoder(forKey key: Key) -> any Encoder {
        name(key)
        return nested()
    }

    private func nested() -> JSONStreamEncoder { JSONStreamEncoder(buffer: buffer, level: level) }
}
