package import APIKit
package import Logging
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

    package init(id: String, name: String, contextLength: Int, capabilities: Set<Capability>, source: Source) {
        self.id = id
        self.name = name
        self.contextLength = contextLength
        self.capabilities = capabilities
        self.source = source
    }

    /// The model of a server that has none configured.
    package static let demo = Model(
        id: "demo", name: "Demo", contextLength: 32_768, capabilities: [.tools, .vision], source: .demo)
}

/// The models the operator has configured; the built-in one if there are none.
package struct ModelCatalog: Sendable {
    let models: [Model]
    /// Nil where no model needs a network.
    private let client: ModelClient?

    package init(models: [Model]) {
        self.models = models.isEmpty ? [.demo] : models
        client = models.isEmpty ? nil : ModelClient()
    }

    /// The model of that id; the first if the bot names none.
    func find(_ id: String?) -> Model? {
        guard let id, !id.isEmpty else { return models.first }
        return models.first { $0.id == id }
    }

    /// Asks a model. Nothing is sent before the first piece is awaited.
    func reply(
        of model: Model, to request: ModelRequest, logger: Logger
    ) -> any AsyncSequence<[ModelChunk], ModelError> & Sendable {
        if case .upstream(let endpoint) = model.source, let client {
            return client.stream(request, to: endpoint, logger: logger)
        }
        return DemoStream(request)
    }

    /// Closes the connections to the upstreams. Called once, when nobody asks any more.
    package func shutdown() async { await client?.shutdown() }
}

/// The models bots can choose from.
package struct Models: Resource {
    package static let tag = "Models"
    let catalog: ModelCatalog

    package init(catalog: ModelCatalog) { self.catalog = catalog }

    package var endpoints: [AnyEndpoint] { list }

    struct ListInput: Decodable, Sendable {}

    struct ModelInfo: Codable, Sendable {
        /// What a bot's model_id names.
        var id: String
        var name: String
        /// The most tokens of prompt and answer together.
        var contextLength: Int
        /// tools: it calls functions; vision: it sees images.
        var capabilities: [String]

        enum CodingKeys: String, CodingKey {
            case id, name, capabilities
            case contextLength = "context_length"
        }
    }

    struct ModelList: Codable, Sendable {
        var models: [ModelInfo]
    }

    var list: Endpoint<ListInput, ModelList> {
        Endpoint(.get, "/buckle/v1/models", "List the server's models", access: .anyToken) { _, _ in
            ModelList(
                models: catalog.models.map { model in
                    ModelInfo(
                        id: model.id, name: model.name, contextLength: model.contextLength,
                        capabilities: model.capabilities.map(\.rawValue).sorted())
                })
        }
    }
}
