import APIKit
import Database
import Platform

/// The journal: deltas of running chats that their logs do not hold yet.
extension ChatStore {
    /// Notes deltas of many chats.
    func note(_ entries: [JournalEntry]) async throws {
        let data = try StoredJSON.text(entries)
        try await storage.database.write(
            isUrgent: false,
            """
            INSERT INTO chat_journal (id, server, data) VALUES (\(storage.ids.next()), \(storage.server), \(data))
            """
        ) { _ in }
    }

    /// A chat's deltas after a number, as far as its server has noted them.
    ///
    /// - Parameter since: only rows after this one are read.
    /// - Returns: last: the last row there is.
    func noted(
        of chat: ID, by server: Int64, after number: Int64, since row: ID
    ) async throws -> (events: [ChatEvent], last: ID) {
        try await storage.database.scan { connection in
            var last = row
            var events: [ChatEvent] = []
            _ = try connection.query(
                "SELECT id, data FROM chat_journal WHERE id > \(row) AND server = \(server) ORDER BY id"
            ) { row in
                last = row.id(0)
                events += try Self.entries(row.text(1)).lazy.filter { $0.chat == chat }.map(\.event)
            }
            return (Self.ordered(events, after: number), last)
        }
    }

    /// All that a server has noted, by chat.
    func noted(by server: Int64) async throws -> [ID: [ChatEvent]] {
        try await storage.database.scan { connection in
            var entries: [JournalEntry] = []
            _ = try connection.query("SELECT data FROM chat_journal WHERE server = \(server) ORDER BY id") { row in
                entries += try Self.entries(row.text(0))
            }
            return Dictionary(grouping: entries, by: \.chat).mapValues { Self.ordered($0.map(\.event), after: 0) }
        }
    }

    /// Deltas in their order, each once: what could not be noted at first may have been noted twice, or late.
    private static func ordered(_ events: [ChatEvent], after number: Int64) -> [ChatEvent] {
        var last = number
        return events.sorted { $0.number < $1.number }.filter { event in
            defer { last = max(last, event.number) }
            return event.number > last
        }
    }

    /// Deletes what a server has noted of chats that have ended.
    ///
    /// - Parameter before: the oldest chat that may still run. What was noted before it began is about others.
    func forget(server: Int64, before oldest: ID) async throws {
        try await storage.database.write(
            "DELETE FROM chat_journal WHERE server = \(server) AND id < \(oldest)"
        ) { _ in }
    }

    /// Deletes what was noted of an end user's chats, wherever it stands beside that of others.
    func forget(owner: ID, endUser: String) async throws {
        try await storage.database.write { connection in
            let chats = Set(
                try connection.query(
                    "SELECT id FROM chat WHERE owner_id = \(owner) AND end_user = \(endUser)"
                ) { $0.id(0) })
            let rows = try connection.query("SELECT id, data FROM chat_journal") { ($0.id(0), $0.text(1)) }
            for (id, data) in rows {
                let entries = try Self.entries(data)
                let kept = entries.filter { !chats.contains($0.chat) }
                if kept.count == entries.count { continue }
                try connection.execute(
                    "UPDATE chat_journal SET data = \(try StoredJSON.text(kept)) WHERE id = \(id)")
            }
        }
    }

    private static func entries(_ data: String) throws -> [JournalEntry] {
        try StoredJSON.read([JournalEntry].self, data)
    }
}
