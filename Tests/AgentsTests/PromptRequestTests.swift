import APIKit
import ModelClient
import Platform
import Testing

@testable import Agents

/// What a model is asked.
@Suite struct PromptRequestTests {
    // MARK: Which messages

    @Test func `the history comes before what the chat was started with`() throws {
        let prompt = try prompt(history: [asked("a"), answered("b")], query: [answered("c"), asked("d")])
        #expect(outline(prompt) == ["user: a", "assistant: b", "assistant: c", "user: d"])
    }

    @Test(arguments: [
        (0, ["user: now"]), (1, ["user: again", "assistant: 2", "user: now"]),
        (2, ["user: two", "user: again", "assistant: 2", "user: now"]),
        (3, ["user: one", "assistant: 1", "user: two", "user: again", "assistant: 2", "user: now"]),
        (100, ["user: one", "assistant: 1", "user: two", "user: again", "assistant: 2", "user: now"]),
    ])
    func `as many rounds are told as the bot wants`(_ rounds: Int, _ told: [String]) throws {
        let history = [asked("one"), answered("1"), asked("two"), asked("again"), answered("2")]
        #expect(try outline(prompt(history: history, query: [asked("now")], rounds: rounds)) == told)
    }

    @Test(arguments: [
        (0, ["user: two"]), (1, ["user: one", "assistant: 1", "user: two"]),
        (nil, ["user: one", "assistant: 1", "user: two"]),
    ])
    func `the last message of the history is the question where there is no other`(
        _ rounds: Int?, _ told: [String]
    ) throws {
        let prompt = try prompt(history: [asked("one"), answered("1"), asked("two")], query: [], rounds: rounds)
        #expect(outline(prompt) == told)
    }

    @Test func `suggestions are asked for with the question of the history too`() throws {
        let prompt = try prompt(
            history: [asked("one"), answered("1"), asked("two")], query: [], rounds: 0,
            more: #","suggestReply":{"reply_mode":"enable"}"#)
        let request = try #require(prompt.suggestionRequest(answer: "an answer"))
        #expect(
            request.messages.dropFirst().map(Self.line) == [
                "user: two", "assistant: an answer", "user: Propose three questions.",
            ])
    }

    // MARK: What has room

    @Test func `the oldest messages are cut where the context is full`() throws {
        // About 100 tokens each; 75 are left for the answer.
        let history = (1...5).map { asked("\($0)" + String(repeating: "x", count: 399)) }
        let prompt = try prompt(history: history, query: [asked("now")], context: 300)
        #expect(outline(prompt).map { $0.prefix(7) } == ["user: 4", "user: 5", "user: n"])
    }

    @Test(arguments: [true, false])
    func `the question is never cut`(_ isInQuery: Bool) throws {
        let long = asked("now" + String(repeating: "x", count: 10_000))
        let prompt = try prompt(
            history: isInQuery ? [asked("one")] : [asked("one"), long], query: isInQuery ? [long] : [], context: 300)
        #expect(outline(prompt).map { $0.prefix(9) } == ["user: now"])
    }

    @Test(arguments: [(0, 3), (1, 2), (2, 1)])
    func `rounds of tools take the room of what was said before`(_ rounds: Int, _ told: Int) throws {
        var prompt = try prompt(
            history: (1...3).map { _ in asked(String(repeating: "x", count: 400)) }, query: [asked("now")],
            context: 520)
        for number in 0..<rounds {
            prompt.record.rounds.append(
                ChatRecord.ToolRound(
                    text: "", calls: [.init(id: "\(number)", name: "f", arguments: "{}")],
                    outputs: [String(repeating: "y", count: 320)]))
        }
        #expect(prompt.request().messages.filter { Self.line($0).hasPrefix("user: x") }.count == told)
        #expect(prompt.request().messages.filter { $0.role == .tool }.count == rounds)
    }

    // MARK: Calls of tools that are handed in

