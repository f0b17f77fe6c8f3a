import Agents
import ModelClient
import Yams

/// A model as the configuration file declares it.
struct ModelSettings: Sendable {
    private var id = ""
    private var name: String?
    private var baseURL = ""
    private var apiKeyVariable: String?
    private var upstreamName = ""
    private var contextLength = 32_768
    private var capabilities: Set<Model.Capability> = []
    private var connectTimeout: Duration?
    private var firstTokenTimeout: Duration?
    private var idleTimeout: Duration?

    private static let keys = [
        "id", "name", "base_url", "api_key_env", "model", "context_length", "capabilities", "connect_timeout",
        "first_token_timeout", "idle_timeout",
    ]

    /// The models of a file. Two with one id are a fault.
    static func list(_ node: Node, in path: String) throws -> [ModelSettings] {
        guard let nodes = node.sequence else { throw Settings.Source.fault(path, "models must be a list") }
        var models: [ModelSettings] = []
        for (index, node) in nodes.enumerated() {
            let model = try ModelSettings(node, "\(path): models[\(index)]")
            if models.contains(where: { $0.id == model.id }) {
                throw Settings.Source.fault(path, "models[\(index)] has the id \(model.id), as another has")
            }
            models.append(model)
        }
        return models
    }

    private init(_ node: Node, _ place: String) throws {
        func fault(_ reason: String) -> Settings.Fault { Settings.Fault(description: "\(place) \(reason)") }
        guard let mapping = node.mapping else { throw fault("must hold keys and values") }
        for (key, value) in mapping where !Settings.Source.isNull(value) {
            let name = key.string ?? ""
            if name == "capabilities" {
                capabilities = try Self.capabilities(value, fault)
                continue
            }
            guard let text = value.scalar?.string else { throw fault("\(name) must be a single value") }
            switch name {
            case "id": id = text
            case "name": self.name = text
            case "base_url": baseURL = text
            case "api_key_env": apiKeyVariable = text
            case "model": upstreamName = text
            case "context_length":
                guard let number = Int(text), number > 0 else {
                    throw fault("context_length must be a number of tokens")
                }
                contextLength = number
            case "connect_timeout": connectTimeout = try Self.duration(text, name, fault)
            case "first_token_timeout": firstTokenTimeout = try Self.duration(text, name, fault)
            case "idle_timeout": idleTimeout = try Self.duration(text, name, fault)
            default: throw fault("\(name) is not known; known are \(Self.keys.joined(separator: ", "))")
            }
        }
        if id.isEmpty || id.count > 64 { throw fault("must have an id of 1 to 64 characters") }
        if upstreamName.isEmpty { throw fault("must have a model, the upstream's name for it") }
        guard ["http://", "https://"].contains(where: baseURL.hasPrefix) else {
            throw fault("must have a base_url that begins with http:// or https://")
        }
    }

    private static func capabilities(
        _ node: Node, _ fault: (String) -> Settings.Fault
    ) throws -> Set<Model.Capability> {
        let known = Model.Capability.allCases.map(\.rawValue).joined(separator: ", ")
        guard let nodes = node.sequence else { throw fault("capabilities must be a list; known are \(known)") }
        return Set(
            try nodes.map { node in
                guard let capability = node.string.flatMap(Model.Capability.init(rawValue:)) else {
                    throw fault("capabilities has \(node.string ?? "a list"); known are \(known)")
                }
                return capability
            })
    }

    /// A duration such as `2s`, `500ms` or `1m`; a bare number counts seconds.
    private static func duration(
        _ text: String, _ name: String, _ fault: (String) -> Settings.Fault
    ) throws -> Duration {
        let units: [(suffix: String, milliseconds: Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("", 1000)]
        let (suffix, unit) = units.first { text.hasSuffix($0.suffix) }!
        guard let number = Double(text.dropLast(suffix.count)), number > 0, number < 1e6 else {
            throw fault("\(name) must be a duration such as 2s, 500ms or 1m, is \(text)")
        }
        return .milliseconds(number * unit)
    }

    /// - Throws: if the variable that should hold the key is not set.
    func model(environment: [String: String]) throws -> Model {
        var key: String?
        if let apiKeyVariable {
            key = environment[apiKeyVariable]
            if key?.isEmpty ?? true {
                throw Settings.Fault(
                    description: "the model \(id) takes its key from \(apiKeyVariable), which is not set")
            }
        }
        var endpoint = ModelEndpoint(baseURL: baseURL, apiKey: key, model: upstreamName)
        endpoint.connectTimeout = connectTimeout ?? endpoint.connectTimeout
        endpoint.firstTokenTimeout = firstTokenTimeout ?? endpoint.firstTokenTimeout
        endpoint.idleTimeout = idleTimeout ?? endpoint.idleTimeout
        return Model(
            id: id, name: name ?? upstreamName, contextLength: contextLength, capabilities: capabilities,
            source: .upstream(endpoint))
    }
}
