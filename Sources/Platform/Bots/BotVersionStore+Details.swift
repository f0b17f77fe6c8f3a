import APIKit
import Database

/// A published version, and where it is online.
struct StoredVersion: Sendable {
    var bot: StoredBot
    var version: Int64
    var configuration: BotConfiguration
    var changelog: String
    var publishedAt: Int64
    var publisher: Bots.Version.Creator
    /// The channels it is online in.
    var connectorIDs: [String]
}

extension BotVersionStore {
    /// - Throws: 4200 if the user does not see the bot, or it has no such version.
    func find(_ version: ID, of id: ID, visibleTo member: Member) async throws -> StoredVersion {
        try await storage.database.read { connection in
            let bot = try BotStore.visible(id, to: member, in: connection)
            let connectors = try connection.query(
                """
                SELECT connector_id FROM bot_publication
                WHERE bot_id = \(id) AND version = \(version) AND is_online = 1 ORDER BY connector_id
                """
            ) { $0.text(0) }
            let found = try connection.first(
                """
                SELECT v.configuration, v.changelog, v.created_at, a.id, a.nick_name
                FROM bot_version v JOIN account a ON a.id = v.creator_id
                WHERE v.bot_id = \(id) AND v.version = \(version)
                """
            ) { row in
                StoredVersion(
                    bot: bot, version: version.value,
                    configuration: try StoredJSON.read(BotConfiguration.self, row.text(0)), changelog: row.text(1),
                    publishedAt: row.int64(2), publisher: Bots.Version.Creator(id: row.id(3), name: row.text(4)),
                    connectorIDs: connectors)
            }
            guard let found else { throw Self.unknown(version, of: id) }
            return found
        }
    }

    /// What a version consists of, in the caller's unit of work.
    ///
    /// - Throws: 4200 if the bot has no such version.
    static func configuration(
        of version: ID, of bot: ID, in connection: any Connection
    ) throws -> BotConfiguration {
        let found = try connection.first(
            "SELECT configuration FROM bot_version WHERE bot_id = \(bot) AND version = \(version)"
        ) { try StoredJSON.read(BotConfiguration.self, $0.text(0)) }
        guard let found else { throw unknown(version, of: bot) }
        return found
    }

    private static func unknown(_ version: ID, of bot: ID) -> APIError {
        APIError(.notFound, "The bot \(bot) has no version \(version)")
    }
}
