package import APIKit

/// What the chats of workspaces came to, and the requests to the server: sums, and nothing of what was said.
package struct Usage: Resource {
    package static let tag = "Usage"
    let usage: UsageStore
    let operators: Operators

    package init(usage: UsageStore, operators: Operators) {
        self.usage = usage
        self.operators = operators
    }

    package var endpoints: [AnyEndpoint] {
        chats
        requests
    }

    struct ChatsInput: Decodable, Sendable {
        /// The workspace whose bots answered. The caller must be a member.
        var workspaceID: ID
        /// Only chats with this bot.
        var botID: ID?
        /// Only chats that this model answered.
        var modelID: String?
        /// The Unix second that the period begins with, at most 400 days before its end; 30 days before if absent.
        var from: Int?
        /// The Unix second that the period ends with; now if absent.
        var to: Int?
        /// What the items are: hour, day, bot, model or channel; none for the total alone. By day if absent.
        var groupBy: UsageGrouping?
        /// How many seconds the reader's time is ahead of UTC, from -50400 to 50400, for where days begin; 0 if absent.
        /// Counters are kept for whole hours of UTC, so an hour counts for the day that holds its middle.
        var utcOffset: Int?

        enum CodingKeys: String, CodingKey {
            case from, to
            case workspaceID = "workspace_id"
            case botID = "bot_id"
            case modelID = "model_id"
            case groupBy = "group_by"
            case utcOffset = "utc_offset"
        }
    }

    /// Counters are stored within some seconds after a chat has ended.
    var chats: Endpoint<ChatsInput, UsageReport> {
        Endpoint(
            .get, "/buckle/v1/usage", "Count a workspace's chats and their tokens",
            access: .permission(PermissionPoint.readUsage)
        ) { input, call in
            try await usage.chats(
                in: input.workspaceID, UsageStore.Filter(bot: input.botID, model: input.modelID),
                UsagePeriod(
                    from: input.from, to: input.to, offset: input.utcOffset, now: usage.storage.clock.now()),
                by: input.groupBy ?? .day, visibleTo: call.member)
        }
    }

    struct RequestsInput: Decodable, Sendable {
        /// The Unix second that the period begins with, at most 400 days before its end; 30 days before if absent.
        var from: Int?
        /// The Unix second that the period ends with; now if absent.
        var to: Int?
        /// What the items are: hour, day or route; none for the total alone. By day if absent.
        var groupBy: RequestGrouping?
        /// How many seconds the reader's time is ahead of UTC, from -50400 to 50400, for where days begin; 0 if absent.
        var utcOffset: Int?

        enum CodingKeys: String, CodingKey {
            case from, to
            case groupBy = "group_by"
            case utcOffset = "utc_offset"
        }
    }

    var requests: Endpoint<RequestsInput, RequestReport> {
        Endpoint(
            .get, "/buckle/v1/usage/requests", "Count the requests to the server",
            access: .permission(PermissionPoint.manageServer)
        ) { input, call in
            try await operators.require(call)
            return try await usage.requests(
                UsagePeriod(
                    from: input.from, to: input.to, offset: input.utcOffset, now: usage.storage.clock.now()),
                by: input.groupBy ?? .day)
        }
    }
}

/// What the items of a report on chats are.
enum UsageGrouping: String, Codable, Sendable, CaseIterable {
    case hour, day, bot, model, channel, none

    var isByTime: Bool { self == .hour || self == .day }
}

/// What the items of a report on requests are.
enum RequestGrouping: String, Codable, Sendable, CaseIterable { case hour, day, route, none }
