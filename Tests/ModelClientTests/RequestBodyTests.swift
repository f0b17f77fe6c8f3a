import JSONKit
import Testing

@testable import ModelClient

@Suite struct RequestBodyTests {
    private func body(_ request: ModelRequest, asksForUsage: Bool = true) throws -> String {
        var writer = JSONWriter()
        try RequestBody(request: request, model: "small", asksForUsage: asksForUsage).write(to: &writer)
        _ = try JSON(parsing: writer.bytes)
        return writer.text
    }

    private func message(_ role: ModelMessage.Role, _ content: ModelContent...) -> ModelMessage {
        ModelMessage(role: role, content: content)
    }

    @Test func `a request without options names none`() throws {
        #expect(
            try body(ModelRequest(messages: [message(.system, .text("Be \"brief\"")), message(.user, .text("Hi"))]))
                == #"{"model":"small","messages":[{"role":"system","content":"Be \"brief\""},"#
                + #"{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}}"#)
    }

    @Test func `usage is not asked for where it is refused`() throws {
        #expect(try !body(ModelRequest(messages: []), asksForUsage: false).contains("stream_options"))
    }

    @Test func `all options go out under their names`() throws {
        let text = try body(
            ModelRequest(
                messages: [],
                tools: [ModelTool(name: "f", description: "does", parameters: .object([]))], temperature: 0.5,
                topP: 0.25, topK: 3, maxTokens: 100, presencePenalty: -1.25, frequencyPenalty: 1.5,
                responseFormat: .jsonObject, extra: [JSON.Member(key: "thinking", value: .object([]))]))
        #expect(
            text.hasSuffix(
                #","tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{}}}]"#
                    + #","temperature":0.5,"top_p":0.25,"top_k":3,"max_tokens":100,"presence_penalty":-1.25"#
                    + #","frequency_penalty":1.5,"response_format":{"type":"json_object"},"thinking":{}}"#))
        #expect(try !body(ModelRequest(messages: [], responseFormat: .text)).contains("response_format"))
    }

    @Test func `an extra member replaces the option of its name but not what makes the request`() throws {
        let text = try body(
            ModelRequest(
                messages: [], temperature: 0.5,
                extra: [
                    JSON.Member(key: "temperature", value: .integer(1)),
                    JSON.Member(key: "stream", value: .bool(false)),
                ]))
        #expect(text.hasSuffix(#""stream":true,"stream_options":{"include_usage":true},"temperature":1}"#))
    }

    @Test func `pictures make a message of parts`() throws {
        #expect(
            try body(
                ModelRequest(messages: [message(.user, .text("What?"), .image(url: "data:image/png;base64,AA=="))])
            )
            .contains(
                #""content":[{"type":"text","text":"What?"},"#
                    + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]"#))
    }

    @Test func `calls and their answers go out`() throws {
        let call = ModelToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#)
        let text = try body(
            ModelRequest(messages: [
                ModelMessage(role: .assistant, content: [], toolCalls: [call]),
                ModelMessage(role: .tool, content: [.text("42")], toolCallID: "c1"),
                message(.user),
            ]))
        #expect(
            text.contains(
                #"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","#
                    + #""function":{"name":"f","arguments":"{\"a\":1}"}}]},"#
                    + #"{"role":"tool","content":"42","tool_call_id":"c1"},{"role":"user","content":""}]"#))
    }

    @Test func `a number that JSON cannot express is refused`() throws {
        #expect(throws: (any Error).self) { try body(ModelRequest(messages: [], temperature: .nan)) }
    }
}
