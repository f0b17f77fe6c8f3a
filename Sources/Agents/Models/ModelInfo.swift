import APIKit
import ModelClient

/// A model as callers see it. What only operators see is absent for others.
struct ModelInfo: Codable, Sendable {
    /// What a bot's model_id names.
    var id: String
    var name: String
    /// The most tokens of prompt and answer together.
    var contextLength: Int
    /// tools: it calls functions; vision: it sees images.
    var capabilities: [String]
    /// configuration: the configuration file names it; database: an operator added it; built_in: it needs no server,
    /// and is there while no other model is.
    var source: Source
    /// Whether it answers for bots that name no model. One of the list always does.
    var isDefault: Bool
    /// The address of its server. For operators only, as all that follows.
    var baseURL: String?
    /// That server's name for the model.
    var model: String?
    /// Whether there is a key for that server.
    var hasAPIKey: Bool?
    /// The key's last four characters; absent if it is shorter than twelve.
    var apiKeyHint: String?
    /// Milliseconds that a connection may take.
    var connectTimeout: Int64?
    /// Milliseconds until the first piece of an answer.
    var firstTokenTimeout: Int64?
    /// The longest silence after that, in milliseconds.
    var idleTimeout: Int64?
    /// When an operator added it, in Unix seconds.
    var createdAt: Int64?
    /// When an operator last changed it, in Unix seconds.
    var updatedAt: Int64?

    enum Source: String, Codable, Sendable, CaseIterable {
        case configuration, database
        case builtIn = "built_in"
    }

    enum CodingKeys: String, CodingKey {
        case id, name, capabilities, source, model
        case contextLength = "context_length"
        case isDefault = "is_default"
        case baseURL = "base_url"
        case hasAPIKey = "has_api_key"
        case apiKeyHint = "api_key_hint"
        case connectTimeout = "connect_timeout_ms"
        case firstTokenTimeout = "first_token_timeout_ms"
        case idleTimeout = "idle_timeout_ms"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    init(_ model: Model, in listing: ModelListing, isForOperator: Bool) {
        id = model.id
        name = model.name
        contextLength = model.contextLength
        capabilities = model.capabilities.map(\.rawValue).sorted()
        isDefault = model.id == listing.defaultModel.id
        source =
            switch model.origin {
            case .configuration: .configuration
            case .database: .database
            case .builtIn: .builtIn
            }
        if !isForOperator { return }
        if case .database(let createdAt, let updatedAt) = model.origin {
            (self.createdAt, self.updatedAt) = (createdAt, updatedAt)
        }
        if case .upstream(let endpoint) = model.source { show(endpoint) }
    }

    private mutating func show(_ endpoint: ModelEndpoint) {
        baseURL = endpoint.baseURL
        model = endpoint.model
        hasAPIKey = endpoint.apiKey != nil
        apiKeyHint = endpoint.apiKey.flatMap { $0.count >= 12 ? String($0.suffix(4)) : nil }
        connectTimeout = Self.milliseconds(endpoint.connectTimeout)
        firstTokenTimeout = Self.milliseconds(endpoint.firstTokenTimeout)
        idleTimeout = Self.milliseconds(endpoint.idleTimeout)
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
}
