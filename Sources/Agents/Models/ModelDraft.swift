import APIKit
import ModelClient

/// What operators say of a model, without its key.
struct ModelDraft: Sendable, Equatable {
    var name: String
    /// The upstream's address, up to and with `/v1`.
    var baseURL: String
    /// The upstream's name for it.
    var upstreamName: String
    var contextLength = 32_768
    var capabilities: Set<Model.Capability> = []
    var timeouts = Timeouts()

    /// In milliseconds; nil for what holds for every endpoint.
    struct Timeouts: Sendable, Equatable {
        var connect: Int?
        var firstToken: Int?
        var idle: Int?
    }

    /// Sets what is given. A timeout of 0 stands for what holds for every endpoint.
    mutating func set(
        contextLength: Int?, capabilities: [Model.Capability]?, connectTimeout: Int?, firstTokenTimeout: Int?,
        idleTimeout: Int?
    ) {
        self.contextLength = contextLength ?? self.contextLength
        if let capabilities { self.capabilities = Set(capabilities) }
        func timeout(_ given: Int?, _ old: Int?) -> Int? { given == 0 ? nil : given ?? old }
        timeouts.connect = timeout(connectTimeout, timeouts.connect)
        timeouts.firstToken = timeout(firstTokenTimeout, timeouts.firstToken)
        timeouts.idle = timeout(idleTimeout, timeouts.idle)
    }

    /// - Throws: 4000 naming the first field that is not acceptable.
    func check() throws(APIError) {
        try Self.check(baseURL: baseURL)
        try Self.check(upstreamName: upstreamName)
        try Limits.check(name, 1...100, "name")
        try Self.checkVisible(name, "name")
        _ = try Limits.number(contextLength, 256...100_000_000, or: 0, "context_length")
        _ = try Limits.number(timeouts.connect, 1...30_000, or: 0, "connect_timeout_ms")
        _ = try Limits.number(timeouts.firstToken, 1...3_600_000, or: 0, "first_token_timeout_ms")
        _ = try Limits.number(timeouts.idle, 1...3_600_000, or: 0, "idle_timeout_ms")
    }

    /// The wire names of what is not as it was.
    func changes(since old: ModelDraft) -> [String] {
        let changes = [
            ("name", name != old.name), ("base_url", baseURL != old.baseURL),
            ("model", upstreamName != old.upstreamName), ("context_length", contextLength != old.contextLength),
            ("capabilities", capabilities != old.capabilities), ("timeouts", timeouts != old.timeouts),
        ]
        return changes.filter(\.1).map(\.0)
    }

    func endpoint(key: String?) -> ModelEndpoint {
        var endpoint = ModelEndpoint(baseURL: baseURL, apiKey: key, model: upstreamName)
        endpoint.connectTimeout = timeouts.connect.map { .milliseconds($0) } ?? endpoint.connectTimeout
        endpoint.firstTokenTimeout = timeouts.firstToken.map { .milliseconds($0) } ?? endpoint.firstTokenTimeout
        endpoint.idleTimeout = timeouts.idle.map { .milliseconds($0) } ?? endpoint.idleTimeout
        return endpoint
    }

    // MARK: Rules

    static func check(upstreamName: String) throws(APIError) {
        try Limits.check(upstreamName, 1...200, "model")
        try checkVisible(upstreamName, "model")
    }

    /// - Throws: 4000 unless it can be sent in a header.
    static func check(key: String) throws(APIError) {
        try Limits.check(key, 1...4096, "api_key")
        try checkVisible(key, "api_key")
    }

    private static func checkVisible(_ text: String, _ field: String) throws(APIError) {
        try Limits.checkNotBlank(text, field)
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw .invalid(field, "must not contain control characters")
        }
    }

    /// - Throws: 4000 unless it is an address below which requests can be sent.
    static func check(baseURL: String) throws(APIError) {
        let field = "base_url"
        try Limits.check(baseURL, 1...2000, field)
        guard let scheme = ["http://", "https://"].first(where: baseURL.hasPrefix) else {
            throw .invalid(field, "must begin with http:// or https://")
        }
        let rest = baseURL.dropFirst(scheme.count)
        if rest.contains("?") || rest.contains("#") { throw .invalid(field, "must have no query and no fragment") }
        guard rest.utf8.allSatisfy({ $0.isAlphanumeric || "-._~:/[]@!$&'()*+,;=%".utf8.contains($0) }) else {
            throw .invalid(field, "has characters that must be percent-encoded")
        }
        if rest.prefix(while: { $0 != "/" }).contains("@") {
            throw .invalid(field, "must name no user and no password; use api_key")
        }
        if ModelServer(baseURL) == nil { throw .invalid(field, "must name a host, and at most a port after it") }
        if rest.hasSuffix("/chat/completions") || rest.hasSuffix("/chat/completions/") {
            throw .invalid(field, "must end before /chat/completions, which the server adds itself")
        }
    }
}
