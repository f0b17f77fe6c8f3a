import AsyncHTTPClient
import JSONKit
import Logging
import NIOCore
import NIOHTTP1

/// One iteration of a ``ModelStream``: sends the request, tries again where that may help, and reads the reply.
final class ModelStreamReader {
    /// How often a request is sent at most.
    private static let attemptLimit = 3
    /// How long to wait before the second and the third attempt.
    private static let backoff: [TimeAmount] = [.milliseconds(200), .milliseconds(600)]
    /// Upstreams that want to be left alone for longer are not tried again.
    private static let longestRetryAfter = 2
    /// How much of an error's text is read.
    private static let errorLimit = 64 << 10

    /// How the body of a reply is to be read.
    private enum Form {
        case events
        /// It may be a whole completion: so says its type. This is what has come of it.
        case document([UInt8])
    }

    private let stream: ModelStream
    private let begun = NIODeadline.now()
    private let firstTokenDeadline: NIODeadline
    private var attempts = 0
    private var exchange: HTTPExchange?
    private var form = Form.events
    private var events = EventStreamDecoder()
    private var completion = CompletionDecoder()
    private var isStreaming = false
    /// What the upstream asked to be waited before the next attempt, in seconds.
    private var retryAfter: Int?
    /// Thrown by the next call, as this one had chunks to return.
    private var pendingError: ModelError?
    private var isOver = false

    init(_ stream: ModelStream) {
        self.stream = stream
        firstTokenDeadline = begun + Self.amount(stream.endpoint.firstTokenTimeout)
    }

    deinit {
        if !isOver {
            exchange?.fail(.cancelled)
            if attempts > 0 { log("dropped") }
        }
    }

    /// The next chunks; nil after the last.
    func next(isolation: isolated (any Actor)?) async throws(ModelError) -> [ModelChunk]? {
        if let error = pendingError { throw end(error) }
        while !isOver {
            do throws(ModelError) {
                let chunks = try await advance(isolation: isolation)
                if !chunks.isEmpty { return chunks }
            } catch {
                exchange?.fail(.cancelled)
                guard let delay = delayBeforeRetry(after: error) else { throw end(error) }
                exchange = nil
                do { try await Task.sleep(for: Duration(delay)) } catch { throw end(.cancelled) }
            }
        }
        return nil
    }

    // MARK: - Sending

    /// Sends the request and reads until the reply begins.
    private func open(isolation: isolated (any Actor)?) async throws(ModelError) {
        let asksForUsage = stream.client.tellsUsage(stream.endpoint.baseURL)
        let request = try makeRequest(asksForUsage: asksForUsage)
        attempts += 1
        retryAfter = nil
        form = .events
        events = EventStreamDecoder()
        completion = CompletionDecoder()
        let exchange = HTTPExchange(
            deadlines: HTTPExchange.Deadlines(
                connected: .now() + Self.amount(stream.endpoint.connectTimeout), firstToken: firstTokenDeadline,
                idle: Self.amount(stream.endpoint.idleTimeout)))
        self.exchange = exchange
        exchange.start(request, on: stream.client.http)
        guard case .head(let head) = try await exchange.next() else {
            throw ModelError(.protocolViolation, "a reply without a head")
        }
        if (200..<300).contains(head.status.code) {
            let type = head.headers.first(name: "Content-Type")?.lowercased()
            if type?.hasPrefix("application/json") == true { form = .document([]) }
            return
        }
        retryAfter = head.headers.first(name: "Retry-After").flatMap { Int($0) }
        let body = try await readError(exchange, isolation: isolation)
        let error = ModelError(status: Int(head.status.code), body: body)
        if asksForUsage, error.kind == .badRequest, error.detail.contains("stream_options") {
            stream.client.noteRefusedUsage(stream.endpoint.baseURL)
            attempts -= 1
            try await open(isolation: isolation)
            return
        }
        throw error
    }

