import JSONKit
import Logging
import NIOCore
import Synchronization
import Testing

@testable import ModelClient

private let answer: [ModelChunk] = [.content("Hel"), .content("lo"), .finished(.stop, nil)]

@Suite struct StreamTests {
    @Test func `a request goes out with key and body, and its answer comes back`() async throws {
        try await Upstream.with(.events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done)) {
            (upstream, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.baseURL += "//"
            #expect(try await client.ask(endpoint, "Hi").all() == answer)
            let request = try #require(upstream.received.first)
            #expect(request.head.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
            let head = request.head.lowercased()
            #expect(head.contains("authorization: bearer sk-secret"))
            #expect(head.contains("content-type: application/json"))
            #expect(head.contains("host: 127.0.0.1:"))
            #expect(request.json?["model"] == .string("small"))
            #expect(request.json?["stream"] == .bool(true))
        }
    }

    @Test func `without a key there is no Authorization`() async throws {
        try await Upstream.with(.events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done)) {
            (upstream, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.apiKey = nil
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(upstream.received.first?.head.lowercased().contains("authorization") == false)
        }
    }

    @Test func `all that comes in one read makes one element`() async throws {
        // Little enough for the smallest buffer to read into, and many chunks of the body.
        let event = #"data: {"choices":[{"delta":{"content":"x"}}]}"# + "\n\n"
        let script = Script.events(Array(repeating: event, count: 30), end: false)
            .wait().chunk(Event.stop + Event.done).end()
        try await Upstream.with(script) { (upstream, endpoint, client) async throws in
            for _ in 0..<20 {
                var elements: [[ModelChunk]] = []
                for try await element in client.ask(endpoint) {
                    elements.append(element)
                    if elements.count == 1 { upstream.goOn() }
                }
                #expect(elements.map(\.count) == [30, 1])
                #expect(elements.joined().last == .finished(.stop, nil))
            }
        }
    }

    @Test func `bytes may come one by one`() async throws {
        let body = Array((Event.content("Hel") + Event.content("l\\u6f22o🌍") + Event.stop + Event.done).utf8)
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: \(body.count)\r\n\r\n"
        var script = Script.raw(head)
        for byte in body { script = script.bytes([byte]) }
        try await Upstream.with(script) { (_, endpoint, client) async throws in
            let chunks = try await client.ask(endpoint).all()
            #expect(chunks == [.content("Hel"), .content("l漢o🌍"), .finished(.stop, nil)])
        }
    }

    @Test func `a stream may end without DONE, with the body or with the connection`() async throws {
        let events = [Event.content("Hel"), Event.content("lo"), Event.stop]
        let withBody = Script.events(events[0], events[1], events[2])
        let withConnection =
            Script
            .raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            .raw(events.joined()).close()
        let unterminated = Script.events(events[0], events[1], String(events[2].dropLast(2)))
        let halfWay = Script.events(events[0], events[1], events[2], end: false).pause(20).close()
        for script in [withBody, withConnection, unterminated, halfWay] {
            try await Upstream.with(script) { (_, endpoint, client) async throws in
                #expect(try await client.ask(endpoint).all() == answer)
            }
        }
    }

