import Database
import NIOHTTP1

/// The pages for whoever runs the server.
struct OperatorPages {
    let database: Database
    let metrics: Metrics
    /// The OpenAPI document's text.
    let openAPI: String

    static let paths = ["/health/live", "/health/ready", "/metrics", "/openapi.json"]

    /// One for each path, in their order.
    var pages: [Page] {
        zip(Self.paths, [live, ready, figures, document]).map { Page(path: $0, reply: $1) }
    }

    private typealias Reply = @Sendable (String) async throws -> HTTPReply

    /// The process answers.
    private var live: Reply {
        { HTTPReply(text: #"{"status":"ok"}"#, contentType: "application/json", logID: $0) }
    }

    /// The database answers too.
    private var ready: Reply {
        { [database] logID in
            do {
                _ = try await database.read { try $0.first("SELECT number FROM server_start") { $0.int64(0) } }
                return HTTPReply(text: #"{"status":"ok"}"#, contentType: "application/json", logID: logID)
            } catch {
                let text = #"{"status":"the database does not answer"}"#
                return HTTPReply(
                    text: text, contentType: "application/json", status: .serviceUnavailable, logID: logID)
            }
        }
    }

    private var figures: Reply {
        { [database, metrics] logID in
            HTTPReply(
                text: metrics.text(commits: database.commits), contentType: "text/plain; version=0.0.4; charset=utf-8",
                logID: logID)
        }
    }

    private var document: Reply {
        { [openAPI] in HTTPReply(text: openAPI, contentType: "application/json", logID: $0) }
    }
}
