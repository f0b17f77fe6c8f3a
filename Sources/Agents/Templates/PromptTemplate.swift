/// A prompt with Jinja2's marks in it, read once and filled in many times.
///
/// Prompts come from users and the values from their end users, so nothing here can fail: a text that is no template,
/// or one that takes too long, has only its plain `{{name}}` replaced and stays as it is otherwise. A template sees
/// nothing but the values it is given, and a value is never read as a template itself.
package struct PromptTemplate: Sendable {
    private let text: String
    private let isPlain: Bool
    /// Nil for a text that is no template.
    private let nodes: [TemplateNode]?

    package init(_ text: String) {
        self.text = text
        isPlain = !Self.hasMarks(text)
        nodes = isPlain ? nil : try? TemplateParser.parse(text)
    }

    /// The text with the values in it. Names without a value are left empty.
    ///
    /// A value that is a JSON object or array can be looped over and looked into; where it is written out as a whole
    /// it stays as it was given.
    package func render(_ values: [String: String]) -> String {
        if isPlain { return text }
        if let nodes, let output = try? TemplateEvaluator.render(nodes, values) { return output }
        return replacingPlainNames(values)
    }

    private static func hasMarks(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if previous == UInt8(ascii: "{"), "{%#".utf8.contains(byte) { return true }
            previous = byte
        }
        return false
    }

    /// Replaces `{{name}}` where there is such a value. What would make the text longer than the limit stays.
    private func replacingPlainNames(_ values: [String: String]) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let (name, end) = Self.plainName(in: bytes, at: index), let value = values[name],
                output.count + value.utf8.count + bytes.count - end <= TemplateLimits.output
            {
                output += value.utf8
                index = end
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The name that stands in double braces at a place, and where the braces end.
    private static func plainName(in bytes: [UInt8], at start: Int) -> (name: String, end: Int)? {
        guard bytes[start...].starts(with: "{{".utf8) else { return nil }
        // Nobody needs longer names, and looking on at every brace would take quadratic time.
        let name = bytes[(start + 2)...].prefix(256).prefix { $0 >= 0x80 || $0 == 0x20 || Unicode.Scalar($0).isWord }
        guard bytes[name.endIndex...].starts(with: "}}".utf8) else { return nil }
        return (String(decoding: name, as: UTF8.self).trimmed(), name.endIndex + 2)
    }
}

/// What one rendering may use up.
enum TemplateLimits {
    /// Bytes of the output, and of every text on the way to it.
    static let output = 1 << 20
    /// Evaluated expressions and statements, and what filters do with long texts and lists.
    static let steps = 100_000
    /// Blocks and parentheses inside one another.
    static let nesting = 64
}

/// Why a text cannot be rendered as a template. Nobody is told; see ``PromptTemplate``.
enum TemplateError: Error { case syntax, type, limit }
