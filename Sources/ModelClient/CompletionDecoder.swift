import JSONKit

/// Makes chunks of an answer out of the objects that an upstream sends: the parts of a streamed completion, or one
/// whole completion.
struct CompletionDecoder {
    /// Whether anything of an answer has come: text, thoughts or a call.
    private(set) var hasBegun = false
    private(set) var finishReason: FinishReason?
    private var usage: ModelUsage?
    private var hasChoice = false
    private var calls = ToolCallAssembly()

    /// Reads one object and appends what it brings.
    ///
    /// - Throws: `protocolViolation` if it is not such an object, the error it tells of, or `tooLarge`.
    mutating func decode(_ text: UnsafeRawBufferPointer, into chunks: inout [ModelChunk]) throws(ModelError) {
        let json: JSON
        do throws(JSONSyntaxError) {
            json = try JSON(parsing: text)
        } catch {
            throw ModelError(.protocolViolation, "not JSON: \(error)")
        }
        guard case .object(let members) = json else {
            throw ModelError(.protocolViolation, "a chunk is not an object")
        }
        var choices: JSON?
        for member in members {
            switch member.key {
            case "choices": choices = member.value
            case "usage": readUsage(member.value)
            case "error":
                switch member.value {
                case .null, .bool, .string(""): break
                default: throw Self.fault(json)
                }
            case "object":
                if member.value == .string("error") { throw Self.fault(json) }
            default: break
            }
        }
        if case .array(let elements)? = choices, let choice = elements.first { try read(choice, &chunks) }
    }

    /// Appends what stands at the end of every answer: the calls, if there are any, and the last chunk.
    ///
    /// - Parameter wasAnnounced: whether the upstream said that this is the end. It must have given a reason otherwise.
    /// - Throws: `protocolViolation` if the answer was cut off, or the arguments of a call are not JSON.
    mutating func finish(wasAnnounced: Bool, into chunks: inout [ModelChunk]) throws(ModelError) {
        guard var reason = finishReason ?? (wasAnnounced && hasChoice ? .stop : nil) else {
            throw ModelError(.protocolViolation, "the reply ended before the answer did")
        }
        if !calls.isEmpty {
            chunks.append(.toolCalls(try calls.calls()))
            // Some upstreams say `stop` after calls, too.
            if reason == .stop { reason = .toolCalls }
        }
        chunks.append(.finished(reason, usage))
    }

    private mutating func read(_ choice: JSON, _ chunks: inout [ModelChunk]) throws(ModelError) {
        guard case .object(let members) = choice else {
            throw ModelError(.protocolViolation, "a choice is not an object")
        }
        hasChoice = true
        for member in members {
            switch (member.key, member.value) {
            case ("delta", .object(let delta)), ("message", .object(let delta)): try read(delta: delta, &chunks)
            case ("finish_reason", .string(let word)) where !word.isEmpty: finishReason = FinishReason(word)
            default: break
            }
        }
    }

    private mutating func read(delta: [JSON.Member], _ chunks: inout [ModelChunk]) throws(ModelError) {
        var reasoning = ""
        var content = ""
        for member in delta {
            switch (member.key, member.value) {
            case ("content", .string(let text)): content = text
            case ("content", .array(let parts)): content = parts.compactMap { $0["text"]?.stringValue }.joined()
            // A refusal is what the model has to say instead.
            case ("refusal", .string(let text)) where content.isEmpty: content = text
            // Some send the same under both names.
            case ("reasoning_content", .string(let text)), ("reasoning", .string(let text)):
                if reasoning.isEmpty { reasoning = text }
            case ("tool_calls", .array(let pieces)):
                for piece in pieces {
                    try calls.add(piece)
                    hasBegun = true
                }
            default: break
            }
        }
        if !reasoning.isEmpty {
            chunks.append(.reasoning(reasoning))
            hasBegun = true
        }
        if !content.isEmpty {
            chunks.append(.content(content))
            hasBegun = true
        }
    }

    private mutating func readUsage(_ value: JSON) {
        guard case .object = value else { return }
        func count(_ name: String) -> Int? {
            guard case .integer(let number)? = value[name] else { return nil }
            return Int(exactly: number)
        }
        let (input, output) = (count("prompt_tokens"), count("completion_tokens"))
        if input == nil, output == nil { return }
        usage = ModelUsage(inputCount: input ?? 0, outputCount: output ?? 0)
    }

    private static func fault(_ json: JSON) -> ModelError {
        guard let fault = UpstreamFault(json) else {
            return ModelError(.upstreamFailure(status: 200), "an error without words")
        }
        return ModelError(fault)
    }
}
