/// Lets a type write itself straight into the buffer. Also its own single-value container.
///
/// Two words, so that it fits into an existential without an allocation. There is no coding path: what fails to
/// encode is a fault of the server's own types, not of a field someone sent.
struct JSONStreamEncoder: Encoder, SingleValueEncodingContainer {
    let buffer: JSONBuffer
    /// How many containers are open around the value.
    let level: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// A second container for the same value goes on with the object that the first began: that is how types put
    /// another type's members beside their own.
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        begin(UInt8(ascii: "{"), UInt8(ascii: "}"))
        return KeyedEncodingContainer(JSONStreamObject<Key>(buffer: buffer, level: level + 1))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        begin(UInt8(ascii: "["), UInt8(ascii: "]"))
        return JSONStreamArray(buffer: buffer, level: level + 1)
    }

    @inline(__always)
    private func begin(_ bracket: UInt8, _ closer: UInt8) {
        if buffer.closers.count > level {
            buffer.close(to: level + 1)
        } else {
            buffer.open(bracket, closer)
        }
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { buffer.raw("null") }
    func encode(_ value: Bool) { buffer.bool(value) }
    func encode(_ value: String) { buffer.string(value) }
    func encode(_ value: Double) throws { try buffer.double(value) }
    func encode(_ value: Float) throws { try buffer.float(value) }
    func encode(_ value: Int) { buffer.integer(value) }
    func encode(_ value: Int8) { buffer.integer(value) }
    func encode(_ value: Int16) { buffer.integer(value) }
    func encode(_ value: Int32) { buffer.integer(value) }
    func encode(_ value: Int64) { buffer.integer(value) }
    func encode(_ value: UInt) { buffer.integer(value) }
    func encode(_ value: UInt8) { buffer.integer(value) }
    func encode(_ value: UInt16) { buffer.integer(value) }
    func encode(_ value: UInt32) { buffer.integer(value) }
    func encode(_ value: UInt64) { buffer.integer(value) }
    func encode<T: Encodable>(_ value: T) throws { try buffer.value(value) }
}
