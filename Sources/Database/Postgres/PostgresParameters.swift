#if PostgreSQL
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The values of one statement as libpq takes them: in text format, so that the server finds their types, and
/// binaries as they are.
///
/// One is kept for a connection and filled again for each statement, which then allocates nothing.
struct PostgresParameters {
    private var bytes: [UInt8] = []
    /// Where each value begins in `bytes`; nil for NULL.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// How much there is to send.
    var byteCount: Int { bytes.count }

    /// Throws `other` if the statement cannot be sent whole: text with a NUL, which libpq would cut short, or more
    /// than a message may hold.
    static func check(_ sql: SQL) throws(DatabaseError) {
        guard sql.values.count <= maximumCount else {
            throw DatabaseError(.other, "a statement has more than \(maximumCount) values", statement: sql.text)
        }
        var size = sql.text.utf8.count
        var hasNUL = containsNUL(sql.text)
        for value in sql.values {
            switch value {
            case .null, .integer, .real: break
            case .text(let text):
                size += text.utf8.count
                hasNUL = hasNUL || containsNUL(text)
            case .blob(let blob): size += blob.count
            }
        }
        if hasNUL { throw DatabaseError(.other, "a text contains a NUL character", statement: sql.text) }
        if size > maximumSize {
            throw DatabaseError(.other, "the values are larger than 1 GB together", statement: sql.text)
        }
    }

    // The protocol counts parameters in 16 bits; the server cuts the connection at a message of 1 GB.
    private static let maximumCount = 65_535
    private static let maximumSize = 1_000_000_000

    /// Replaces the values. They must have passed `check`.
    mutating func fill(_ values: [SQL.Value]) {
        // One huge value must not hold its memory for as long as the connection lives.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for value in values { append(value) }
    }

    /// Gives libpq's four arguments: count, values, lengths, formats. They are valid only during `body`.
    mutating func withPointers<R>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        bytes.withUnsafeBytes { bytes in
            pointers.removeAll(keepingCapacity: true)
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            for offset in offsets { pointers.append(offset.flatMap { start?.advanced(by: $0) }) }
            return body(Int32(offsets.count), pointers, lengths, formats)
        }
    }

    private mutating func append(_ value: SQL.Value) {
        let start = bytes.count
        var isBinary = false
        switch value {
        case .null: break
        case .integer(let integer): append(decimal: integer)
        case .real(let real): append(text: real.description)
        case .text(let text): append(text: text)
        case .blob(let blob):
            bytes.append(contentsOf: blob)
            isBinary = true
        }
        offsets.append(value == .null ? nil : start)
        lengths.append(Int32(bytes.count - start))
        formats.append(isBinary ? 1 : 0)
        // Ends a text for libpq, and gives an empty binary an address.
        bytes.append(0)
    }

    private mutating func append(text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func append(decimal integer: Int64) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = integer.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private static func containsNUL(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false }
    }
}
#endif
