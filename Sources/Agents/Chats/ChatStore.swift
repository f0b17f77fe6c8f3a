import APIKit
import Database
package import Platform

/// The tables of chats and of their events.
package struct ChatStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    private static let columns = SQL.Fragment(
        """
        id, conversation_id, bot_id, section_id, status, created_at, completed_at, failed_at, meta_data, error_code, \
        error_message, required_action, input_count, output_count, inserted_messages, owner_id, end_user, request, \
        server, superseded_by
        """)

    /// A chat from the first fifteen of the columns.
    static func chat(_ row: Row) throws -> Chat {
        Chat(
            id: row.id(0), conversationID: row.id(1), botID: row.id(2),
            status: Chat.Status(rawValue: row.text(4)) ?? .failed, createdAt: row.int64(5),
            completedAt: row.optionalInt64(6), failedAt: row.optionalInt64(7), metaData: try row.stringMap(8),
            lastError: row.optionalInt64(9).map { Chat.Failure(code: Int($0), msg: row.text(10)) },
            requiredAction: try row.optionalText(11).map {
                Chat.RequiredAction(try StoredJSON.read([Chat.ToolCall].self, $0))
            },
            usage: row.optionalInt64(12).map { Chat.Usage(input: Int($0), output: row.int(13)) }, sectionID: row.id(3),
            insertedAdditionalMessages: try StoredJSON.read([ID].self, row.text(14)).map {
                Chat.InsertedMessage(id: $0)
            })
    }

    private static func stored(_ row: Row) throws -> StoredChat {
        StoredChat(
            chat: try chat(row), owner: row.id(15), endUser: row.text(16),
            record: try StoredJSON.read(ChatRecord.self, row.text(17)), server: row.int64(18),
            supersededBy: row.optionalID(19))
    }

    // MARK: Reading

    /// - Throws: 4002 if there is no such conversation of this owner, 4001 if it has no such chat.
    func find(_ id: ID, in conversation: ID, owner: ID) async throws -> StoredChat {
        try await storage.database.read { try Self.find(id, in: conversation, owner: owner, $0) }
    }

    static func find(_ id: ID, in conversation: ID, owner: ID, _ connection: any Connection) throws -> StoredChat {
        let found = try connection.first(
            """
            SELECT \(columns) FROM chat
            WHERE id = \(id) AND conversation_id = \(conversation) AND owner_id = \(owner)
            """, stored)
        if let found { return found }
        _ = try ConversationStore.section(of: conversation, owner: owner, in: connection)
        throw APIError(.invalidChat)
    }

    /// What the chat has made, oldest first.
    func messages(of id: ID, in conversation: ID, owner: ID) async throws -> [Message] {
        try await storage.database.read { connection in
            _ = try Self.find(id, in: conversation, owner: owner, connection)
            return try MessageStore.made(by: id, in: conversation, connection)
        }
    }

    /// The stored events after a number, in their order, and how the chat stood before they were read.
    ///
    /// - Parameter limit: how many rows to read at most.
    /// - Returns: isAll: whether no row was left.
    func events(
        of id: ID, after number: Int64, limit: Int
    ) async throws -> (events: [ChatEvent], isAll: Bool, status: Chat.Status?) {
        try await storage.database.read { connection in
            // The status first: events come before the status they lead to, so none is missed.
            let status = try connection.first("SELECT status FROM chat WHERE id = \(id)") {
                Chat.Status(rawValue: $0.text(0))
            }
            // The row before may hold deltas with greater numbers than its own.
            let rows = try connection.query(
                """
                SELECT number, kind, message_id, data FROM chat_event WHERE chat_id = \(id) AND number >= COALESCE(
                    (SELECT MAX(number) FROM chat_event WHERE chat_id = \(id) AND number <= \(number)), 0)
                ORDER BY number LIMIT \(limit)
                """, Self.event)
            let events = try rows.flatMap { try $0.events }.filter { $0.number > number }
            return (events, rows.count < limit, status ?? nil)
        }
    }

    /// The process that runs a chat; nil if there is no such chat.
    func server(of id: ID) async throws -> Int64? {
        try await storage.database.read { try $0.first("SELECT server FROM chat WHERE id = \(id)") { $0.int64(0) } }
    }

    private static func event(_ row: Row) -> StoredEvents {
        StoredEvents(
            number: row.int64(0), kind: ChatEvent.Kind(rawValue: row.int64(1)) ?? .error, message: row.optionalID(2),
            data: row.text(3))
    }

    /// The number of a chat's last event; 0 if there is none.
    static func lastNumber(of id: ID, in connection: any Connection) throws -> Int64 {
        let last = try connection.first(
            "SELECT number, kind, message_id, data FROM chat_event WHERE chat_id = \(id) ORDER BY number DESC LIMIT 1",
            event)
        return try last?.events.last?.number ?? 0
    }

    // MARK: Beginning

    /// Stores a new chat with its messages, and its conversation if that is new too: all of it or none.
    ///
    /// - Parameters:
    ///   - replacement: what the chat takes the place of.
    ///   - logID: the log id of the request that starts it.
    /// - Throws: 4002 if the conversation is gone, 4016 if another chat runs in it, 4000 for a chat whose place it
    ///   cannot take.
    func begin(
        _ stored: StoredChat, isNewConversation: Bool, name: String, messages: [NewChatMessage], events: [ChatEvent],
        replacement: ChatReplacement?, logID: String
    ) async throws {
        let chat = stored.chat
        let now = storage.clock.now()
        let conversation =
            isNewConversation
            ? ConversationStore.insertion(
                chat.conversationID, owner: stored.owner, bot: chat.botID, connector: stored.record.connector,
                name: name, at: now)
            : ConversationStore.touch(chat.conversationID, owner: stored.owner, name: name, at: now)
        var statements = [try insertion(stored, logID: logID)]
        for message in messages { statements += try message.insertions }
        statements += try Self.insertions(events, of: chat.id)
        try await taking {
            try await storage.database.write { [statements] connection in
                _ = try connection.first(conversation) { _ in true }.orThrow(.invalidConversation)
                if let replacement { try Self.supersede(replacement, by: chat.id, in: connection) }
                try connection.pipeline(statements) { _, _ in }
            }
        }
    }

    /// Runs what makes a chat the running one of its conversation.
    ///
    /// - Throws: 4016 if there is another: one of another server, since this server's own were looked at before.
    private func taking(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as DatabaseError where error.kind == .constraint {
            // PostgreSQL names the index, SQLite its column.
            let isTaken = ["chat_running", "chat.conversation_id"].contains { error.message.contains($0) }
            if isTaken { throw APIError(.chatIsRunning, cause: error) }
            throw error
        }
    }

    /// Stores the conversation of a chat that is not stored itself.
    func beginUnsaved(_ stored: StoredChat, isNewConversation: Bool) async throws {
        guard isNewConversation else { return }
        try await storage.database.write(
            ConversationStore.insertion(
                stored.chat.conversationID, owner: stored.owner, bot: stored.chat.botID,
                // Without a name, since that would be what was said.
                connector: stored.record.connector, name: "", at: storage.clock.now())
        ) { _ in }
    }

    private func insertion(_ stored: StoredChat, logID: String) throws -> SQL {
        let chat = stored.chat
        return try """
        INSERT INTO chat
        (id, conversation_id, owner_id, bot_id, section_id, end_user, status, meta_data, request,
        inserted_messages, server, created_at, bot_version, model_id, log_id)
        VALUES (\(chat.id), \(chat.conversationID), \(stored.owner), \(chat.botID), \(chat.sectionID),
        \(stored.endUser), 'in_progress', \(StoredJSON.text(chat.metaData)), \(StoredJSON.text(stored.record)),
        \(StoredJSON.text(chat.insertedAdditionalMessages.map(\.id))), \(storage.server), \(chat.createdAt),
        \(stored.record.botVersion), \(stored.record.modelID), \(logID))
        """
    }

    /// Lets a chat that waits for tool outputs go on.
    ///
    /// - Throws: 4000 if it does not wait any more, 4016 if another chat runs in its conversation.
    func resume(_ stored: StoredChat, messages: [Message], events: [ChatEvent]) async throws {
        let chat = stored.chat
        let statements =
            try messages.map(MessageStore.insertion) + Self.insertions(events, of: chat.id)
        let record = try StoredJSON.text(stored.record)
        let server = storage.server
        try await taking {
            try await storage.database.write { connection in
                let count = try connection.execute(
                    """
                    UPDATE chat SET status = 'in_progress', required_action = NULL, request = \(record),
                    server = \(server), cancel_requested = 0
                    WHERE id = \(chat.id) AND status = 'requires_action' AND superseded_by IS NULL
                    """)
                guard count == 1 else { throw Self.doesNotWait }
                try connection.pipeline(statements) { _, _ in }
            }
        }
    }

    static var doesNotWait: APIError { .invalid("chat_id", "is a chat that does not wait for tool outputs") }

    // MARK: Going on

    private static func insertions(_ events: [ChatEvent], of chat: ID) throws -> [SQL] {
        try StoredEvents.rows(events).map { row in
            """
            INSERT INTO chat_event (chat_id, number, kind, message_id, data)
            VALUES (\(chat), \(row.number), \(row.kind.rawValue), \(row.message), \(row.data))
            """
        }
    }

    /// Stores events and messages of a running chat, and how it stands now.
    ///
    /// - Returns: false if it does not run any more, as it was ended elsewhere or deleted; then nothing is stored.
    func advance(_ stored: StoredChat, messages: [Message], events: [ChatEvent]) async throws -> Bool {
        let chat = stored.chat
        let statements = try messages.map(MessageStore.insertion) + Self.insertions(events, of: chat.id)
        let actions = try chat.requiredAction.map { try StoredJSON.text($0.submitToolOutputs.toolCalls) }
        let record = try StoredJSON.text(stored.record)
        return try await storage.database.write(isUrgent: false) { connection in
            let count = try connection.execute(
                """
                UPDATE chat SET status = \(chat.status.rawValue), completed_at = \(chat.completedAt),
                failed_at = \(chat.failedAt), error_code = \(chat.lastError?.code),
                error_message = \(chat.lastError?.msg), required_action = \(actions), request = \(record),
                input_count = \(chat.usage?.inputCount), output_count = \(chat.usage?.outputCount)
                WHERE id = \(chat.id) AND status = 'in_progress'
                """)
            guard count == 1 else { return false }
            try connection.pipeline(statements) { _, _ in }
            return true
        }
    }

    /// Asks the server that runs a chat to cancel it.
    ///
    /// - Throws: 4104 if the chat does not run; 4002, 4001 as ``find(_:in:owner:)``.
    func requestCancel(_ id: ID, in conversation: ID, owner: ID) async throws {
        try await storage.database.write { connection in
            _ = try Self.find(id, in: conversation, owner: owner, connection)
            let count = try connection.execute(
                "UPDATE chat SET cancel_requested = 1 WHERE id = \(id) AND status = 'in_progress'")
            if count == 0 { throw APIError(.notCancelable) }
        }
    }

    /// Those of the chats that are not to run any more: cancelled at another server, ended, or deleted.
    func ended(among chats: [ID]) async throws -> [ID] {
        try await storage.database.read { connection in
            var ended: [ID] = []
            let queries = chats.map { id -> SQL in
                "SELECT 1 FROM chat WHERE id = \(id) AND status = 'in_progress' AND cancel_requested = 0"
            }
            try connection.pipeline(queries) { index, rows in
                if try rows.map({ _ in true }).isEmpty { ended.append(chats[index]) }
            }
            return ended
        }
    }

    // MARK: After a crash

    /// The oldest chat that counts as running on this server.
    func oldestRunning() async throws -> ID? {
        let server = storage.server
        return try await storage.database.read { connection in
            try connection.first(
                "SELECT MIN(id) FROM chat WHERE status = 'in_progress' AND server = \(server)"
            ) { $0.optionalID(0) } ?? nil
        }
    }

    /// Chats that count as running, on whichever server.
    func running() async throws -> [StoredChat] {
        try await storage.database.scan { connection in
            try connection.query("SELECT \(Self.columns) FROM chat WHERE status = 'in_progress'", Self.stored)
        }
    }
}
