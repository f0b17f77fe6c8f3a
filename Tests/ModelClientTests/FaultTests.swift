import NIOCore
import Testing

@testable import ModelClient

private let answer: [ModelChunk] = [.content("Hi"), .finished(.stop, nil)]
private let good = Script.events(Event.content("Hi"), Event.stop, Event.done)

@Suite struct FaultTests {
    /// The error of a script's reply, the chunks before it, and how often the upstream was asked.
    private func failure(
        _ script: Script, firstToken: Duration = .seconds(20), idle: Duration = .seconds(20)
    ) async throws -> (kind: ModelError.Kind?, chunks: [ModelChunk], requests: Int, detail: String) {
        try await Upstream.with(script) { (upstream, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.firstTokenTimeout = firstToken
            endpoint.idleTimeout = idle
            let (chunks, error) = await client.ask(endpoint).failure()
            return (error?.kind, chunks, upstream.received.count, error?.detail ?? "")
        }
    }

    @Test func `an upstream that refuses connections is unreachable after three attempts`() async throws {
        let port = try await Upstream.deadPort()
        let client = ModelClient()
        let endpoint = ModelEndpoint(baseURL: "http://127.0.0.1:\(port)/v1", apiKey: nil, model: "small")
        let clock = ContinuousClock()
        let start = clock.now
        let (chunks, error) = await client.ask(endpoint).failure()
        #expect(error?.kind == .unreachable)
        #expect(chunks.isEmpty)
        // Two pauses of at least 0.15 and 0.45 seconds.
        #expect(clock.now - start >= .milliseconds(600))
        await client.shutdown()
    }

    @Test func `a connection that is not made in time is unreachable`() async throws {
        // The backlog of a listening socket that nobody accepts from takes one connection or two, and no more.
        try await withFullBacklog { port in
            let client = ModelClient()
            let endpoint = ModelEndpoint(
                baseURL: "http://127.0.0.1:\(port)/v1", apiKey: nil, model: "small",
                connectTimeout: .milliseconds(200), firstTokenTimeout: .milliseconds(500))
            let (_, error) = await client.ask(endpoint).failure()
            #expect(error?.kind == .unreachable)
            await client.shutdown()
        }
    }

    @Test(arguments: ["nonsense", "http://", "ftp://127.0.0.1/v1", ""])
    func `an address that is none is refused`(_ address: String) async throws {
        let client = ModelClient()
        let endpoint = ModelEndpoint(baseURL: address, apiKey: nil, model: "small")
        #expect(await client.ask(endpoint).failure().error?.kind == .badRequest)
        await client.shutdown()
    }

    @Test func `a key that no header can hold is refused and not told`() async throws {
        try await Upstream.with(good) { (upstream, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.apiKey = "sk-1\r\nX-Evil: yes"
            let error = await client.ask(endpoint).failure().error
            #expect(error?.kind == .unauthorized)
            #expect(error?.detail.contains("sk-1") == false)
            #expect(upstream.received.isEmpty)
        }
    }

    @Test(
        arguments: [
            ("401 Unauthorized", #"{"error":{"message":"no such key: sk-secret"}}"#, ModelError.Kind.unauthorized),
            ("404 Not Found", #"{"error":{"message":"model 'small' not found"}}"#, .modelNotFound),
            ("400 Bad Request", #"{"error":{"message":"top_k is unknown"}}"#, .badRequest),
            ("400 Bad Request", #"{"error":{"code":"context_length_exceeded"}}"#, .contextTooLong),
            ("402 Payment Required", "{}", .quotaExceeded),
            ("429 Too Many Requests", #"{"error":{"code":"insufficient_quota"}}"#, .quotaExceeded),
            ("500 Internal Server Error", "oops", .upstreamFailure(status: 500)),
            ("307 Temporary Redirect", "", .upstreamFailure(status: 307)),
        ] as [(String, String, ModelError.Kind)])
    func `an error that will not pass is told at once`(
        _ status: String, _ body: String, _ kind: ModelError.Kind
    ) async throws {
        let failure = try await failure(.reply(status, body, headers: "Location: http://127.0.0.1:1/\r\n"))
        #expect(failure.kind == kind)
        #expect(failure.requests == 1)
        #expect(failure.chunks.isEmpty)
        #expect(!failure.detail.contains("sk-secret"))
    }

    @Test func `a refused key is told in the upstream's words but for the key`() async throws {
        let failure = try await failure(.reply("401 Unauthorized", #"{"error":{"message":"bad key: sk-secret"}}"#))
        #expect(failure.detail == "status 401: bad key: [key]")
    }

    @Test(arguments: ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
    func `an error that may pass is tried again`(_ status: String) async throws {
        try await Upstream.with(.reply(status, "later"), .reply(status, "later"), good) {
            (upstream, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(upstream.received.count == 3)
        }
    }

    @Test func `a connection that is cut before the reply is tried again`() async throws {
        try await Upstream.with(.close, good) { (upstream, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(upstream.received.count == 2)
        }
    }

    @Test func `an upstream that is always busy is tried three times`() async throws {
        let failure = try await failure(.reply("429 Too Many Requests", "{}"))
        #expect(failure.kind == .rateLimited)
        #expect(failure.requests == 3)
    }

    @Test func `Retry-After is waited for`() async throws {
        try await Upstream.with(.reply("429 Too Many Requests", "", headers: "Retry-After: 1\r\n"), good) {
            (upstream, endpoint, client) async throws in
            let clock = ContinuousClock()
            let start = clock.now
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(clock.now - start >= .seconds(1))
        }
    }

    @Test func `an upstream that asks for a long pause is not tried again`() async throws {
        let failure = try await failure(.reply("429 Too Many Requests", "", headers: "Retry-After: 30\r\n"))
        #expect(failure.kind == .rateLimited)
        #expect(failure.requests == 1)
    }

    @Test func `no attempt begins after the time for the first token`() async throws {
        let failure = try await failure(
            .reply("503 Service Unavailable", "", headers: "Retry-After: 2\r\n"), firstToken: .milliseconds(1800))
        #expect(failure.kind == .upstreamFailure(status: 503))
        #expect(failure.requests == 1)
    }

    @Test func `an error that never ends is cut off`() async throws {
        let script = Script.head("400 Bad Request", type: "text/plain")
            .flood(String(repeating: "no ", count: 1000), times: 10_000)
        let failure = try await failure(script)
        #expect(failure.kind == .badRequest)
        #expect(failure.detail.count == 2000)
    }

    @Test func `silence before the reply times out`() async throws {
        let failure = try await failure(.silence, firstToken: .seconds(1))
        #expect(failure.kind == .timedOut)
        #expect(failure.requests <= 1)
    }

    @Test func `silence before the first token times out, comments or not`() async throws {
        let script = Script.events(Event.chunk(delta: #"{"role":"assistant"}"#), end: false)
            .repeating(100) { $0.pause(50).chunk(": wait\n\n") }
        let failure = try await failure(script, firstToken: .seconds(1), idle: .milliseconds(200))
        #expect(failure.kind == .timedOut)
        #expect(failure.chunks.isEmpty)
    }

    @Test func `silence in the middle times out`() async throws {
        let failure = try await failure(.events(Event.content("Hi"), end: false), idle: .milliseconds(300))
        #expect(failure.kind == .timedOut)
        #expect(failure.chunks == [.content("Hi")])
    }

    @Test func `an answer may take longer than any timeout as long as it moves`() async throws {
        let script = Script.head().repeating(10) { $0.pause(250).chunk(Event.content("x")) }
            .chunk(Event.stop + Event.done).end()
        try await Upstream.with(script) { (_, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.firstTokenTimeout = .seconds(2)
            endpoint.idleTimeout = .seconds(2)
            let chunks = try await client.ask(endpoint).all()
            #expect(chunks == Array(repeating: .content("x"), count: 10) + [.finished(.stop, nil)])
        }
    }

    @Test func `a slow reader is not taken for a silent upstream`() async throws {
        let script = Script.events(Event.content("Hi"), end: false)
            .wait().chunk(Event.stop + Event.done).end()
        try await Upstream.with(script) { (upstream, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.idleTimeout = .seconds(1)
            var chunks: [ModelChunk] = []
            for try await element in client.ask(endpoint) {
                chunks += element
                try await Task.sleep(for: .milliseconds(1300))
                upstream.goOn()
            }
            #expect(chunks == answer)
        }
    }

    @Test func `a stream that breaks off in a chunk fails after what came before`() async throws {
        let half = String(Event.content("lo").dropLast(20))
        let inChunk = Script.head().chunk(Event.content("Hi")).raw("ff\r\n" + half).pause(50).close()
        let toTheEnd = Script.raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            .raw(Event.content("Hi") + half).close()
        let inEvent = Script.head().chunk(Event.content("Hi")).chunk(half).end()
        for script in [inChunk, toTheEnd, inEvent] {
            let failure = try await failure(script)
            #expect(failure.kind == .upstreamFailure(status: 200) || failure.kind == .protocolViolation)
            #expect(failure.chunks == [.content("Hi")])
            #expect(failure.requests == 1)
        }
    }

    @Test func `a stream that ends without a reason is none`() async throws {
        let failure = try await failure(.events(Event.content("Hi")))
        #expect(failure.kind == .protocolViolation)
        #expect(failure.chunks == [.content("Hi")])
    }

    @Test(arguments: ["data: garbage\n\n", "data: {\"choices\":[{]}\n\n", "data: \"text\"\n\n", "data: {\u{7}}\n\n"])
    func `garbage is no answer`(_ event: String) async throws {
        let failure = try await failure(.events(Event.content("Hi"), event, Event.stop, Event.done))
        #expect(failure.kind == .protocolViolation)
        #expect(failure.chunks == [.content("Hi")])
        #expect(!failure.detail.contains("garbage"))
    }

    @Test(arguments: ["", "{}", "{\"choices\":[]}", "{\"choices\":"])
    func `a JSON reply without an answer is none`(_ body: String) async throws {
        #expect(try await failure(.reply("200 OK", body)).kind == .protocolViolation)
    }

    @Test func `what is no HTTP is no answer`() async throws {
        #expect(try await failure(Script.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n").close()).kind == .protocolViolation)
    }

    @Test func `a line of 10 MB is refused`() async throws {
        let script = Script.head().chunk(Event.content("Hi")).chunk("data: ")
            .flood(String(repeating: "x", count: 1 << 20), times: 10)
        let failure = try await failure(script)
        #expect(failure.kind == .tooLarge)
        #expect(failure.chunks == [.content("Hi")])
    }

    @Test func `a JSON reply of 10 MB is refused`() async throws {
        let script = Script.head(type: "application/json").chunk("{\"a\":\"")
            .flood(String(repeating: "x", count: 1 << 20), times: 10)
        let failure = try await failure(script)
        #expect(failure.kind == .tooLarge)
    }

    @Test func `an error in the middle of a stream ends it with that error`() async throws {
        let failure = try await failure(
            .events(
                Event.content("Hi"),
                "data: {\"error\":{\"message\":\"rate limit reached for sk-secret\",\"type\":\"rate_limit_error\"}}\n\n",
                Event.stop, Event.done))
        #expect(failure.kind == .rateLimited)
        #expect(failure.chunks == [.content("Hi")])
        #expect(failure.requests == 1)
        #expect(failure.detail == "status 200: rate_limit_error, rate limit reached for [key]")
    }

    @Test func `an error that may pass is tried again even in a stream, before the first token`() async throws {
        try await Upstream.with(.events("data: {\"error\":{\"code\":503,\"message\":\"loading\"}}\n\n"), good) {
            (upstream, endpoint, client) async throws in
            #expect(try await client.ask(endpoint).all() == answer)
            #expect(upstream.received.count == 2)
        }
    }

    @Test func `after an error the stream is over`() async throws {
        try await Upstream.with(.reply("500 Internal Server Error", "")) { (upstream, endpoint, client) async throws in
            var iterator = client.ask(endpoint).makeAsyncIterator()
            await #expect(throws: ModelError.self) { try await iterator.next() }
            #expect(try await iterator.next() == nil)
            #expect(upstream.received.count == 1)
        }
    }
}
