import ArgumentParser
import Database
import Glibc
import Logging
import Platform
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the API.",
        discussion: """
            The first start on a data directory makes the owner's account, a personal workspace and a token, and
            prints the token and a link to set a name and a password; they are never printed again. SIGTERM stops the
            server once running requests are answered, after 10 seconds at most.

            Each option is also an environment variable (BUCKLE_PORT, BUCKLE_LOG_LEVEL, …) and a key of the
            configuration file (port, log_level, …). The command line comes first, then the environment, then the file.
            """)

    @Option(help: "The address to listen on. [default: 127.0.0.1]")
    var host: String?

    @Option(help: "The port to listen on; 0 for any that is free. [default: 8080]")
    var port: Int?

    @OptionGroup var storage: StorageOptions

    @Option(
        name: .customLong("public-url"),
        help: "The address clients reach the server under, for links. [default: the one it listens on]")
    var publicURL: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. [default: info]")
    var logLevel: String?

    @Option(help: "text or json. [default: text]")
    var logFormat: Settings.LogFormat?

    func run() async throws {
        let settings = try storage.settings(
            Settings.Source(host: host, port: port, logLevel: logLevel, logFormat: logFormat, publicURL: publicURL))
        let logger = try Logger.server(settings)
        Self.raiseFileLimit()
        let location = try DataDirectory.location(settings)
        // Uploads lie in it even where the rows are in PostgreSQL.
        let directory = DataDirectory(path: settings.dataDirectory)
        try directory.create()
        if case .file = location { try directory.lock() }
        let storage = try await Storage.open(location)
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let publicURL = PublicURL(settings.publicURL ?? "http://\(host):\(settings.port)")
        let application = try await Application(
            storage: storage, dataDirectory: settings.dataDirectory, models: settings.models, publicURL: publicURL,
            identity: settings.identity, limits: settings.rateLimits, upkeep: settings.upkeep,
            allowedOrigins: settings.allowedOrigins, files: WebFiles(directory: settings.webFiles), logger: logger)
        try await application.serve(host: settings.host, port: settings.port, signals: [.sigterm, .sigint]) { port in
            if settings.publicURL == nil { publicURL.set("http://\(host):\(port)") }
            // Only now, so that a port that is taken does not cost the one sight of the token.
            do {
                Self.announce(
                    "http://\(host):\(port)", setupPage: Self.setupPage(publicURL, settings, port),
                    try await FirstStart(storage: storage).run())
            } catch {
                logger.critical("the first start failed", metadata: ["error": "\(error)"])
                Glibc.exit(1)
            }
        }
    }

    /// Lets the process have as many open files as the system allows: a stream takes two, its client's connection and
    /// the one to the model. Many systems give 1,024 to a process that does not ask.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The address of the page at which the owner sets a name and a password. What stands for all addresses of the
    /// machine is none that every browser opens.
    private static func setupPage(_ publicURL: PublicURL, _ settings: Settings, _ port: Int) -> String {
        let isAny = settings.publicURL == nil && ["0.0.0.0", "::"].contains(settings.host)
        return (isAny ? "http://localhost:\(port)" : publicURL.text) + SetupPages.path
    }

    /// - Parameters:
    ///   - url: where the server listens.
    ///   - setupPage: where the owner sets a name and a password.
    ///   - secret: the owner's token; nil if this is not the first start.
    private static func announce(_ url: String, setupPage: String, _ secret: TokenSecret?) {
        print("Buckle is ready at \(url)")
        if let secret {
            print(
                """

                This is the first start. Your token, which is not shown again:

                    \(secret.text)

                Open this to set your name and password:

                    \(setupPage)#token=\(secret.text)

                Try the API:

                    curl -H 'Authorization: Bearer \(secret.text)' \(url)/v1/users/me

                """)
        }
        fflush(nil)
    }
}

extension Settings.LogFormat: ExpressibleByArgument {}
