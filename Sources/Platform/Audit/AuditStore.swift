import APIKit
import Database

/// The table of the audit log. Records are added by ``Storage/audit(_:_:by:detail:in:)`` and never changed; they only
/// grow too old.
package struct AuditStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Which records are asked for. What is nil is not asked about.
    struct Filter: Sendable {
        var workspace: ID?
        var enterprise: ID?
        var user: ID?
        var action: String?
        var objectType: String?
        var objectID: String?
        /// Unix seconds: from then on, and before then.
        var after: Int64?
        var before: Int64?
    }

    /// Records that a member may see, newest first.
    ///
    /// - Parameter before: only what was noted before this record.
    /// - Throws: 4200 if the member is none of the workspace or enterprise, 4101 if the member does not manage it.
    func list(
        _ filter: Filter, before: ID?, _ limit: Int, visibleTo member: Member
    ) async throws -> (records: [AuditRecord], hasMore: Bool) {
        // What is asked for may be rare, and the log long.
        try await storage.database.scan { connection in
            let condition = try Self.condition(filter, before, visibleTo: member, connection)
            var records = try connection.query(
                """
                SELECT r.id, r.created_at, r.user_id, u.user_name, r.token_id, r.action, r.object_type, r.object_id,
                r.workspace_id, r.enterprise_id, r.address, r.log_id, r.detail
                FROM audit_record r LEFT JOIN account u ON u.id = r.user_id
                WHERE \(condition) ORDER BY r.id DESC LIMIT \(limit + 1)
                """, Self.record)
            let hasMore = records.count > limit
            if hasMore { records.removeLast() }
            return (records, hasMore)
        }
    }

    /// Removes the records that are older than some days, in units so small that other writes hardly wait for them.
    ///
    /// - Parameter days: 0 keeps all.
    /// - Returns: how many were removed.
    @discardableResult
    package func removeOlder(than days: Int) async throws -> Int {
        guard days > 0 else { return 0 }
        let end = storage.clock.now() - Int64(days) * 86_400
        var removed = 0
        while !Task.isCancelled {
            let count = try await storage.database.write(isUrgent: false) { connection in
                try connection.execute(
                    """
                    DELETE FROM audit_record WHERE created_at < \(end)
                    AND id IN (SELECT id FROM audit_record ORDER BY id LIMIT \(Self.unit))
                    """)
            }
            removed += count
            if count < Self.unit { break }
        }
        return removed
    }

    /// How many records are removed at once.
    private static let unit = 500

    /// What a member may see of what is asked for.
    private static func condition(
        _ filter: Filter, _ before: ID?, visibleTo member: Member, _ connection: any Connection
    ) throws -> SQL {
        var condition: SQL = "1 = 1"
        if try !seesAll(member, connection) {
            if let workspace = filter.workspace { try requireManager(member, of: workspace, connection) }
            if let enterprise = filter.enterprise {
                try Accounts.checkReach(member)
                try requireAdmin(member.user, of: enterprise, connection)
            }
            if filter.workspace == nil, filter.enterprise == nil {
                condition = "\(condition) AND r.user_id = \(member.user)"
            }
            if case .some(let reached) = member.workspaces {
                condition = "\(condition) AND (r.workspace_id IS NULL OR r.workspace_id IN (\(list(reached))))"
            }
        }
        if let workspace = filter.workspace { condition = "\(condition) AND r.workspace_id = \(workspace)" }
        if let enterprise = filter.enterprise { condition = "\(condition) AND r.enterprise_id = \(enterprise)" }
        if let user = filter.user { condition = "\(condition) AND r.user_id = \(user)" }
        if let action = filter.action { condition = "\(condition) AND r.action = \(action)" }
        if let type = filter.objectType { condition = "\(condition) AND r.object_type = \(type)" }
        if let id = filter.objectID { condition = "\(condition) AND r.object_id = \(id)" }
        if let before { condition = "\(condition) AND r.id < \(before)" }
        // The second of an id is that of its making, so ids find the place in the log. They are made a moment before
        // the time is noted, and may run ahead of a clock that was set back: hence the minute.
        if let after = filter.after {
            condition = "\(condition) AND r.created_at >= \(after) AND r.id >= \(max(0, after - 60) << 32)"
        }
        if let before = filter.before {
            condition = "\(condition) AND r.created_at < \(before) AND r.id < \((before + 60) << 32)"
        }
        return condition
    }

    /// Ids as what stands between the brackets of IN.
    private static func list(_ ids: Set<ID>) -> SQL {
        // PostgreSQL has no empty list, and nothing has the id 0.
        let ids = [0] + ids.sorted()
        return SQL(
            text: ids.indices.map { "$\($0 + 1)" }.joined(separator: ", "), values: ids.map { .integer($0.value) })
    }

    /// Operators see everything, with tokens that reach everything.
    private static func seesAll(_ member: Member, _ connection: any Connection) throws -> Bool {
        guard member.workspaces == .all else { return false }
        return try connection.first("SELECT 1 FROM account WHERE id = \(member.user) AND is_operator = 1") { _ in true }
            ?? false
    }

    private static func requireManager(_ member: Member, of workspace: ID, _ connection: any Connection) throws {
        guard let role = try WorkspaceStore.role(of: member, in: workspace, connection) else {
            throw WorkspaceStore.unknown(workspace)
        }
        guard role.manages else {
            throw APIError(.noPermission, "Only the workspace's owner and admins may read its audit log")
        }
    }

    private static func requireAdmin(_ user: ID, of enterprise: ID, _ connection: any Connection) throws {
        let role = try connection.first(
            "SELECT role FROM enterprise_member WHERE enterprise_id = \(enterprise) AND user_id = \(user)"
        ) { $0.text(0) }
        guard let role else { throw APIError(.notFound, "The enterprise \(enterprise) does not exist") }
        guard ["enterprise_super_admin", "enterprise_admin"].contains(role) else {
            throw APIError(.noPermission, "Only the enterprise's admins may read its audit log")
        }
    }

    private static func record(_ row: Row) throws -> AuditRecord {
        AuditRecord(
            id: row.id(0), createdAt: row.int64(1), user: AuditRecord.User(id: row.id(2), userName: row.text(3)),
            tokenID: row.id(4), action: row.text(5), objectType: row.text(6), objectID: row.text(7),
            workspaceID: row.optionalID(8), enterpriseID: row.optionalID(9), address: row.text(10),
            logID: row.text(11), detail: try row.stringMap(12))
    }
}
