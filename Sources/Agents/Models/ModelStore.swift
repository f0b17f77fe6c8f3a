import APIKit
import Database
import Platform

/// The tables of the models that operators add.
struct ModelStore: Sendable {
    let storage: Storage
    let seal: Seal

    /// How many models operators can add: every server holds all of them in memory.
    static let limit = 500

    /// All that the tables hold at one time.
    struct Contents: Sendable {
        /// Grows with every change.
        var revision: Int64 = 0
        /// The id of the model that an operator chose for bots that name none. There may be no such model any more.
        var defaultID: String?
        /// In the order in which they were added.
        var models: [Model] = []
    }

    /// What becomes of a model's key.
    enum KeyChange: Sendable {
        case keep, remove
        case set(String)
    }

    // MARK: Reading

    func revision() async throws -> Int64 {
        try await storage.database.read { connection in
            try connection.first("SELECT revision FROM model_catalog") { $0.int64(0) } ?? 0
        }
    }

    func contents() async throws -> Contents { try await storage.database.read(contents) }

    @Sendable private func contents(_ connection: any Connection) throws -> Contents {
        // The revision first: what is read after it may be newer than it says, and is then read once more.
        let catalog = try connection.first("SELECT revision, default_model FROM model_catalog") {
            ($0.int64(0), $0.optionalText(1))
        }
        let models = try connection.query("SELECT \(Self.columns) FROM model ORDER BY id", row)
        return Contents(revision: catalog?.0 ?? 0, defaultID: catalog?.1, models: models.map(\.model))
    }

    // MARK: Changing

    /// - Throws: 4000 if there are too many models.
    func create(
        _ draft: ModelDraft, key: String?, isDefault: Bool, by actor: AuditActor
    ) async throws -> (result: ID, contents: Contents) {
        try await change { connection in
            let count = try connection.first("SELECT COUNT(*) FROM model") { $0.int(0) } ?? 0
            if count >= Self.limit { throw APIError.invalid("name", "there are \(Self.limit) models already") }
            let (id, now) = (storage.ids.next(), storage.clock.now())
            try connection.execute(
                """
                INSERT INTO model (id, name, base_url, upstream_name, sealed_key, context_length, capabilities,
                connect_timeout, first_token_timeout, idle_timeout, created_at, updated_at)
                VALUES (\(id), \(draft.name), \(draft.baseURL), \(draft.upstreamName), \(sealed(key, of: id)),
                \(draft.contextLength), \(Self.text(draft.capabilities)), \(draft.timeouts.connect),
                \(draft.timeouts.firstToken), \(draft.timeouts.idle), \(now), \(now))
                """)
            if isDefault { try setDefault(id.description, true, in: connection) }
            try storage.audit(
                "model.create", AuditObject("model", id), by: actor,
                detail: [
                    "name": draft.name, "base_url": draft.baseURL, "model": draft.upstreamName,
                    "has_api_key": "\(key != nil)", "is_default": "\(isDefault)",
                ], in: connection)
            return id
        }
    }

    /// - Parameter edit: changes what is given to it; what it throws, this throws.
    /// - Throws: 4200 if there is no such model; 4000 naming `api_key` if its key would come to another server.
    func update(
        _ id: ID, key: KeyChange, isDefault: Bool?, by actor: AuditActor,
        edit: @escaping @Sendable (inout ModelDraft) throws -> Void
    ) async throws -> Contents {
        try await change { connection in
            let old = try find(id, in: connection)
            var draft = old.draft
            try edit(&draft)
            // Else an operator could have another's key sent to a server of their own.
            if case .keep = key, old.hasKey, !ModelServer.isSame(draft.baseURL, old.draft.baseURL) {
                throw APIError.invalid(
                    "api_key", "the stored key is sent to no other server: give the new server's key, or remove it")
            }
            var changed = draft.changes(since: old.draft)
            if try set(key, of: id, in: connection) { changed.append("api_key") }
            if !changed.isEmpty {
                try connection.execute(
                    """
                    UPDATE model SET name = \(draft.name), base_url = \(draft.baseURL),
                    upstream_name = \(draft.upstreamName), context_length = \(draft.contextLength),
                    capabilities = \(Self.text(draft.capabilities)), connect_timeout = \(draft.timeouts.connect),
                    first_token_timeout = \(draft.timeouts.firstToken), idle_timeout = \(draft.timeouts.idle),
                    updated_at = \(storage.clock.now()) WHERE id = \(id)
                    """)
            }
            if let isDefault, try setDefault(id.description, isDefault, in: connection) {
                changed.append("is_default")
            }
            if changed.isEmpty { return }
            var detail = ["name": draft.name, "base_url": draft.baseURL, "changed": changed.joined(separator: ",")]
            detail["is_default"] = isDefault.map { "\($0)" }
            try storage.audit("model.update", AuditObject("model", id), by: actor, detail: detail, in: connection)
        }.contents
    }

