/// JSON text in the making: raw pieces, escaped strings, numbers and whole `Encodable` values, one after the other.
///
/// A value type: a copy is independent of the original.
package struct JSONWriter: @unchecked Sendable {
    // Unchecked, because the buffer is a class. It is never written to while two writers share it.
    private var buffer: JSONBuffer

    package init(capacity: Int = 512) {
        buffer = JSONBuffer(capacity: capacity)
    }

    /// The text so far, as a copy.
    package var bytes: [UInt8] { withBytes { [UInt8]($0) } }

    /// The text so far as a string.
    package var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }

    package var count: Int { buffer.count }

    /// Lends the text so far without a copy.
    package func withBytes<Result>(_ read: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(buffer) {
            try read(UnsafeRawBufferPointer(start: buffer.start, count: buffer.count))
        }
    }

    /// Forgets the text and keeps the memory.
    package mutating func removeAll() {
        unshare()
        buffer.count = 0
    }

    /// Appends text as it stands.
    package mutating func raw(_ text: StaticString) {
        unshare()
        buffer.raw(text)
    }

    /// Appends bytes as they stand.
    package mutating func raw(_ bytes: some Collection<UInt8>) {
        unshare()
        if bytes.withContiguousStorageIfAvailable(buffer.raw) == nil {
            for byte in bytes { buffer.byte(byte) }
        }
    }

    /// Appends a string in quotes.
    ///
    /// Escaped are quotes, backslashes, control characters and the line separators U+0085, U+2028 and U+2029, at
    /// which some readers of server-sent events split lines. All else stays UTF-8.
    package mutating func string(_ text: String) {
        unshare()
        buffer.string(text)
    }

    package mutating func integer(_ value: some FixedWidthInteger) {
        unshare()
        buffer.integer(value)
    }

    /// - Throws: `EncodingError.invalidValue` for infinities and NaN, which JSON cannot express.
    package mutating func double(_ value: Double) throws {
        unshare()
        try buffer.double(value)
    }

    /// Appends a value as JSON. On an error the writer is as it was before.
    ///
    /// - Throws: what the value's `encode(to:)` throws; `EncodingError.invalidValue` for infinities and NaN.
    package mutating func encode<T: Encodable>(_ value: T) throws {
        unshare()
        let count = buffer.count
        do {
            try buffer.value(value)
        } catch {
            buffer.count = count
            buffer.closers.removeAll()
            throw error
        }
    }

    private mutating func unshare() {
        if !isKnownUniquelyReferenced(&buffer) { buffer = JSONBuffer(copying: buffer) }
    }
}

/// Encoding to JSON.
///
/// Members are written in the order in which a type's `encode(to:)` names them; dictionaries from string to string or
/// ``JSON`` in the order of their keys. A nil from a synthesised `encode(to:)` is left out, an explicit nil is `null`.
package enum JSONOutput {
    /// Appends a value to the writer. See ``JSONWriter/encode(_:)``.
    package static func encode<T: Encodable>(_ value: T, into writer: inout JSONWriter) throws {
        try writer.encode(value)
    }

    /// The value as UTF-8.
    package static func bytes<T: Encodable>(_ value: T) throws -> [UInt8] {
        var writer = JSONWriter()
        try writer.encode(value)
        return writer.bytes
    }

    /// The value as a string, for a column of a database.
    package static func text<T: Encodable>(_ value: T) throws -> String {
        var writer = JSONWriter()
        try writer.encode(value)
        return writer.text
    }
}
