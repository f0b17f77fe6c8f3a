/// How the server is doing.
struct SystemReport: Codable, Sendable {
    /// The program's version.
    var version: String
    /// The Unix second at which the server was started.
    var startedAt: Int64
    /// Seconds since then.
    var uptime: Int64
    var database: Database
    /// What the database holds; up to a minute old.
    var contents: Contents
    var disk: Disk
    var process: Process
    /// How many models bots can answer with.
    var models: Int
    var settings: Settings

    enum CodingKeys: String, CodingKey {
        case version, uptime, database, contents, disk, process, models, settings
        case startedAt = "started_at"
    }

    struct Database: Codable, Sendable {
        var kind: Kind
        /// The version of the library or server.
        var version: String
        /// How much room it takes, with what is not in its place yet.
        var sizeBytes: Int64
        /// The number of the schema's last change.
        var schemaVersion: Int

        enum Kind: String, Codable, Sendable, CaseIterable { case sqlite, postgres }

        enum CodingKeys: String, CodingKey {
            case kind, version
            case sizeBytes = "size_bytes"
            case schemaVersion = "schema_version"
        }
    }

    struct Contents: Codable, Sendable {
        /// People's accounts.
        var accounts: Int
        var workspaces: Int
        var bots: Int
        /// Uploaded files.
        var files: Int
        /// The bytes of all uploaded files, those with the same content once.
        var fileBytes: Int64

        enum CodingKeys: String, CodingKey {
            case accounts, workspaces, bots, files
            case fileBytes = "file_bytes"
        }
    }

    struct Disk: Codable, Sendable {
        /// The path of the data directory.
        var dataDirectory: String
        /// What is free where the data directory lies.
        var freeBytes: Int64
        /// What there is in all where the data directory lies.
        var totalBytes: Int64
        /// The bytes of the backups that the server made.
        var backupBytes: Int64

        enum CodingKeys: String, CodingKey {
            case dataDirectory = "data_directory"
            case freeBytes = "free_bytes"
            case totalBytes = "total_bytes"
            case backupBytes = "backup_bytes"
        }
    }

    struct Process: Codable, Sendable {
        /// Memory in use.
        var memoryBytes: Int
        /// The processor's time used since the start.
        var cpuSeconds: Double
        /// Open file descriptors.
        var openFiles: Int
        /// Streams of events, and files, that are being written.
        var openStreams: Int
        /// Chats that are being answered by this server.
        var runningChats: Int

        enum CodingKeys: String, CodingKey {
            case memoryBytes = "memory_bytes"
            case cpuSeconds = "cpu_seconds"
            case openFiles = "open_files"
            case openStreams = "open_streams"
            case runningChats = "running_chats"
        }
    }

    /// Some of the server's settings, none of them a secret.
    struct Settings: Codable, Sendable {
        /// Whether anyone can make an account.
        var isRegistrationOpen: Bool
        /// Whether requests are limited.
        var hasRateLimits: Bool
        /// Days that the audit log is kept; 0 for ever.
        var auditRetentionDays: Int
        /// Days that counters of chats and requests are kept; 0 for ever.
        var usageRetentionDays: Int
        /// Hours between two backups that the server makes by itself; 0 for none.
        var backupEveryHours: Int
        /// How many backups stay when the server has made one by itself.
        var backupKeep: Int
        /// The address clients reach the server under.
        var publicURL: String

        enum CodingKeys: String, CodingKey {
            case isRegistrationOpen = "registration_open"
            case hasRateLimits = "rate_limits"
            case auditRetentionDays = "audit_retention_days"
            case usageRetentionDays = "usage_retention_days"
            case backupEveryHours = "backup_every_hours"
            case backupKeep = "backup_keep"
            case publicURL = "public_url"
        }
    }
}
