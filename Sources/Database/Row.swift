import CSQLite

/// One row of a result, read by column index from 0. Valid only where it was given.
package struct Row {
    enum Source {
        case sqlite(OpaquePointer)
        #if PostgreSQL
        case postgres(PostgresResult, Int32)
        #endif
    }

    let source: Source

    init(_ source: Source) { self.source = source }

    package func isNull(_ column: Int) -> Bool {
        switch source {
        case .sqlite(let statement): sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
        #if PostgreSQL
        case .postgres(let result, let row): result.isNull(row, column)
        #endif
        }
    }

    /// An integer column; 0 for NULL.
    package func int64(_ column: Int) -> Int64 {
        switch source {
        case .sqlite(let statement): sqlite3_column_int64(statement, Int32(column))
        #if PostgreSQL
        case .postgres(let result, let row): result.int64(row, column)
        #endif
        }
    }

    package func int(_ column: Int) -> Int { Int(int64(column)) }
    package func bool(_ column: Int) -> Bool { int64(column) != 0 }
    package func optionalInt64(_ column: Int) -> Int64? { isNull(column) ? nil : int64(column) }

    /// A text column; empty for NULL.
    package func text(_ column: Int) -> String {
        switch source {
        case .sqlite(let statement):
            guard let start = sqlite3_column_text(statement, Int32(column)) else { return "" }
            let count = Int(sqlite3_column_bytes(statement, Int32(column)))
            return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        #if PostgreSQL
        case .postgres(let result, let row): return result.text(row, column)
        #endif
        }
    }

    /// A column of real numbers; 0 for NULL.
    package func double(_ column: Int) -> Double {
        switch source {
        case .sqlite(let statement): sqlite3_column_double(statement, Int32(column))
        #if PostgreSQL
        case .postgres(let result, let row): Double(result.text(row, column)) ?? 0
        #endif
        }
    }

    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// A binary column; empty for NULL.
    package func blob(_ column: Int) -> [UInt8] {
        switch source {
        case .sqlite(let statement):
            guard let start = sqlite3_column_blob(statement, Int32(column)) else { return [] }
            return Array(
                UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(column)))))
        #if PostgreSQL
        case .postgres(let result, let row): return result.blob(row, column)
        #endif
        }
    }
}
