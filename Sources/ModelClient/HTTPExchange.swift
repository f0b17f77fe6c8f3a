import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// One HTTP request and its reply: a short queue between the connection's event loop and the task that reads.
///
/// The connection is read while little waits here, and no further until the reader has taken that. A single timer
/// serves all deadlines: it looks at the time of the last activity when it goes off, and is set again.
final class HTTPExchange: HTTPClientResponseDelegate {
    typealias Response = Void

    enum Arrival: Sendable {
        case head(HTTPResponseHead)
        /// All of the body that came since the last call, and at least all that one read from the network brought.
        case body([ByteBuffer])
        case end
    }

    struct Deadlines: Sendable {
        var connected: NIODeadline
        var firstToken: NIODeadline
        /// How long a reader may wait once the first token has come.
        var idle: TimeAmount
    }

    /// How many bytes may wait for the reader before the connection is left alone.
    private static let highWatermark = 64 << 10
    /// How long, and with how many bytes, the end of a reply may follow the end of its answer.
    private static let drainTime = TimeAmount.seconds(1)
    private static let drainLimit = 64 << 10

    private enum Phase {
        case connecting, awaitingToken, streaming
        /// The reader has left, the connection is to be kept.
        case draining(until: NIODeadline)
    }

    private struct State {
        var phase = Phase.connecting
        var task: HTTPClient.Task<Void>?
        var timer: Scheduled<Void>?
        var head: HTTPResponseHead?
        var status: Int?
        var body: [ByteBuffer] = []
        var byteCount = 0
        /// Whether a read from the network is still being handed over. The reader sees it when it is whole.
        var isReceiving = false
        /// Completed when the connection may be read again.
        var pause: EventLoopPromise<Void>?
        /// How it ended.
        var outcome: Result<Void, ModelError>?
        var reader: UnsafeContinuation<Void, Never>?
        var readerSince = NIODeadline.distantPast

        var hasArrival: Bool {
            head != nil || (body.isEmpty ? outcome != nil : !isReceiving)
        }

        /// The reader, if it has something to see.
        mutating func readerToWake() -> UnsafeContinuation<Void, Never>? {
            guard hasArrival else { return nil }
            return reader.take()
        }
    }

    private let deadlines: Deadlines
    private let state = Mutex(State())

    init(deadlines: Deadlines) {
        self.deadlines = deadlines
    }

    // MARK: - The reader's side

    /// Sends the request. Called once.
    func start(_ request: HTTPClient.Request, on client: HTTPClient) {
        // A reader on an event loop gets a connection of that loop: no byte has to change threads.
        let loop = MultiThreadedEventLoopGroup.currentEventLoop
        let task = client.execute(
            request: request, delegate: self, eventLoop: loop.map { .delegateAndChannel(on: $0) } ?? .indifferent,
            logger: nil)
        state.withLock { $0.task = task }
        task.futureResult.whenComplete { self.ended($0) }
        watch(until: min(deadlines.connected, deadlines.firstToken))
    }

    /// What comes next, waiting for it if need be. Not called again after the end or an error.
    func next(isolation: isolated (any Actor)? = #isolation) async throws(ModelError) -> Arrival {
        while true {
            if Task.isCancelled {
                fail(.cancelled)
                throw .cancelled
            }
            if let arrival = try take() { return arrival }
            await withTaskCancellationHandler {
                await withUnsafeContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard !state.hasArrival else { return false }
                        state.reader = continuation
                        state.readerSince = .now()
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                fail(.cancelled)
            }
        }
    }

    private func take() throws(ModelError) -> Arrival? {
        let (arrival, pause) = state.withLock { state -> (Result<Arrival, ModelError>?, EventLoopPromise<Void>?) in
            guard state.hasArrival else { return (nil, nil) }
            if let head = state.head.take() { return (.success(.head(head)), nil) }
            guard state.body.isEmpty else {
                var body: [ByteBuffer] = []
                swap(&body, &state.body)
                state.byteCount = 0
                return (.success(.body(body)), state.pause.take())
            }
            return (state.outcome?.map { .end }, nil)
        }
        pause?.succeed()
        return try arrival?.get()
    }

    /// The first token has come: from now on silence counts, not the time since the beginning.
    func sawFirstToken() {
        state.withLock { $0.phase = .streaming }
        watch(until: .now() + deadlines.idle)
    }

