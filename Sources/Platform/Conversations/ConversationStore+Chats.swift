package import APIKit
package import Database

/// What chats change and read of conversations, in a unit of work of their own.
extension ConversationStore {
    /// A conversation that a chat makes, since it was started without one. The first section has its id.
    package static func insertion(
        _ id: ID, owner: ID, bot: ID, connector: String, name: String, at now: Int64
    ) -> SQL {
        """
        INSERT INTO conversation
        (id, owner_id, bot_id, connector_id, name, meta_data, last_section_id, created_at, updated_at)
        VALUES (\(id), \(owner), \(bot), \(connector), \(name), '{}', \(id), \(now), \(now)) RETURNING id
        """
    }

    /// Notes that a chat was started: the first message names a conversation without a name. Returns a row unless there
    /// is no such conversation.
    package static func touch(_ id: ID, owner: ID, name: String, at now: Int64) -> SQL {
        """
        UPDATE conversation SET updated_at = \(now),
        name = CASE WHEN name = '' THEN \(name) ELSE name END
        WHERE id = \(id) AND owner_id = \(owner) RETURNING id
        """
    }

    /// The latest section of a conversation.
    ///
    /// - Throws: 4002 if there is no such conversation of this owner.
    package static func section(of id: ID, owner: ID, in connection: any Connection) throws -> ID {
        try connection.first(
            "SELECT last_section_id FROM conversation WHERE id = \(id) AND owner_id = \(owner)"
        ) { $0.id(0) }.orThrow(.invalidConversation)
    }
}
