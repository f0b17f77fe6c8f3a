import APIKit
import Agents
import Logging
import Platform

/// What the server counts and keeps of itself, and shows to those who run it.
struct Upkeep: Sendable {
    let usage: UsageRecorder
    let streams = OpenStreams()
    let backups: Backups
    let schedule: BackupSchedule
    private let storage: Storage
    private let dataDirectory: String
    private let settings: @Sendable () -> SystemReport.Settings
    private let logger: Logger

    init(
        storage: Storage, dataDirectory: String, settings: UpkeepSettings, identity: IdentitySettings,
        hasLimits: Bool, publicURL: PublicURL, logger: Logger
    ) {
        self.storage = storage
        self.dataDirectory = dataDirectory
        self.logger = logger
        usage = UsageRecorder(storage: storage, retention: settings.usageRetention)
        backups = Backups(
            storage: storage, directory: BackupDirectory(dataDirectory: dataDirectory), dataDirectory: dataDirectory,
            operators: Operators(storage: storage), logger: logger)
        schedule = BackupSchedule(
            backups: backups, interval: settings.backupInterval, count: settings.backupCount)
        self.settings = {
            SystemReport.Settings(
                isRegistrationOpen: identity.isRegistrationOpen, hasRateLimits: hasLimits,
                auditRetentionDays: identity.auditRetention, usageRetentionDays: settings.usageRetention,
                backupEveryHours: settings.backupInterval, backupKeep: settings.backupCount,
                publicURL: publicURL.text)
        }
    }

    func resources(_ runs: ChatRuns) -> [any Resource] {
        [
            Usage(usage: UsageStore(storage: storage), operators: Operators(storage: storage)),
            System(
                storage: storage, dataDirectory: dataDirectory, backups: backups.directory, streams: streams,
                runs: runs, settings: settings),
            backups,
        ]
    }

    /// Stores what was counted and removes what is too old, until the task is cancelled.
    func watch(_ metrics: Metrics) async {
        await usage.run(metrics.totals) { error in
            logger.warning("what was counted cannot be stored yet", metadata: ["error": "\(error)"])
        }
    }

    /// Stores what was counted last, when nothing is counted any more. A database that does not answer is not waited
    /// for.
    func finish(_ metrics: Metrics) async {
        do {
            try await within(.seconds(2)) { [usage] in try await usage.flush(metrics.totals()) }
        } catch {
            logger.warning("what was counted last cannot be stored", metadata: ["error": "\(error)"])
        }
    }
}
