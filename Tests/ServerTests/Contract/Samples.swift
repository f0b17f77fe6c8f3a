import APIKit
import NIOHTTP1

@testable import Server

/// Requests made from endpoints' declarations.
extension Operation {
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
        let names = verb == .get ? ((try? fields.filter(\.isRequired).map(\.name)) ?? []) : queryFields.sorted()
        let query = names.filter { !pathFields.contains($0) }.map { "\($0)=\(ids[$0] ?? "7")" }
        return query.isEmpty ? filled : filled + "?" + query.joined(separator: "&")
    }

    /// A body in which every required field is right, and every field that is named in `ids` is that id.
    func sampleBody(_ workspace: ID, ids: [String: String] = [:]) throws -> Body {
        var body = Body()
        for field in try bodyFields where field.isRequired || ids[field.name] != nil || Self.samples[field.name] != nil
        {
            body[field.name] = ids[field.name].map { .string($0) } ?? Self.samples[field.name] ?? field.schema.sample
        }
        return body
    }

    /// Values of fields that not every value of their type is right for.
    private static let samples: [String: JSON] = [
        "content": "hello", "content_type": "text", "connector_ids": ["1024"], "connector_id": "1024",
        "collaborators": [["user_id": "7"]],
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

    var sample: JSON {
        switch self {
        case .string(let cases): .string(cases.first ?? "text")
        case .id: "7"
        case .integer, .number: .integer(1)
        case .boolean: true
        case .any, .reference: .null
        case .array(let element): .array([element.sample])
        case .map: .object([])
        case .object(_, let fields):
            .object(fields.filter(\.isRequired).map { .init(key: $0.name, value: $0.schema.sample) })
        }
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
