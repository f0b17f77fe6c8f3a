import APIKit

extension Chats {
    struct EventsInput: Decodable, Sendable {
        /// The chat.
        var chatID: ID
        /// Its conversation.
        var conversationID: ID
        /// Only events after this number; 0, all, if absent. The header Last-Event-ID says the same.
        var after: Int64?

        enum CodingKeys: String, CodingKey {
            case chatID = "chat_id"
            case conversationID = "conversation_id"
            case after
        }
    }

    /// Replays a chat's events, and follows it while it runs. Each event has its number as `id:`.
    var events: Endpoint<EventsInput, Events> {
        Endpoint(
            .get, "/buckle/v1/chats/{chat_id}/events", "Follow a chat's events", access: .permission("getChat")
        ) { input, call in
            var start = Int64(0)
            if let header = call.lastEventID, !header.isEmpty {
                guard let number = Int64(header) else {
                    throw APIError.invalid("Last-Event-ID", "must be the number of an event")
                }
                start = number
            }
            start = input.after ?? start
            if start < 0 { throw APIError.invalid("after", "must not be negative") }
            let stored: Chat
            if let run = runs.run(of: input.chatID, in: input.conversationID), run.owner == call.user {
                stored = run.chat
            } else {
                stored = try await services.chats.find(input.chatID, in: input.conversationID, owner: call.user).chat
            }
            return Events(EventStream { [start] sink in try await replay(stored, after: start, to: sink) })
        }
    }

    /// How many stored events are read at a time.
    private static let pageSize = 500

    private func replay(_ chat: Chat, after start: Int64, to sink: EventStream.Sink) async throws {
        var writer = ChatEventWriter(chat, isNumbered: true)
        var json = JSONWriter()
        var last = start
        while true {
            let run = runs.run(of: chat.id, in: chat.conversationID)
            if let run, last >= run.log.first - 1 {
                // All that is missing is in memory, stored or not.
                while let events = await run.log.next(after: last) {
                    try await write(events[...])
                }
                await run.ended()
            }
            let (stored, status) = try await services.chats.events(of: chat.id, after: last, limit: Self.pageSize)
            // What an own run has stored and what it shows overlap: the stored part is read up to where it begins.
            let earlier = run.map { run in stored.prefix { $0.number < run.log.first } } ?? stored[...]
            try await write(earlier)
            if stored.count == Self.pageSize { continue }
            if let run, !run.log.isClosed {
                // All that was stored before the run is written; what follows is the run's own.
                last = max(last, run.log.first - 1)
                continue
            }
            if status != .inProgress { break }
            // It runs on another server that shares the database.
            if stored.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
        }
        writer.writeDone(to: &json)
        try await sink.write(json)

        func write(_ events: ArraySlice<ChatEvent>) async throws {
            if events.isEmpty { return }
            for event in events { writer.write(event, to: &json) }
            last = events[events.endIndex - 1].number
            try await sink.write(json)
            json.removeAll()
        }
    }
}
