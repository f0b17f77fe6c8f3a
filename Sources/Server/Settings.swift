import Agents
import Glibc
import Platform
import Yams

/// How the server is set up. Each setting comes from the command line, else from the environment, else from the
/// configuration file, else it has its default.
package struct Settings: Sendable {
    var host = "127.0.0.1"
    var port = 8080
    var dataDirectory = "./data"
    /// A `postgres://` URL; nil for SQLite in the data directory.
    var database: String?
    var logLevel = "info"
    var logFormat = LogFormat.text
    /// The address that clients reach the server under, for links; nil for the one it listens on.
    var publicURL: String?
    /// How people, programs and proxies get in.
    var identity = IdentitySettings()
    /// The sites whose pages may call the API.
    var allowedOrigins = AllowedOrigins()
    /// What the server keeps of itself.
    var upkeep = UpkeepSettings()
    /// The models bots can answer with. Only the configuration file names them.
    var models: [Model] = []
    /// How often may be asked. Only the configuration file says it.
    var rateLimits = RateLimitRules()
    /// A directory whose scripts and styles are served in the place of those in the binary, for those who work on them.
    /// Only the environment names it.
    var webFiles: String?

    enum LogFormat: String, Codable, CaseIterable, Sendable { case text, json }

    /// What one source says; nil where it is silent.
    struct Source: Sendable {
        var host: String?
        var port: Int?
        var dataDirectory: String?
        var database: String?
        var logLevel: String?
        var logFormat: LogFormat?
        var publicURL: String?
        var registration: String?
        var deviceLifetime: Int?
        var auditRetention: Int?
        var usageRetention: Int?
        var backupInterval: Int?
        var backupCount: Int?
        var trustedProxies: [String]?
        var audiences: [String]?
        var allowedOrigins: [String]?
        var models: [ModelSettings]?
        var rateLimits: RateLimitRules?
    }

    /// A fault in the settings, for whoever runs the program.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - commandLine: what the command line says.
    ///   - file: the configuration file; if nil, the one `BUCKLE_CONFIG` names.
    init(commandLine: Source, file: String?, environment: [String: String]) throws {
        let variables = environment
        let file = try (file ?? environment["BUCKLE_CONFIG"]).map(Source.init(file:)) ?? Source()
        let environment = try Source(environment: environment)
        rateLimits = file.rateLimits ?? rateLimits
        webFiles = variables["BUCKLE_WEB_FILES"]
        models = try (file.models ?? []).map { try $0.model(environment: variables) }
        for source in [file, environment, commandLine] {
            host = source.host ?? host
            port = source.port ?? port
            dataDirectory = source.dataDirectory ?? dataDirectory
            database = source.database ?? database
            logLevel = source.logLevel ?? logLevel
            logFormat = source.logFormat ?? logFormat
            publicURL = source.publicURL ?? publicURL
            try identity.take(source)
            try upkeep.take(source)
            allowedOrigins = try source.allowedOrigins.map(AllowedOrigins.init) ?? allowedOrigins
        }
        if let publicURL, !["http://", "https://"].contains(where: publicURL.hasPrefix) {
            throw Fault(description: "public_url must begin with http:// or https://, is \(publicURL)")
        }
        if database != nil, upkeep.backupInterval > 0 {
            throw Fault(description: "backup_every_hours needs SQLite; back up PostgreSQL with pg_dump")
        }
        if dataDirectory.isEmpty { throw Fault(description: "data_dir must not be empty") }
        guard (0...65535).contains(port) else { throw Fault(description: "port must be from 0 to 65535, is \(port)") }
    }
}

extension Settings.Source {
    init(environment: [String: String]) throws {
        // An empty variable says nothing, except that an empty URL is more likely one that was lost on its way.
        let environment = environment.filter { !$0.value.isEmpty || $0.key == "BUCKLE_DATABASE" }
        let port = try Self.number("BUCKLE_PORT", environment)
        let format = try environment["BUCKLE_LOG_FORMAT"].map { text in
            guard let format = Settings.LogFormat(rawValue: text) else {
                throw Settings.Fault(description: "BUCKLE_LOG_FORMAT must be text or json, is \(text)")
            }
            return format
        }
        self.init(
            host: environment["BUCKLE_HOST"], port: port, dataDirectory: environment["BUCKLE_DATA_DIR"],
            database: environment["BUCKLE_DATABASE"], logLevel: environment["BUCKLE_LOG_LEVEL"], logFormat: format,
            publicURL: environment["BUCKLE_PUBLIC_URL"], registration: environment["BUCKLE_REGISTRATION"],
            deviceLifetime: try Self.number("BUCKLE_OAUTH_DEVICE_LIFETIME", environment),
            auditRetention: try Self.number("BUCKLE_AUDIT_RETENTION_DAYS", environment),
            usageRetention: try Self.number("BUCKLE_USAGE_RETENTION_DAYS", environment),
            backupInterval: try Self.number("BUCKLE_BACKUP_EVERY_HOURS", environment),
            backupCount: try Self.number("BUCKLE_BACKUP_KEEP", environment),
            trustedProxies: environment["BUCKLE_TRUSTED_PROXIES"].map(Self.list),
            audiences: environment["BUCKLE_JWT_AUDIENCES"].map(Self.list),
            allowedOrigins: environment["BUCKLE_ALLOWED_ORIGINS"].map(Self.list))
    }

