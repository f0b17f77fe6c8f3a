import APIKit
import NIOHTTP1

@testable import Server

/// Requests made from endpoints' declarations.
extension Operation {
    /// The status of a reply to input that cannot be understood.
    var refusalStatus: Int { layout == .bare ? 400 : 200 }

    var method: HTTPMethod { HTTPMethod(rawValue: verb.rawValue) }

    var fields: [Schema.Field] {
        get throws { if case .object(_, let fields) = try input() { fields } else { [] } }
    }

    var bodyFields: [Schema.Field] {
        get throws {
            try fields.filter { verb != .get && !pathFields.contains($0.name) && !queryFields.contains($0.name) }
        }
    }

    /// The path with an id for every name in braces and in the query.
    var samplePath: String { path(ids: [:]) }

    func path(ids: [String: String]) -> String {
        let filled = pathFields.reduce(path) { path, name in
            var path = path
            path.replace("{\(name)}", with: ids[name] ?? "7")
            return path
        }
        let names =
            verb == .get
            ? ((try? fields.filter { $0.isRequired || ids[$0.name] != nil }.map(\.name)) ?? []) : queryFields.sorted()
        let query = names.filter { !pathFields.contains($0) }.map {
            "\($0)=\(ids[$0] ?? Self.samples[$0]?.text ?? "7")"
        }
        return query.isEmpty ? filled : filled + "?" + query.joined(separator: "&")
    }

    /// A body in which every required field is right, and every field that is named in `ids` is that id.
    func sampleBody(_ workspace: ID, ids: [String: String] = [:]) throws -> Body {
        var body = Body()
        for field in try bodyFields
        where field.isRequired || field.holds(ids) || Self.samples[field.name] != nil {
            let sample = field.schema.sample(ids, named: field.name)
            body[field.name] = field.holds(ids) ? sample : Self.samples[field.name] ?? sample
        }
        return body
    }

    /// Values of fields that not every value of their type is right for.
    private static let samples: [String: JSON] = [
        "content": "hello", "content_type": "text", "connector_ids": ["1024"], "connector_id": "1024",
        "entity_type": "bot", "folder_type": "development", "grant_type": "refresh_token",
    ]

    struct Body {
        var members: [JSON.Member] = []

        subscript(name: String) -> JSON? {
            get { members.first { $0.key == name }?.value }
            set {
                members.removeAll { $0.key == name }
                if let newValue { members.append(.init(key: name, value: newValue)) }
            }
        }
    }
}

extension Schema {
    var kind: String {
        switch self {
        case .string, .id: "string"
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .any: "any"
        case .array: "array"
        case .map, .object, .reference: "object"
        }
    }

    /// A right value, in which every field that is named in `ids` is that id.
    func sample(_ ids: [String: String], named name: String) -> JSON {
        if let id = ids[name], !isCompound { return .string(id) }
        return switch self {
        case .string(let cases): .string(cases.first ?? "text")
        case .id: "7"
        case .integer, .number: .integer(1)
        case .boolean: true
        case .any, .reference: .null
        case .array(let element): .array([element.sample(ids, named: name)])
        case .map: .object([])
        case .object(_, let fields):
            .object(
                fields.filter { $0.isRequired || $0.holds(ids) }.map {
                    .init(key: $0.name, value: $0.schema.sample(ids, named: $0.name))
                })
        }
    }

    private var isCompound: Bool {
        switch self {
        case .array, .object, .map: true
        default: false
        }
    }
}

extension Schema.Field {
    /// Whether the field or one inside it is named in `ids`.
    func holds(_ ids: [String: String]) -> Bool {
        if ids[name] != nil { return true }
        var schema = schema
        while case .array(let element) = schema { schema = element }
        guard case .object(_, let fields) = schema else { return false }
        return fields.contains { $0.holds(ids) }
    }
}

extension TestServer {
    var operations: [APIKit.Operation] {
        application.resources.flatMap(\.endpoints).map(\.operation)
    }

    func call(_ operation: APIKit.Operation, ids: [String: String], as caller: Caller) async throws -> Reply {
        let body =
            operation.verb == .get ? nil : JSON.object(try operation.sampleBody(caller.workspace, ids: ids).members)
        return try await send(operation.method, operation.path(ids: ids), body, token: caller.token)
    }
}
