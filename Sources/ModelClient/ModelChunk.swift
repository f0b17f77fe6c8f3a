/// A piece of an answer.
package enum ModelChunk: Sendable, Hashable {
    /// Text of the answer, never empty.
    case content(String)
    /// What the model thinks before it answers, never empty.
    case reasoning(String)
    /// All calls the model made, whole, just before the last chunk.
    case toolCalls([ModelToolCall])
    /// The last chunk. The usage is nil where the upstream told none.
    case finished(FinishReason, ModelUsage?)
}

/// Why an answer ended.
package enum FinishReason: Sendable, Hashable {
    case stop
    /// It grew as long as it may.
    case length
    /// The model made calls and waits for their results.
    case toolCalls
    /// The upstream's filter cut it off.
    case contentFilter
    /// In the upstream's words.
    case other(String)

    init(_ word: String) {
        self =
            switch word {
            case "stop": .stop
            case "length": .length
            case "tool_calls", "function_call": .toolCalls
            case "content_filter": .contentFilter
            default: .other(word)
            }
    }
}

/// What a request cost, in tokens.
package struct ModelUsage: Sendable, Hashable {
    package var inputCount: Int
    package var outputCount: Int

    package init(inputCount: Int, outputCount: Int) {
        self.inputCount = inputCount
        self.outputCount = outputCount
    }
}
