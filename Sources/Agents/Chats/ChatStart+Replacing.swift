import APIKit
import Database
import Platform

extension ChatStart {
    /// A chat that another takes the place of.
    struct Replaced: Sendable {
        var stored: StoredChat
        /// What is asked instead of its question; nil for the same question.
        var question: MessageContent?
        /// Whether all that came after it in its section goes too. If not, it must be the last there.
        var dropsLater: Bool

        /// Messages before this one are what was said before the chat.
        var oldest: ID { stored.chat.insertedAdditionalMessages.map(\.id).min() ?? stored.chat.id }
    }

    /// A new chat in place of another, answered by the bot as it is now.
    init(replacing replaced: Replaced) {
        self.init(continuing: replaced.stored)
        botVersion = nil
        replaces = replaced
    }
}

extension ChatStart.Replaced {
    /// Checks that the chat can be replaced, while no other can begin in its conversation.
    ///
    /// - Throws: 4016 if it runs; 4000 if it is not the last of its section though it must be, or was replaced already.
    func check(owner: ID, _ services: ChatServices) async throws {
        let chat = stored.chat
        let now = try await services.chats.find(chat.id, in: chat.conversationID, owner: owner)
        if now.chat.status == .inProgress { throw APIError(.chatIsRunning) }
        if !dropsLater {
            let isLast = try await services.storage.database.read { try ChatStore.isLast(chat, in: $0) }
            if !isLast { throw ChatStore.isNotLast }
        }
        if now.supersededBy != nil { throw ChatStore.isSuperseded }
    }

    /// The messages that the new chat is started with, and what becomes of the old ones.
    ///
    /// - Parameter history: what was said before the chat. If that ends with the question, because the chat was started
    ///   without messages of its own, and another is asked now, it loses it.
    /// - Throws: 4000 for a question without text that has none beside it.
    func messages(_ history: inout [Message], _ storage: Storage) async throws -> (query: [Message], ChatReplacement) {
        let chat = stored.chat
        let inserted = chat.insertedAdditionalMessages.map(\.id)
        var kept = try await storage.database.read { try MessageStore.find(inserted, in: $0) }
        var replacement = ChatReplacement(chat: chat, kept: kept.map(\.id), question: nil, dropsLater: dropsLater)
        guard let question else { return (kept, replacement) }
        var old: Message?
        if let last = kept.last, last.id == inserted.last {
            old = kept.removeLast()
            replacement.kept.removeLast()
        } else if inserted.isEmpty, let last = history.last, last.isLooseQuestion {
            old = history.removeLast()
            replacement.question = last.id
        }
        let beside = try kept.map { try MessageContent($0.content, type: $0.contentType) }
        try MessageContent.checkNeighbours(beside + [question])
        let new = Message(
            id: storage.ids.next(), conversation: chat.conversationID, section: chat.sectionID, bot: chat.botID,
            chat: 0, role: .user, type: "question", content: question.text, contentType: question.type,
            metaData: old?.metaData ?? [:])
        return (kept + [new], replacement)
    }
}

extension Message {
    /// Whether it is a user's message that no chat was started with.
    fileprivate var isLooseQuestion: Bool { role == MessageRole.user.rawValue && chatID.isEmpty }
}
