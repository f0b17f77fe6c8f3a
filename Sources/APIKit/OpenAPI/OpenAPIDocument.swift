/// The OpenAPI 3.1 document of a set of resources, made from their declarations.
package struct OpenAPIDocument {
    private let title: String
    private let version: String
    /// What fields mean: type and wire name to sentence.
    private let descriptions: [String: String]
    private var components: [(String, JSON)] = []

    package static func make(
        title: String, version: String, descriptions: [String: String], resources: [any Resource]
    ) throws -> JSON {
        var document = OpenAPIDocument(title: title, version: version, descriptions: descriptions)
        return try document.build(resources)
    }

    private init(title: String, version: String, descriptions: [String: String]) {
        self.title = title
        self.version = version
        self.descriptions = descriptions
    }

    private mutating func build(_ resources: [any Resource]) throws -> JSON {
        var paths: [(path: String, operations: [(String, JSON)])] = []
        var tags: [String] = []
        for resource in resources {
            let tag = Swift.type(of: resource).tag
            if !tags.contains(tag) { tags.append(tag) }
            for endpoint in resource.endpoints {
                let operation = try self.operation(endpoint.operation, tag: tag)
                let entry = (endpoint.operation.verb.rawValue.lowercased(), operation)
                if let index = paths.firstIndex(where: { $0.path == endpoint.operation.path }) {
                    paths[index].operations.append(entry)
                } else {
                    paths.append((endpoint.operation.path, [entry]))
                }
            }
        }
        addComponent(
            "Detail",
            [
                "type": "object", "required": ["logid"],
                "properties": ["logid": described("string", "Names the call in the server's log.")],
            ])
        addComponent("Error", envelope(data: nil, isFlat: false))
        addComponent("OAuthError", Self.oauthError)
        return [
            "openapi": "3.1.0", "info": ["title": .string(title), "version": .string(version)],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": .make(paths.map { ($0.path, .make($0.operations)) }),
            "components": [
                "schemas": .make(components.sorted { $0.0 < $1.0 }),
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer", "description": "A token, such as `pat_…`."]
                ],
            ],
            "security": [["token": []]],
            "x-error-codes": .array(APIError.Code.all.map(Self.errorCode)),
        ]
    }

    private static let oauthError: JSON = [
        "type": "object", "required": ["error_code", "error_message", "error", "error_description"],
        "properties": [
            "error_code": ["type": "string", "description": "A word for programs, such as `invalid_request`."],
            "error_message": ["type": "string", "description": "What went wrong."],
            "error": ["type": "string", "description": "The same as error_code."],
            "error_description": ["type": "string", "description": "The same as error_message."],
        ],
    ]

    private static func errorCode(_ code: APIError.Code) -> JSON {
        [
            "code": .integer(Int64(code.number)), "status": .integer(Int64(code.status)),
            "meaning": .string(code.summary),
        ]
    }

    private mutating func operation(_ operation: Operation, tag: String) throws -> JSON {
        var members: [(String, JSON)] = [
            ("tags", [.string(tag)]),
            ("summary", .string(operation.summary)),
            ("operationId", .string(Self.operationID(operation))),
        ]
        let points = operation.access.points
        if !points.isEmpty {
            members.append(
                ("description", .string("Needs the permission \(points.map { "`\($0)`" }.joined(separator: ", ")).")))
            members.append(("x-permissions", .array(points.map { .string($0) })))
        }
        if operation.isDeprecated { members.append(("deprecated", true)) }
        let (parameters, body) = try input(operation)
        if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
        if let body { members.append(("requestBody", body)) }
        if operation.access == .open { members.append(("security", [])) }
        let page = operation.layout == .page ? Self.html : []
        let error = operation.layout == .bare ? "OAuthError" : "Error"
        let responses: JSON = [
            "200": response("The result, or an error whose `code` is not 0.", try content(operation)),
            "default": response(
                "An error.", page + json(["$ref": .string("#/components/schemas/\(error)")])),
        ]
        members.append(("responses", responses))
        return .make(members)
    }

    private static func operationID(_ operation: Operation) -> String {
        let words = operation.path.split(separator: "/").map { $0.filter { $0 != "{" && $0 != "}" } }
        return ([operation.verb.rawValue.lowercased()] + words).joined(separator: "_")
    }

    private mutating func input(_ operation: Operation) throws -> (parameters: [JSON], body: JSON?) {
        if operation.isUpload { return ([], Self.upload) }
        guard case .object(let name, let fields) = try operation.input() else { return ([], nil) }
        var parameters: [JSON] = []
        var bodyFields: [Schema.Field] = []
        for field in fields {
            let place: String
            if operation.pathFields.contains(field.name) {
                place = "path"
            } else if operation.verb == .get || operation.queryFields.contains(field.name) {
                place = "query"
            } else {
                bodyFields.append(field)
                continue
            }
            var members: [(String, JSON)] = [
                ("name", .string(field.name)), ("in", .string(place)),
                ("required", .bool(field.isRequired || place == "path")), ("schema", schema(field.schema)),
            ]
            if let text = sentence(name, field.name) { members.append(("description", .string(text))) }
            parameters.append(.make(members))
        }
        guard operation.verb != .get, !bodyFields.isEmpty || operation.verb == .post else { return (parameters, nil) }
        let body = object(name, bodyFields)
        return (
            parameters,
            [
                "required": .bool(bodyFields.contains(where: \.isRequired)),
                "content": ["application/json": ["schema": body]],
            ]
        )
    }

    private static let upload: JSON = [
        "required": true,
        "content": [
            "multipart/form-data": [
                "schema": [
                    "type": "object",
                    "properties": [
                        "file": ["type": "string", "format": "binary", "description": "The file: exactly one part."],
                        "Data": [
                            "type": "string", "format": "binary",
                            "description": "Another name for file; a request has one of them.",
                        ],
                    ],
                ]
            ]
        ],
    ]

    /// The forms a reply can have: media type to schema.
    private mutating func content(_ operation: Operation) throws -> [(String, JSON)] {
        let events = ("text/event-stream", JSON.make([("schema", ["type": "string"])]))
        let error = json(["$ref": "#/components/schemas/Error"])
        switch operation.layout {
        case .none, .data, .flat, .bare, .dataWithCookie: return json(try reply(operation))
        case .page: return Self.html + error
        case .dataOrEvents: return json(try reply(operation)) + [events]
        case .events: return error + [events]
        // What is downloaded may be JSON of any shape itself.
        case .download: return json([:]) + [("*/*", ["schema": ["type": "string", "format": "binary"]])]
        }
    }

    private static let html: [(String, JSON)] = [("text/html", ["schema": ["type": "string"]])]

    private func json(_ schema: JSON) -> [(String, JSON)] { [("application/json", ["schema": schema])] }

    private mutating func reply(_ operation: Operation) throws -> JSON {
        switch operation.layout {
        case .none, .events, .download, .page: return envelope(data: nil, isFlat: false)
        case .bare: return schema(try operation.output())
        case .data, .dataOrEvents, .dataWithCookie: return envelope(data: schema(try operation.output()), isFlat: false)
        case .flat:
            guard case .object(let name, let fields) = try operation.output() else {
                return envelope(data: nil, isFlat: false)
            }
            return envelope(data: object(name, fields, areOptional: true), isFlat: true)
        }
    }

    /// `data` is only promised when `code` is 0, so it is not required.
    private func envelope(data: JSON?, isFlat: Bool) -> JSON {
        var properties: [(String, JSON)] = [
            ("code", described("integer", "0, or the number of an error.")),
            ("msg", described("string", "Empty, or what went wrong.")),
            ("detail", ["$ref": "#/components/schemas/Detail"]),
        ]
        if let data, !isFlat { properties.append(("data", data)) }
        if let data, isFlat, case .object(let members)? = data["properties"] {
            properties += members.map { ($0.key, $0.value) }
        }
        return ["type": "object", "required": ["code", "msg", "detail"], "properties": .make(properties)]
    }

    private func response(_ description: String, _ content: [(String, JSON)]) -> JSON {
        [
            "description": .string(description), "headers": ["X-Tt-Logid": ["schema": ["type": "string"]]],
            "content": .make(content),
        ]
    }

    /// What a field means. The fields of a generic type are described once for all its kinds.
    private func sentence(_ type: String, _ field: String) -> String? {
        descriptions["\(type).\(field)"]
            ?? type.firstIndex(of: "-").flatMap { descriptions["\(type[..<$0]).\(field)"] }
    }

    private func described(_ type: String, _ text: String) -> JSON {
        ["type": .string(type), "description": .string(text)]
    }

    private mutating func schema(_ schema: Schema) -> JSON {
        switch schema {
        case .string(let cases) where cases.isEmpty: return ["type": "string"]
        case .string(let cases): return ["type": "string", "enum": .array(cases.map { .string($0) })]
        case .id: return ["type": "string", "pattern": "^[1-9][0-9]{0,18}$"]
        case .integer: return ["type": "integer", "format": "int64"]
        case .number: return ["type": "number", "format": "double"]
        case .boolean: return ["type": "boolean"]
        case .any: return [:]
        case .array(let element): return ["type": "array", "items": self.schema(element)]
        case .map(let value): return ["type": "object", "additionalProperties": self.schema(value)]
        case .reference(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        case .object(let name, let fields):
            if !components.contains(where: { $0.0 == name }) {
                // Named before it is described, for types that contain themselves.
                let index = components.count
                components.append((name, .null))
                components[index].1 = object(name, fields)
            }
            return ["$ref": .string("#/components/schemas/\(name)")]
        }
    }

    private mutating func object(_ name: String, _ fields: [Schema.Field], areOptional: Bool = false) -> JSON {
        var properties: [(String, JSON)] = []
        for field in fields {
            var schema = self.schema(field.schema)
            if let text = sentence(name, field.name), case .object(var members) = schema {
                members.append(.init(key: "description", value: .string(text)))
                schema = .object(members)
            }
            properties.append((field.name, schema))
        }
        var members: [(String, JSON)] = [("type", "object"), ("properties", .make(properties))]
        let required = fields.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty, !areOptional { members.insert(("required", .array(required)), at: 1) }
        return .make(members)
    }

    private mutating func addComponent(_ name: String, _ schema: JSON) { components.append((name, schema)) }
}

extension JSON {
    /// An object of members in their order.
    static func make(_ members: [(String, JSON)]) -> JSON { .object(members.map { Member(key: $0.0, value: $0.1) }) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .make(elements) }
}
