package import ModelClient

/// A language model that bots can answer with.
package struct Model: Sendable {
    /// What a bot's `model_id` names.
    package let id: String
    package let name: String
    /// The most tokens of prompt and answer together.
    package let contextLength: Int
    package let capabilities: Set<Capability>
    package let source: Source
    package let origin: Origin

    /// What a model can do beyond text.
    package enum Capability: String, Codable, Sendable, CaseIterable {
        /// It calls functions.
        case tools
        /// It sees images.
        case vision
    }

    /// Where answers come from.
    package enum Source: Sendable {
        case upstream(ModelEndpoint)
        /// The built-in model, which is no language model at all.
        case demo
    }

    /// Where the server knows the model from.
    package enum Origin: Sendable {
        case configuration
        /// An operator added it. Times are in Unix seconds.
        case database(createdAt: Int64, updatedAt: Int64)
        case builtIn
    }

    package init(
        id: String, name: String, contextLength: Int, capabilities: Set<Capability>, source: Source,
        origin: Origin = .configuration
    ) {
        self.id = id
        self.name = name
        self.contextLength = contextLength
        self.capabilities = capabilities
        self.source = source
        self.origin = origin
    }

    /// The model of a server that has no other.
    package static let demo = Model(
        id: "demo", name: "Demo", contextLength: 32_768, capabilities: [.tools, .vision], source: .demo,
        origin: .builtIn)
}
