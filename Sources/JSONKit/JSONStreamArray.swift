/// The elements of an array being written. Three words: it fits into an existential without an allocation.
struct JSONStreamArray: UnkeyedEncodingContainer {
    let buffer: JSONBuffer
    /// How many containers are open, this one included, when it is its turn.
    let level: Int
    private(set) var count = 0

    init(buffer: JSONBuffer, level: Int) {
        self.buffer = buffer
        self.level = level
    }

    var codingPath: [any CodingKey] { [] }

    @inline(__always)
    private mutating func begin() {
        buffer.element(level: level)
        count += 1
    }

    mutating func encodeNil() {
        begin()
        buffer.raw("null")
    }
    mutating func encode(_ value: Bool) {
        begin()
        buffer.bool(value)
    }
    mutating func encode(_ value: String) {
        begin()
        buffer.string(value)
    }
    mutating func encode(_ value: Double) throws {
        begin()
        try buffer.double(value)
    }
    mutating func encode(_ value: Float) throws {
        begin()
        try buffer.float(value)
    }
    mutating func encode(_ value: Int) { integer(value) }
    mutating func encode(_ value: Int8) { integer(value) }
    mutating func encode(_ value: Int16) { integer(value) }
    mutating func encode(_ value: Int32) { integer(value) }
    mutating func encode(_ value: Int64) { integer(value) }
    mutating func encode(_ value: UInt) { integer(value) }
    mutating func encode(_ value: UInt8) { integer(value) }
    mutating func encode(_ value: UInt16) { integer(value) }
    mutating func encode(_ value: UInt32) { integer(value) }
    mutating func encode(_ value: UInt64) { integer(value) }

    @inline(__always)
    private mutating func integer(_ value: some FixedWidthInteger) {
        begin()
        buffer.integer(value)
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        begin()
        try buffer.value(value)
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        nested().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { nested() }

    private mutating func nested() -> JSONStreamEncoder {
        begin()
        return JSONStreamEncoder(buffer: buffer, level: level)
    }
}
