package import APIKit

/// A function that the bot's model may call and the client carries out, as models are told of it.
package struct FunctionTool: Codable, Sendable, Equatable {
    /// function.
    package var type: Kind
    package var function: Function

    package enum Kind: String, Codable, Sendable, CaseIterable { case function }

    package struct Function: Codable, Sendable, Equatable {
        /// 1 to 64 letters, digits, underscores and hyphens; no two tools of a bot share one.
        package var name: String
        /// When to call it and what it does, up to 1024 characters.
        package var description: String?
        /// A JSON Schema of the arguments: an object of at most 64 KB.
        package var parameters: JSON?
    }
}

extension FunctionTool {
    /// - Throws: 4000 naming what is out of its limits.
    static func check(_ tools: [FunctionTool]) throws {
        try Limits.check(count: tools.count, atMost: 128, "tools")
        var names: Set<String> = []
        for (index, tool) in tools.enumerated() {
            let field = "tools[\(index)].function"
            try tool.function.check(field)
            guard names.insert(tool.function.name).inserted else {
                throw APIError.invalid("\(field).name", "is the name of an earlier tool")
            }
        }
    }
}

extension FunctionTool.Function {
    fileprivate func check(_ field: String) throws {
        try Limits.check(name, 1...64, "\(field).name")
        guard name.utf8.allSatisfy({ $0.isWordCharacter || $0 == UInt8(ascii: "-") }) else {
            throw APIError.invalid("\(field).name", "must have only letters, digits, underscores and hyphens")
        }
        try Limits.check(description ?? "", 0...1024, "\(field).description")
        if let parameters { try Self.checkSchema(parameters, "\(field).parameters") }
    }

    /// Checks what every model's server demands of a schema, and no more: dialects differ.
    private static func checkSchema(_ schema: JSON, _ field: String) throws {
        guard case .object = schema else { throw APIError.invalid(field, "must be an object") }
        if let type = schema["type"], type != .string("object") {
            throw APIError.invalid("\(field).type", "must be object")
        }
        if let properties = schema["properties"] {
            guard case .object = properties else {
                throw APIError.invalid("\(field).properties", "must be an object")
            }
        }
        if let required = schema["required"] {
            guard case .array(let names) = required,
                names.allSatisfy({ if case .string = $0 { true } else { false } })
            else { throw APIError.invalid("\(field).required", "must be an array of strings") }
        }
        guard try JSONOutput.bytes(schema).count <= 65_536 else {
            throw APIError.invalid(field, "must have at most 65536 bytes")
        }
    }
}

extension UInt8 {
    /// Whether the byte is an ASCII letter, digit or underscore.
    var isWordCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
