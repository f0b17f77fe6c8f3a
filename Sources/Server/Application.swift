package import APIKit
import Database
import Glibc
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import Platform
import ServiceLifecycle
package import UnixSignals

/// The server put together: stores, resources, and what answers requests.
package struct Application: Sendable {
    package static let version = "0.1.0"

    package let storage: Storage
    let responder: Responder
    private let authority: TokenAuthority
    private let logger: Logger

    package init(storage: Storage, logger: Logger) throws {
        self.storage = storage
        self.logger = logger
        authority = TokenAuthority(tokens: TokenStore(storage: storage), clock: storage.clock)
        let resources = Self.resources(storage)
        let endpoints = resources.flatMap(\.endpoints)
        let metrics = Metrics(
            routes: endpoints.map { ($0.operation.verb.rawValue, $0.operation.path) }
                + OperatorPages.paths.map { ("GET", $0) })
        let document = try Self.openAPI(resources)
        responder = Responder(
            endpoints: endpoints,
            pages: OperatorPages(database: storage.database, metrics: metrics, openAPI: document).pages,
            authority: authority, metrics: metrics, logger: logger)
    }

    /// Everything the API offers, in the order of its reference.
    package static func resources(_ storage: Storage) -> [any Resource] {
        let messages = MessageStore(storage: storage)
        let bots = BotStore(storage: storage)
        return [
            Conversations(conversations: ConversationStore(storage: storage, messages: messages), bots: bots),
            Messages(messages: messages),
            Feedback(feedback: FeedbackStore(storage: storage)),
            Bots(bots: bots, versions: BotVersionStore(storage: storage)),
            BotList(bots: BotListStore(storage: storage)),
            BotCollaborators(collaborators: BotCollaboratorStore(storage: storage)),
            Workspaces(workspaces: WorkspaceStore(storage: storage)),
            Users(users: UserStore(storage: storage)),
        ]
    }

    /// The OpenAPI document, for which no data is needed.
    package static func openAPI() throws -> String {
        let database = try Database(.file(":memory:"), migrations: [])
        defer { database.close() }
        return try openAPI(
            resources(Storage(database: database, ids: IDSource(process: 0, clock: .system), clock: .system)))
    }

    /// The OpenAPI document as JSON text.
    private static func openAPI(_ resources: [any Resource]) throws -> String {
        try JSONOutput.text(
            OpenAPIDocument.make(
                title: "Buckle", version: version, descriptions: FieldDescriptions.all, resources: resources))
    }

    /// Serves until the task's service group shuts down, then closes the database.
    ///
    /// - Parameter onReady: called with the port once connections are accepted.
    package func serve(
        host: String, port: Int, signals: [UnixSignal] = [], onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let server = HTTPChannel(responder: responder).server(
            configuration: ServerConfiguration(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [server, TokenWatch(authority: authority)], gracefulShutdownSignals: signals, logger: logger)
        // Running requests get this long to finish.
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        let result = await Result { try await ServiceGroup(configuration: configuration).run() }
        storage.database.close()
        do {
            try result.get()
        } catch let error as IOError {
            throw Settings.Fault(
                description: "cannot listen on \(host):\(port): \(String(cString: strerror(error.errnoCode)))")
        }
    }
}

/// Keeps the tokens in memory up to date.
private struct TokenWatch: Service {
    let authority: TokenAuthority

    func run() async throws {
        // Not waited for: a look at a database that hangs must not keep the server from ending.
        let watching = Task { await authority.watch() }
        defer { watching.cancel() }
        try await gracefulShutdown()
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
