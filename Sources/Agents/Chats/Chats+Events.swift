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

    /// How many rows of the log are read at a time.
    private static let pageSize = 500

    private func replay(_ chat: Chat, after start: Int64, to sink: EventStream.Sink) async throws {
        var writer = ChatEventWriter(chat, isNumbered: true)
        var json = JSONWriter()
        var last = start
        // The last row of the journal that was read, for a chat that runs on another server.
        var row = chat.id
        while true {
            let run = runs.run(of: chat.id, in: chat.conversationID)
            if let run, last >= run.log.first - 1 {
                // All that is missing is in memory, stored or not.
                while let events = await run.log.next(after: last) { try await write(events) }
                await run.ended()
            }
            let (stored, isAll, status) = try await services.chats.events(
                of: chat.id, after: last, limit: Self.pageSize)
            // What an own run has stored and what it shows overlap: the stored part is read up to where it begins.
            try await write(run.map { run in stored.filter { $0.number < run.log.first } } ?? stored)
            if !isAll { continue }
            if let run, !run.log.isClosed {
                // All that was stored before the run is written; what follows is the run's own.
                last = max(last, run.log.first - 1)
                continue
            }
            if status != .inProgress { break }
            if !stored.isEmpty || runs.run(of: chat.id, in: chat.conversationID) != nil { continue }
            let noted = try await services.chats.noted(of: chat.id, after: last, since: row)
            row = noted.last
            if noted.events.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
            try await write(noted.events)
        }
        writer.writeDone(to: &json)
        try await sink.write(json)

        func write(_ events: [ChatEvent]) async throws {
            guard let end = events.last else { return }
            for event in events { writer.write(event, to: &json) }
            last = end.number
            try await sink.write(json)
            json.removeAll()
        }
    }
}
