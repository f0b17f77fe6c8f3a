package import APIKit
package import Database

extension BotVersionStore {
    /// What a chat runs on.
    ///
    /// - Parameters:
    ///   - version: a version of the bot; nil for the one that is online. The bot must be online in either case.
    ///   - draft: the draft instead, published or not.
    ///   - connector: the channel it must be online in.
    /// - Returns: the configuration, its version, which is nil for the draft, and the bot's workspace.
    /// - Throws: 4200 if the user does not see the bot, 4015 if it is not online in the channel, 4000 naming
    ///   bot_version if it has no such version.
    package static func configuration(
        of bot: ID, version: Int64?, draft: Bool, connector: String, visibleTo member: Member,
        in connection: any Connection
    ) throws -> (configuration: BotConfiguration, version: Int64?, workspace: ID) {
        if draft {
            let found = try BotStore.visible(bot, to: member, in: connection)
            return (found.draft, nil, found.workspaceID)
        }
        let found = try connection.first(
            """
            SELECT p.version, v.configuration, b.workspace_id
            FROM bot b JOIN workspace_member m ON m.workspace_id = b.workspace_id AND m.user_id = \(member.user)
            LEFT JOIN bot_publication p ON p.bot_id = b.id AND p.connector_id = \(connector) AND p.is_online = 1
            LEFT JOIN bot_version v ON v.bot_id = b.id AND v.version = COALESCE(CAST(\(version) AS BIGINT), p.version)
            WHERE b.id = \(bot)
            """
        ) { row in (online: row.optionalInt64(0), configuration: row.optionalText(1), workspace: row.id(2)) }
        guard let found, member.workspaces.contains(found.workspace) else { throw BotStore.unknown(bot) }
        guard let online = found.online else { throw notPublished(bot, connector) }
        guard let text = found.configuration else {
            throw APIError.invalid("bot_version", "is no version of the bot \(bot)")
        }
        return (try StoredJSON.read(BotConfiguration.self, text), version ?? online, found.workspace)
    }
}

extension LinkSigner {
    /// The link to a bot's picture, or empty if it has none.
    package func picture(of configuration: BotConfiguration) -> String { icon(configuration.iconFileID) }
}
