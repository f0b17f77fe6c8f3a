package import APIKit
package import Database

/// The table of values that end users have of bots' variables. Defaults are in the bots' configurations.
package struct VariableStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Values of some variables, or of all: those that the bot has, then those that were set without its knowing.
    ///
    /// - Parameter keywords: which, in order; none for all. Those that are unknown are left out.
    /// - Throws: 4200 if the owner does not see the bot, 4015 if it is online in no channel that has variables, 4000
    ///   for a keyword that is not open to clients.
    func list(_ keywords: [String], of holder: VariableHolder) async throws -> [Variables.Item] {
        try await storage.database.read { connection in
            let known = try Self.definitions(holder, in: connection)
            try Self.checkOpen(keywords, known, "keywords")
            let rows = try connection.query(
                """
                SELECT keyword, value, created_at, updated_at FROM variable WHERE \(Self.isHeld(holder))
                ORDER BY keyword
                """
            ) { row in
                Variables.Item(
                    keyword: row.text(0), value: row.text(1), createTime: row.int64(2), updateTime: row.int64(3))
            }
            var items = Dictionary(uniqueKeysWithValues: rows.map { ($0.keyword, $0) })
            for variable in known where items[variable.keyword] == nil {
                items[variable.keyword] = Variables.Item(
                    keyword: variable.keyword, value: variable.defaultValue, createTime: 0, updateTime: 0)
            }
            let isClosed = Set(known.lazy.filter { !$0.isOpenToClients }.map(\.keyword))
            let order = keywords.isEmpty ? known.map(\.keyword) + rows.map(\.keyword) : keywords
            return order.compactMap { isClosed.contains($0) ? nil : items.removeValue(forKey: $0) }
        }
    }

    /// Sets values in place of earlier ones. Keywords that the bot does not have are kept as well: they serve its
    /// prompt, and no call of the documented API can give it a variable.
    ///
    /// - Throws: 4200 if the owner does not see the bot, 4015 if it is online in no channel that has variables, 4000
    ///   for a keyword that is not open to clients.
    func set(_ values: [(keyword: String, value: String)], of holder: VariableHolder) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            let known = try Self.definitions(holder, in: connection)
            try Self.checkOpen(values.map(\.keyword), known, "data")
            for (keyword, value) in values {
                try connection.execute(
                    """
                    INSERT INTO variable
                    (owner_id, bot_id, connector_id, connector_uid, keyword, value, created_at, updated_at)
                    VALUES (\(holder.member.user), \(holder.bot), \(holder.connector), \(holder.endUser), \(keyword),
                    \(value), \(now), \(now))
                    ON CONFLICT (owner_id, bot_id, connector_id, connector_uid, keyword)
                    DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
                    """)
            }
        }
    }

    /// The values that were set for an end user, by keyword. Neither are defaults among them, nor is it asked whether
    /// the bot's variables are in use: that is in its configuration.
    package func values(
        of bot: ID, connector: String, endUser: String, member: Member, in connection: any Connection
    ) throws -> [String: String] {
        let holder = VariableHolder(bot: bot, connector: connector, endUser: endUser, member: member)
        let pairs = try connection.query("SELECT keyword, value FROM variable WHERE \(Self.isHeld(holder))") { row in
            (row.text(0), row.text(1))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    private static func isHeld(_ holder: VariableHolder) -> SQL {
        """
        owner_id = \(holder.member.user) AND bot_id = \(holder.bot) AND connector_id = \(holder.connector)
        AND connector_uid = \(holder.endUser)
        """
    }

    /// The bot's variables as they are online: in the holder's channel, or else wherever they were published last.
    private static func definitions(
        _ holder: VariableHolder, in connection: any Connection
    ) throws -> [BotVariable] {
        let found = try connection.first(
            """
            SELECT v.configuration, b.workspace_id
            FROM bot b JOIN workspace_member m ON m.workspace_id = b.workspace_id AND m.user_id = \(holder.member.user)
            LEFT JOIN bot_publication p ON p.bot_id = b.id AND p.is_online = 1
            AND p.connector_id IN ('1024', '999', '998')
            LEFT JOIN bot_version v ON v.bot_id = p.bot_id AND v.version = p.version
            WHERE b.id = \(holder.bot)
            ORDER BY CASE WHEN p.connector_id = \(holder.connector) THEN 0 ELSE 1 END, v.version DESC LIMIT 1
            """
        ) { row in (configuration: row.optionalText(0), workspace: row.id(1)) }
        guard let found, holder.member.workspaces.contains(found.workspace) else { throw BotStore.unknown(holder.bot) }
        guard let text = found.configuration else { throw BotVersionStore.notPublished(holder.bot, "1024, 999 or 998") }
        return try StoredJSON.read(BotConfiguration.self, text).variables ?? []
    }

    private static func checkOpen(_ keywords: [String], _ known: [BotVariable], _ field: String) throws(APIError) {
        for variable in known where !variable.isOpenToClients && keywords.contains(variable.keyword) {
            throw .invalid(field, "the variable \(variable.keyword) is disabled, or is not set by clients")
        }
    }
}
