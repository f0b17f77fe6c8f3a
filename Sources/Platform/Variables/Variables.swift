package import APIKit

/// The values that bots' variables have for single end users.
package struct Variables: Resource {
    package static let tag = "Variables"
    let variables: VariableStore

    package init(variables: VariableStore) { self.variables = variables }

    package var endpoints: [AnyEndpoint] {
        retrieve
        update
    }

    struct RetrieveInput: Decodable, Sendable {
        /// The app whose variables to read; this server has none yet.
        var appID: ID?
        /// The bot whose variables to read.
        var botID: ID?
        /// The channel: 1024, the API, if absent.
        var connectorID: String?
        /// The end user, by the name that the caller has for them.
        var connectorUID: String
        /// Which variables, at most 100; all if absent.
        var keywords: [String]?

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case botID = "bot_id"
            case connectorID = "connector_id"
            case connectorUID = "connector_uid"
            case keywords
        }
    }

    struct Item: Codable, Sendable {
        var keyword: String
        /// The end user's value, or the bot's default.
        var value: String
        /// When it was first set, in Unix seconds; 0 for a default.
        var createTime: Int64
        /// When it was last set, in Unix seconds; 0 for a default.
        var updateTime: Int64

        enum CodingKeys: String, CodingKey {
            case keyword, value
            case createTime = "create_time"
            case updateTime = "update_time"
        }
    }

    struct Page: Codable, Sendable {
        /// The variables, in the order asked for. Those that are unknown are left out.
        var items: [Item]
    }

    var retrieve: Endpoint<RetrieveInput, Page> {
        Endpoint(
            .get, "/v1/variables", "Read an end user's variables", access: .permission("readVariable")
        ) { input, call in
            try Limits.check(count: input.keywords?.count, atMost: 100, "keywords")
            let holder = try VariableHolder(
                bot: input.botID, app: input.appID, connector: input.connectorID ?? Connector.standard(for: call),
                endUser: input.connectorUID, member: call.member)
            return Page(items: try await variables.list(input.keywords ?? [], of: holder))
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// The app whose variables to set; this server has none yet.
        var appID: ID?
        /// The bot whose variables to set.
        var botID: ID?
        /// The channel: 1024, the API, if absent.
        var connectorID: String?
        /// The end user, by the name that the caller has for them.
        var connectorUID: String
        /// The values to set, 1 to 100.
        var data: [Value]

        struct Value: Decodable, Sendable {
            /// The variable: 1 to 50 letters, digits and underscores, not beginning with a digit.
            var keyword: String
            /// Its value, up to 10000 characters.
            var value: String
        }

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case botID = "bot_id"
            case connectorID = "connector_id"
            case connectorUID = "connector_uid"
            case data
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/v1/variables", "Set an end user's variables", access: .permission("updateVariable")
        ) { input, call in
            try Self.check(input.data)
            let holder = try VariableHolder(
                bot: input.botID, app: input.appID, connector: input.connectorID ?? Connector.standard(for: call),
                endUser: input.connectorUID, member: call.member)
            try await variables.set(input.data.map { ($0.keyword, $0.value) }, of: holder)
            return NoData()
        }
    }

    private static func check(_ data: [UpdateInput.Value]) throws(APIError) {
        if data.isEmpty { throw .invalid("data", "must have at least one item") }
        try Limits.check(count: data.count, atMost: 100, "data")
        var keywords: Set<String> = []
        for (index, item) in data.enumerated() {
            try BotVariable.check(keyword: item.keyword, "data[\(index)].keyword")
            try Limits.check(item.value, 0...10_000, "data[\(index)].value")
            guard keywords.insert(item.keyword).inserted else {
                throw .invalid("data[\(index)].keyword", "is the keyword of an earlier item")
            }
        }
    }
}

/// Whose variables: an end user's of a bot, in one channel, as one account knows them.
struct VariableHolder: Sendable {
    let bot: ID
    let connector: String
    let endUser: String
    let member: Member
}

extension VariableHolder {
    /// - Throws: 4000 for what is missing or too long, 4200 for an app.
    init(bot: ID?, app: ID?, connector: String?, endUser: String, member: Member) throws(APIError) {
        try Limits.check(endUser, 1...256, "connector_uid")
        self.connector = connector ?? Connector.api
        try Limits.check(self.connector, 1...64, "connector_id")
        guard let bot else {
            throw app.map { APIError(.notFound, "The app \($0) does not exist") }
                ?? .invalid("bot_id", "is required, unless there is an app_id")
        }
        self.bot = bot
        self.endUser = endUser
        self.member = member
    }
}
