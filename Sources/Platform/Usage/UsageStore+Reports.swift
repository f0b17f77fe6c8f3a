import APIKit
import Database

extension UsageStore {
    /// Which chats are asked for. What is nil is not asked about.
    struct Filter: Sendable {
        var bot: ID?
        var model: String?
    }

    /// What a workspace's chats came to.
    ///
    /// - Throws: 4200 if the member is none of the workspace.
    func chats(
        in workspace: ID, _ filter: Filter, _ period: UsagePeriod, by grouping: UsageGrouping, visibleTo member: Member
    ) async throws -> UsageReport {
        // A year of many bots is a long read.
        try await storage.database.scan { connection in
            guard try WorkspaceStore.isMember(member, of: workspace, in: connection) else {
                throw WorkspaceStore.unknown(workspace)
            }
            var condition: SQL = """
                workspace_id = \(workspace) AND hour >= \(period.first) AND hour < \(period.end)
                """
            if let bot = filter.bot { condition = "\(condition) AND bot_id = \(bot)" }
            if let model = filter.model { condition = "\(condition) AND model_id = \(model)" }
            let key: SQL =
                switch grouping {
                case .hour: "hour"
                case .day: "(hour + \(period.shift)) / 86400"
                case .bot: "bot_id"
                case .model: "model_id"
                case .channel: "connector_id"
                case .none: "0"
                }
            let groups = try Self.groups(ChatUsage.self, key, condition, connection) { row in
                switch grouping {
                case .model, .channel: row.text(0)
                case .hour, .day, .bot, .none: row.int64(0).description
                }
            }
            let total = groups.reduce(into: ChatUsage()) { $0 += $1.counters }
            if grouping == .none { return UsageReport(items: [], total: UsageItem(total)) }
            var items = groups.map { key, usage in
                var item = UsageItem(usage)
                switch grouping {
                case .hour: item.time = Int64(key)
                case .day: item.time = Int64(key).map(period.start)
                case .bot: item.botID = ID(key)
                case .model: item.modelID = key
                case .channel: item.connectorID = key
                case .none: break
                }
                return item
            }
            if grouping == .bot { try Self.name(&items, in: workspace, connection) }
            // Those with as many chats stay in the order of their keys.
            if !grouping.isByTime { items = items.sortedStably { $0.chats > $1.chats } }
            return UsageReport(items: items, total: UsageItem(total))
        }
    }

    /// What requests to the servers of this database came to.
    func requests(_ period: UsagePeriod, by grouping: RequestGrouping) async throws -> RequestReport {
        try await storage.database.scan { connection in
            let key: SQL =
                switch grouping {
                case .hour: "hour"
                case .day: "(hour + \(period.shift)) / 86400"
                case .route: "route"
                case .none: "0"
                }
            let condition: SQL = "hour >= \(period.first) AND hour < \(period.end)"
            let groups = try Self.groups(RequestUsage.self, key, condition, connection) { row in
                grouping == .route ? row.text(0) : row.int64(0).description
            }
            let total = RequestItem(groups.reduce(into: RequestUsage()) { $0 += $1.counters })
            if grouping == .none { return RequestReport(items: [], total: total) }
            let items = groups.map { key, usage in
                var item = RequestItem(usage)
                switch grouping {
                case .hour: item.time = Int64(key)
                case .day: item.time = Int64(key).map(period.start)
                case .route: item.route = key
                case .none: break
                }
                return item
            }
            return RequestReport(
                items: grouping == .route ? items.sortedStably { $0.requests > $1.requests } : items, total: total)
        }
    }

    /// The sums of a table's rows, one for each key, in the keys' order.
    private static func groups<Counters: HourlyCounters>(
        _ type: Counters.Type, _ key: SQL, _ condition: SQL, _ connection: any Connection, _ name: (Row) -> String
    ) throws -> [(key: String, counters: Counters)] {
        let table = SQL(text: Counters.table, values: [])
        return try connection.query(
            """
            SELECT \(key), \(UsageStatements<Counters>.sums) FROM \(table) WHERE \(condition) GROUP BY 1 ORDER BY 1
            """
        ) { row in (name(row), Counters(Counters.columns.indices.map { row.int64($0 + 1) })) }
    }

    /// Gives bots the names they have now.
    private static func name(_ items: inout [UsageItem], in workspace: ID, _ connection: any Connection) throws {
        struct Draft: Decodable { var name: String }
        let queries = items.map { item -> SQL in
            "SELECT draft FROM bot WHERE id = \(item.botID) AND workspace_id = \(workspace)"
        }
        var names: [Int: String] = [:]
        try connection.pipeline(queries) { index, rows in
            names[index] = try rows.map { try StoredJSON.read(Draft.self, $0.text(0)).name }.first
        }
        for (index, name) in names { items[index].botName = name }
    }
}

extension Array {
    /// Sorted, with what is alike in the order it was in.
    fileprivate func sortedStably(by precedes: (Element, Element) -> Bool) -> [Element] {
        enumerated().sorted { left, right in
            if precedes(left.element, right.element) { return true }
            return !precedes(right.element, left.element) && left.offset < right.offset
        }.map(\.element)
    }
}
