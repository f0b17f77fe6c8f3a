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
    let peers: Peers
    /// Nil if requests are not limited.
    let limits: RateLimits?
    let crossOrigin: CrossOrigin
    /// What limits each endpoint has, in the router's order.
    let kinds: [RateLimits.EndpointClass]

    /// What answers a route.
    enum Route: Sendable {
        case endpoint(AnyEndpoint)
        /// A page of the server's own, which needs no token.
        case page(Page)
    }

    init(
        endpoints: [AnyEndpoint], pages: [Page], authority: TokenAuthority, limits: RateLimits?, peers: Peers,
        crossOrigin: CrossOrigin, metrics: Metrics, logger: Logger
    ) {
        routes = endpoints.map(Route.endpoint) + pages.map(Route.page)
        router = Router(
            endpoints.map { (HTTPMethod(rawValue: $0.operation.verb.rawValue), $0.operation.path) }
                + pages.map { (.GET, $0.path) })
        self.authority = authority
        self.limits = limits
        self.peers = peers
        self.crossOrigin = crossOrigin
        kinds = endpoints.map { RateLimits.EndpointClass($0.operation) }
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
    /// - Parameters:
    ///   - executor: the thread of the request's connection, on which this runs.
    ///   - peer: the connection's other end.
    func respond(
        to head: HTTPRequestHead, body: Body, executor: any CallExecutor, peer: SocketAddress? = nil
    ) async -> HTTPReply {
        let start = ContinuousClock.now
        let logID = logIDs.next()
        let target = Target(head.uri)
        if let reply = preflight(head, target, logID: logID) {
            metrics.count(route: nil, status: reply.status.code, code: reply.code, start.duration(to: .now))
            return reply
        }
        var route: Int?
        var isBrowsers = false
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
                reply.headers += crossOriginHeaders(head, target)
                metrics.count(route: nil, status: reply.status.code, code: reply.code, start.duration(to: .now))
                return reply
            }
            let client = Client(
                header: { head.headers.first(name: $0) },
                address: { [peers] in peers.address(of: peer, head.headers) })
            switch routes[number] {
            case .endpoint(let endpoint):
                reply = HTTPReply(
                    try await call(
                        endpoint, kinds[number],
                        Request(
                            head: head, target: target, parameters: match.parameters, body: body, logID: logID,
                            executor: executor, client: client), isBrowsers: &isBrowsers),
                    logID: logID)
                // Tokens are not for caches (RFC 6749, 5.1).
                if endpoint.operation.layout == .bare { reply.headers.append(("Cache-Control", "no-store")) }
            case .page(let page):
                reply = try await page.reply(logID, client)
            }
        } catch {
            reply = failure(error, head, logID, route.map { routes[$0] })
        }
        // A browser keeps nothing of what one person saw for the next who signs in.
        if isBrowsers, !reply.headers.contains(where: { $0.0 == "Cache-Control" }) {
            reply.headers.append(("Cache-Control", "no-store"))
        }
        reply.headers += crossOriginHeaders(head, target)
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
    func refuse(_ error: APIError, to head: HTTPRequestHead) -> HTTPReply {
        var reply = HTTPReply(error, logID: logIDs.next())
        reply.headers += crossOriginHeaders(head, Target(head.uri))
        metrics.count(route: nil, status: reply.status.code, code: reply.code, .zero)
        return reply
    }

    /// A request to an endpoint.
    private struct Request {
        let head: HTTPRequestHead
        let target: Target
        /// What stands for the names in the path.
        let parameters: [(String, Substring)]
        let body: Body
        let logID: String
        let executor: any CallExecutor
        let client: Client
    }

    /// - Parameter isBrowsers: becomes true if the request came with the cookie of a browser's session.
    private func call(
        _ endpoint: AnyEndpoint, _ kind: RateLimits.EndpointClass, _ request: Request, isBrowsers: inout Bool
    ) async throws -> EndpointReply {
        let operation = endpoint.operation
        try limits?.admit(from: request.client)
        if operation.access == .open {
            let nobody = Call(
                bearer: .nobody, logID: request.logID, logger: logger, lastEventID: nil, executor: request.executor,
                client: request.client)
            guard case .input(let respond) = endpoint.handler else { throw APIError(.unknownRoute) }
            return try await respond(try Self.source(operation, request), nobody)
        }
        let bearer = try await bearer(request, isBrowsers: &isBrowsers)
        try limits?.admit(kind, bearer)
        let points = operation.access.points
        guard bearer.permissions.contains(points) else {
            throw APIError(
                .noPermission,
                "The token lacks the permission \(points.joined(separator: ", ")), which this operation needs")
        }
        if bearer.member.workspaces != .all, points.contains(where: PermissionPoint.reachesEnterprises) {
            throw APIError(.noPermission, "The token is bound to workspaces")
        }
        let call = Call(
            bearer: bearer, logID: request.logID, logger: logger,
            lastEventID: operation.layout == .events ? request.client.header("Last-Event-ID") : nil,
            executor: request.executor, client: request.client)
        switch endpoint.handler {
        case .input(let respond): return try await respond(Self.source(operation, request), call)
        case .upload(let respond): return try await respond(Self.upload(request.head, request.body), call)
        }
    }

    private static func source(_ operation: APIKit.Operation, _ request: Request) throws -> InputSource {
        var source = InputSource(query: try PercentDecoding.query(request.target.query))
        for (name, segment) in request.parameters { source.path.append((name, try PercentDecoding.segment(segment))) }
        if operation.verb != .get, case .whole(let bytes) = request.body {
            let isForm =
                operation.access == .open
                && request.client.header("Content-Type")?.lowercased().hasPrefix(formType) == true
                // What is sent by hand often says that it is a form, and is none.
                && bytes.readableBytesView.first { !" \t\r\n".utf8.contains($0) } != UInt8(ascii: "{")
            source.body = isForm ? try form(bytes) : try json(bytes)
        }
        return source
    }

    private static let formType = "application/x-www-form-urlencoded"

    /// Beyond this many bytes or fields no form is looked at: anybody can send one.
    private static let formLimit = (bytes: 1 << 20, fields: 10_000)

    /// What a browser's form sends, as an object of texts; fields that occur more than once are arrays.
    private static func form(_ body: ByteBuffer) throws -> JSON {
        guard body.readableBytes <= formLimit.bytes else {
            throw APIError.invalid("body", "must have at most \(formLimit.bytes) bytes")
        }
        var fields: [(name: String, values: [JSON])] = []
        var places: [String: Int] = [:]
        for (count, (name, value)) in try PercentDecoding.query(Substring(String(buffer: body))).enumerated() {
            guard count < formLimit.fields else {
                throw APIError.invalid("body", "must have at most \(formLimit.fields) fields")
            }
            if let place = places[name] {
                fields[place].values.append(.string(value))
            } else {
                places[name] = fields.count
                fields.append((name, [.string(value)]))
            }
        }
        return .object(
            fields.map { .init(key: $0.name, value: $0.values.count == 1 ? $0.values[0] : .array($0.values)) })
    }

    /// Whom a request's token stands for; without one, whom the browser's session does, unless another site's page sent
    /// the request.
    private func bearer(_ request: Request, isBrowsers: inout Bool) async throws -> Bearer {
        let header = request.client.header("Authorization")
        guard header == nil, crossOrigin.isOwn(request.client),
            let session = try await authority.browserSession(request.client)
        else {
            return try await authority.authenticate(header)
        }
        isBrowsers = true
        // Another site can make a browser send its cookie, but not this header.
        let isSafe = request.head.method == .GET || request.head.method == .HEAD
        guard isSafe || session.accepts(csrfToken: request.client.header("X-CSRF-Token")) else {
            throw APIError(.noPermission, "The header X-CSRF-Token is missing, or not that of this session")
        }
        return session.bearer
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

    private func failure(_ error: any Error, _ head: HTTPRequestHead, _ logID: String, _ route: Route?) -> HTTPReply {
        if let error = error as? OAuthError { return HTTPReply(error, logID: logID) }
        let error = (error as? APIError) ?? Self.apiError(error)
        if error.code == .internalError {
            logger.error(
                "request failed",
                metadata: [
                    "logid": "\(logID)", "method": "\(head.method)", "path": "\(Target(head.uri).path)",
                    "error": "\(error.cause.map { "\($0)" } ?? error.message)",
                ])
        }
        if case .endpoint(let endpoint)? = route, endpoint.operation.layout == .bare {
            return HTTPReply(OAuthError(error), logID: logID)
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
