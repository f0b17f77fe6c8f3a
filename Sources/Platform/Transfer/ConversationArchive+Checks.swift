import APIKit

/// What an archive must be to be imported. An edited one may break any of this.
extension ConversationArchive {
    private static let mostMessages = 100_000
    private static let mostChats = 100_000
    private static let mostBots = 1_000
    private static let messageTypes: Set<String> = [
        "question", "answer", "function_call", "tool_response", "tool_output", "follow_up", "knowledge", "verbose",
    ]
    private static let contentTypes: Set<String> = ["text", "object_string", "card", "audio"]
    private static let chatStates: Set<String> = [
        "created", "in_progress", "completed", "failed", "requires_action", "canceled",
    ]

    /// The bots that it names.
    var bots: Set<ID> {
        Set([conversation.botID].compactMap(\.self) + (chats ?? []).compactMap(\.botID) + messages.compactMap(\.botID))
    }

    /// - Throws: 4000 naming the place at fault.
    func check() throws(APIError) {
        if format != Self.format { throw .invalid("format", "must be \(Self.format)") }
        if version != Self.version { throw .invalid("version", "must be \(Self.version)") }
        try Limits.check(count: messages.count, atMost: Self.mostMessages, "messages")
        try Limits.check(count: chats?.count, atMost: Self.mostChats, "chats")
        try Limits.check(conversation.name ?? "", 0...100, "conversation.name")
        try Limits.check(conversation.connectorID ?? Connector.api, 1...64, "conversation.connector_id")
        try Self.check(conversation.metaData, "conversation.")
        try Self.check([conversation.createdAt, conversation.updatedAt], "conversation.created_at and updated_at")
        if bots.count > Self.mostBots { throw .invalid("messages", "name more than \(Self.mostBots) bots") }
        let sections = Set(sections.map(\.id))
        guard sections.contains(conversation.lastSectionID) else {
            throw .invalid("conversation.last_section_id", "must be one of the sections")
        }
        var seen: Set<ID> = [conversation.id]
        for (index, chat) in (chats ?? []).enumerated() { try Self.check(chat, "chats[\(index)].", sections, &seen) }
        var last: ID = 0
        for (index, entry) in messages.enumerated() {
            let place = "messages[\(index)]."
            if entry.id <= last { throw .invalid(place + "id", "must be greater than that of the message before") }
            last = entry.id
            try Self.check(entry, place, sections, &seen)
        }
    }

    private static func check(
        _ chat: Chat, _ place: String, _ sections: Set<ID>, _ seen: inout Set<ID>
    ) throws(APIError) {
        try take(chat.id, place, &seen)
        guard sections.contains(chat.sectionID) else {
            throw .invalid(place + "section_id", "must be one of the sections")
        }
        guard chatStates.contains(chat.status) else {
            throw .invalid(place + "status", "must be completed, failed or canceled")
        }
        try Limits.check(chat.userID ?? "", 0...1_000, place + "user_id")
        try check(chat.metaData, place)
        let times = [chat.createdAt, chat.completedAt ?? 0, chat.failedAt ?? 0]
        try check(times, place + "created_at, completed_at and failed_at")
        for count in [chat.usage?.inputCount, chat.usage?.outputCount] where (count ?? 0) < 0 {
            throw .invalid(place + "usage", "must not be negative")
        }
        try Limits.check(count: chat.insertedMessages?.count, atMost: 1_000, place + "inserted_messages")
    }

    private static func check(
        _ entry: Entry, _ place: String, _ sections: Set<ID>, _ seen: inout Set<ID>
    ) throws(APIError) {
        try take(entry.id, place, &seen)
        guard sections.contains(entry.sectionID) else {
            throw .invalid(place + "section_id", "must be one of the sections")
        }
        guard messageTypes.contains(entry.type) else {
            throw .invalid(place + "type", "must be one of \(messageTypes.sorted().joined(separator: ", "))")
        }
        if (entry.role == .user) != (entry.type == "question") {
            throw .invalid(place + "role", "must be user for questions and assistant for all else")
        }
        guard contentTypes.contains(entry.contentType) else {
            throw .invalid(place + "content_type", "must be one of \(contentTypes.sorted().joined(separator: ", "))")
        }
        if entry.contentType == "object_string" {
            _ = try MessageContent(entry.content, type: entry.contentType, place)
        }
        try check(entry.metaData, place)
        try check([entry.createdAt, entry.updatedAt], place + "created_at and updated_at")
        if let feedback = entry.feedback { try check(feedback, of: entry, place + "feedback.") }
    }

    private static func check(_ feedback: Judgement, of entry: Entry, _ place: String) throws(APIError) {
        if entry.type != "answer" { throw .invalid(place, "is only for answers") }
        try Limits.check(count: feedback.reasonTypes?.count, atMost: 10, place + "reason_types")
        for reason in feedback.reasonTypes ?? [] { try Limits.check(reason, 1...30, place + "reason_types") }
        try Limits.check(feedback.comment ?? "", 0...250, place + "comment")
        try check([feedback.updatedAt], place + "updated_at")
    }

    private static func take(_ id: ID, _ place: String, _ seen: inout Set<ID>) throws(APIError) {
        if !seen.insert(id).inserted { throw .invalid(place + "id", "is used twice") }
    }

    /// What is over its limits here is a fault of the archive, so it is 4000 and names its place.
    private static func check(_ metaData: [String: String]?, _ place: String) throws(APIError) {
        do {
            try Limits.checkMetaData(metaData ?? [:])
        } catch {
            throw .invalid(place + "meta_data", error.message)
        }
    }

    /// Up to the end of the year 9999.
    private static func check(_ times: [Int64], _ fields: String) throws(APIError) {
        let isTime = { (time: Int64) in 0...253_402_300_799 ~= time }
        if !times.allSatisfy(isTime) { throw .invalid(fields, "must be Unix seconds") }
    }
}
