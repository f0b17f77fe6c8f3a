import APIKit
import Logging
import Platform

/// Makes backups by itself, and removes the oldest.
struct BackupSchedule: Sendable {
    let backups: Backups
    /// Hours between two backups; 0 for none.
    let interval: Int
    /// How many are kept.
    let count: Int

    /// After a failure.
    private static let pause: Int64 = 3600
    /// Who did it, for the audit log.
    private static let actor = AuditActor(user: 0, address: "schedule", logID: "")

    /// Works until the task is cancelled.
    func run() async {
        guard interval > 0 else { return }
        var lastTry: Int64 = 0
        while !Task.isCancelled {
            let now = backups.storage.clock.now()
            if now - lastTry >= Self.pause, isDue(at: now) {
                lastTry = now
                await makeOne()
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Whether there is no backup, or all of them are too old.
    func isDue(at now: Int64) -> Bool {
        guard let newest = done().first else { return true }
        return now - newest.createdAt >= Int64(interval) * 3600
    }

    /// Makes a backup. Once it is there, the oldest of those that are too many go.
    func makeOne() async {
        do {
            let name = try await backups.begin(by: Self.actor)
            guard await backups.finish(name) else { return }
            for name in done().dropFirst(count) {
                try await backups.note("backup.delete", name, by: Self.actor)
                try backups.directory.remove(name)
            }
        } catch {
            // The database is closed when the server ends.
            if Task.isCancelled { return }
            backups.logger.warning("a backup that was due is not made", metadata: ["error": "\(error)"])
        }
    }

    /// The names of all backups, newest first.
    private func done() -> [BackupName] {
        ((try? backups.directory.list()) ?? []).filter { $0.state == .done }.map(\.name)
    }
}
