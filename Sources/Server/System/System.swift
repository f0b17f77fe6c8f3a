import APIKit
import Agents
import Database
import Glibc
import Platform
import Synchronization

/// What operators want to know of the server.
struct System: Resource {
    static let tag = "System"
    let storage: Storage
    let operators: Operators
    let dataDirectory: String
    let backups: BackupDirectory
    let streams: OpenStreams
    let runs: ChatRuns
    let settings: @Sendable () -> SystemReport.Settings
    let startedAt: Int64
    private let contents = ContentsCache()

    /// - Parameter settings: those that are shown; the public address is not always known before the server listens.
    init(
        storage: Storage, dataDirectory: String, backups: BackupDirectory, streams: OpenStreams, runs: ChatRuns,
        settings: @escaping @Sendable () -> SystemReport.Settings
    ) {
        self.storage = storage
        operators = Operators(storage: storage)
        self.dataDirectory = dataDirectory
        self.backups = backups
        self.streams = streams
        self.runs = runs
        self.settings = settings
        startedAt = storage.clock.now()
    }

    var endpoints: [AnyEndpoint] { retrieve }

    struct NoInput: Decodable, Sendable {}

    var retrieve: Endpoint<NoInput, SystemReport> {
        Endpoint(
            .get, "/buckle/v1/system", "See how the server is doing", access: .permission(PermissionPoint.manageServer)
        ) { _, call in
            try await operators.require(call)
            let (running, models) = runs.counts
            return SystemReport(
                version: Application.version, startedAt: startedAt, uptime: storage.clock.now() - startedAt,
                database: try await database(), contents: try await contents.get(storage), disk: try disk(),
                process: SystemReport.Process(
                    memoryBytes: ProcessFigures.residentBytes(), cpuSeconds: ProcessFigures.cpuSeconds(),
                    openFiles: ProcessFigures.openFiles(), openStreams: streams.count, runningChats: running),
                models: models, settings: settings())
        }
    }

    private func database() async throws -> SystemReport.Database {
        let location = storage.database.location
        return try await storage.database.scan { connection in
            let schema = try connection.first("SELECT MAX(number) FROM schema_migration") { $0.int(0) } ?? 0
            switch location {
            case .file(let path):
                let files = [path, path + "-wal"].compactMap { FileStatus(at: $0)?.bytes }
                return SystemReport.Database(
                    kind: .sqlite, version: try connection.first("SELECT sqlite_version()") { $0.text(0) } ?? "",
                    sizeBytes: files.reduce(0, +), schemaVersion: schema)
            case .postgres:
                let found = try connection.first(
                    "SELECT current_setting('server_version'), pg_database_size(current_database())"
                ) { ($0.text(0), $0.int64(1)) }
                return SystemReport.Database(
                    kind: .postgres, version: found?.0 ?? "", sizeBytes: found?.1 ?? 0, schemaVersion: schema)
            }
        }
    }

    private func disk() throws -> SystemReport.Disk {
        var found = statvfs()
        guard statvfs(dataDirectory, &found) == 0 else {
            throw DatabaseError(.other, "cannot look at \(dataDirectory): \(String(cString: strerror(errno)))")
        }
        let block = Int64(found.f_frsize)
        return SystemReport.Disk(
            dataDirectory: Self.absolute(dataDirectory), freeBytes: Int64(found.f_bavail) * block,
            totalBytes: Int64(found.f_blocks) * block, backupBytes: backups.bytes)
    }

    private static func absolute(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }
}

/// What the database holds. To count it reads whole tables, so that is done once a minute at most.
private final class ContentsCache: Sendable {
    private let known = Mutex<(contents: SystemReport.Contents, end: ContinuousClock.Instant)?>(nil)

    func get(_ storage: Storage) async throws -> SystemReport.Contents {
        if let known = known.withLock({ $0 }), .now < known.end { return known.contents }
        let contents = try await storage.database.scan { connection in
            try connection.first(
                """
                SELECT (SELECT COUNT(*) FROM account WHERE kind = 'person'), (SELECT COUNT(*) FROM workspace),
                (SELECT COUNT(*) FROM bot), (SELECT COUNT(*) FROM file),
                (SELECT CAST(COALESCE(SUM(c.bytes), 0) AS BIGINT) FROM (SELECT DISTINCT hash, bytes FROM file) c)
                """
            ) { row in
                SystemReport.Contents(
                    accounts: row.int(0), workspaces: row.int(1), bots: row.int(2), files: row.int(3),
                    fileBytes: row.int64(4))
            }!
        }
        known.withLock { $0 = (contents, .now + .seconds(60)) }
        return contents
    }
}
