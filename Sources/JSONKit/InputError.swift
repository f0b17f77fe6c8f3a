/// What is wrong with one field of a request, in words for the caller.
package struct InputError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path of the field: `messages[2].content`; `body` for the body as a whole.
    package var field: String
    /// What the field must be or is not: `expected a string, got a number`.
    package var reason: String

    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    /// A required field that is absent or null.
    package static func missing(_ field: String) -> InputError {
        InputError(field: field, reason: "is required")
    }

    package var description: String { "\(field): \(reason)" }

    /// A fault of the value itself, whose place its container will add.
    static func here(_ reason: String) -> InputError {
        InputError(field: "", reason: reason)
    }

    static func expected(_ what: StaticString, got value: JSON) -> InputError {
        here("expected \(what), got \(value.kind)")
    }

    /// The error as seen from further out.
    func within(_ path: [any CodingKey]) -> InputError {
        guard !path.isEmpty else { return self }
        let outer = Self.field(path)
        let joint = field.isEmpty || field.hasPrefix("[") ? "" : "."
        return InputError(field: outer + joint + field, reason: reason)
    }

    /// The error as seen from the whole request.
    var inRequest: InputError {
        field.isEmpty || field.hasPrefix("[") ? InputError(field: "body" + field, reason: reason) : self
    }

    /// The path in the caller's notation. A caller's own keys, as in maps, are not repeated at any length.
    static func field(_ path: [any CodingKey]) -> String {
        var field = ""
        for key in path {
            if let element = key as? IndexKey {
                field += "[\(element.index)]"
            } else {
                if !field.isEmpty { field += "." }
                field += key.stringValue.utf8.count <= 100 ? key.stringValue : "\(key.stringValue.prefix(50))…"
            }
        }
        return field
    }

    /// Whatever a type's `init(from:)` threw.
    init(_ error: any Error, decoding type: any Decodable.Type) {
        switch error {
        case let error as InputError:
            self = error
        case DecodingError.keyNotFound(let key, let context):
            self = .missing(Self.field(context.codingPath + [key]))
        case DecodingError.valueNotFound(_, let context):
            self = .missing(Self.field(context.codingPath))
        case DecodingError.dataCorrupted(let context):
            self.init(field: Self.field(context.codingPath), reason: Self.reason(context, decoding: type))
        case DecodingError.typeMismatch(_, let context):
            self.init(field: Self.field(context.codingPath), reason: context.debugDescription)
        default:
            self = .here(String(describing: error))
        }
    }

    /// The standard library's message for an unknown raw value names Swift types; the caller wants the values.
    private static func reason(_ context: DecodingError.Context, decoding type: any Decodable.Type) -> String {
        guard context.codingPath.isEmpty, context.debugDescription.hasPrefix("Cannot initialize "),
            let choice = type as? any RawRepresentable.Type
        else { return context.debugDescription }
        let values = rawValues(of: choice)
        return values.isEmpty ? "has an unknown value" : "must be one of \(values.joined(separator: ", "))"
    }

    private static func rawValues<T: RawRepresentable>(of type: T.Type) -> [String] {
        func all<C: CaseIterable>(_ type: C.Type) -> [String] {
            type.allCases.compactMap { ($0 as? T).map { "\($0.rawValue)" } }
        }
        guard let enumeration = type as? any CaseIterable.Type else { return [] }
        return all(enumeration)
    }
}
