import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Sets up a connection for HTTP/1.1 and keeps it until it is closed.
///
/// Hummingbird accepts connections and shuts them down; requests are answered by ``HTTPConnection`` on the event
/// loop. Its own channel would pass every request through two streams between threads, which costs more than most
/// of our answers do.
struct HTTPChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    let responder: Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            // How a body ends is said by the connection, which knows what NIO's encoder does not: that the answer to
            // HEAD has none.
            var encoding = HTTPResponseEncoder.Configuration()
            encoding.automaticallySetFramingHeaders = false
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: encoding)
            let connection = HTTPConnection(responder: responder)
            try pipeline.addHandler(connection)
            let context = try pipeline.context(handler: connection)
            try pipeline.addHandler(ShutdownNotice { connection.shutDown(context) }, position: .first)
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            try? await value.channel.closeFuture.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }
}

/// Tells a connection that the server shuts down. It stands before `HTTPServerPipelineHandler`, which lets no other
/// handler know.
private final class ShutdownNotice: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private var notify: (() -> Void)?

    init(notify: @escaping () -> Void) { self.notify = notify }

    func handlerRemoved(context: ChannelHandlerContext) { notify = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { notify?() }
        context.fireUserInboundEventTriggered(event)
    }
}
