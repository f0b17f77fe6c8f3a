import APIKit
import Database
import Dispatch
import Glibc
import Synchronization

/// The backups that the server makes in its data directory, one at a time.
final class BackupDirectory: Sendable {
    /// A backup that is there, or was begun by this process.
    struct Entry: Sendable {
        let name: BackupName
        /// Of one that is being made, what there is by now.
        let bytes: Int64
        let state: State
    }

    enum State: Sendable, Equatable {
        case running
        case failed(reason: String)
        case done
    }

    /// The backup that is being made, or else the last one if it failed.
    private struct Job: Sendable {
        let name: BackupName
        /// Nil while it runs.
        var failure: String?
    }

    private let path: String
    private let job = Mutex<Job?>(nil)
    private let queue = DispatchQueue(label: "buckle.backup")

    init(dataDirectory: String) { path = dataDirectory + "/backups" }

    // MARK: What there is

    /// All backups, newest first.
    func list() throws -> [Entry] {
        let job = job.withLock { $0 }
        var entries = try names().filter { $0 != job?.name }.compactMap { name in
            FileStatus(at: file(name)).map { Entry(name: name, bytes: $0.bytes, state: .done) }
        }
        if let job {
            let state = job.failure.map { State.failed(reason: $0) } ?? .running
            entries.append(
                Entry(name: job.name, bytes: FileStatus(at: unfinished(job.name))?.bytes ?? 0, state: state))
        }
        return entries.sorted { $0.name > $1.name }
    }

    /// The bytes of all backups.
    var bytes: Int64 { ((try? list()) ?? []).reduce(0) { $0 + $1.bytes } }

    /// - Throws: 4200 if there is no such backup.
    func find(_ name: BackupName) throws -> Entry {
        guard let found = try list().first(where: { $0.name == name }) else { throw Self.unknown(name.text) }
        return found
    }

    static func unknown(_ name: String) -> APIError { APIError(.notFound, "The backup \(name) does not exist") }

    /// Where a backup lies.
    func file(_ name: BackupName) -> String { path + "/" + name.text }

    private func unfinished(_ name: BackupName) -> String { file(name) + ".part" }

    private func names() throws -> [BackupName] { try entries().compactMap { BackupName($0) } }

    private func entries() throws -> [String] {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return [] }
            throw Refusal("read", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    // MARK: Making one

    /// Takes a name for a new backup. Until it is made or given up there is no other.
    ///
    /// - Throws: 4016 if another is being made.
    func reserve(at time: Int64) throws -> BackupName {
        try job.withLock { job in
            if let job, job.failure == nil { throw APIError(.backupIsRunning) }
            var name = BackupName(at: time)
            while access(file(name), F_OK) == 0 { name = BackupName(at: name.createdAt + 1) }
            job = Job(name: name)
            return name
        }
    }

    /// Gives up a name that was reserved.
    func giveUp(_ name: BackupName) { job.withLock { if $0?.name == name { $0 = nil } } }

    /// Makes a backup whose name was reserved, on a thread of its own.
    ///
    /// - Returns: why it could not be made; nil if it was.
    func make(_ name: BackupName, with backup: BackupFile) async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                var failure: String?
                do {
                    try prepare()
                    try backup.make(file(name))
                } catch {
                    failure = (error as? DatabaseError)?.message ?? "\(error)"
                }
                job.withLock { $0 = failure.map { Job(name: name, failure: $0) } }
                continuation.resume(returning: failure)
            }
        }
    }

    /// Removes a backup, or what is known of one that failed.
    ///
    /// - Throws: 4016 if it is being made; 4200 if there is no such backup.
    func remove(_ name: BackupName) throws {
        let hasFailed = try job.withLock { job in
            guard let found = job, found.name == name else { return false }
            if found.failure == nil { throw APIError(.backupIsRunning, "The backup is still being made") }
            job = nil
            return true
        }
        if unlink(file(name)) == 0 || hasFailed { return }
        throw errno == ENOENT ? Self.unknown(name.text) : Refusal("remove", file(name))
    }

    /// Removes what a crash left of backups. Called before the first is made.
    func sweep() throws {
        let leftovers = Set(
            try entries().compactMap { entry in
                entry.firstRange(of: ".part").flatMap { BackupName(String(entry[..<$0.lowerBound])) }
            })
        for name in leftovers { removeUnfinished(name) }
    }

    /// Removes what there is of a backup that the server's end cuts short. Called when the process is about to end.
    func abandon() { job.withLock { if let job = $0, job.failure == nil { removeUnfinished(job.name) } } }

    /// Removes an unfinished backup, and what SQLite lays beside it while it is written.
    private func removeUnfinished(_ name: BackupName) {
        for suffix in ["", "-journal"] { unlink(unfinished(name) + suffix) }
    }

    /// Makes the directory, which only its owner may read.
    private func prepare() throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Refusal("make", path) }
    }

    /// What the operating system refused to do, for operators.
    private struct Refusal: Error, CustomStringConvertible {
        let description: String

        /// Takes the reason from `errno`, so it is made right after the call.
        init(_ verb: String, _ path: String) {
            description = "cannot \(verb) \(path): \(String(cString: strerror(errno)))"
        }
    }
}
