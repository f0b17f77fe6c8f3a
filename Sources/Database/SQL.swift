/// One SQL statement with its values, written as a string literal:
///
///     let sql: SQL = "SELECT name FROM note WHERE id = \(id) AND owner_id = \(owner)"
///
/// Whatever is interpolated becomes a binding, never text, so a value cannot change the statement. Placeholders are
/// `$1`, `$2`, …, which SQLite and PostgreSQL both understand. The same literal always gives the same text, so
/// drivers keep the prepared statement.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The statement's text, with placeholders.
    package let text: String
    /// The values, in the order of the placeholders.
    package let values: [Value]

    /// A value that can be bound.
    package enum Value: Sendable, Hashable {
        case null
        case integer(Int64)
        case real(Double)
        case text(String)
        case blob([UInt8])
    }

    package init(stringLiteral text: String) {
        self.text = text
        values = []
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    /// Builds a statement whose text is put together at run time. `text` must never hold a client's input.
    package init(text: String, values: [Value]) {
        self.text = text
        self.values = values
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var values: [Value] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: Value) {
            values.append(value)
            text += "$"
            text += String(values.count)
        }

        package mutating func appendInterpolation(_ value: some SQLBindable) {
            appendInterpolation(value.sqlValue)
        }

        package mutating func appendInterpolation<T: SQLBindable>(_ value: T?) {
            appendInterpolation(value?.sqlValue ?? .null)
        }

        /// Inserts a constant piece of SQL.
        package mutating func appendInterpolation(_ fragment: Fragment) { text += fragment.text }

        /// Inserts a piece of SQL with values of its own, which are numbered on.
        package mutating func appendInterpolation(_ piece: SQL) {
            var rest = Substring(piece.text)
            for (index, value) in piece.values.enumerated() {
                // Every value has one placeholder, in order.
                let placeholder = rest.firstRange(of: "$\(index + 1)")!
                text += rest[..<placeholder.lowerBound]
                rest = rest[placeholder.upperBound...]
                appendInterpolation(value)
            }
            text += rest
        }
    }

    /// A constant piece of SQL, such as a list of columns, that several statements share.
    package struct Fragment: Sendable {
        let text: String
        package init(_ text: StaticString) { self.text = "\(text)" }
    }
}

/// A type whose values can be bound in a statement.
package protocol SQLBindable { var sqlValue: SQL.Value { get } }

extension Int64: SQLBindable { package var sqlValue: SQL.Value { .integer(self) } }
extension Int: SQLBindable { package var sqlValue: SQL.Value { .integer(Int64(self)) } }
extension Bool: SQLBindable { package var sqlValue: SQL.Value { .integer(self ? 1 : 0) } }
extension Double: SQLBindable { package var sqlValue: SQL.Value { .real(self) } }
extension String: SQLBindable { package var sqlValue: SQL.Value { .text(self) } }
extension [UInt8]: SQLBindable { package var sqlValue: SQL.Value { .blob(self) } }
