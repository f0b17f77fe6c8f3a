#if PostgreSQL
import CPostgres

extension PostgresConnection {
    /// The error of a statement that failed. Notes if the connection ended with it, or if its plan was stale.
    func failure(_ result: PostgresResult, _ statement: String?) -> DatabaseError {
        guard PQstatus(handle) == CONNECTION_OK, let state = result.errorField("C") else { return lose(statement) }
        let message = "\(result.errorField("M") ?? "unknown error") (SQLSTATE \(state))"
        let kind = kind(of: result, state)
        if kind == .connectionLost { isLost = true }
        if isStale(result) { statements.removeAll() }
        return DatabaseError(kind, message, statement: statement)
    }

    /// Gives the connection up.
    func lose(_ statement: String?) -> DatabaseError {
        isLost = true
        let message = Self.message(of: handle)
        return DatabaseError(
            .connectionLost, message.isEmpty ? "the connection was lost" : message, statement: statement)
    }

    /// Whether the statement failed, before it did anything, because it had been prepared for tables that have
    /// changed since, or because the server no longer knows it.
    func isStale(_ result: PostgresResult) -> Bool {
        switch result.errorField("C") {
        case "26000": true
        // "cached plan must not change result type", in whatever language.
        case "0A000": result.errorField("R") == "RevalidateCachedQuery"
        default: false
        }
    }

    private func kind(of result: PostgresResult, _ state: String) -> DatabaseError.Kind {
        // "V" is the severity, untranslated: the server ends the session after a FATAL.
        if let severity = result.errorField("V"), severity == "FATAL" || severity == "PANIC" { return .connectionLost }
        switch state {
        case "57P01", "57P02", "57P03": return .connectionLost
        // A wrong number of values: the connection goes on, unless the error is FATAL.
        case "08P01": return .other
        case "53100": return .full
        case "25006": return .readOnly
        case "40001", "40P01": return .conflict
        default: break
        }
        if state.hasPrefix("08") { return .connectionLost }
        if state.hasPrefix("23") { return .constraint }
        // Only met inside a transaction, which running again will prepare anew.
        return isStale(result) ? .conflict : .other
    }

    /// libpq's last message in one line.
    static func message(of handle: OpaquePointer?) -> String {
        guard let message = PQerrorMessage(handle) else { return "" }
        return String(cString: message).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
#endif
