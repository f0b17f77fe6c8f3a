import Testing

@testable import ModelClient

@Suite struct CompletionDecoderTests {
    /// Decodes objects one after the other, and the end.
    private func decode(_ objects: [String], wasAnnounced: Bool = true) throws -> [ModelChunk] {
        var decoder = CompletionDecoder()
        var chunks: [ModelChunk] = []
        for object in objects {
            try Array(object.utf8).withUnsafeBytes { try decoder.decode($0, into: &chunks) }
        }
        try decoder.finish(wasAnnounced: wasAnnounced, into: &chunks)
        return chunks
    }

    private func delta(_ delta: String, finish: String = "null") -> String {
        #"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}]}"#
    }

    private func calls(_ pieces: String...) throws -> [ModelToolCall] {
        let chunks = try decode(pieces.map { delta(#"{"tool_calls":[\#($0)]}"#) } + [delta("{}", finish: #""stop""#)])
        guard case .toolCalls(let calls) = chunks.first else { return [] }
        #expect(chunks.dropFirst() == [.finished(.toolCalls, nil)])
        return calls
    }

    @Test func `text and thoughts come in their order, empty ones not at all`() throws {
        let chunks = try decode([
            delta(#"{"role":"assistant","content":""}"#), delta(#"{"reasoning_content":"hm"}"#),
            delta(#"{"reasoning":"so","content":null}"#), delta(#"{"reasoning":"x","reasoning_content":"x"}"#),
            delta(#"{"content":"a\n\u00e9"}"#), delta(#"{"content":"🌍"}"#, finish: #""stop""#),
        ])
        #expect(
            chunks == [
                .reasoning("hm"), .reasoning("so"), .reasoning("x"), .content("a\né"), .content("🌍"),
                .finished(.stop, nil),
            ])
    }

    @Test(arguments: [
        ("stop", FinishReason.stop), ("length", .length), ("tool_calls", .toolCalls), ("function_call", .toolCalls),
        ("content_filter", .contentFilter), ("sensitive", .other("sensitive")),
    ])
    func `finish reasons are understood`(_ word: String, _ reason: FinishReason) throws {
        #expect(try decode([delta("{}", finish: "\"\(word)\"")], wasAnnounced: false) == [.finished(reason, nil)])
    }

    @Test func `usage may stand beside the reason or come after it without choices`() throws {
        let usage = #""usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}"#
        let beside = #"{"choices":[{"delta":{},"finish_reason":"stop"}],\#(usage)}"#
        let expected: [ModelChunk] = [.finished(.stop, ModelUsage(inputCount: 7, outputCount: 3))]
        #expect(try decode([beside]) == expected)
        #expect(try decode([delta("{}", finish: #""stop""#), #"{"choices":[],\#(usage)}"#]) == expected)
        #expect(try decode([beside, #"{"choices":[],"usage":null}"#]) == expected)
    }

    @Test func `an end without a reason counts only if it was announced`() throws {
        #expect(try decode([delta(#"{"content":"a"}"#)]) == [.content("a"), .finished(.stop, nil)])
        let error = #expect(throws: ModelError.self) {
            try decode([delta(#"{"content":"a"}"#)], wasAnnounced: false)
        }
        #expect(error?.kind == .protocolViolation)
        #expect(#expect(throws: ModelError.self) { try decode([]) }?.kind == .protocolViolation)
        #expect(#expect(throws: ModelError.self) { try decode(["{}"]) }?.kind == .protocolViolation)
    }

    @Test(arguments: ["[]", "1", "{", #"{"choices":[1]}"#, "nonsense", #"{"choices":[]} x"#])
    func `what is no such object is refused`(_ text: String) throws {
        #expect(#expect(throws: ModelError.self) { try decode([text]) }?.kind == .protocolViolation)
    }

    @Test func `a call cut into pieces is joined by its index`() throws {
        let joined = try calls(
            #"{"index":0,"id":"c1","type":"function","function":{"name":"weather","arguments":""}}"#,
            #"{"index":0,"function":{"arguments":"{\"city\":"}}"#,
            #"{"index":0,"id":"","function":{"name":null,"arguments":"\"Paris\"}"}}"#)
        #expect(joined == [ModelToolCall(id: "c1", name: "weather", arguments: #"{"city":"Paris"}"#)])
    }

    @Test func `two calls may be interleaved`() throws {
        let joined = try calls(
            #"{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a\""}}"#,
            #"{"index":1,"id":"c2","function":{"name":"g","arguments":"{\"b\""}}"#,
            #"{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":":2}"}}"#)
        #expect(
            joined == [
                ModelToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#),
                ModelToolCall(id: "c2", name: "g", arguments: #"{"b":2}"#),
            ])
    }

    @Test func `id and name may be repeated with each piece`() throws {
        let joined = try calls(
            #"{"index":0,"id":"c1","function":{"name":"f","arguments":"{"}}"#,
            #"{"index":0,"id":"c1","function":{"name":"f","arguments":"}"}}"#)
        #expect(joined == [ModelToolCall(id: "c1", name: "f", arguments: "{}")])
    }

    @Test func `whole calls need no index, or may all have the same`() throws {
        let expected = [
            ModelToolCall(id: "c1", name: "f", arguments: "{}"), ModelToolCall(id: "c2", name: "f", arguments: "{}"),
        ]
        #expect(
            try calls(
                #"{"id":"c1","function":{"name":"f","arguments":"{}"}}"#,
                #"{"id":"c2","function":{"name":"f","arguments":{}}}"#) == expected)
        #expect(
            try calls(
                #"{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":0,"id":"c2","function":{"name":"f","arguments":""}}"#) == expected)
    }

    @Test func `calls without ids get some that differ`() throws {
        let made = try calls(
            #"{"function":{"name":"f","arguments":"{"}}"#, #"{"function":{"arguments":"}"}}"#,
            #"{"function":{"name":"g","arguments":"{}"}}"#)
        #expect(made.map(\.name) == ["f", "g"])
        #expect(made.map(\.arguments) == ["{}", "{}"])
        #expect(made.first?.id.hasPrefix("call_0_") == true)
        #expect(made.last?.id.hasPrefix("call_1_") == true)
        #expect(try calls(#"{"function":{"name":"f","arguments":"{}"}}"#).first?.id != made.first?.id)
    }

    @Test func `arguments that are not JSON are refused`() throws {
        let error = #expect(throws: ModelError.self) {
            try calls(#"{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a\":"}}"#)
        }
        #expect(error?.kind == .protocolViolation)
    }

    @Test func `arguments that never end are refused`() throws {
        let piece = String(repeating: "x", count: 1 << 20)
        let error = #expect(throws: ModelError.self) {
            try decode(
                Array(repeating: delta(#"{"tool_calls":[{"index":0,"function":{"arguments":"\#(piece)"}}]}"#), count: 9)
            )
        }
        #expect(error?.kind == .tooLarge)
    }
}