    /// Lets a model of the configuration file answer for bots that name none, or no longer.
    func setDefault(_ id: String, _ isDefault: Bool, by actor: AuditActor) async throws -> Contents {
        try await change { connection in
            guard try setDefault(id, isDefault, in: connection) else { return }
            try storage.audit(
                "model.update", AuditObject("model", id), by: actor,
                detail: ["changed": "is_default", "is_default": "\(isDefault)"], in: connection)
        }.contents
    }

    /// - Throws: 4200 if there is no such model.
    func delete(_ id: ID, by actor: AuditActor) async throws -> Contents {
        try await change { connection in
            let old = try find(id, in: connection)
            try connection.execute("DELETE FROM model WHERE id = \(id)")
            try setDefault(id.description, false, in: connection)
            try storage.audit(
                "model.delete", AuditObject("model", id), by: actor,
                detail: ["name": old.draft.name, "base_url": old.draft.baseURL, "model": old.draft.upstreamName],
                in: connection)
        }.contents
    }

    /// Runs a change, and tells what the tables hold after it.
    private func change<T: Sendable>(
        _ unit: @escaping @Sendable (any Connection) throws -> T
    ) async throws -> (result: T, contents: Contents) {
        try await storage.database.write { connection in
            // First, since this locks the row: the changes of several servers follow one after the other.
            try connection.execute("UPDATE model_catalog SET revision = revision + 1")
            let result = try unit(connection)
            return (result, try contents(connection))
        }
    }

    /// - Returns: whether this changes anything.
    @discardableResult
    private func setDefault(_ id: String, _ isDefault: Bool, in connection: any Connection) throws -> Bool {
        let count = try connection.execute(
            isDefault
                ? """
                UPDATE model_catalog SET default_model = \(id)
                WHERE default_model IS NULL OR default_model <> \(id)
                """
                : "UPDATE model_catalog SET default_model = NULL WHERE default_model = \(id)")
        return count > 0
    }

    /// - Returns: whether this changes anything.
    private func set(_ key: KeyChange, of id: ID, in connection: any Connection) throws -> Bool {
        switch key {
        case .keep: return false
        case .remove:
            return try connection.execute(
                "UPDATE model SET sealed_key = NULL WHERE id = \(id) AND sealed_key IS NOT NULL") > 0
        case .set(let key):
            return try connection.execute(
                "UPDATE model SET sealed_key = \(sealed(key, of: id)) WHERE id = \(id)") > 0
        }
    }

    // MARK: Rows

    private struct Stored {
        let draft: ModelDraft
        /// Whether a key is stored, be it one that cannot be opened.
        let hasKey: Bool
        let model: Model
    }

    private static let columns = SQL.Fragment(
        """
        id, name, base_url, upstream_name, sealed_key, context_length, capabilities, connect_timeout,
        first_token_timeout, idle_timeout, created_at, updated_at
        """)

    private func find(_ id: ID, in connection: any Connection) throws -> Stored {
        try connection.first("SELECT \(Self.columns) FROM model WHERE id = \(id)", row).orThrow(.notFound)
    }

    private func row(_ row: Row) throws -> Stored {
        let id = row.id(0)
        let draft = ModelDraft(
            name: row.text(1), baseURL: row.text(2), upstreamName: row.text(3), contextLength: row.int(5),
            capabilities: Set(try StoredJSON.read([String].self, row.text(6)).compactMap(Model.Capability.init)),
            timeouts: ModelDraft.Timeouts(
                connect: row.optionalInt64(7).map { Int($0) }, firstToken: row.optionalInt64(8).map { Int($0) },
                idle: row.optionalInt64(9).map { Int($0) }))
        // A key that cannot be opened, since it was copied here from another database, is as good as none.
        let key = row.isNull(4) ? nil : try? seal.open(row.blob(4), from: Self.place(id))
        return Stored(
            draft: draft, hasKey: !row.isNull(4),
            model: Model(
                id: id.description, name: draft.name, contextLength: draft.contextLength,
                capabilities: draft.capabilities, source: .upstream(draft.endpoint(key: key)),
                origin: .database(createdAt: row.int64(10), updatedAt: row.int64(11))))
    }

    private func sealed(_ key: String?, of id: ID) throws -> [UInt8]? {
        try key.map { try seal.close($0, for: Self.place(id)) }
    }

    private static func place(_ id: ID) -> String { "model \(id)" }

    private static func text(_ capabilities: Set<Model.Capability>) throws -> String {
        try StoredJSON.text(capabilities.map(\.rawValue).sorted())
    }
}
