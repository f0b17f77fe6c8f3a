import APIKit
import Database

/// A checked archive as rows of a new conversation.
struct ArchiveImport: Sendable {
    /// The new conversation.
    let conversation: ID
    /// What stores all of it, in this order.
    let statements: [SQL]

    /// - Parameters:
    ///   - bots: the bots that the new owner sees; others are not referred to.
    ///   - files: the uploads of the new owner's; parts of messages with others become text.
    init(
        _ archive: ConversationArchive, owner: ID, bots: Set<ID>, files: Set<ID>, storage: Storage
    ) throws {
        let ids = Self.newIDs(archive, storage.ids)
        let head = archive.conversation
        conversation = ids[head.id]!
        let names = Dictionary((archive.files ?? []).map { ($0.id, $0.fileName) }) { first, _ in first }
        let seen = { (bot: ID?) -> ID? in bot.flatMap { bots.contains($0) ? $0 : nil } }
        var statements: [SQL] = [
            """
            INSERT INTO conversation
            (id, owner_id, bot_id, connector_id, name, meta_data, last_section_id, created_at, updated_at)
            VALUES (\(conversation), \(owner), \(seen(head.botID)), \(head.connectorID ?? Connector.api),
            \(head.name ?? ""), \(try StoredJSON.text(head.metaData ?? [:])), \(ids[head.lastSectionID]),
            \(head.createdAt), \(head.updatedAt))
            """
        ]
        for chat in archive.chats ?? [] {
            statements.append(
                try Self.insertion(
                    chat, ids, in: conversation, owner: owner, bot: seen(chat.botID),
                    connector: head.connectorID ?? Connector.api, now: storage.clock.now()))
        }
        for entry in archive.messages {
            let content = try ImportedContent(entry, files: files, names: names)
            let message = Message(
                id: ids[entry.id]!, conversationID: conversation, botID: seen(entry.botID)?.description ?? "",
                chatID: entry.chatID.map { ids[$0]!.description } ?? "", sectionID: ids[entry.sectionID]!,
                role: entry.role.rawValue, type: entry.type, content: content.text, contentType: content.type,
                metaData: entry.metaData ?? [:], reasoningContent: entry.reasoningContent, createdAt: entry.createdAt,
                updatedAt: entry.updatedAt)
            statements.append(try MessageStore.insertion(message))
            statements += content.files.map { file in
                """
                INSERT INTO message_file (message_id, file_id)
                SELECT CAST(\(message.id) AS BIGINT), id FROM file WHERE id = \(file) AND \(FileStore.isOwn(owner))
                """
            }
            if let feedback = entry.feedback {
                statements.append(try Self.insertion(feedback, of: message.id, by: owner))
            }
        }
        self.statements = statements
    }

    /// A new id for each old one, in the same order: by ids it is known what came before what.
    private static func newIDs(_ archive: ConversationArchive, _ source: IDSource) -> [ID: ID] {
        var old: Set<ID> = [archive.conversation.id]
        old.formUnion(archive.sections.lazy.map(\.id))
        old.formUnion((archive.chats ?? []).lazy.map(\.id))
        old.formUnion(archive.messages.lazy.map(\.id))
        // A message may belong to a chat of which nothing was kept.
        old.formUnion(archive.messages.lazy.compactMap(\.chatID))
        return Dictionary(uniqueKeysWithValues: old.sorted().map { ($0, source.next()) })
    }