    @Test func `calls in a row are one message, and their outputs follow in order`() throws {
        let prompt = try prompt(query: [
            asked("q"), called("f"), called("g"), output("1"), output("2"), answered("so"), asked("and?"),
        ])
        #expect(
            outline(prompt) == [
                "user: q", "assistant: f#0 g#1", "tool: 1#0", "tool: 2#1", "assistant: so", "user: and?",
            ])
    }

    @Test func `a call after an output begins a message and has an id of its own`() throws {
        let prompt = try prompt(query: [
            called("f"), output("1"), called("g"), called("h"), output("2"), output("3"), asked("and?"),
        ])
        #expect(
            outline(prompt) == [
                "assistant: f#0", "tool: 1#0", "assistant: g#1 h#2", "tool: 2#1", "tool: 3#2", "user: and?",
            ])
    }

    @Test func `a call without an output gets an empty one`() throws {
        let between = try prompt(query: [called("f"), called("g"), output("1"), asked("and?")])
        #expect(outline(between) == ["assistant: f#0 g#1", "tool: 1#0", "tool: #1", "user: and?"])
        let beforeCall = try prompt(query: [called("f"), called("g"), output("1"), called("h"), asked("and?")])
        #expect(
            outline(beforeCall) == [
                "assistant: f#0 g#1", "tool: 1#0", "tool: #1", "assistant: h#2", "tool: #2", "user: and?",
            ])
        let atEnd = try prompt(query: [asked("q"), called("f")])
        #expect(outline(atEnd) == ["user: q", "assistant: f#0", "tool: #0"])
    }

    @Test func `an output without a call is passed over`() throws {
        let prompt = try prompt(query: [
            output("0"), called("f"), output("1"), output("2"), asked("and?"), output("3"), asked("well?"),
        ])
        #expect(outline(prompt) == ["assistant: f#0", "tool: 1#0", "user: and?", "user: well?"])
    }

    @Test func `what is no call is passed over with its output`() throws {
        let broken = message(.assistant, "function_call", #"{"arguments":{}}"#)
        #expect(try outline(prompt(query: [broken, output("1"), asked("and?")])) == ["user: and?"])
    }

    // MARK: Pictures

    @Test(arguments: [
        ("https://example.com/a.png", "image https://example.com/a.png"), ("http://127.0.0.1/a.png", "[file]"),
        ("http://169.254.169.254/latest", "[file]"), ("http://printer/a.png", "[file]"),
        ("file:///etc/passwd", "[file]"), ("data:image/png;base64,AA==", "[file]"),
    ])
    func `a model is made to fetch pictures of public addresses alone`(_ address: String, _ told: String) throws {
        let picture = picture(address)
        #expect(
            try outline(prompt(history: [picture], query: [asked("what is it?")])) == [
                "user: \(told)", "user: what is it?",
            ])
        #expect(try outline(prompt(history: [picture], query: [])) == ["user: \(told)"])
    }

    @Test func `a model that sees nothing is told where a picture was`() throws {
        let history = [picture("https://example.com/a.png"), picture("http://10.0.0.1/a.png")]
        let prompt = try prompt(history: history, query: [asked("what is it?")], capabilities: [])
        #expect(outline(prompt) == ["user: [https://example.com/a.png]", "user: [file]", "user: what is it?"])
    }

    // MARK: Making and reading

    private func message(
        _ role: MessageRole, _ type: String, _ content: String, contentType: String = "text"
    ) -> Message {
        Message(
            id: ID(1), conversation: ID(2), section: ID(2), bot: ID(3), chat: ID(4), role: role, type: type,
            content: content, contentType: contentType)
    }

    private func asked(_ text: String) -> Message { message(.user, "question", text) }
    private func answered(_ text: String) -> Message { message(.assistant, "answer", text) }
    private func output(_ text: String) -> Message { message(.assistant, "tool_response", text) }
    private func called(_ name: String) -> Message {
        message(.assistant, "function_call", #"{"name":"\#(name)","arguments":{}}"#)
    }
    private func picture(_ address: String) -> Message {
        message(.user, "question", #"[{"type":"image","file_url":"\#(address)"}]"#, contentType: "object_string")
    }

    private func prompt(
        history: [Message] = [], query: [Message], rounds: Int? = nil, context: Int = 32_768,
        capabilities: Set<Model.Capability> = [.tools, .vision], more: String = ""
    ) throws -> Prompt {
        let model = #""model":{"model_id":"1","context_round":\#(rounds.map(String.init) ?? "null")}"#
        let body = try JSON(parsing: #"{"name":"bot","description":"",\#(model)\#(more)}"#)
        return Prompt(
            configuration: try InputSource(body: body).decode(BotConfiguration.self),
            model: Model(id: "1", name: "model", contextLength: context, capabilities: capabilities, source: .demo),
            variables: [:],
            record: ChatRecord(connector: "1024", customVariables: [:], position: [:], rounds: []),
            history: history, query: query, contents: .none, now: 0)
    }

    /// The messages of the request, each as one line: `role: text`, calls as `name#number`, outputs as `text#number`.
    private func outline(_ prompt: Prompt) -> [String] { prompt.request().messages.map(Self.line) }

    private static func line(_ message: ModelMessage) -> String {
        let texts = message.content.map { part in
            switch part {
            case .text(let text): text
            case .image(let url): "image \(url)"
            }
        }
        let calls = message.toolCalls.map { "\($0.name)#\($0.id.dropFirst("call_".count))" }
        let answered = message.toolCallID.map { "#" + $0.dropFirst("call_".count) } ?? ""
        return "\(message.role): " + (texts + calls).joined(separator: " ") + answered
    }
}
