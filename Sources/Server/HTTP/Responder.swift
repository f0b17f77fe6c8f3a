import APIKit
import Database
import Logging
import NIOCore
import NIOHTTP1
import Platform
import Synchronization

/// Answers requests: finds the endpoint, checks the token, decodes the input, calls the handler.
struct Responder: Sendable {
    let router: Router
    /// What answers each route, in the router's order.
    let routes: [Route]
    let authority: TokenAuthority
    let metrics: Metrics
    let logIDs: LogIDSource
    let logger: Logger
    /// What is being received on all connections.
    let bodies = BodyBudget()

    /// What answers a route.
    enum Route: Sendable {
        case endpoint(AnyEndpoint)
        /// A page of the server's own, which needs no token.
        case page(Page)
    }

    init(
        endpoints: [AnyEndpoint], pages: [Page], authority: TokenAuthority, metrics: Metrics, logger: Logger
    ) {
        routes = endpoints.map(Route.endpoint) + pages.map(Route.page)
        router = Router(
            endpoints.map { (HTTPMethod(rawValue: $0.operation.verb.rawValue), $0.operation.path) }
                + pages.map { (.GET, $0.path) })
        self.authority = authority
        self.metrics = metrics
        self.logger = logger
        logIDs = LogIDSource()
    }

    /// Answers a request whose body has been read. Never fails: what goes wrong becomes a reply.
    func respond(to head: HTTPRequestHead, body: ByteBuffer?) async -> HTTPReply {
        let start = ContinuousClock.now
        let logID = logIDs.next()
        let target = Target(head.uri)
        var route: Int?
        var reply: HTTPReply
        do {
            let match = router.match(head.method == .HEAD ? .GET : head.method, target.path)
            route = match?.route
            guard let match else {
                throw APIError(.unknownRoute, "There is no operation \(head.method) \(target.path)")
            }
            guard let number = match.route else {
                let error = APIError(.wrongMethod, "\(target.path) does not support \(head.method)")
                reply = HTTPReply(error, logID: logID, allowed: match.allowed)
                metrics.count(route: nil, status: reply.status.code, code: reply.code, start.duration(to: .now))
                return reply
            }
            switch routes[number] {
            case .endpoint(let endpoint):
                let json = try await call(endpoint, head, target, match.parameters, body, logID)
                reply = HTTPReply(json, logID: logID)
            case .page(let page):
                reply = try await page.reply(logID)
            }
        } catch {
            reply = failure(error, head, logID)
        }
        metrics.count(route: route, status: reply.status.code, code: reply.code, start.duration(to: .now))
        logger.debug(
            "request",
            metadata: [
                "logid": "\(logID)", "method": "\(head.method)", "path": "\(target.path)",
                "status": "\(reply.status.code)", "code": "\(reply.code)",
            ])
        return reply
    }

    /// Answers a request that was refused before it was read to its end.
    func refuse(_ error: APIError) -> HTTPReply {
        let reply = HTTPReply(error, logID: logIDs.next())
        metrics.count(route: nil, status: reply.status.code, code: reply.code, .zero)
        return reply
    }

    private func call(
        _ endpoint: AnyEndpoint, _ head: HTTPRequestHead, _ target: Target, _ parameters: [(String, Substring)],
        _ body: ByteBuffer?, _ logID: String
    ) async throws -> JSONWriter {
        let token = try await authority.authenticate(head.headers.first(name: "Authorization"))
        let points = endpoint.operation.access.points
        guard token.permissionSet.contains(points) else {
            throw APIError(
                .noPermission,
                "The token lacks the permission \(points.joined(separator: ", ")), which this operation needs")
        }
        var source = InputSource(query: try PercentDecoding.query(target.query))
        for (name, segment) in parameters { source.path.append((name, try PercentDecoding.segment(segment))) }
        if endpoint.operation.verb != .get { source.body = try Self.json(body) }
        let call = Call(
            user: token.userID, token: token.id, permissions: token.permissionSet, logID: logID, logger: logger)
        return try await endpoint.respond(source, call)
    }

    /// The body as JSON; nil if it is empty, blank or null.
    private static func json(_ body: ByteBuffer?) throws(APIError) -> JSON? {
        guard let body, !body.readableBytesView.allSatisfy(" \t\r\n".utf8.contains) else { return nil }
        let parsed = body.withUnsafeReadableBytes { bytes in
            Result { () throws(JSONSyntaxError) -> JSON in try JSON(parsing: bytes) }
        }
        switch parsed {
        case .success(.null): return nil
        case .success(let json): return json
        case .failure(let error): throw .invalid("body", "is not JSON: \(error)")
        }
    }

    private func failure(_ error: any Error, _ head: HTTPRequestHead, _ logID: String) -> HTTPReply {
        let error = (error as? APIError) ?? Self.apiError(error)
        if error.code == .internalError {
            logger.error(
                "request failed",
                metadata: [
                    "logid": "\(logID)", "method": "\(head.method)", "path": "\(Target(head.uri).path)",
                    "error": "\(error.cause.map { "\($0)" } ?? error.message)",
                ])
        }
        return HTTPReply(error, logID: logID)
    }

    private static func apiError(_ error: any Error) -> APIError {
        switch (error as? DatabaseError)?.kind {
        case .full: APIError(.internalError, "The server's disk is full. Nothing was changed.", cause: error)
        case .readOnly:
            APIError(.internalError, "The server's database is read-only. Nothing was changed.", cause: error)
        default: .internalFailure(error)
        }
    }
}

/// A request's target, taken apart.
struct Target {
    let path: Substring
    /// What follows the question mark.
    let query: Substring

    init(_ uri: String) {
        // An absolute target, as proxies are sent, names the host first (RFC 9112, 3.2.2).
        var rest = uri[...]
        if !rest.utf8.starts(with: "/".utf8), let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = rest[..<mark]
            query = rest[rest.utf8.index(after: mark)...]
        } else {
            path = rest
            query = rest[rest.endIndex...]
        }
    }
}

/// Bounds the memory that all bodies being received take together.
final class BodyBudget: Sendable {
    private static let limit = 256 << 20
    private let bytes = Atomic<Int>(0)

    /// Counts bytes in; false, and not counted, if that is over the limit.
    func add(_ count: Int) -> Bool {
        if bytes.add(count, ordering: .relaxed).newValue <= Self.limit { return true }
        remove(count)
        return false
    }

    func remove(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}
