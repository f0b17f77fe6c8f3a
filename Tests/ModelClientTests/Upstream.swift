import JSONKit
import Logging
import ModelClient
import NIOCore
import NIOPosix
import Synchronization

/// A server on a free port of this machine that plays one script for each request it gets.
final class Upstream: Sendable {
    struct Received: Sendable {
        var head: String
        var body: [UInt8]

        var json: JSON? { try? JSON(parsing: body) }
    }

    private struct Record {
        var received: [Received] = []
        var written = 0
        var opened = 0
        var open = 0
        var played = 0
        var permits = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let scripts: [Script]
    private let record = Mutex(Record())

    private init(scripts: [Script]) {
        self.scripts = scripts
    }

    /// The requests that came, in their order.
    var received: [Received] { record.withLock { $0.received } }
    /// How many bytes the kernel took.
    var written: Int { record.withLock { $0.written } }
    /// How many scripts came to their end.
    var playedCount: Int { record.withLock { $0.played } }
    /// How many connections there were so far.
    var openedCount: Int { record.withLock { $0.opened } }
    /// How many there are now.
    var openCount: Int { record.withLock { $0.open } }

    /// Runs a test with a server. The last script is played for all requests after it, too.
    static func with<Result>(
        _ scripts: Script..., test: (Upstream, ModelEndpoint, ModelClient) async throws -> Result
    ) async throws -> Result {
        let upstream = Upstream(scripts: scripts)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.socketOption(.so_sndbuf), value: 64 << 10)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Player(upstream))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = ModelClient()
        let endpoint = ModelEndpoint(
            baseURL: "http://127.0.0.1:\(server.localAddress?.port ?? 0)/v1", apiKey: "sk-secret", model: "small",
            firstTokenTimeout: .seconds(20), idleTimeout: .seconds(20))
        do {
            let result = try await test(upstream, endpoint, client)
            await client.shutdown()
            try await server.close()
            return result
        } catch {
            await client.shutdown()
            try? await server.close()
            throw error
        }
    }

    /// Lets a script that waits, or that will, go on.
    func goOn() {
        let waiting = record.withLock { record -> (@Sendable () -> Void)? in
            if record.waiting.isEmpty {
                record.permits += 1
                return nil
            }
            return record.waiting.removeFirst()
        }
        waiting?()
    }

    /// A port on which nobody listens.
    static func deadPort() async throws -> Int {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        try await server.close()
        return port
    }

    fileprivate func connectionOpened() { record.withLock { ($0.opened, $0.open) = ($0.opened + 1, $0.open + 1) } }
    fileprivate func connectionClosed() { record.withLock { $0.open -= 1 } }

    fileprivate func answer(_ request: Received, on channel: any Channel) {
        let number = record.withLock { record in
            record.received.append(request)
            return record.received.count - 1
        }
        play(scripts[min(number, scripts.count - 1)].steps[...], on: channel)
    }

    private func play(_ steps: ArraySlice<Script.Step>, on channel: any Channel) {
        let rest = steps.dropFirst()
        switch steps.first {
        case nil: record.withLock { $0.played += 1 }
        case .send(let bytes):
            write(bytes, on: channel) { self.play(rest, on: channel) }
        case .pause(let milliseconds):
            channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { self.play(rest, on: channel) }
        case .wait:
            let mayGoOn = record.withLock { record in
                if record.permits > 0 {
                    record.permits -= 1
                    return true
                }
                record.waiting.append { self.play(rest, on: channel) }
                return false
            }
            if mayGoOn { play(rest, on: channel) }
        case .close: channel.close(promise: nil)
        case .flood(let bytes, let times):
            write(bytes, on: channel) {
                let again: [Script.Step] = times > 1 ? [.flood(bytes, times: times - 1)] : []
                self.play(again + rest, on: channel)
            }
        }
    }

    private func write(_ bytes: [UInt8], on channel: any Channel, then goOn: @escaping @Sendable () -> Void) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenSuccess {
            self.record.withLock { $0.written += bytes.count }
            goOn()
        }
    }
}

