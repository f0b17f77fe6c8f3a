package import APIKit
package import Database

extension ID: SQLBindable {
    package var sqlValue: SQL.Value { .integer(value) }
}

extension Row {
    package func id(_ column: Int) -> ID { ID(int64(column)) }
    package func optionalID(_ column: Int) -> ID? { optionalInt64(column).map { ID($0) } }

    /// A map of strings that is stored as JSON text.
    package func stringMap(_ column: Int) throws -> [String: String] {
        let text = text(column)
        return text == "{}" ? [:] : try StoredJSON.read([String: String].self, text)
    }
}

/// Values that are stored as JSON text.
package enum StoredJSON {
    package static func read<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try InputSource(body: JSON(parsing: text)).decode(type)
    }

    package static func text<T: Encodable>(_ value: T) throws -> String { try JSONOutput.text(value) }
}
