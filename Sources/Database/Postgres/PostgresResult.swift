#if PostgreSQL
import CPostgres
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the server answered to one statement. All rows are in memory, in PostgreSQL's text format.
final class PostgresResult {
    private let result: OpaquePointer
    let rowCount: Int32

    /// Takes ownership of a `PGresult`.
    init(_ result: OpaquePointer) {
        self.result = result
        rowCount = PQntuples(result)
    }

    deinit { PQclear(result) }

    var status: ExecStatusType { PQresultStatus(result) }

    /// Whether the statement ran.
    var isSuccess: Bool {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: true
        default: false
        }
    }

    /// The kind of statement that ran, such as "UPDATE 1".
    var tag: String { String(cString: PQcmdStatus(result)) }

    /// How many rows the statement changed; 0 for one that only reads.
    var changedRows: Int {
        // The server also counts the rows of a SELECT.
        guard let count = PQcmdTuples(result), PQcmdStatus(result)?.pointee != CChar(bitPattern: UInt8(ascii: "S"))
        else { return 0 }
        return Int(Self.integer(Self.bytes(count, Int32(strlen(count)))))
    }

    /// A part of an error, or nil if there is no such part. `PG_DIAG_…` are the parts.
    func errorField(_ field: Character) -> String? {
        PQresultErrorField(result, Int32(field.asciiValue ?? 0)).map { String(cString: $0) }
    }

    func isNull(_ row: Int32, _ column: Int) -> Bool {
        PQgetisnull(result, row, Int32(column)) != 0
    }

    /// An integer; 0 for NULL, the whole part of a fraction, 1 and 0 for true and false.
    func int64(_ row: Int32, _ column: Int) -> Int64 {
        Self.integer(bytes(row, column))
    }

    /// The value as text; empty for NULL.
    func text(_ row: Int32, _ column: Int) -> String {
        String(decoding: bytes(row, column), as: UTF8.self)
    }

    /// The bytes of a `bytea`, or of any other value's text; empty for NULL.
    func blob(_ row: Int32, _ column: Int) -> [UInt8] {
        let bytes = bytes(row, column)
        let bytea: Oid = 17
        guard PQftype(result, Int32(column)) == bytea else { return Array(bytes) }
        return Self.unhex(bytes.dropFirst(2))
    }

    private func bytes(_ row: Int32, _ column: Int) -> UnsafeBufferPointer<UInt8> {
        Self.bytes(PQgetvalue(result, row, Int32(column)), PQgetlength(result, row, Int32(column)))
    }

    private static func bytes(_ start: UnsafePointer<CChar>?, _ count: Int32) -> UnsafeBufferPointer<UInt8> {
        let start = UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self)
        return UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(count))
    }

    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
        if bytes.first == UInt8(ascii: "t") { return 1 }
        let isNegative = bytes.first == UInt8(ascii: "-")
        var number: Int64 = 0
        for byte in bytes.dropFirst(isNegative ? 1 : 0) {
            let digit = Int64(byte) - 0x30
            guard 0...9 ~= digit else { break }
            // Downwards, since the least integer has no positive counterpart. A sum may be wider than 64 bits.
            let (tenfold, isTooWide) = number.multipliedReportingOverflow(by: 10)
            let (next, isTooLow) = tenfold.subtractingReportingOverflow(digit)
            if isTooWide || isTooLow { return isNegative ? .min : .max }
            number = next
        }
        if isNegative { return number }
        return number == .min ? .max : -number
    }

    private static func unhex(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
        let digits = UnsafeBufferPointer(rebasing: digits)
        return Array(unsafeUninitializedCapacity: digits.count / 2) { bytes, count in
            count = digits.count / 2
            for index in 0..<count {
                bytes[index] = nibble(digits[2 * index]) << 4 | nibble(digits[2 * index + 1])
            }
        }
    }

    /// The value of one lower-case hexadecimal digit.
    private static func nibble(_ digit: UInt8) -> UInt8 {
        digit <= UInt8(ascii: "9") ? digit & 0x0F : digit - UInt8(ascii: "a") + 10
    }
}
#endif
