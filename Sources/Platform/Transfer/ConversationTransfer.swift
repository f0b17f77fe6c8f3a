package import APIKit

/// Takes conversations out of an account, whole, and in again.
package struct ConversationTransfer: Resource {
    package static let tag = "Conversation transfer"
    let archives: ArchiveStore
    let conversations: ConversationStore
    let bots: BotStore

    package init(archives: ArchiveStore, conversations: ConversationStore, bots: BotStore) {
        self.archives = archives
        self.conversations = conversations
        self.bots = bots
    }

    package var endpoints: [AnyEndpoint] {
        export
        importing
    }

    enum Format: String, Codable, Sendable, CaseIterable { case json, markdown }

    struct ExportInput: Decodable, Sendable {
        /// The conversation to export.
        var conversationID: ID
        /// json, which can be imported again, or markdown, for reading; json if absent.
        var format: Format?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case format
        }
    }

    /// The most bytes of an export, which is made in memory.
    private static let sizeLimit = 256 << 20

    var export: Endpoint<ExportInput, Download> {
        Endpoint(
            .get, "/buckle/v1/conversations/{conversation_id}/export", "Export a conversation",
            access: .permissions(["retrieveConversation", "listMessage"])
        ) { input, call in
            var outline = try await archives.outline(of: input.conversationID, owner: call.owner)
            outline.conversation.creatorID = call.user
            let name = "conversation-\(input.conversationID)"
            switch input.format ?? .json {
            case .json:
                return Download(
                    bytes: try await json(outline, owner: call.owner), mediaType: "application/json",
                    fileName: name + ".json", isInline: false)
            case .markdown:
                return Download(
                    bytes: try await markdown(outline, owner: call.owner), mediaType: "text/markdown; charset=utf-8",
                    fileName: name + ".md", isInline: false)
            }
        }
    }

    private func json(_ outline: ConversationArchive, owner: ID) async throws -> [UInt8] {
        var writer = JSONWriter(capacity: 64 << 10)
        // It ends in an empty array, which the messages go into.
        writer.raw(try JSONOutput.bytes(outline).dropLast(2))
        var isFirst = true
        try await archives.forEachPage(of: outline.conversation.id, owner: owner) { page in
            for entry in page {
                if !isFirst { writer.raw(",") }
                isFirst = false
                try writer.encode(entry)
            }
            try Self.checkSize(writer.count)
        }
        writer.raw("]}")
        return writer.bytes
    }

    private func markdown(_ outline: ConversationArchive, owner: ID) async throws -> [UInt8] {
        var transcript = MarkdownTranscript(outline)
        try await archives.forEachPage(of: outline.conversation.id, owner: owner) { page in
            for entry in page { transcript.append(entry) }
            try Self.checkSize(transcript.bytes.count)
        }
        return transcript.bytes
    }

    private static func checkSize(_ count: Int) throws(APIError) {
        if count > sizeLimit {
            throw .invalid("conversation_id", "names a conversation of more than \(sizeLimit >> 20) MB")
        }
    }

    /// Makes a new conversation of yours from an exported one, with the same sections, chats, messages and times.
    var importing: Endpoint<ConversationArchive, Conversation> {
        Endpoint(
            .post, "/buckle/v1/conversations/import", "Import a conversation",
            access: .permissions(["createConversation", "createMessage"])
        ) { archive, call in
            try archive.check()
            let visible = try await visibleBots(of: archive, to: call.member)
            let files = try await archives.ownFiles(archive.referredFiles, owner: call.user)
            let imported = try ArchiveImport(
                archive, owner: call.owner, bots: visible, files: Set(files), storage: archives.storage)
            try await archives.insert(imported)
            return try await conversations.find(imported.conversation, owner: call.owner).shown(to: call)
        }
    }

    /// Those of the archive's bots that the caller sees. References to others are dropped.
    private func visibleBots(of archive: ConversationArchive, to member: Member) async throws -> Set<ID> {
        var visible: Set<ID> = []
        for bot in archive.bots {
            do {
                try await bots.requireVisible(bot, to: member)
                visible.insert(bot)
            } catch let error as APIError where error.code == .notFound {
                continue
            }
        }
        return visible
    }
}
