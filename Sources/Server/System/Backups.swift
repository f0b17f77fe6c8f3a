import APIKit
import Database
import Logging
import Platform

/// Copies of all data that the server makes in its own directory. Only with SQLite: PostgreSQL has tools of its own.
struct Backups: Resource {
    static let tag = "Backups"
    let storage: Storage
    let directory: BackupDirectory
    let dataDirectory: String
    let operators: Operators
    let logger: Logger

    var endpoints: [AnyEndpoint] {
        create
        list
        content
        delete
    }

    struct NoInput: Decodable, Sendable {}

    /// The reply tells that it was begun. The list tells how it goes on.
    var create: Endpoint<NoInput, Backup> {
        Endpoint(
            .post, "/buckle/v1/backups", "Make a backup of all data", access: .permission(PermissionPoint.manageServer)
        ) { _, call in
            try await operators.require(call)
            let name = try await begin(by: call.actor)
            Task { await finish(name) }
            return Backup(BackupDirectory.Entry(name: name, bytes: 0, state: .running))
        }
    }

    struct BackupList: Codable, Sendable {
        /// The backups, newest first. Those that failed are shown until the next is made or the server ends.
        var items: [Backup]
    }

    var list: Endpoint<NoInput, BackupList> {
        Endpoint(
            .get, "/buckle/v1/backups", "List the backups", access: .permission(PermissionPoint.manageServer)
        ) { _, call in
            try await operators.require(call)
            return BackupList(items: try directory.list().map(Backup.init))
        }
    }

    struct BackupInput: Decodable, Sendable {
        /// The backup's name, such as buckle-20260131-235959.backup.
        var name: String
    }

    var content: Endpoint<BackupInput, Download> {
        Endpoint(
            .get, "/buckle/v1/backups/{name}/content", "Download a backup",
            access: .permission(PermissionPoint.manageServer)
        ) { input, call in
            try await operators.require(call)
            let found = try directory.find(try Self.name(input.name))
            guard found.state == .done else { throw BackupDirectory.unknown(input.name) }
            try await note("backup.download", found.name, by: call.actor)
            return Download(
                file: directory.file(found.name), count: found.bytes, mediaType: "application/octet-stream",
                fileName: found.name.text, isInline: false)
        }
    }

    var delete: Endpoint<BackupInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/backups/{name}", "Delete a backup", access: .permission(PermissionPoint.manageServer)
        ) { input, call in
            try await operators.require(call)
            let name = try Self.name(input.name)
            if try directory.find(name).state == .running {
                throw APIError(.backupIsRunning, "The backup is still being made")
            }
            try await note("backup.delete", name, by: call.actor)
            try directory.remove(name)
            return NoData()
        }
    }

    private static func name(_ text: String) throws(APIError) -> BackupName {
        guard let name = BackupName(text) else { throw BackupDirectory.unknown(text) }
        return name
    }

    // MARK: Making one

    /// Takes the name of the next backup, and notes who wants it.
    ///
    /// - Throws: 4000 if the data is in PostgreSQL, 4016 if another backup is being made.
    func begin(by actor: AuditActor) async throws -> BackupName {
        guard case .file = storage.database.location else {
            throw APIError(
                .invalidParameter, "The data is in PostgreSQL: back it up with pg_dump, and then the directory blobs")
        }
        let name = try directory.reserve(at: storage.clock.now())
        do {
            try await note("backup.create", name, by: actor)
        } catch {
            directory.giveUp(name)
            throw error
        }
        return name
    }

    /// Makes the backup that was begun.
    ///
    /// - Returns: whether it could be made.
    @discardableResult
    func finish(_ name: BackupName) async -> Bool {
        guard case .file(let database) = storage.database.location else { return false }
        let backup = BackupFile(database: database, dataDirectory: dataDirectory)
        guard let failure = await directory.make(name, with: backup) else { return true }
        logger.error("a backup cannot be made", metadata: ["backup": "\(name.text)", "error": "\(failure)"])
        return false
    }

    /// Administrative acts are noted before they are done: files know no units of work.
    func note(_ action: String, _ name: BackupName, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            try storage.audit(action, AuditObject("backup", name.text), by: actor, in: connection)
        }
    }
}

/// A backup.
struct Backup: Codable, Sendable {
    /// Its name, which tells the second of UTC it was begun in.
    var name: String
    /// Its size; of one that is being made, what there is by now.
    var sizeBytes: Int64
    /// Unix seconds.
    var createdAt: Int64
    /// Only what is done can be downloaded.
    var state: State
    /// Why it failed; absent unless it did.
    var error: String?

    enum State: String, Codable, Sendable, CaseIterable { case running, failed, done }

    enum CodingKeys: String, CodingKey {
        case name, state, error
        case sizeBytes = "size_bytes"
        case createdAt = "created_at"
    }

    init(_ entry: BackupDirectory.Entry) {
        name = entry.name.text
        sizeBytes = entry.bytes
        createdAt = entry.name.createdAt
        switch entry.state {
        case .running: state = .running
        case .done: state = .done
        case .failed(let reason):
            state = .failed
            error = reason
        }
    }
}