    /// The answer is complete: lets the end of the reply go by, so that the connection can be used again, but waits
    /// neither long nor for much.
    func drain() {
        let until = NIODeadline.now() + Self.drainTime
        let pause = state.withLock { state in
            state.phase = .draining(until: until)
            state.body.removeAll()
            state.byteCount = 0
            return state.pause.take()
        }
        pause?.succeed()
        watch(until: until)
    }

    /// Ends the exchange and closes the connection, unless it has ended.
    func fail(_ error: ModelError) {
        let left = state.withLock { state -> Left? in
            guard state.outcome == nil else { return nil }
            state.outcome = .failure(error)
            state.head = nil
            state.body.removeAll()
            return Left(&state)
        }
        guard let left else { return }
        left.task?.cancel()
        left.timer?.cancel()
        left.pause?.succeed()
        left.reader?.resume()
    }

    /// What an exchange that ended leaves to be settled, outside the lock.
    private struct Left {
        let task: HTTPClient.Task<Void>?
        let timer: Scheduled<Void>?
        let pause: EventLoopPromise<Void>?
        let reader: UnsafeContinuation<Void, Never>?

        init(_ state: inout State) {
            task = state.task.take()
            timer = state.timer.take()
            pause = state.pause.take()
            reader = state.readerToWake()
        }
    }

    // MARK: - The connection's side

    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        state.withLock { if case .connecting = $0.phase { $0.phase = .awaitingToken } }
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let reader = state.withLock { state in
            if state.outcome == nil { state.head = head }
            state.status = Int(head.status.code)
            return state.readerToWake()
        }
        reader?.resume()
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        enum Course {
            case goOn(isFirst: Bool)
            case pause(EventLoopFuture<Void>, isFirst: Bool)
            case giveUp
        }
        let course = state.withLock { state -> Course in
            guard state.outcome == nil else { return .goOn(isFirst: false) }
            state.byteCount += buffer.readableBytes
            if case .draining = state.phase {
                return state.byteCount > Self.drainLimit ? .giveUp : .goOn(isFirst: false)
            }
            state.body.append(buffer)
            let isFirst = !state.isReceiving
            state.isReceiving = true
            guard state.byteCount >= Self.highWatermark else { return .goOn(isFirst: isFirst) }
            let pause = task.eventLoop.makePromise(of: Void.self)
            state.pause = pause
            return .pause(pause.futureResult, isFirst: isFirst)
        }
        switch course {
        case .goOn(let isFirst):
            if isFirst { showLater(on: task.eventLoop) }
        case .pause(let future, let isFirst):
            if isFirst { showLater(on: task.eventLoop) }
            return future
        case .giveUp:
            fail(.cancelled)
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) {}

    /// Shows the reader what came as soon as the loop has handed over all that it read.
    private func showLater(on loop: any EventLoop) {
        loop.execute {
            let reader = self.state.withLock { state in
                state.isReceiving = false
                return state.readerToWake()
            }
            reader?.resume()
        }
    }

    private func ended(_ result: Result<Void, any Error>) {
        let left = state.withLock { state in
            if state.outcome == nil { state.outcome = result.mapError { ModelError($0, status: state.status) } }
            return Left(&state)
        }
        left.timer?.cancel()
        left.pause?.succeed()
        left.reader?.resume()
    }

    // MARK: - Deadlines

    /// Sets the timer, in place of the one that is set. Does nothing once the exchange has ended.
    private func watch(until deadline: NIODeadline) {
        guard let loop = state.withLock({ $0.task?.eventLoop }) else { return }
        let timer = loop.scheduleTask(deadline: deadline) { self.check() }
        let superseded = state.withLock { state -> Scheduled<Void>? in
            guard state.outcome == nil else { return timer }
            let former = state.timer
            state.timer = timer
            return former
        }
        superseded?.cancel()
    }

    private func check() {
        let now = NIODeadline.now()
        let (deadline, error) = state.withLock { state in
            switch state.phase {
            case .connecting where deadlines.connected < deadlines.firstToken:
                (deadlines.connected, ModelError(.unreachable, "no connection in time"))
            case .connecting: (deadlines.firstToken, ModelError(.unreachable, "no connection in time"))
            case .awaitingToken: (deadlines.firstToken, ModelError(.timedOut, "no first token in time"))
            case .streaming:
                // A reader that is busy elsewhere is not waiting.
                (
                    (state.reader == nil ? now : state.readerSince) + deadlines.idle,
                    ModelError(.timedOut, "silence in the middle of the answer")
                )
            case .draining(let until): (until, .cancelled)
            }
        }
        if deadline <= now { fail(error) } else { watch(until: deadline) }
    }
}
