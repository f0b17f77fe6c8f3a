import AsyncHTTPClient
import JSONKit
import NIOCore
import NIOHTTP1

extension ModelClient {
    /// How long a list of models, and the text of an error, may be.
    private static let listLimit = 4 << 20
    private static let errorLimit = 64 << 10

    /// The names of the models that an upstream serves, as its `GET …/models` tells them: in its order, each once.
    ///
    /// All of the reply must have come within the endpoint's `firstTokenTimeout`. It is asked once.
    ///
    /// - Parameter most: further names are left out.
    package func modelNames(at endpoint: ModelEndpoint, most: Int) async throws(ModelError) -> [String] {
        do throws(ModelError) {
            let body = try await list(of: endpoint)
            guard let json = try? JSON(parsing: body), let names = Self.names(in: json) else {
                throw ModelError(.protocolViolation, "the reply is no list of models")
            }
            return Array(names.prefix(most))
        } catch {
            throw error.forLog(hiding: endpoint.apiKey)
        }
    }

    private func list(of endpoint: ModelEndpoint) async throws(ModelError) -> [UInt8] {
        let begun = NIODeadline.now()
        let exchange = HTTPExchange(
            deadlines: HTTPExchange.Deadlines(
                connected: begun + TimeAmount(endpoint.connectTimeout),
                firstToken: begun + TimeAmount(endpoint.firstTokenTimeout),
                idle: TimeAmount(endpoint.idleTimeout)))
        exchange.start(try Self.request(to: endpoint), on: http)
        // Nothing happens if it has ended; else nobody reads any more.
        defer { exchange.fail(.cancelled) }
        guard case .head(let head) = try await exchange.next() else {
            throw ModelError(.protocolViolation, "a reply without a head")
        }
        let isGood = (200..<300).contains(head.status.code)
        let limit = isGood ? Self.listLimit : Self.errorLimit
        var body: [UInt8] = []
        while body.count <= limit, case .body(let parts) = try await exchange.next() {
            for part in parts { body.append(contentsOf: part.readableBytesView) }
        }
        guard isGood else { throw ModelError(status: Int(head.status.code), body: Array(body.prefix(limit))) }
        guard body.count <= limit else {
            throw ModelError(.tooLarge, "the list of models is longer than \(limit >> 20) MB")
        }
        return body
    }

    private static func request(to endpoint: ModelEndpoint) throws(ModelError) -> HTTPClient.Request {
        var headers = HTTPHeaders([
            ("Accept", "application/json"), ("Accept-Encoding", "identity"), ("User-Agent", "ModelClient/1"),
        ])
        if let key = endpoint.apiKey {
            guard key.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw ModelError(.unauthorized, "the key holds characters that cannot be sent")
            }
            headers.add(name: "Authorization", value: "Bearer \(key)")
        }
        var url = endpoint.baseURL
        while url.hasSuffix("/") { url.removeLast() }
        do {
            return try HTTPClient.Request(url: url + "/models", method: .GET, headers: headers)
        } catch {
            throw ModelError(.badRequest, "the address cannot be used: \(ModelError(error, status: nil).detail)")
        }
    }

    /// The names in `{"data": [{"id": …}]}`, or in the array alone as some send it; nil if it is neither.
    static func names(in json: JSON) -> [String]? {
        let list =
            switch json {
            case .array: json
            default: json["data"] ?? json["models"] ?? .null
            }
        guard case .array(let elements) = list else { return nil }
        var seen: Set<String> = []
        return elements.compactMap { $0["id"]?.stringValue ?? $0["name"]?.stringValue ?? $0.stringValue }
            .filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