    private func makeRequest(asksForUsage: Bool) throws(ModelError) -> HTTPClient.Request {
        let endpoint = stream.endpoint
        var headers = HTTPHeaders([
            ("Content-Type", "application/json"), ("Accept", "text/event-stream, application/json"),
            ("Accept-Encoding", "identity"), ("User-Agent", "ModelClient/1"),
        ])
        if let key = endpoint.apiKey {
            guard key.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw ModelError(.unauthorized, "the key holds characters that cannot be sent")
            }
            headers.add(name: "Authorization", value: "Bearer \(key)")
        }
        var writer = JSONWriter(capacity: 4096)
        do {
            try RequestBody(request: stream.request, model: endpoint.model, asksForUsage: asksForUsage)
                .write(to: &writer)
        } catch {
            throw ModelError(.badRequest, "the request holds a number that JSON cannot express")
        }
        let body = writer.withBytes { ByteBuffer(bytes: $0) }
        var url = endpoint.baseURL
        while url.hasSuffix("/") { url.removeLast() }
        do {
            return try HTTPClient.Request(
                url: url + "/chat/completions", method: .POST, headers: headers, body: .byteBuffer(body))
        } catch {
            throw ModelError(.badRequest, "the address cannot be used: \(ModelError(error, status: nil).detail)")
        }
    }

    /// The text of an error, as far as it comes.
    private func readError(
        _ exchange: HTTPExchange, isolation: isolated (any Actor)?
    ) async throws(ModelError) -> [UInt8] {
        var body: [UInt8] = []
        do throws(ModelError) {
            while body.count < Self.errorLimit, case .body(let parts) = try await exchange.next() {
                for part in parts { body.append(contentsOf: part.readableBytesView) }
            }
        } catch {
            // The status says enough; but somebody who cancels wants no error of the upstream's.
            if error.kind == .cancelled { throw error }
        }
        if body.count >= Self.errorLimit {
            exchange.fail(.cancelled)
            body.removeLast(body.count - Self.errorLimit)
        }
        return body
    }

    /// How long to wait before the request is sent again; nil if it is not.
    private func delayBeforeRetry(after error: ModelError) -> TimeAmount? {
        guard !isStreaming, error.isPassing, attempts > 0, attempts < Self.attemptLimit else { return nil }
        let pause = Self.backoff[attempts - 1].nanoseconds
        var delay = TimeAmount.nanoseconds(Int64(Double(pause) * Double.random(in: 0.75...1.25)))
        if let retryAfter {
            guard retryAfter <= Self.longestRetryAfter else { return nil }
            delay = max(delay, .seconds(Int64(retryAfter)))
        }
        return NIODeadline.now() + delay < firstTokenDeadline ? delay : nil
    }

    /// The duration, but no more than a day: deadlines far enough away overflow.
    private static func amount(_ duration: Duration) -> TimeAmount {
        TimeAmount(min(duration, .seconds(86_400)))
    }

    // MARK: - Reading

    /// What the next arrival brings, perhaps nothing.
    private func advance(isolation: isolated (any Actor)?) async throws(ModelError) -> [ModelChunk] {
        if exchange == nil { try await open(isolation: isolation) }
        guard let exchange else { return [] }
        let arrival: HTTPExchange.Arrival
        do throws(ModelError) {
            arrival = try await exchange.next()
        } catch {
            // An answer that is complete is not spoilt by how the connection ends.
            guard completion.finishReason != nil, error.kind != .cancelled else { throw error }
            arrival = .end
        }
        var chunks: [ModelChunk] = []
        do throws(ModelError) {
            switch arrival {
            case .head: break
            case .body(let parts):
                for part in parts where !isOver { try read(part, into: &chunks) }
            case .end: try readEnd(into: &chunks)
            }
        } catch {
            if chunks.isEmpty { throw error }
            exchange.fail(.cancelled)
            pendingError = error
        }
        if !isStreaming, completion.hasBegun {
            isStreaming = true
            if !isOver, pendingError == nil { exchange.sawFirstToken() }
        }
        return chunks
    }

    private func read(_ part: ByteBuffer, into chunks: inout [ModelChunk]) throws(ModelError) {
        let bytes = part.readableBytesView
        switch form {
        case .events:
            let result = bytes.withUnsafeBytes { bytes in
                Result { () throws(ModelError) in try readEvents(bytes, into: &chunks) }
            }
            try result.get()
        case .document(var document):
            form = .events  // so that the array is not copied
            let piece = document.isEmpty ? bytes.drop { $0 <= 0x20 } : bytes
            guard document.count + piece.count <= EventStreamDecoder.limit else {
                throw ModelError(.tooLarge, "the reply is longer than \(EventStreamDecoder.limit >> 20) MB")
            }
            document.append(contentsOf: piece)
            if let first = document.first, first != UInt8(ascii: "{") {
                // Events after all.
                let result = document.withUnsafeBytes { bytes in
                    Result { () throws(ModelError) in try readEvents(bytes, into: &chunks) }
                }
                try result.get()
            } else {
                form = .document(document)
            }
        }
    }

    private func readEvents(
        _ bytes: UnsafeRawBufferPointer, into chunks: inout [ModelChunk]
    ) throws(ModelError) {
        try events.decode(bytes) { (data) throws(ModelError) in try readEvent(data, into: &chunks) }
    }

    private func readEvent(_ data: UnsafeRawBufferPointer, into chunks: inout [ModelChunk]) throws(ModelError) {
        // Nothing counts after the end.
        guard !isOver, let first = data.first(where: { $0 > 0x20 }) else { return }
        if first == UInt8(ascii: "["), data.starts(with: "[DONE]".utf8) {
            try finish(wasAnnounced: true, into: &chunks)
        } else {
            try completion.decode(data, into: &chunks)
        }
    }

    private func readEnd(into chunks: inout [ModelChunk]) throws(ModelError) {
        switch form {
        case .events:
            try events.finish { (data) throws(ModelError) in try readEvent(data, into: &chunks) }
            if !isOver { try finish(wasAnnounced: false, into: &chunks) }
        case .document(let document):
            let result = document.withUnsafeBytes { bytes in
                Result { () throws(ModelError) in try completion.decode(bytes, into: &chunks) }
            }
            try result.get()
            try finish(wasAnnounced: true, into: &chunks)
        }
    }

    // MARK: - The end

    private func finish(wasAnnounced: Bool, into chunks: inout [ModelChunk]) throws(ModelError) {
        try completion.finish(wasAnnounced: wasAnnounced, into: &chunks)
        isOver = true
        exchange?.drain()
        log("finished")
    }

    /// Ends with an error, and gives it the form in which it leaves the kit.
    private func end(_ error: ModelError) -> ModelError {
        isOver = true
        pendingError = nil
        exchange?.fail(.cancelled)
        log("\(error.kind)")
        return error.forLog(hiding: stream.endpoint.apiKey)
    }

    private func log(_ outcome: String) {
        stream.logger.debug(
            "model request",
            metadata: [
                "model": "\(stream.endpoint.model)", "outcome": "\(outcome)", "attempts": "\(attempts)",
                "milliseconds": "\((NIODeadline.now() - begun).nanoseconds / 1_000_000)",
            ])
    }
}