    private static func number(_ name: String, _ environment: [String: String]) throws -> Int? {
        try environment[name].map { text in
            guard let number = Int(text) else {
                throw Settings.Fault(description: "\(name) must be a number, is \(text)")
            }
            return number
        }
    }

    /// What stands between commas.
    private static func list(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }

    private static let keys = [
        "host", "port", "data_dir", "database", "log_level", "log_format", "public_url", "registration",
        "oauth_device_lifetime", "audit_retention_days", "usage_retention_days", "backup_every_hours", "backup_keep",
        "trusted_proxies", "jwt_audiences", "allowed_origins", "models", "rate_limits",
    ]

    private static var lists: [String: WritableKeyPath<Settings.Source, [String]?>] {
        [
            "trusted_proxies": \.trustedProxies, "jwt_audiences": \.audiences, "allowed_origins": \.allowedOrigins,
        ]
    }

    /// Reads a YAML file. A key that is not known is a fault, so that a slip of the pen does not go unseen.
    init(file path: String) throws {
        let text = try Self.read(path)
        self.init()
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw Settings.Fault(description: "\(path) is not YAML: \(error)")
        }
        guard let node else { return }
        guard let mapping = node.mapping else { throw Settings.Fault(description: "\(path) must hold keys and values") }
        for (key, value) in mapping where !Self.isNull(value) {
            if key.string == "models" {
                models = try ModelSettings.list(value, in: path)
                continue
            }
            if key.string == "rate_limits" {
                rateLimits = try LimitSettings.rules(value, in: path)
                continue
            }
            if let name = key.string, let place = Self.lists[name], let sequence = value.sequence {
                self[keyPath: place] = try sequence.map { node in
                    guard let text = node.string else { throw Self.fault(path, "\(name) must hold texts") }
                    return text
                }
                continue
            }
            guard value.scalar != nil else { throw Self.fault(path, "\(key.string ?? "a key") must be a single value") }
            switch key.string {
            case "host": host = value.string
            case "port": port = try Self.number(value, key.string, path)
            case "data_dir": dataDirectory = value.string
            case "database": database = value.string
            case "public_url": publicURL = value.string
            case "registration": registration = value.string
            case "oauth_device_lifetime": deviceLifetime = try Self.number(value, key.string, path)
            case "audit_retention_days": auditRetention = try Self.number(value, key.string, path)
            case "usage_retention_days": usageRetention = try Self.number(value, key.string, path)
            case "backup_every_hours": backupInterval = try Self.number(value, key.string, path)
            case "backup_keep": backupCount = try Self.number(value, key.string, path)
            case "trusted_proxies": trustedProxies = value.string.map(Self.list)
            case "jwt_audiences": audiences = value.string.map(Self.list)
            case "allowed_origins": allowedOrigins = value.string.map(Self.list)
            case "log_level": logLevel = value.string
            case "log_format":
                guard let format = value.string.flatMap(Settings.LogFormat.init(rawValue:)) else {
                    throw Self.fault(path, "log_format must be text or json")
                }
                logFormat = format
            default:
                let keys = Self.keys.joined(separator: ", ")
                throw Self.fault(path, "\(key.string ?? "a key") is not known; known are \(keys)")
            }
        }
    }

    private static func number(_ value: Node, _ key: String?, _ path: String) throws -> Int {
        guard let number = value.int else { throw fault(path, "\(key ?? "a key") must be a number") }
        return number
    }

    static func isNull(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    static func fault(_ path: String, _ reason: String) -> Settings.Fault {
        Settings.Fault(description: "\(path): \(reason)")
    }

    private static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else {
            throw Settings.Fault(description: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
