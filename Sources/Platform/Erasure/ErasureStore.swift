import APIKit
import Database

/// Deletes what is kept of an end user, in short units of work, and then what databases keep of deleted rows.
package struct ErasureStore: Sendable {
    let storage: Storage
    let indexer: SearchIndexer

    package init(storage: Storage, indexer: SearchIndexer) {
        self.storage = storage
        self.indexer = indexer
    }

    /// An erasure that was begun.
    struct Erasure: Sendable {
        /// Whose variables of the end user go.
        let account: ID
        /// Whose chats go: the account's, or those of one of its sessions.
        let owner: ID
        let user: String
        /// What was made later is not erased: an end user who keeps on chatting could keep it from ending.
        let end: ID
        /// How far it has come in a conversation that others have chats in, too.
        var place: Place?
    }

    struct Place: Sendable {
        let conversation: ID
        /// The last message that was deleted: those before it are others'.
        let message: ID
    }

    /// Whose chats with the end user the caller reaches: its own, and for an account those of its sessions.
    func owners(of user: String, for call: Call) async throws -> [ID] {
        guard call.owner == call.user else { return [call.owner] }
        let sessions = try await storage.database.scan { connection in
            try connection.query(
                """
                SELECT a.id FROM account a WHERE a.parent_id = \(call.user)
                AND EXISTS (SELECT 1 FROM chat c WHERE c.owner_id = a.id AND c.end_user = \(user)) ORDER BY a.id
                """
            ) { $0.id(0) }
        }
        return [call.user] + sessions
    }

    /// Notes that an erasure has begun, so that one that is cut short can be finished, and in the audit log who began
    /// it. The end user's name is not kept there, as the log outlives what is erased.
    ///
    /// - Returns: nil if there is nothing of the end user.
    func begin(_ user: String, owner: ID, by call: Call) async throws -> Erasure? {
        let end = storage.ids.next()
        let isKnown = try await storage.database.write { connection in
            let isKnown = try connection.first(
                """
                SELECT 1 WHERE EXISTS (SELECT 1 FROM chat WHERE owner_id = \(owner) AND end_user = \(user))
                OR EXISTS (SELECT 1 FROM variable WHERE owner_id = \(call.user) AND connector_uid = \(user))
                OR EXISTS (SELECT 1 FROM unfinished_erasure)
                """
            ) { _ in true }
            guard isKnown != nil else { return false }
            try connection.execute("INSERT INTO unfinished_erasure (id) VALUES (\(end))")
            try storage.audit("user_data.erase", AuditObject("account", owner), by: call.actor, in: connection)
            return true
        }
        return isKnown ? Erasure(account: call.user, owner: owner, user: user, end: end) : nil
    }

    /// What one step has deleted.
    struct Step: Sendable {
        var erased = UserData.Erased()
        /// The hashes of contents to which no file refers any more.
        var hashes: [String] = []
        /// Where the next step goes on.
        var place: Place?
    }

    /// Deletes some more.
    ///
    /// - Returns: nil if nothing is left.
    func step(_ erasure: Erasure) async throws -> Step? {
        try await storage.database.write { connection in
            let chat = try connection.first(
                """
                SELECT conversation_id FROM chat
                WHERE owner_id = \(erasure.owner) AND end_user = \(erasure.user) AND id < \(erasure.end) LIMIT 1
                """
            ) { $0.id(0) }
            guard let conversation = chat else { return nil }
            let isShared = try connection.first(
                "SELECT 1 FROM chat WHERE conversation_id = \(conversation) AND end_user <> \(erasure.user) LIMIT 1"
            ) { _ in true }
            return isShared == nil
                ? try deleteSome(ofConversation: conversation, in: connection)
                : try deleteSome(of: erasure, inShared: conversation, connection)
        }
    }

    func deleteVariables(_ erasure: Erasure) async throws -> Int {
        try await storage.database.write { connection in
            try connection.execute(
                "DELETE FROM variable WHERE owner_id = \(erasure.account) AND connector_uid = \(erasure.user)")
        }
    }

    // MARK: One step

    /// Messages and chats of one unit of work, some 20 milliseconds.
    private static let messageLot = 100
    private static let chatLot = 10

    private func deleteSome(ofConversation id: ID, in connection: any Connection) throws -> Step {
        let messages = try connection.query(
            "SELECT id FROM message WHERE conversation_id = \(id) LIMIT \(Self.messageLot)"
        ) { $0.id(0) }
        if !messages.isEmpty { return try delete(messages, in: connection) }
        var step = Step()
        let chats = try connection.query(
            "SELECT id FROM chat WHERE conversation_id = \(id) LIMIT \(Self.chatLot + 1)"
        ) { $0.id(0) }
        step.erased.chats = min(chats.count, Self.chatLot)
        if chats.count > Self.chatLot {
            try delete(chats: chats.prefix(Self.chatLot), in: connection)
        } else {
            // The last chats go with the conversation: without one it would not be found again.
            try connection.execute("DELETE FROM conversation WHERE id = \(id)")
            try indexer.forget([id], in: connection)
            step.erased.conversations = 1
            step.erased.chats = chats.count
        }
        return step
    }

    private func deleteSome(of erasure: Erasure, inShared id: ID, _ connection: any Connection) throws -> Step {
        let place = erasure.place.flatMap { $0.conversation == id ? $0 : nil }
        let messages = try connection.query(
            """
            SELECT id FROM message WHERE conversation_id = \(id) AND id > \(place?.message ?? 0) AND chat_id IN (
                SELECT id FROM chat
                WHERE conversation_id = \(id) AND end_user = \(erasure.user) AND id < \(erasure.end)
            ) ORDER BY id LIMIT \(Self.messageLot)
            """
        ) { $0.id(0) }
        if let last = messages.last {
            try takeName(of: id, from: messages, in: connection)
            var step = try delete(messages, in: connection)
            step.place = Place(conversation: id, message: last)
            return step
        }
        let chats = try connection.query(
            """
            SELECT id FROM chat WHERE conversation_id = \(id) AND end_user = \(erasure.user) AND id < \(erasure.end)
            LIMIT \(Self.chatLot)
            """
        ) { $0.id(0) }
        try delete(chats: chats[...], in: connection)
        var step = Step(place: place)
        step.erased.chats = chats.count
        return step
    }

    private func delete(chats: ArraySlice<ID>, in connection: any Connection) throws {
        try connection.pipeline(chats.map { "DELETE FROM chat WHERE id = \($0)" }) { _, _ in }
    }

    /// A conversation may have its name from one of these messages, and then must lose it.
    private func takeName(of conversation: ID, from messages: [ID], in connection: any Connection) throws {
        let name = try connection.first("SELECT name FROM conversation WHERE id = \(conversation)") { $0.text(0) } ?? ""
        if name.isEmpty { return }
        var isTheirs = false
        let questions = messages.map { id -> SQL in
            "SELECT content, content_type FROM message WHERE id = \(id) AND role = 'user'"
        }
        try connection.pipeline(questions) { _, rows in
            for given in try rows.map({ try? MessageContent($0.text(0), type: $0.text(1)).conversationName }) {
                if given == name { isTheirs = true }
            }
        }
        guard isTheirs else { return }
        try connection.execute("UPDATE conversation SET name = '' WHERE id = \(conversation)")
        try indexer.forget([conversation], in: connection)
    }

    private func delete(_ messages: [ID], in connection: any Connection) throws -> Step {
        var step = Step()
        var files: Set<ID> = []
        let references = messages.map { id -> SQL in "SELECT file_id FROM message_file WHERE message_id = \(id)" }
        try connection.pipeline(references) { _, rows in files.formUnion(try rows.map { $0.id(0) }) }
        try connection.pipeline(messages.map { "DELETE FROM message WHERE id = \($0)" }) { _, _ in }
        try indexer.forget(messages, in: connection)
        step.erased.messages = messages.count
        for file in files {
            let hash = try connection.first(
                """
                DELETE FROM file WHERE id = \(file)
                AND NOT EXISTS (SELECT 1 FROM message_file WHERE file_id = \(file)) RETURNING hash
                """
            ) { $0.text(0) }
            guard let hash else { continue }
            step.erased.files += 1
            let isUsed = try connection.first("SELECT 1 FROM file WHERE hash = \(hash) LIMIT 1") { _ in true }
            if isUsed == nil { step.hashes.append(hash) }
        }
        return step
    }

    // MARK: What deleting leaves behind

    /// Removes what the index and SQLite's files keep of deleted rows. Afterwards no erasure is unfinished that had
    /// got this far or was cut short.
    func finish() async throws {
        let begun = try await storage.database.read { connection in
            try connection.query("SELECT id FROM unfinished_erasure") { $0.id(0) }
        }
        if begun.isEmpty { return }
        try await indexer.expunge()
        try await storage.database.compact()
        try await storage.database.write { connection in
            for id in begun { try connection.execute("DELETE FROM unfinished_erasure WHERE id = \(id)") }
        }
    }

    /// Finishes what was cut short, by a crash for instance. What an erasure had not yet deleted stays until it is
    /// called for again. Meant to run once at each start.
    package func finishInterrupted() async throws { try await finish() }
}
