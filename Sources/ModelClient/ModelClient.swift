import AsyncHTTPClient
package import Logging
import NIOCore
package import NIOPosix
import Synchronization

/// A client of every upstream that serves OpenAI's chat completions.
///
/// It holds the connections, to any number of endpoints, and keeps them alive between requests. Whoever makes one
/// must call ``shutdown()`` in the end.
package final class ModelClient: Sendable {
    /// Making a connection takes no longer, whatever an endpoint allows.
    private static let connectLimit = TimeAmount.seconds(30)

    let http: HTTPClient
    /// The addresses that refused to tell the usage of streams.
    private let withoutUsage = Mutex<Set<String>>([])

    package init(eventLoopGroup: MultiThreadedEventLoopGroup = .singleton) {
        var configuration = HTTPClient.Configuration()
        // A redirect could take an operator's key elsewhere.
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        // The HTTP client keeps only one HTTP/2 connection to a host, and then as many streams as the host allows.
        configuration.httpVersion = .http1Only
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: Self.connectLimit)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 10_000
        // We try again ourselves, within the request's own time.
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
    }

    /// Asks a model. The request is sent when the stream is first read, and anew by each iteration.
    package func stream(_ request: ModelRequest, to endpoint: ModelEndpoint, logger: Logger) -> ModelStream {
        ModelStream(client: self, request: request, endpoint: endpoint, logger: logger)
    }

    /// Cancels what is still running and closes all connections. Waits for that two seconds at most: a connection
    /// that is just being made ends only with its own timeout.
    package func shutdown() async {
        let (closed, end) = AsyncStream.makeStream(of: Void.self)
        Task { [http] in
            // It fails only where it was called before.
            try? await http.shutdown()
            end.finish()
        }
        let limit = Task {
            try? await Task.sleep(for: .seconds(2))
            end.finish()
        }
        for await _ in closed {}
        limit.cancel()
    }

    func tellsUsage(_ baseURL: String) -> Bool {
        withoutUsage.withLock { !$0.contains(baseURL) }
    }

    func noteRefusedUsage(_ baseURL: String) {
        withoutUsage.withLock { addresses in
            // Addresses are settings and few; should they be made up by users, this still has an end.
            if addresses.count >= 1000 { addresses.removeAll() }
            addresses.insert(baseURL)
        }
    }
}
