/// All that a request says to its endpoint: fields from the path, the query and the body, decoded as one object.
///
/// Text in path and query is read leniently: `"5"` is an integer, `"1"` a boolean, and `"a,b"` or a repeated name an
/// array. The body is taken at its word: `"5"` is not an integer there. Null, "" and absent are the same for an
/// optional field, at every depth; unknown names are ignored.
package struct InputSource: Sendable {
    /// Names and values from the path's template, percent-decoded.
    package var path: [(String, String)]
    /// Names and values of the query in the order sent, percent-decoded.
    package var query: [(String, String)]
    /// Nil where there is none; read as an empty object then.
    package var body: JSON?

    package init(path: [(String, String)] = [], query: [(String, String)] = [], body: JSON? = nil) {
        self.path = path
        self.query = query
        self.body = body
    }

    /// Reads the input. A field is looked for in the path, then, if it may stand there, in the query, then in the body.
    ///
    /// - Parameters:
    ///   - queryFields: the fields that may stand in the query.
    ///   - allQuery: whether every field may, as for GET.
    /// - Throws: the first fault found, with the field's name.
    package func decode<T: Decodable>(
        _ type: T.Type, queryFields: Set<String> = [], allQuery: Bool = false
    ) throws(InputError) -> T {
        let body = body.flatMap { $0 == .null ? nil : $0 } ?? .object([])
        let value: InputValue =
            if path.isEmpty && (query.isEmpty || !allQuery && queryFields.isEmpty) {
                .json(body)
            } else {
                .request(InputRequest(path: path, query: query, body: body, queryFields: allQuery ? nil : queryFields))
            }
        do {
            return try value.decode(type)
        } catch {
            throw error.inRequest
        }
    }
}

/// The fields of a request whose path or query may contribute some.
final class InputRequest: Sendable {
    let body: JSON
    private let path: [(String, String)]
    private let query: [(String, String)]
    /// Nil for all.
    private let queryFields: Set<String>?

    init(path: [(String, String)], query: [(String, String)], body: JSON, queryFields: Set<String>?) {
        self.path = path
        self.query = query
        self.body = body
        self.queryFields = queryFields
    }

    /// The field in the path or the query; nil if only the body may have it.
    func text(_ name: String) -> InputValue? {
        for field in path where field.0 == name { return .text(field.1) }
        guard queryFields?.contains(name) ?? true else { return nil }
        var first: String?
        var repeated: [String]?
        for field in query where field.0 == name {
            if repeated != nil {
                repeated?.append(field.1)
            } else if let first {
                repeated = [first, field.1]
            } else {
                first = field.1
            }
        }
        if let repeated { return .texts(repeated) }
        return first.map { .text($0) }
    }

    /// The names of all fields in path and query.
    var names: [String] {
        path.map(\.0) + query.map(\.0).filter { queryFields?.contains($0) ?? true }
    }
}
