import APIKit

/// Values as JSON, laid out as Python lays it out.
enum TemplateJSON {
    /// - Parameter isSafe: as the filter `tojson` of Jinja2 writes: names in order, nothing but ASCII, and no character
    ///   that means something to HTML.
    static func text(_ value: JSON, isSafe: Bool = false) throws -> String {
        var text = ""
        try write(value, into: &text, isSafe)
        return text
    }

    private static func write(_ value: JSON, into text: inout String, _ isSafe: Bool) throws {
        if text.utf8.count > TemplateLimits.output { throw TemplateError.limit }
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.description
        case .string(let value): text += quoted(value, isSafe)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += ", " }
                try write(value, into: &text, isSafe)
            }
            text += "]"
        case .object(let members):
            text += "{"
            let members = isSafe ? members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : members
            for (index, member) in members.enumerated() {
                text += (index > 0 ? ", " : "") + quoted(member.key, isSafe) + ": "
                try write(member.value, into: &text, isSafe)
            }
            text += "}"
        }
    }

    private static func quoted(_ text: String, _ isSafe: Bool) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{8}": "\\b", "\u{c}": "\\f",
        ]
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if let escaped = short[scalar] {
                quoted += escaped
            } else if scalar.value < 0x20 || isSafe && (scalar.value > 0x7e || "<>&'".unicodeScalars.contains(scalar)) {
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
                }
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
