package import APIKit
package import Agents
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
    /// Everything the API offers, in the order of its reference.
    package let resources: [any Resource]
    let responder: Responder
    private let services: Services
    private let logger: Logger

    /// How long runs and requests may take to finish when the server is stopped.
    private static let grace = Duration.seconds(10)
    /// How long of it runs have. The rest is for telling their readers and storing their end.
    private static let runGrace = Duration.seconds(8)

    /// - Parameters:
    ///   - dataDirectory: where uploads are kept.
    ///   - models: those of the configuration file.
    ///   - upkeep: what the server keeps of itself.
    ///   - allowedOrigins: the sites whose pages may call the API.
    ///   - files: the scripts and styles of the pages.
    package init(
        storage: Storage, dataDirectory: String, models: [Model] = [], publicURL: PublicURL,
        identity: IdentitySettings = IdentitySettings(), limits: RateLimitRules = RateLimitRules(),
        upkeep: UpkeepSettings = UpkeepSettings(), allowedOrigins: AllowedOrigins = AllowedOrigins(),
        files: WebFiles = WebFiles(), logger: Logger
    ) async throws {
        self.storage = storage
        self.logger = logger
        let limits = RateLimits(limits)
        services = try await Services(
            storage: storage, dataDirectory: dataDirectory, models: models, publicURL: publicURL, identity: identity,
            limits: limits, upkeep: upkeep, web: Web(files: files, allowedOrigins: allowedOrigins), logger: logger)
        resources = services.resources
        let endpoints = resources.flatMap(\.endpoints)
        let metrics = Metrics(
            routes: endpoints.map { ($0.operation.verb.rawValue, $0.operation.path) }
                + (OperatorPages.paths + files.pages.map(\.path)).map { ("GET", $0) },
            endpointCount: endpoints.count, streams: services.upkeep.streams)
        responder = Responder(
            endpoints: endpoints,
            pages: OperatorPages(
                database: storage.database, metrics: metrics,
                openAPI: OnDemand { [resources] in try Self.openAPI(resources) }
            ).pages + files.pages,
            authority: services.identity.authority, limits: limits, peers: Peers(trusting: identity.trustedProxies),
            crossOrigin: CrossOrigin(allowedOrigins, publicURL: publicURL), metrics: metrics, logger: logger)
    }

    /// The OpenAPI document, for which no data is needed.
    package static func openAPI() throws -> String {
        let database = try Database(.file(":memory:"), migrations: [])
        defer { database.close() }
        let storage = Storage(database: database, ids: IDSource(process: 0, clock: .system), clock: .system)
        return try openAPI(Services(describing: storage).resources)
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
        let result = await Result {
            // Before anybody can ask how they are doing.
            try await services.runs.recover()
            let server = HTTPChannel(responder: responder).server(
                configuration: ServerConfiguration(address: .hostname(host, port: port), backlog: 4096),
                onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
            // They are shut down from the last to the first.
            let watches: [any Service] = [
                Watch { await services.identity.authority.watch() },
                Watch { await services.identity.keepHouse(logger) }, Watch { await services.runs.watch() },
                Watch { await services.runs.watchChats() }, Watch { await services.catalog.watch() },
                Watch { await services.keepHouse(logger) },
                Watch { await services.upkeep.watch(responder.metrics) },
                Watch { await services.upkeep.schedule.run() },
                Watch {
                    await services.indexer.run { error in
                        logger.warning("the search index cannot be kept up", metadata: ["error": "\(error)"])
                    }
                },
                Watch {
                } onShutdown: {
                    await services.runs.drain(within: Self.runGrace)
                },
            ]
            var configuration = ServiceGroupConfiguration(
                services: [server] + watches, gracefulShutdownSignals: signals, logger: logger)
            configuration.maximumGracefulShutdownDuration = Self.grace
            try await ServiceGroup(configuration: configuration).run()
        }
        await services.catalog.shutdown()
        await services.upkeep.finish(responder.metrics)
        storage.database.close()
        services.upkeep.backups.directory.abandon()
        do {
            try result.get()
        } catch let error as IOError {
            throw Settings.Fault(
                description: "cannot listen on \(host):\(port): \(String(cString: strerror(error.errnoCode)))")
        }
    }
}

extension Application {
    /// Stores what was counted until now, as the server does every few seconds.
    func storeCounters() async throws { try await services.upkeep.usage.flush(responder.metrics.totals()) }

    /// Makes backups by itself, when they are due.
    var backupSchedule: BackupSchedule { services.upkeep.schedule }
}

/// Work in the background, for as long as the server runs.
private struct Watch: Service {
    let watch: @Sendable () async -> Void
    let onShutdown: @Sendable () async -> Void

    init(
        _ watch: @escaping @Sendable () async -> Void, onShutdown: @escaping @Sendable () async -> Void = {}
    ) {
        self.watch = watch
        self.onShutdown = onShutdown
    }

    func run() async throws {
        // Not waited for: a look at a database that hangs must not keep the server from ending.
        let watching = Task { await watch() }
        defer { watching.cancel() }
        try await gracefulShutdown()
        await onShutdown()
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