/// Takes requests off a connection.
private final class Player: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let upstream: Upstream
    private var input: [UInt8] = []

    init(_ upstream: Upstream) {
        self.upstream = upstream
    }

    func channelActive(context: ChannelHandlerContext) { upstream.connectionOpened() }
    func channelInactive(context: ChannelHandlerContext) { upstream.connectionClosed() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        input += unwrapInboundIn(data).readableBytesView
        guard let headEnd = input.indices.first(where: { input[$0...].starts(with: "\r\n\r\n".utf8) }) else { return }
        let head = String(decoding: input[..<headEnd], as: UTF8.self)
        let length =
            head.split(separator: "\r\n").lazy.map { $0.lowercased() }
            .first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
        let body = input[(headEnd + 4)...]
        guard body.count >= length else { return }
        let request = Upstream.Received(head: head, body: Array(body.prefix(length)))
        input = Array(body.dropFirst(length))
        upstream.answer(request, on: context.channel)
    }
}

/// What an upstream does with a request, step by step.
struct Script: Sendable {
    enum Step: Sendable {
        case send([UInt8])
        case pause(milliseconds: Int64)
        /// Until the test says ``Upstream/goOn()``.
        case wait
        case close
        /// The same bytes again and again, as fast as the client takes them.
        case flood([UInt8], times: Int)
    }

    private(set) var steps: [Step] = []

    /// Says nothing at all.
    static let silence = Script()
    static let close = Script().close()

    /// A stream in which each text is a chunk of the body of its own. All of it leaves in one write.
    static func events(_ texts: String..., end: Bool = true) -> Script { events(texts, end: end) }

    static func events(_ texts: [String], end: Bool = true) -> Script {
        var bytes = headText("200 OK", "text/event-stream")
        for text in texts { bytes += chunkText(text) }
        if end { bytes += "0\r\n\r\n" }
        return raw(bytes)
    }

    /// The head of a stream.
    static func head(_ status: String = "200 OK", type: String = "text/event-stream") -> Script {
        raw(headText(status, type))
    }

    /// A reply of known length.
    static func reply(
        _ status: String, _ body: String, type: String = "application/json", headers: String = ""
    ) -> Script {
        raw(
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
                + "\(headers)\r\n\(body)")
    }

    static func raw(_ text: String) -> Script { Script().raw(text) }

    /// Sends bytes as they stand.
    func raw(_ text: String) -> Script { adding(.send(Array(text.utf8))) }
    func bytes(_ bytes: [UInt8]) -> Script { adding(.send(bytes)) }
    /// Sends a chunk of the body.
    func chunk(_ text: String) -> Script { raw(Self.chunkText(text)) }
    /// Sends the end of the body.
    func end() -> Script { raw("0\r\n\r\n") }
    func pause(_ milliseconds: Int64) -> Script { adding(.pause(milliseconds: milliseconds)) }
    func wait() -> Script { adding(.wait) }
    func close() -> Script { adding(.close) }
    func flood(_ text: String, times: Int) -> Script { adding(.flood(Array(Self.chunkText(text).utf8), times: times)) }

    func repeating(_ times: Int, _ add: (Script) -> Script) -> Script {
        var script = self
        for _ in 0..<times { script = add(script) }
        return script
    }

    private func adding(_ step: Step) -> Script {
        var script = self
        script.steps.append(step)
        return script
    }

    private static func headText(_ status: String, _ type: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n"
    }

    private static func chunkText(_ text: String) -> String {
        "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
    }
}

/// Events of a streamed completion.
enum Event {
    static let done = "data: [DONE]\n\n"
    static let stop = chunk(delta: "{}", finish: "stop")
    static let calls = chunk(delta: "{}", finish: "tool_calls")

    static func content(_ text: String) -> String { chunk(delta: #"{"content":"\#(text)"}"#) }

    static func chunk(delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"small",\
            "choices":[{"index":0,"delta":\(delta),"logprobs":null,"finish_reason":\(reason)}]}\n\n
            """
    }
}

extension ModelClient {
    func ask(_ endpoint: ModelEndpoint, _ text: String = "Hello") -> ModelStream {
        stream(
            ModelRequest(messages: [ModelMessage(role: .user, content: [.text(text)])]), to: endpoint,
            logger: Logger(label: "test"))
    }
}

extension ModelStream {
    /// All chunks.
    func all() async throws -> [ModelChunk] {
        var chunks: [ModelChunk] = []
        for try await element in self { chunks += element }
        return chunks
    }

    /// The chunks that came before an error, and the error.
    func failure(_ sawElement: () -> Void = {}) async -> (chunks: [ModelChunk], error: ModelError?) {
        var chunks: [ModelChunk] = []
        do {
            for try await element in self {
                chunks += element
                sawElement()
            }
            return (chunks, nil)
        } catch {
            return (chunks, error)
        }
    }
}

/// Waits until something holds; false if it does not for ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while !condition() {
        guard clock.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}
