import APIKit
import NIOCore
import NIOHTTP1

/// Serves the requests of one connection, one after the other, on its event loop.
///
/// A request is answered by a task that starts on the loop at once and returns to it after each wait, so an answer
/// that needs no waiting never leaves the loop. `HTTPServerPipelineHandler` before it holds back what a client sends
/// ahead and closes the connection when the server shuts down.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// The most bytes of a body. The documented limit of all but the workflow endpoints.
    static let bodyLimit = 15 << 20
    /// What more of a refused body is read, so that the client gets to read the refusal, before the connection is cut.
    private static let discardLimit = 640 << 20

    /// The time from one look at the client to the next: it is cut after this or twice as long.
    private static let timeBetweenLooks = TimeAmount.seconds(75)
    /// The same while the server shuts down, and has no time for clients that do nothing.
    private static let timeBetweenLastLooks = TimeAmount.seconds(1)

    private enum State {
        case idle
        case receiving(HTTPRequestHead)
        /// The body is a file: it is being handled while it comes.
        case uploading(BodyPipe)
        /// The body is over the limit: it was refused, and what still comes of it is thrown away.
        case discarding(bytes: Int)
        case answering
        /// The head of an answer is written, and its body follows piece by piece.
        case streaming
        /// Nothing more is read or written.
        case closed
    }

    private let responder: Responder
    private var state = State.idle
    /// What has come of the body. Beside the state and not in it, so that it grows in place.
    private var body: ByteBuffer?
    private var closesAfterAnswer = false
    /// Whether the client has said that it sends no more.
    private var isInputClosed = false
    /// Whether an answer is written and waits for the client to read.
    private var awaitsReader = false
    /// Whether the client waits for a word before it sends its file.
    private var awaitsContinue = false
    /// Whether the answer that is being written is one of chunks, which are framed before they are handed over. NIO's
    /// encoder would make three buffers of each, and three writes.
    private(set) var isChunked = false
    /// What is before NIO's encoder on the way out.
    private var encoder: ChannelHandlerContext?
    /// A stream that waits for the client to read.
    private var writer: UnsafeContinuation<Void, any Error>?
    /// The end of the last answer.
    private var lastWrite: EventLoopFuture<Void>?
    private var executor: LoopExecutor?
    private var stalls = StallWatch()
    private var looks: RepeatedTask?
    private var isShuttingDown = false

    init(responder: Responder) { self.responder = responder }

    func handlerAdded(context: ChannelHandlerContext) {
        executor = LoopExecutor(context.eventLoop)
        encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        lookEvery(Self.timeBetweenLooks, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        looks?.cancel()
        encoder = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .body(let bytes) = part { stalls.receive(bytes.readableBytes) } else { stalls.receive(1) }
        switch (part, state) {
        case (.head(let head), .idle): receive(head, context)
        case (.body(let part), .receiving(let head)): receive(part, head, context)
        case (.body(let part), .uploading(let pipe)):
            awaitsContinue = false
            pipe.push(part)
        case (.body(let part), .discarding(let bytes)):
            state = .discarding(bytes: bytes + part.readableBytes)
            if bytes > Self.discardLimit { context.close(promise: nil) }
        case (.end, .receiving(let head)):
            state = .answering
            answer(head, takeBody().map { .whole($0) } ?? .none, context)
        case (.end, .uploading(let pipe)):
            state = .answering
            pipe.complete()
        case (.end, .discarding):
            state = .idle
            if closesAfterAnswer { closeAfterLastAnswer(context) }
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // The client sends no more; it still gets the answers it waits for.
            isInputClosed = true
            switch state {
            case .answering, .streaming: break
            default: closeAfterLastAnswer(context)
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.close(promise: nil) }
        switch state {
        case .idle, .receiving: break
        // There is an answer already, and nobody could tell whose a second one is.
        case .uploading, .answering, .streaming, .discarding, .closed: return closeAfterLastAnswer(context)
        }
        closesAfterAnswer = true
        let unknown = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        refuse(unknown, APIError(.invalidHTTP), bodyFollows: false, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        _ = takeBody()
        if case .uploading(let pipe) = state { pipe.fail() }
        state = .closed
        resumeWriter()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if awaitsReader { end(then: .idle, context) }
            resumeWriter()
        }
        context.fireChannelWritabilityChanged()
    }

    private func closeAfterLastAnswer(_ context: ChannelHandlerContext) {
        if case .uploading(let pipe) = state { pipe.fail() }
        state = .closed
        resumeWriter()
        guard let lastWrite else { return context.close(promise: nil) }
        lastWrite.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    // MARK: Looking after the client

    /// Cheaper than NIO's IdleStateHandler, which asks for the time at every read and write.
    private func lookEvery(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        looks = context.eventLoop.scheduleRepeatedTask(initialDelay: time, delay: time) { _ in
            bound.value.0.look(bound.value.1)
        }
    }

    /// The server shuts down: requests still have some seconds to end in, unless their clients do nothing.
    func shutDown(_ context: ChannelHandlerContext) {
        isShuttingDown = true
        looks?.cancel()
        lookEvery(Self.timeBetweenLastLooks, context)
    }

    /// Closes the connection if the client lets it wait.
    private func look(_ context: ChannelHandlerContext) {
        let channel = context.channel
        let wait: StallWatch.Wait
        switch state {
        case .receiving: wait = .body
        case .discarding: wait = .longBody
        case .uploading(let pipe):
            // A client that is told to wait is not slow. At the end there is no time for slow disks either.
            let isHeldBack = awaitsContinue || pipe.wasPaused() && !isShuttingDown
            wait = isHeldBack ? .server : .longBody
        case .idle, .answering, .streaming, .closed:
            if let unsent = try? channel.syncOptions?.getOption(.bufferedWritableBytes), unsent > 0 {
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                return channel.acknowledgedBytes.whenSuccess {
                    bound.value.0.closeIfStalled(.reader(acknowledged: $0), bound.value.1)
                }
            }
            switch state {
            case .answering, .streaming: wait = .server
            default: wait = .request
            }
        }
        closeIfStalled(wait, context)
    }

    private func closeIfStalled(_ wait: StallWatch.Wait, _ context: ChannelHandlerContext) {
        if stalls.isStalled(wait) { context.close(promise: nil) }
    }

    // MARK: Receiving

    private static let tooLarge = APIError(
        .bodyTooLarge, "The request body is over the limit of \(bodyLimit >> 20) MB")

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        closesAfterAnswer = !head.isKeepAlive
        stalls.begin()
        let isUpload = responder.takesUpload(head)
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        let waits =
            head.version.minor > 0 && head.headers.first(name: "Expect")?.lowercased() == "100-continue"
        if length > Self.bodyLimit, !isUpload {
            // A client that waits for a word before it sends its body is told not to, so no body follows.
            closesAfterAnswer = closesAfterAnswer || waits
            return refuse(head, Self.tooLarge, bodyFollows: !waits, context)
        }
        // Whether a file is wanted is known when it is asked for.
        awaitsContinue = waits
        if isUpload { return receiveUpload(head, context) }
        state = .receiving(head)
        askForBody(context)
    }

    /// Tells a client that waits for it to send its body.
    private func askForBody(_ context: ChannelHandlerContext) {
        guard awaitsContinue else { return }
        switch state {
        case .receiving, .uploading: break
        case .idle, .discarding, .answering, .streaming, .closed: return
        }
        awaitsContinue = false
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }

    /// Starts the answer to a request whose body is a file, before the body has come.
    private func receiveUpload(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let channel = context.channel
        let pipe = BodyPipe { isReading in
            channel.setOption(.autoRead, value: isReading).whenFailure { _ in }
        }
        state = .uploading(pipe)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let waits = awaitsContinue
        let body = RequestBody(
            contentType: head.headers.first(name: "Content-Type"),
            length: head.headers.first(name: "Content-Length").flatMap { Int($0) }
        ) {
            if waits { await bound.run { $0.askForBody($1) } }
            return try await pipe.next()
        }
        answer(head, .stream(body), context)
    }

    private func receive(_ part: ByteBuffer, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard responder.bodies.add(part.readableBytes) else {
            return refuse(head, APIError(.bodyTooLarge, "The server is receiving too much at once"), context)
        }
        if body == nil { body = part } else { body!.writeImmutableBuffer(part) }
        if body!.readableBytes > Self.bodyLimit { refuse(head, Self.tooLarge, context) }
    }

    /// The body, which no longer counts as being received.
    private func takeBody() -> ByteBuffer? {
        guard let taken = body else { return nil }
        body = nil
        responder.bodies.remove(taken.readableBytes)
        return taken
    }

    /// Answers a request at once that has not come whole. The rest of its body, if any follows, is still read, since
    /// many clients read no answer before they have sent all.
    private func refuse(
        _ head: HTTPRequestHead, _ error: APIError, bodyFollows: Bool = true, _ context: ChannelHandlerContext
    ) {
        _ = takeBody()
        state = .answering
        write(responder.refuse(error, to: head), to: head, then: bodyFollows ? .discarding(bytes: 0) : .idle, context)
    }

    // MARK: Answering

    private func answer(_ head: HTTPRequestHead, _ body: Responder.Body, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let executor = executor ?? LoopExecutor(context.eventLoop)
        let peer = context.channel.remoteAddress
        Task.immediate(executorPreference: executor) { [responder] in
            let reply = await responder.respond(to: head, body: body, executor: executor, peer: peer)
            await bound.run { $0.write(reply, to: head, $1) }
            if case .whole = reply.body { return }
            if head.method == .HEAD { return await bound.run { $0.endStream(isWhole: true, $1) } }
            responder.metrics.streamBegins()
            defer { responder.metrics.streamEnds() }
            var isWhole = true
            do {
                try await ReplyWriter(bound: bound, isChunked: head.version.minor > 0).write(reply.body)
            } catch {
                isWhole = false
            }
            await bound.run { [isWhole] in $0.endStream(isWhole: isWhole, $1) }
        }
    }

    /// Writes an answer, or the head of one that is a stream.
    ///
    /// - Parameter next: what the connection does after the answer, unless it is closed.
    private func write(
        _ reply: HTTPReply, to head: HTTPRequestHead, then next: State = .idle, _ context: ChannelHandlerContext
    ) {
        var next = next
        switch state {
        case .answering: break
        case .uploading(let pipe):
            // Refused before all of it came. What still comes is thrown away.
            pipe.fail()
            context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
            // A client that still waits for a word takes the answer for it, and sends nothing.
            if awaitsContinue { closesAfterAnswer = true } else { next = .discarding(bytes: 0) }
            state = .answering
        // The client may have gone meanwhile.
        default: return
        }
        context.write(wrapOutboundOut(.head(responseHead(reply, to: head))), promise: nil)
        guard case .whole(let body) = reply.body else {
            state = .streaming
            return context.flush()
        }
        if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        if case .discarding = next { return end(then: next, context) }
        if context.channel.isWritable { return end(then: next, context) }
        // The client does not read. Until it does the answer is not ended, so that its next request is not begun.
        awaitsReader = true
        context.flush()
    }

    private func responseHead(_ reply: HTTPReply, to head: HTTPRequestHead) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(5 + reply.headers.count)
        // What can have no content has no length either (RFC 9110, 8.6).
        let hasContent = reply.status != .noContent
        if hasContent { headers.add(name: "Content-Type", value: reply.contentType) }
        switch reply.body {
        case .whole(let body):
            if hasContent { headers.add(name: "Content-Length", value: String(body.readableBytes)) }
        case .file(_, let count): headers.add(name: "Content-Length", value: String(count))
        // A stream's end is marked by its last chunk; in HTTP/1.0, which knows no chunks, by the connection's.
        case .events: if head.version.minor == 0 { closesAfterAnswer = true }
        }
        // The answer to HEAD has no body, and so not even a last chunk.
        if case .events = reply.body, head.method != .HEAD {
            isChunked = head.version.minor > 0
        } else {
            isChunked = false
        }
        if isChunked { headers.add(name: "Transfer-Encoding", value: "chunked") }
        headers.add(name: "X-Tt-Logid", value: reply.logID)
        for (name, value) in reply.headers { headers.add(name: name, value: value) }
        if closesAfterAnswer {
            headers.add(name: "Connection", value: "close")
        } else if head.version.minor == 0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        return HTTPResponseHead(version: head.version, status: reply.status, headers: headers)
    }

    // MARK: Streaming

    /// Writes a piece of a stream.
    ///
    /// - Returns: whether the client reads; if not, ``awaitWritable(_:_:)`` waits until it does.
    /// - Throws: if the client has gone.
    func send(_ piece: ByteBuffer, _ context: ChannelHandlerContext) throws(ReplyWriter.ClientGone) -> Bool {
        guard case .streaming = state else { throw .init() }
        if isChunked, let encoder {
            encoder.writeAndFlush(NIOAny(IOData.byteBuffer(piece)), promise: nil)
        } else {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
        }
        return context.channel.isWritable
    }

    func awaitWritable(_ continuation: UnsafeContinuation<Void, any Error>, _ context: ChannelHandlerContext) {
        writer = continuation
        if context.channel.isWritable { resumeWriter() }
        if case .streaming = state { return }
        resumeWriter()
    }

    private func resumeWriter() {
        guard let waiting = writer else { return }
        writer = nil
        if case .streaming = state { waiting.resume() } else { waiting.resume(throwing: ReplyWriter.ClientGone()) }
    }

    /// - Parameter isWhole: whether all of the stream was written. If not, cutting the connection is the only way to
    ///   tell the client.
    private func endStream(isWhole: Bool, _ context: ChannelHandlerContext) {
        guard case .streaming = state else { return }
        if isWhole { return end(then: .idle, context) }
        state = .closed
        context.close(promise: nil)
    }

    /// Ends the answer, which lets the next request through.
    private func end(then next: State, _ context: ChannelHandlerContext) {
        awaitsReader = false
        let isLast: Bool
        if case .discarding = next {
            isLast = false
            stalls.begin()
        } else {
            isLast = closesAfterAnswer
        }
        state = isLast ? .closed : next
        let promise = context.eventLoop.makePromise(of: Void.self)
        lastWrite = promise.futureResult
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        if isLast { return closeAfterLastAnswer(context) }
        // A next request that waited has begun meanwhile. If there is none and none can come, the connection is done.
        if isInputClosed, case .idle = state { closeAfterLastAnswer(context) }
    }
}

/// Runs tasks, and actors, on an event loop.
final class LoopExecutor: CallExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}
