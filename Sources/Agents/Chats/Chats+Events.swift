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
            if let run = runs.run(of: input.chatID, in: input.conversationID), run.owner == call.owner, !run.isSaved {
                stored = run.chat
            } else {
                stored = try await services.chats.find(input.chatID, in: input.conversationID, owner: call.owner).chat
            }
            return Events(EventStream { [start] sink in try await replay(stored, after: start, to: sink) })
        }
    }

    /// How many rows of the log are read at a time.
    private static let pageSize = 50

    private func replay(_ chat: Chat, after start: Int64, to sink: EventStream.Sink) async throws {
        var writer = ChatEventWriter(chat, isNumbered: true)
        var json = JSONWriter()
        var last = start
        // The last row of the journal that was read, for a chat that runs on another server.
        var row = chat.id
        var server = try await services.chats.server(of: chat.id) ?? 0
        while true {
            let run = runs.run(of: chat.id, in: chat.conversationID)
            if let run, last >= run.log.first - 1 {
                // All that is missing is in memory, stored or not. When the run has ended the table has it, and tells
                // whether the chat went on.
                while let events = await run.log.next(after: last) { try await write(events) }
                await run.ended()
                continue
            }
            let (stored, isAll, status) = try await services.chats.events(
                of: chat.id, after: last, limit: Self.pageSize)
            if let run {
                // What a run has stored and what it shows overlap: the table is read up to where the run begins.
                try await write(stored.filter { $0.number < run.log.first })
                if isAll { last = max(last, run.log.first - 1) }
                continue
            }
            try await write(stored)
            if !isAll || !stored.isEmpty { continue }
            if status != .inProgress { break }
            // It runs on another server that shares the database, or begins here just now.
            if runs.run(of: chat.id, in: chat.conversationID) != nil { continue }
            let noted = try await services.chats.noted(of: chat.id, by: server, after: last, since: row)
            row = noted.last
            if noted.events.isEmpty {
                try await Task.sleep(for: .milliseconds(50))
                server = try await services.chats.server(of: chat.id) ?? server
            }
            try await write(noted.events)
        }
        writer.writeDone(to: &json)
        try await sink.write(json)

        func write(_ events: [ChatEvent]) async throws {
            for start in stride(from: 0, to: events.count, by: EventLog.pieceSize) {
                let piece = events[start..<min(start + EventLog.pieceSize, events.count)]
                for event in piece { writer.write(event, to: &json) }
                last = piece[piece.endIndex - 1].number
                try await sink.write(json)
                json.removeAll()
                // A long log must not hold up the others of this thread.
                if events.count > EventLog.pieceSize { await Task.yield() }
            }
        }
    }
}