    /// A chat that has ended, whatever it was.
    private static func insertion(
        _ chat: ConversationArchive.Chat, _ ids: [ID: ID], in conversation: ID, owner: ID, bot: ID?,
        connector: String, now: Int64
    ) throws -> SQL {
        let hasEnded = ["completed", "failed", "canceled"].contains(chat.status)
        let error = hasEnded ? chat.lastError : .init(code: 5000, msg: "The chat had not ended when it was exported")
        // As a chat keeps its request; nothing of it is left but where it came from.
        let request: JSON = ["connector": .string(connector), "customVariables": [:], "position": [:], "rounds": []]
        return try """
        INSERT INTO chat
        (id, conversation_id, owner_id, bot_id, section_id, end_user, status, meta_data, request, inserted_messages,
        error_code, error_message, input_count, output_count, server, created_at, completed_at, failed_at,
        superseded_by)
        VALUES (\(ids[chat.id]), \(conversation), \(owner), \(bot ?? 0), \(ids[chat.sectionID]), \(chat.userID ?? ""),
        \(hasEnded ? chat.status : "failed"), \(StoredJSON.text(chat.metaData ?? [:])), \(StoredJSON.text(request)),
        \(StoredJSON.text((chat.insertedMessages ?? []).compactMap { ids[$0] })), \(error?.code),
        \(error.map { $0.msg ?? "" }), \(chat.usage?.inputCount), \(chat.usage?.outputCount), 0, \(chat.createdAt),
        \(chat.completedAt), \(hasEnded ? chat.failedAt : now), \(chat.supersededBy.flatMap { ids[$0] }))
        """
    }

    private static func insertion(
        _ feedback: ConversationArchive.Judgement, of message: ID, by owner: ID
    ) throws -> SQL {
        """
        INSERT INTO message_feedback (message_id, user_id, feedback_type, reason_types, comment, updated_at)
        VALUES (\(message), \(owner), \(feedback.feedbackType.rawValue),
        \(try StoredJSON.text(feedback.reasonTypes ?? [])), \(feedback.comment ?? ""), \(feedback.updatedAt))
        """
    }
}

/// The content of a message, without references to uploads that are not the new owner's.
///
/// A part with such an upload becomes a line `[name]` of the text: the reader still learns that something was there.
/// A message of which only text is left becomes a text.
struct ImportedContent: Sendable {
    let text: String
    let type: String
    /// The uploads it refers to.
    let files: [ID]

    init(_ entry: ConversationArchive.Entry, files: Set<ID>, names: [ID: String]) throws {
        guard entry.contentType == "object_string", case .array(let parts)? = try? JSON(parsing: entry.content) else {
            (text, type, self.files) = (entry.content, entry.contentType, [])
            return
        }
        let lost = { (part: JSON) -> ID? in
            guard case .string(let id)? = part["file_id"], let id = ID(id), !files.contains(id) else { return nil }
            return id
        }
        self.files = Array(Set(try MessageContent(entry.content, type: entry.contentType).fileIDs).intersection(files))
        guard parts.contains(where: { lost($0) != nil }) else {
            (text, type) = (entry.content, entry.contentType)
            return
        }
        var lines: [String] = []
        var kept: [JSON] = []
        for part in parts {
            if let id = lost(part) {
                lines.append("[\(names[id] ?? "file \(id)")]")
            } else if part["type"] == .string("text"), case .string(let text)? = part["text"] {
                lines.insert(text, at: 0)
            } else {
                kept.append(part)
            }
        }
        let joined = lines.joined(separator: "\n")
        (text, type) =
            kept.isEmpty
            ? (joined, "text")
            : (try StoredJSON.text(JSON.array([["type": "text", "text": .string(joined)]] + kept)), "object_string")
    }
}

extension ConversationArchive {
    /// The uploads that messages refer to.
    var referredFiles: [ID] {
        var found: Set<ID> = []
        for entry in messages where entry.contentType == "object_string" {
            found.formUnion((try? MessageContent(entry.content, type: entry.contentType))?.fileIDs ?? [])
        }
        return Array(found)
    }
}

extension ArchiveStore {
    /// Those of the files that are this owner's.
    func ownFiles(_ ids: [ID], owner: ID) async throws -> [ID] {
        if ids.isEmpty { return [] }
        return try await storage.database.scan { connection in
            try FileStore.find(ids, owner: owner, in: connection).map(\.id)
        }
    }

    /// Stores an imported conversation: all of it or none.
    func insert(_ imported: ArchiveImport) async throws {
        try await storage.database.write { connection in
            for start in stride(from: 0, to: imported.statements.count, by: 256) {
                let lot = imported.statements[start..<min(start + 256, imported.statements.count)]
                try connection.pipeline(Array(lot)) { _, _ in }
            }
        }
    }
}
