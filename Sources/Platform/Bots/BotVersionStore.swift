import APIKit
import Database

/// The tables of published versions, which never change, and of the channels they are online in.
package struct BotVersionStore: Sendable {
    let storage: Storage
    let links: LinkSigner

    package init(storage: Storage, links: LinkSigner) {
        self.storage = storage
        self.links = links
    }

    /// Publishes the draft as a new version and puts it online in channels.
    ///
    /// - Parameter changelog: what has changed in it, in the publisher's words.
    /// - Returns: the version: a millisecond of Unix time, greater than every earlier one of the bot.
    func publish(_ id: ID, to connectors: [String], changelog: String, by call: Call) async throws -> Int64 {
        let now = storage.clock.now()
        let millisecond = storage.clock.milliseconds()
        return try await storage.database.write { connection in
            let entity = try Entity.editable(.bot, id, by: call.member, in: connection)
            let draft = try BotStore.lockedDraft(of: id, in: connection)
            let last =
                try connection.first("SELECT COALESCE(MAX(version), 0) FROM bot_version WHERE bot_id = \(id)") {
                    $0.int64(0)
                } ?? 0
            let version = max(millisecond, last + 1)
            try connection.execute(
                """
                INSERT INTO bot_version (bot_id, version, configuration, changelog, creator_id, created_at)
                VALUES (\(id), \(version), \(try StoredJSON.text(draft)), \(changelog), \(call.user), \(now))
                """)
            for connector in connectors {
                try connection.execute(
                    "UPDATE bot_publication SET is_online = 0 WHERE bot_id = \(id) AND connector_id = \(connector)")
                try connection.execute(
                    """
                    INSERT INTO bot_publication (bot_id, connector_id, version, is_online)
                    VALUES (\(id), \(connector), \(version), 1)
                    """)
            }
            try storage.audit(
                "bot.publish", entity.audited, by: call.actor,
                detail: ["version": String(version), "connector_ids": connectors.joined(separator: ",")],
                in: connection)
            return version
        }
    }

    /// Takes the bot offline in a channel.
    ///
    /// - Throws: 4015 if it is not online there.
    func unpublish(_ id: ID, from connector: String, reason: String?, by call: Call) async throws {
        var detail = ["connector_id": connector]
        detail["reason"] = reason
        let noted = detail
        try await storage.database.write { connection in
            let entity = try Entity.editable(.bot, id, by: call.member, in: connection)
            let count = try connection.execute(
                """
                UPDATE bot_publication SET is_online = 0
                WHERE bot_id = \(id) AND connector_id = \(connector) AND is_online = 1
                """)
            if count == 0 { throw Self.notPublished(id, connector) }
            try storage.audit("bot.unpublish", entity.audited, by: call.actor, detail: noted, in: connection)
        }
    }

    /// The version that is online.
    ///
    /// - Parameter connector: the channel; nil for the latest in any.
    /// - Throws: 4200 if the user does not see the bot, 4015 if it is not online.
    func online(_ id: ID, in connector: String?, visibleTo member: Member) async throws -> BotInfo {
        try await storage.database.read { connection in
            let bot = try BotStore.visible(id, to: member, in: connection)
            let any: Int64 = connector == nil ? 1 : 0
            let found = try connection.first(
                """
                SELECT v.version, v.configuration FROM bot_publication p
                JOIN bot_version v ON v.bot_id = p.bot_id AND v.version = p.version
                WHERE p.bot_id = \(id) AND p.is_online = 1 AND (p.connector_id = \(connector ?? "") OR \(any) = 1)
                ORDER BY v.version DESC LIMIT 1
                """
            ) { row in
                let configuration = try StoredJSON.read(BotConfiguration.self, row.text(1))
                return BotInfo(
                    bot, configuration, version: String(row.int64(0)), iconURL: links.icon(configuration.iconFileID))
            }
            guard let found else { throw Self.notPublished(id, connector) }
            return found
        }
    }

    /// A bot's versions, latest first.
    ///
    /// - Parameter connector: only those published to this channel.
    func list(
        _ id: ID, connector: String?, visibleTo member: Member, _ page: PageRequest
    ) async throws -> (versions: [Bots.Version], total: Int) {
        try await storage.database.read { connection in
            _ = try BotStore.visible(id, to: member, in: connection)
            let any: Int64 = connector == nil ? 1 : 0
            let isListed: SQL = """
                v.bot_id = \(id) AND (\(any) = 1 OR EXISTS (SELECT 1 FROM bot_publication p WHERE p.bot_id = v.bot_id
                AND p.version = v.version AND p.connector_id = \(connector ?? "")))
                """
            let total =
                try connection.first("SELECT COUNT(*) FROM bot_version v WHERE \(isListed)") { $0.int(0) } ?? 0
            let versions = try connection.query(
                """
                SELECT v.version, v.created_at, a.id, a.nick_name, v.changelog
                FROM bot_version v JOIN account a ON a.id = v.creator_id
                WHERE \(isListed) ORDER BY v.version DESC LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                Bots.Version(
                    version: String(row.int64(0)), changelog: row.text(4), createdAt: String(row.int64(1)),
                    creator: Bots.Version.Creator(id: row.id(2), name: row.text(3)))
            }
            return (versions, total)
        }
    }

    static func notPublished(_ id: ID, _ connector: String?) -> APIError {
        APIError(
            .botNotPublished,
            connector.map { "The bot \(id) has not been published to the channel \($0)" }
                ?? "The bot \(id) has not been published")
    }
}
