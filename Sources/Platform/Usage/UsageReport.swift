import APIKit

/// What the chats of a workspace came to.
struct UsageReport: Codable, Sendable {
    /// One for each hour, day, bot, model or channel that had chats: hours and days from the oldest, others from the one
    /// with the most chats.
    var items: [UsageItem]
    /// All of them together.
    var total: UsageItem
}

/// What some chats came to.
struct UsageItem: Codable, Sendable {
    /// The Unix second at which the hour or day begins; absent unless items are hours or days.
    var time: Int64?
    /// The bot; absent unless items are bots.
    var botID: ID?
    /// The bot's name; absent if it was deleted.
    var botName: String?
    /// The model; absent unless items are models. Empty for chats that a crash ended before it was known.
    var modelID: String?
    /// The channel; absent unless items are channels.
    var connectorID: String?
    /// Chats that began to be answered. Those that wait for outputs of tools are neither completed, failed nor canceled.
    var chats: Int64
    var completed: Int64
    var failed: Int64
    var canceled: Int64
    /// Tokens of prompts.
    var inputTokens: Int64
    /// Tokens of answers.
    var outputTokens: Int64
    /// Milliseconds until the first piece of an answer; absent if there was none.
    var firstTokenMS: UsageTimes?
    /// Milliseconds until answers were complete, or ended otherwise; absent if none is known.
    var durationMS: UsageTimes?

    enum CodingKeys: String, CodingKey {
        case time, chats, completed, failed, canceled
        case botID = "bot_id"
        case botName = "bot_name"
        case modelID = "model_id"
        case connectorID = "connector_id"
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case firstTokenMS = "first_token_ms"
        case durationMS = "duration_ms"
    }

    init(_ usage: ChatUsage) {
        chats = usage.chats
        completed = usage.completed
        failed = usage.failed
        canceled = usage.canceled
        inputTokens = usage.inputTokens
        outputTokens = usage.outputTokens
        firstTokenMS = usage.firstToken.times(.firstToken)
        durationMS = usage.duration.times(.answer)
    }
}

/// Times, in milliseconds.
package struct UsageTimes: Codable, Sendable, Equatable {
    /// The average.
    var average: Double
    /// An estimate of what half of them did not exceed.
    var p50: Double
    /// An estimate of what 95 of 100 did not exceed.
    var p95: Double
}

/// What the requests to the server came to.
struct RequestReport: Codable, Sendable {
    /// One for each hour, day or route that had requests: hours and days from the oldest, routes from the one with the
    /// most requests.
    var items: [RequestItem]
    /// All of them together.
    var total: RequestItem
}

/// What some requests came to.
struct RequestItem: Codable, Sendable {
    /// The Unix second at which the hour or day begins; absent unless items are hours or days.
    var time: Int64?
    /// Verb and path; absent unless items are routes. Empty for requests that no route answered.
    var route: String?
    var requests: Int64
    /// Requests with an HTTP status of 400 and more, or a code other than 0.
    var errors: Int64
    /// Requests with an HTTP status of 500 and more.
    var serverErrors: Int64
    /// Milliseconds from the end of a request to the start of its answer; absent if there was none.
    var durationMS: UsageTimes?

    enum CodingKeys: String, CodingKey {
        case time, route, requests, errors
        case serverErrors = "server_errors"
        case durationMS = "duration_ms"
    }

    init(_ usage: RequestUsage) {
        requests = usage.requests
        errors = usage.errors
        serverErrors = usage.serverErrors
        durationMS = usage.duration.times(.request)
    }
}