    @Test func `silence after the reason for finishing is an end`() async throws {
        try await Upstream.with(.events(Event.content("Hel"), Event.content("lo"), Event.stop, end: false)) {
            (_, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.idleTimeout = .milliseconds(200)
            #expect(try await client.ask(endpoint).all() == answer)
        }
    }

    @Test func `nothing counts after DONE`() async throws {
        try await Upstream.with(
            .events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done + "data: garbage\n\n")
        ) { (_, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
        }
    }

    @Test func `a connection serves one request after the other`() async throws {
        let slowEnd = Script.events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done, end: false)
            .pause(50).end()
        try await Upstream.with(slowEnd) { (upstream, endpoint, client) async throws in
            for number in 1...3 {
                #expect(try await client.ask(endpoint).all() == answer)
                // The end of the body comes later than that of the answer.
                #expect(await eventually { upstream.playedCount == number })
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(upstream.received.count == 3)
            #expect(upstream.openedCount == 1)
        }
    }

    @Test func `an upstream that does not end its reply loses its connection`() async throws {
        try await Upstream.with(
            .events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done, end: false)
        ) { (upstream, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(await eventually { upstream.openCount == 0 })
        }
    }

    @Test func `many requests run side by side`() async throws {
        let script = Script.events(Event.content("Hel"), end: false)
            .pause(200).chunk(Event.content("lo") + Event.stop + Event.done).end()
        try await Upstream.with(script) { (upstream, endpoint, client) async throws in
            try await withThrowingTaskGroup(of: [ModelChunk].self) { group in
                for _ in 0..<40 { group.addTask { try await client.ask(endpoint).all() } }
                for try await chunks in group { #expect(chunks == answer) }
            }
            #expect(upstream.received.count == 40)
        }
    }

    @Test func `a call in pieces, thoughts and usage come through`() async throws {
        try await Upstream.with(
            .events(
                Event.chunk(delta: #"{"reasoning_content":"hm"}"#),
                Event.chunk(
                    delta: #"{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a"}}]}"#),
                Event.chunk(delta: #"{"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]}"#), Event.calls,
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n", Event.done)
        ) { (_, endpoint, client) async throws in
            let chunks = try await client.ask(endpoint).all()
            #expect(
                chunks == [
                    .reasoning("hm"), .toolCalls([ModelToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#)]),
                    .finished(.toolCalls, ModelUsage(inputCount: 5, outputCount: 2)),
                ])
        }
    }

    @Test func `a reply in one piece is read as an answer, too`() async throws {
        let body = """
            {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello","reasoning":"hm",\
            "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},\
            "finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}
            """
        try await Upstream.with(.reply("200 OK", body, type: "application/json; charset=utf-8")) {
            (_, endpoint, client) async throws in
            let chunks = try await client.ask(endpoint).all()
            #expect(
                chunks == [
                    .reasoning("hm"), .content("Hello"),
                    .toolCalls([ModelToolCall(id: "c1", name: "f", arguments: "{}")]),
                    .finished(.toolCalls, ModelUsage(inputCount: 5, outputCount: 2)),
                ])
        }
    }

    @Test func `events under the type of JSON are still events`() async throws {
        let script = Script.head(type: "application/json").chunk("\n").chunk(Event.content("Hel"))
            .chunk(Event.content("lo") + Event.stop).end()
        try await Upstream.with(script) { (_, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
        }
    }

    @Test func `an upstream that refuses stream_options is asked without them, then and later`() async throws {
        try await Upstream.with(
            .reply("400 Bad Request", #"{"error":{"message":"Unrecognized request argument: stream_options"}}"#),
            .events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done)
        ) { (upstream, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(upstream.received.map { $0.json?["stream_options"] != nil } == [true, false, false])
        }
    }

    @Test func `each iteration is a request of its own`() async throws {
        try await Upstream.with(.events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done)) {
            (upstream, endpoint, client) async throws in
            let stream = client.ask(endpoint)
            #expect(upstream.received.isEmpty)
            #expect(try await stream.all() == answer)
            #expect(try await stream.all() == answer)
            #expect(upstream.received.count == 2)
        }
    }

    @Test func `a request makes one line in the log, without text and key`() async throws {
        try await Upstream.with(.events(Event.content("Hel"), Event.content("lo"), Event.stop, Event.done)) {
            (_, endpoint, client) async throws in
            let lines = LogLines()
            var logger = Logger(label: "test") { _ in lines }
            logger.logLevel = .trace
            let request = ModelRequest(messages: [ModelMessage(role: .user, content: [.text("my words")])])
            #expect(try await client.stream(request, to: endpoint, logger: logger).all() == answer)
            #expect(lines.all.count == 1)
            let line = try #require(lines.all.first)
            #expect(line.hasPrefix("debug"))
            #expect(!line.contains("my words") && !line.contains("Hel") && !line.contains("sk-secret"))
        }
    }
}

/// Keeps what is logged.
private final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
