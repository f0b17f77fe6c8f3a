import JSONKit

/// Writes the body of a request for a streamed chat completion.
struct RequestBody {
    let request: ModelRequest
    let model: String
    /// Whether to ask for the usage at the end. Some upstreams refuse a request that does.
    let asksForUsage: Bool

    private static let fixed: Set = ["model", "messages", "stream", "stream_options"]

    /// - Throws: what ``JSONWriter`` throws for numbers that JSON cannot express.
    func write(to writer: inout JSONWriter) throws {
        writer.raw(#"{"model":"#)
        writer.string(model)
        writer.raw(#","messages":["#)
        for (index, message) in request.messages.enumerated() {
            if index > 0 { writer.raw(",") }
            Self.write(message, to: &writer)
        }
        writer.raw(#"],"stream":true"#)
        if asksForUsage { writer.raw(#","stream_options":{"include_usage":true}"#) }
        if !request.tools.isEmpty, isOurs("tools") { try writeTools(to: &writer) }
        try number("temperature", #","temperature":"#, request.temperature, to: &writer)
        try number("top_p", #","top_p":"#, request.topP, to: &writer)
        integer("top_k", #","top_k":"#, request.topK, to: &writer)
        integer("max_tokens", #","max_tokens":"#, request.maxTokens, to: &writer)
        try number("presence_penalty", #","presence_penalty":"#, request.presencePenalty, to: &writer)
        try number("frequency_penalty", #","frequency_penalty":"#, request.frequencyPenalty, to: &writer)
        if request.responseFormat == .jsonObject, isOurs("response_format") {
            writer.raw(#","response_format":{"type":"json_object"}"#)
        }
        for member in request.extra where !Self.fixed.contains(member.key) {
            writer.raw(",")
            writer.string(member.key)
            writer.raw(":")
            try writer.encode(member.value)
        }
        writer.raw("}")
    }

    /// Whether the option is not replaced by an extra member.
    private func isOurs(_ name: String) -> Bool {
        !request.extra.contains { $0.key == name }
    }

    private func number(
        _ name: String, _ prefix: StaticString, _ value: Double?, to writer: inout JSONWriter
    ) throws {
        guard let value, isOurs(name) else { return }
        writer.raw(prefix)
        try writer.double(value)
    }

    private func integer(_ name: String, _ prefix: StaticString, _ value: Int?, to writer: inout JSONWriter) {
        guard let value, isOurs(name) else { return }
        writer.raw(prefix)
        writer.integer(value)
    }

    private func writeTools(to writer: inout JSONWriter) throws {
        writer.raw(#","tools":["#)
        for (index, tool) in request.tools.enumerated() {
            if index > 0 { writer.raw(",") }
            writer.raw(#"{"type":"function","function":{"name":"#)
            writer.string(tool.name)
            writer.raw(#","description":"#)
            writer.string(tool.description)
            writer.raw(#","parameters":"#)
            try writer.encode(tool.parameters)
            writer.raw("}}")
        }
        writer.raw("]")
    }

    private static func write(_ message: ModelMessage, to writer: inout JSONWriter) {
        writer.raw(#"{"role":"#)
        writer.string(message.role.rawValue)
        writer.raw(#","content":"#)
        write(message.content, isNullable: !message.toolCalls.isEmpty, to: &writer)
        if !message.toolCalls.isEmpty {
            writer.raw(#","tool_calls":["#)
            for (index, call) in message.toolCalls.enumerated() {
                if index > 0 { writer.raw(",") }
                writer.raw(#"{"id":"#)
                writer.string(call.id)
                writer.raw(#","type":"function","function":{"name":"#)
                writer.string(call.name)
                writer.raw(#","arguments":"#)
                writer.string(call.arguments)
                writer.raw("}}")
            }
            writer.raw("]")
        }
        if let id = message.toolCallID {
            writer.raw(#","tool_call_id":"#)
            writer.string(id)
        }
        writer.raw("}")
    }

    private static func write(_ content: [ModelContent], isNullable: Bool, to writer: inout JSONWriter) {
        if content.isEmpty {
            if isNullable { writer.raw("null") } else { writer.raw(#""""#) }
            return
        }
        // Many upstreams that know no pictures know only plain strings.
        if content.count == 1, case .text(let text) = content[0] {
            writer.string(text)
            return
        }
        writer.raw("[")
        for (index, part) in content.enumerated() {
            if index > 0 { writer.raw(",") }
            switch part {
            case .text(let text):
                writer.raw(#"{"type":"text","text":"#)
                writer.string(text)
                writer.raw("}")
            case .image(let url):
                writer.raw(#"{"type":"image_url","image_url":{"url":"#)
                writer.string(url)
                writer.raw("}}")
            }
        }
        writer.raw("]")
    }
}
