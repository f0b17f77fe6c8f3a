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
    /// How many looks a request may take to come: five minutes, however steadily its body trickles.
    private static let receivingLooks = 4

    private enum State {
        case idle
        case receiving(HTTPRequestHead)
        /// The body is over the limit: it was refused, and what still comes of it is thrown away.
        case discarding(bytes: Int)
        case answering
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
    /// The end of the last answer.
    private var lastWrite: EventLoopFuture<Void>?
    private var executor: LoopExecutor?
    /// Whether anything came since the last look.
    private var isActive = false
    /// Looks since the present request began to come.
    private var looks = 0
    private var idleWatch: RepeatedTask?

    init(responder: Responder) { self.responder = responder }

    func handlerAdded(context: ChannelHandlerContext) {
        executor = LoopExecutor(context.eventLoop)
        // Cheaper than NIO's IdleStateHandler, which asks for the time at every read and write.
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        idleWatch = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.idleTimeout, delay: Self.idleTimeout) {
            _ in
            bound.value.0.closeIfIdle(bound.value.1)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { idleWatch?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isActive = true
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): receive(head, context)
        case (.body(let part), .receiving(let head)): receive(part, head, context)
        case (.body(let part), .discarding(let bytes)):
            state = .discarding(bytes: bytes + part.readableBytes)
            if bytes > Self.discardLimit { context.close(promise: nil) }
        case (.end, .receiving(let head)):
            state = .answering
            let body = takeBody()
            answer(head, body, context)
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
            if case .answering = state { break }
            closeAfterLastAnswer(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.close(promise: nil) }
        switch state {
        case .idle, .receiving: break
        // There is an answer already, and nobody could tell whose a second one is.
        case .answering, .discarding, .closed: return closeAfterLastAnswer(context)
        }
        closesAfterAnswer = true
        let unknown = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        refuse(unknown, APIError(.invalidHTTP), bodyFollows: false, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        _ = takeBody()
        state = .closed
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if awaitsReader, context.channel.isWritable { end(then: .idle, context) }
        context.fireChannelWritabilityChanged()
    }

    private func closeAfterLastAnswer(_ context: ChannelHandlerContext) {
        state = .closed
        guard let lastWrite else { return context.close(promise: nil) }
        lastWrite.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func closeIfIdle(_ context: ChannelHandlerContext) {
        defer { isActive = false }
        // A request that is being answered is not idle, however long that takes.
        if case .answering = state { return }
        looks += 1
        var isTooSlow = false
        if case .receiving = state { isTooSlow = looks > Self.receivingLooks }
        if !isActive || isTooSlow { context.close(promise: nil) }
    }

    // MARK: Receiving

    private static let tooLarge = APIError(
        .bodyTooLarge, "The request body is over the limit of \(bodyLimit >> 20) MB")

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        closesAfterAnswer = !head.isKeepAlive
        looks = 0
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        let waits = head.headers.first(name: "Expect")?.lowercased() == "100-continue"
        if length > Self.bodyLimit {
            // A client that waits for a word before it sends its body is told not to, so no body follows.
            closesAfterAnswer = closesAfterAnswer || waits
            return refuse(head, Self.tooLarge, bodyFollows: !waits, context)
        }
        if waits {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
        state = .receiving(head)
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
        write(responder.refuse(error), to: head, then: bodyFollows ? .discarding(bytes: 0) : .idle, context)
    }

    // MARK: Answering

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        Task.immediate(executorPreference: executor) { [responder] in
            let reply = await responder.respond(to: head, body: body)
            let loop = bound.eventLoop
            if loop.inEventLoop {
                bound.value.0.write(reply, to: head, bound.value.1)
            } else {
                loop.execute { bound.value.0.write(reply, to: head, bound.value.1) }
            }
        }
    }

    /// - Parameter next: what the connection does after the answer, unless it is closed.
    private func write(
        _ reply: HTTPReply, to head: HTTPRequestHead, then next: State = .idle, _ context: ChannelHandlerContext
    ) {
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
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: reply.status, headers: headers))),
            promise: nil)
        if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil) }
        if case .discarding = next { return end(then: next, context) }
        if context.channel.isWritable { return end(then: next, context) }
        // The client does not read. Until it does the answer is not ended, so that its next request is not begun.
        awaitsReader = true
        context.flush()
    }

    /// Ends the answer, which lets the next request through.
    private func end(then next: State, _ context: ChannelHandlerContext) {
        awaitsReader = false
        let isLast: Bool
        if case .discarding = next { isLast = false } else { isLast = closesAfterAnswer }
        state = isLast ? .closed : next
        let promise = context.eventLoop.makePromise(of: Void.self)
        lastWrite = promise.futureResult
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        if isLast { return closeAfterLastAnswer(context) }
        // A next request that waited has begun meanwhile. If there is none and none can come, the connection is done.
        if isInputClosed, case .idle = state { closeAfterLastAnswer(context) }
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
