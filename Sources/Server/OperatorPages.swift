import APIKit
import Database
import NIOHTTP1
import Synchronization

/// The pages for whoever runs the server.
struct OperatorPages {
    let database: Database
    let metrics: Metrics
    /// The OpenAPI document's text.
    let openAPI: OnDemand<String>

    static let paths = ["/health/live", "/health/ready", "/metrics", "/openapi.json"]

    /// One for each path, in their order.
    var pages: [Page] {
        zip(Self.paths, [live, ready, figures, document]).map { Page(path: $0, reply: $1) }
    }

    private typealias Reply = @Sendable (String, Client) async throws -> HTTPReply

    /// The process answers.
    private var live: Reply {
        { logID, _ in HTTPReply(text: #"{"status":"ok"}"#, contentType: "application/json", logID: logID) }
    }

    /// The database answers too.
    private var ready: Reply {
        { [database] logID, _ in
            do {
                try await within(.seconds(2)) {
                    _ = try await database.read { try $0.first("SELECT number FROM server_start") { $0.int64(0) } }
                }
                return HTTPReply(text: #"{"status":"ok"}"#, contentType: "application/json", logID: logID)
            } catch {
                let text = #"{"status":"the database does not answer"}"#
                return HTTPReply(
                    text: text, contentType: "application/json", status: .serviceUnavailable, logID: logID)
            }
        }
    }

    private var figures: Reply {
        { [database, metrics] logID, _ in
            HTTPReply(
                text: metrics.text(commits: database.commits), contentType: "text/plain; version=0.0.4; charset=utf-8",
                logID: logID)
        }
    }

    private var document: Reply {
        { [openAPI] logID, _ in
            HTTPReply(text: try await openAPI.value, contentType: "application/json", logID: logID)
        }
    }
}

/// A value that takes long to make and is seldom asked for. It is made when it is first asked for, away from the threads
/// that serve connections, and kept.
final class OnDemand<Value: Sendable>: Sendable {
    private let make: @Sendable () throws -> Value
    private let task = Mutex<Task<Value, any Error>?>(nil)

    init(_ make: @escaping @Sendable () throws -> Value) { self.make = make }

    var value: Value {
        get async throws {
            try await task.withLock { task in
                if let task { return task }
                let started = Task.detached { [make] in try make() }
                task = started
                return started
            }.value
        }
    }
}

/// The work did not end in time. It goes on, and nobody waits for it.
private struct TookTooLong: Error {}

/// Waits for work that cannot be cancelled, but not for long.
func within(_ limit: Duration, _ work: @escaping @Sendable () async throws -> Void) async throws {
    let (results, continuation) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
    Task { continuation.yield(await Result { try await work() }) }
    let alarm = Task {
        try await Task.sleep(for: limit)
        continuation.yield(.failure(TookTooLong()))
    }
    defer { alarm.cancel() }
    for await result in results { return try result.get() }
}
