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

    /// A request's body.
    enum Body: Sendable {
        case none
        case whole(ByteBuffer)
        /// It still comes.
        case stream(RequestBody)
    }

    /// Whether the request's body is a file, which is handled as it comes.
    func takesUpload(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .POST,
            head.headers.first(name: "Content-Type")?.lowercased().hasPrefix("multipart/") == true,
            let number = router.match(.POST, Target(head.uri).path)?.route,
            case .endpoint(let endpoint) = routes[number]
        else { return false }
        return endpoint.operation.isUpload
    }

    /// Answers a request. Never fails: what goes wrong becomes a reply.
    ///
    /// - Parameter executor: the thread of the request's connection, on which this runs.
    func respond(
        to head: HTTPRequestHead, body: Body, executor: any CallExecutor
    ) async -> HTTPReply {
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
                reply = HTTPReply(
                    try await call(endpoint, head, target, match.parameters, body, logID, executor), logID: logID)
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
        _ body: Body, _ logID: String, _ executor: any CallExecutor
    ) async throws -> EndpointReply {
        let operation = endpoint.operation
        if operation.access == .link {
            // The input is all there is to tell who may.
            let nobody = Call(
                user: 0, token: 0, permissions: .some([]), logID: logID, logger: logger, lastEventID: nil,
                executor: executor)
            guard case .input(let respond) = endpoint.handler else { throw APIError(.unknownRoute) }
            return try await respond(try Self.source(operation, target, parameters, body), nobody)
        }
        let token = try await authority.authenticate(head.headers.first(name: "Authorization"))
        let points = operation.access.points
        guard token.permissionSet.contains(points) else {
            throw APIError(
                .noPermission,
                "The token lacks the permission \(points.joined(separator: ", ")), which this operation needs")
        }
        let call = Call(
            user: token.userID, token: token.id, permissions: token.permissionSet, logID: logID, logger: logger,
            lastEventID: operation.layout == .events ? head.headers.first(name: "Last-Event-ID") : nil,
            executor: executor)
        switch endpoint.handler {
        case .input(let respond): return try await respond(Self.source(operation, target, parameters, body), call)
        case .upload(let respond): return try await respond(Self.upload(head, body), call)
        }
    }

    private static func source(
        _ operation: APIKit.Operation, _ target: Target, _ parameters: [(String, Substring)], _ body: Body
    ) throws -> InputSource {
        var source = InputSource(query: try PercentDecoding.query(target.query))
        for (name, segment) in parameters { source.path.append((name, try PercentDecoding.segment(segment))) }
        if operation.verb != .get, case .whole(let bytes) = body { source.body = try json(bytes) }
        return source
    }

    private static func upload(_ head: HTTPRequestHead, _ body: Body) -> RequestBody {
        let bytes: [UInt8]?
        switch body {
        case .stream(let stream): return stream
        case .none: bytes = nil
        case .whole(let buffer): bytes = [UInt8](buffer.readableBytesView)
        }
        return RequestBody(
            contentType: head.headers.first(name: "Content-Type"),
            length: head.headers.first(name: "Content-Length").flatMap { Int($0) }, pull: BytesOnce(bytes).next)
    }

    /// The body as JSON; nil if it is empty, blank or null.
    private static func json(_ body: ByteBuffer) throws(APIError) -> JSON? {
        guard !body.readableBytesView.allSatisfy(" \t\r\n".utf8.contains) else { return nil }
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
        // No failure of ours, and nobody is left to read of it.
        if error is BodyPipe.Broken { return APIError(.invalidHTTP, "The connection ended before the request's body") }
        return switch (error as? DatabaseError)?.kind {
        case .full: APIError(.internalError, "The server's disk is full. Nothing was changed.", cause: error)
        case .readOnly:
            APIError(.internalError, "The server's database is read-only. Nothing was changed.", cause: error)
        default: .internalFailure(error)
        }
    }
}

/// A body that came whole, given out in one piece.
private final class BytesOnce: Sendable {
    private let bytes: Mutex<[UInt8]?>

    init(_ bytes: [UInt8]?) { self.bytes = Mutex(bytes) }

    @Sendable func next() async throws -> [UInt8]? {
        bytes.withLock { bytes in
            defer { bytes = nil }
            return bytes
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
