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
    private static let discardLimit = 256 << 20

    /// A connection on which nothing comes for as long as this, twice at most, is closed.
    private static let idleTimeout = TimeAmount.seconds(75)

    private enum State {
        case idle
        case receiving(HTTPRequestHead, ByteBuffer?)
        /// The body is over the limit: it was refused, and what still comes of it is thrown away.
        case discarding(bytes: Int)
        case answering
        /// Nothing more is read or written.
        case closed
    }

    private let responder: Responder
    private var state = State.idle
    private var closesAfterAnswer = false
    private var executor: LoopExecutor?
    /// Whether anything came since the last look.
    private var isActive = false
    private var idleWatch: RepeatedTask?

    init(responder: Responder) { self.responder = responder }

    func handlerAdded(context: ChannelHandlerContext) {
        executor = LoopExecutor(context.eventLoop)
        // Cheaper than NIO's IdleStateHandler, which asks for the time at every read and write.
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        idleWatch = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.idleTimeout, delay: Self.idleTimeout) { _ in
            bound.value.0.closeIfIdle(bound.value.1)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { idleWatch?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isActive = true
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): receive(head, context)
        case (.body(let part), .receiving(let head, let body)): receive(part, after: body, head, context)
        case (.body(let part), .discarding(let bytes)):
            state = .discarding(bytes: bytes + part.readableBytes)
            if bytes > Self.discardLimit { context.close(promise: nil) }
        case (.end, .receiving(let head, let body)):
            state = .answering
            answer(head, body, context)
        case (.end, .discarding):
            state = .idle
            if closesAfterAnswer { context.close(promise: nil) }
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // The client sends no more; it still gets the answer it waits for.
            if case .answering = state { closesAfterAnswer = true } else { context.close(promise: nil) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.close(promise: nil) }
        if case .answering = state { return context.close(promise: nil) }
        state = .answering
        closesAfterAnswer = true
        write(
            responder.refuse(APIError(.invalidHTTP)), to: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"),
            closes: true, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        context.fireChannelInactive()
    }

    private func closeIfIdle(_ context: ChannelHandlerContext) {
        defer { isActive = false }
        // A request that is being answered is not idle, however long that takes.
        if case .answering = state { return }
        if !isActive { context.close(promise: nil) }
    }

    // MARK: Receiving

    private static let tooLarge = APIError(
        .bodyTooLarge, "The request body is over the limit of \(bodyLimit >> 20) MB")

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        closesAfterAnswer = !head.isKeepAlive
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        let waits = head.headers.first(name: "Expect")?.lowercased() == "100-continue"
        if length > Self.bodyLimit {
            // A client that waits for a word before it sends its body is told not to, so no body follows.
            closesAfterAnswer = closesAfterAnswer || waits
            return refuse(head, bodyFollows: !waits, context)
        }
        if waits {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
        state = .receiving(head, nil)
    }

    private func receive(
        _ part: ByteBuffer, after body: ByteBuffer?, _ head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        guard var body else {
            state = .receiving(head, part)
            return
        }
        if body.readableBytes + part.readableBytes > Self.bodyLimit { return refuse(head, bodyFollows: true, context) }
        // The state must not hold the buffer while it grows, or every part would copy it.
        state = .idle
        body.writeImmutableBuffer(part)
        state = .receiving(head, body)
    }

    /// Answers at once that the body is too large. The rest of it is still read, since many clients read no answer
    /// before they have sent all.
    private func refuse(_ head: HTTPRequestHead, bodyFollows: Bool, _ context: ChannelHandlerContext) {
        state = .answering
        write(responder.refuse(Self.tooLarge), to: head, closes: !bodyFollows, context)
        if bodyFollows { state = .discarding(bytes: 0) }
    }

    // MARK: Answering

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        Task.immediate(executorPreference: executor) { [responder] in
            let reply = await responder.respond(to: head, body: body)
            let loop = bound.eventLoop
            if loop.inEventLoop {
                bound.value.0.write(reply, to: head, closes: true, bound.value.1)
            } else {
                loop.execute { bound.value.0.write(reply, to: head, closes: true, bound.value.1) }
            }
        }
    }

    /// - Parameter closes: whether to close the connection after the answer, if it is to be closed at all.
    private func write(_ reply: HTTPReply, to head: HTTPRequestHead, closes: Bool, _ context: ChannelHandlerContext) {
        // The client may have gone meanwhile.
        guard case .answering = state else { return }
        var headers = HTTPHeaders()
        headers.reserveCapacity(4 + reply.headers.count)
        headers.add(name: "Content-Type", value: reply.contentType)
        headers.add(name: "Content-Length", value: String(reply.body.readableBytes))
        headers.add(name: "X-Tt-Logid", value: reply.logID)
        for (name, value) in reply.headers { headers.add(name: name, value: value) }
        if closesAfterAnswer {
            headers.add(name: "Connection", value: "close")
        } else if head.version.minor == 0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        state = .idle
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: reply.status, headers: headers))),
            promise: nil)
        if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil) }
        if closesAfterAnswer, closes {
            state = .closed
            context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        } else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
