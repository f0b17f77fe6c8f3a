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
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false)
            try pipeline.addHandler(HTTPConnection(responder: responder))
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
