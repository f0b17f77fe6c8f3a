package import APIKit

/// What is counted for each hour, in the columns of a table.
protocol HourlyCounters: Sendable {
    static var table: String { get }
    /// The columns that say what the counters are of.
    static var keys: [String] { get }
    /// The columns of the counters.
    static var columns: [String] { get }

    /// In the order of the columns.
    var values: [Int64] { get }
    init(_ values: [Int64])
}

extension HourlyCounters {
    static func += (left: inout Self, right: Self) { left = Self(zip(left.values, right.values).map(+)) }
}

/// What was counted of chats.
struct ChatUsage: HourlyCounters, Equatable {
    var chats: Int64 = 0
    var completed: Int64 = 0
    var failed: Int64 = 0
    var canceled: Int64 = 0
    var inputTokens: Int64 = 0
    var outputTokens: Int64 = 0
    var firstToken = TimeHistogram()
    var duration = TimeHistogram()

    /// What it was counted of.
    struct Key: Hashable, Comparable, Sendable {
        var workspace: ID
        /// The Unix second at which the hour began.
        var hour: Int64
        var bot: ID
        var model: String
        var connector: String

        static func < (left: Self, right: Self) -> Bool {
            (left.workspace, left.hour, left.bot, left.model, left.connector)
                < (right.workspace, right.hour, right.bot, right.model, right.connector)
        }
    }

    static let table = "usage_chat"
    static let keys = ["workspace_id", "hour", "bot_id", "model_id", "connector_id"]
    private static let counts = ["chats", "completed", "failed", "canceled", "input_tokens", "output_tokens"]
    static let columns = counts + TimeHistogram.columns("first_token") + TimeHistogram.columns("duration")

    init() {}

    var values: [Int64] {
        [chats, completed, failed, canceled, inputTokens, outputTokens] + firstToken.values + duration.values
    }

    init(_ values: [Int64]) {
        (chats, completed, failed) = (values[0], values[1], values[2])
        (canceled, inputTokens, outputTokens) = (values[3], values[4], values[5])
        let middle = 6 + TimeHistogram.size + 1
        firstToken = TimeHistogram(values[6..<middle])
        duration = TimeHistogram(values[middle...])
    }

    mutating func add(_ run: EndedRun) {
        if run.isFirst { chats += 1 }
        switch run.end {
        case .completed: completed += 1
        case .failed: failed += 1
        case .canceled: canceled += 1
        case nil: break
        }
        inputTokens += Int64(max(0, run.inputTokens))
        outputTokens += Int64(max(0, run.outputTokens))
        if let time = run.firstToken { firstToken.add(time, .firstToken) }
        if let time = run.duration { duration.add(time, .answer) }
    }
}

/// What was counted of requests.
package struct RequestUsage: HourlyCounters, Equatable {
    package var requests: Int64 = 0
    /// Those with an HTTP status of 400 and more, or a code other than 0.
    package var errors: Int64 = 0
    /// Those with an HTTP status of 500 and more.
    package var serverErrors: Int64 = 0
    package var duration = TimeHistogram()

    /// What it was counted of.
    struct Key: Hashable, Comparable, Sendable {
        /// The Unix second at which the hour began.
        var hour: Int64
        var route: String

        static func < (left: Self, right: Self) -> Bool { (left.hour, left.route) < (right.hour, right.route) }
    }

    static let table = "usage_request"
    static let keys = ["hour", "route"]
    static let columns = ["requests", "errors", "server_errors"] + TimeHistogram.columns("duration")

    package init() {}

    var values: [Int64] { [requests, errors, serverErrors] + duration.values }

    init(_ values: [Int64]) {
        (requests, errors, serverErrors) = (values[0], values[1], values[2])
        duration = TimeHistogram(values[3...])
    }
}

/// A run of a chat that has ended.
package struct EndedRun: Sendable {
    /// How a chat ended.
    package enum End: Sendable { case completed, failed, canceled }

    /// The bot's.
    package var workspace: ID
    package var bot: ID
    /// Empty if it is not known.
    package var model: String
    package var connector: String
    /// Whether the chat had no run before, for it counts once.
    package var isFirst: Bool
    /// Nil if the chat has not ended, or is counted as ended by others.
    package var end: End?
    package var inputTokens = 0
    package var outputTokens = 0
    /// From the run's beginning to the first piece of its answer; nil if there was none.
    package var firstToken: Duration?
    /// From the run's beginning to its end; nil if it is not known.
    package var duration: Duration?

    package init(workspace: ID, bot: ID, model: String, connector: String, isFirst: Bool, end: End?) {
        self.workspace = workspace
        self.bot = bot
        self.model = model
        self.connector = connector
        self.isFirst = isFirst
        self.end = end
    }
}
