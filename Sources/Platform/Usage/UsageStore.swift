import APIKit
import Database

/// The tables of what is counted for each hour.
package struct UsageStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Adds to what was counted before, by this and by other servers.
    func add(_ batch: UsageMeter.Batch) async throws {
        try await storage.database.maintain { connection in
            // What was counted in a workspace goes with it.
            var workspaces: Set<ID> = []
            let queries = Set(batch.chats.keys.map(\.workspace)).sorted().map { id -> SQL in
                "SELECT id FROM workspace WHERE id = \(id)"
            }
            try connection.pipeline(queries) { _, rows in workspaces.formUnion(try rows.map { $0.id(0) }) }
            // In their order, so that no two servers ever wait for each other.
            let chats = batch.chats.filter { workspaces.contains($0.key.workspace) }.sorted { $0.key < $1.key }
            let requests = batch.requests.sorted { $0.key < $1.key }
            try connection.pipeline(
                Self.additions(chats.map { ($0.key.values, $0.value) })
                    + Self.additions(requests.map { ($0.key.values, $0.value) })
            ) { _, _ in }
        }
    }

    private static func additions<Counters: HourlyCounters>(_ rows: [(key: [SQL.Value], counters: Counters)]) -> [SQL] {
        let text = UsageStatements<Counters>.addition
        return rows.map { key, counters in SQL(text: text, values: key + counters.values.map { .integer($0) }) }
    }

    /// Removes the hours that ended more than some days ago, one at a time, so that other writes hardly wait.
    ///
    /// - Parameter days: 0 keeps all.
    package func removeOlder(than days: Int) async throws {
        guard days > 0 else { return }
        let end = storage.clock.now() - Int64(days) * 86_400
        for table in ["usage_chat", "usage_request"] {
            while !Task.isCancelled {
                let removed = try await storage.database.write(isUrgent: false) { connection in
                    try connection.execute(
                        SQL(
                            text: "DELETE FROM \(table) WHERE hour = (SELECT MIN(hour) FROM \(table)) AND hour < $1",
                            values: [.integer(end - 3600)]))
                }
                if removed == 0 { break }
            }
        }
    }
}

/// Statements that are made once, from constants alone.
enum UsageStatements<Counters: HourlyCounters> {
    /// Adds counters to those that are there. Its values are the key's and the counters'.
    static var addition: String {
        let columns = Counters.keys + Counters.columns
        let table = Counters.table
        return """
            INSERT INTO \(table) (\(columns.joined(separator: ", ")))
            VALUES (\(columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))
            ON CONFLICT (\(Counters.keys.joined(separator: ", "))) DO UPDATE SET
            \(Counters.columns.map { "\($0) = \(table).\($0) + excluded.\($0)" }.joined(separator: ", "))
            """
    }

    /// The sums of all counters, for a SELECT.
    static var sums: SQL {
        SQL(text: Counters.columns.map { "CAST(SUM(\($0)) AS BIGINT)" }.joined(separator: ", "), values: [])
    }
}

extension ChatUsage.Key {
    var values: [SQL.Value] {
        [.integer(workspace.value), .integer(hour), .integer(bot.value), .text(model), .text(connector)]
    }
}

extension RequestUsage.Key {
    var values: [SQL.Value] { [.integer(hour), .text(route)] }
}
