package import APIKit
import ModelClient
import Platform

/// The models bots can choose from. Operators add, change and try out models; those of the configuration file stay as
/// they are there.
package struct Models: Resource {
    package static let tag = "Models"
    let catalog: ModelCatalog

    package init(catalog: ModelCatalog) { self.catalog = catalog }

    package var endpoints: [AnyEndpoint] {
        list
        create
        update
        delete
        test
    }

    struct ListInput: Decodable, Sendable {}

    struct ModelList: Codable, Sendable {
        /// Those of the configuration file first, then those that operators added, oldest first.
        var models: [ModelInfo]
    }

    var list: Endpoint<ListInput, ModelList> {
        Endpoint(.get, "/buckle/v1/models", "List the server's models", access: .anyToken) { _, call in
            let listing = catalog.listing
            let isForOperator = try await isOperator(call)
            return ModelList(
                models: listing.models.map { ModelInfo($0, in: listing, isForOperator: isForOperator) })
        }
    }

    struct CreateInput: Decodable, Sendable {
        /// What people call it, 1 to 100 characters; the same as `model` if absent.
        var name: String?
        /// The address of a server that speaks OpenAI's chat completions, up to and with /v1.
        var baseURL: String
        /// That server's name for the model, 1 to 200 characters.
        var model: String
        /// The key that server asks for, up to 4096 characters. It is never shown again.
        var apiKey: String?
        /// The most tokens of prompt and answer together, 256 to 100000000; 32768 if absent.
        var contextLength: Int?
        /// tools: it calls functions; vision: it sees images. Neither if absent.
        var capabilities: [Model.Capability]?
        /// Milliseconds that a connection may take, up to 30000; 10000 if absent or 0.
        var connectTimeout: Int?
        /// Milliseconds until the first piece of an answer, up to 3600000; 60000 if absent or 0.
        var firstTokenTimeout: Int?
        /// The longest silence after that in milliseconds, up to 3600000; 60000 if absent or 0.
        var idleTimeout: Int?
        /// Whether it shall answer for bots that name no model.
        var isDefault: Bool?

        enum CodingKeys: String, CodingKey {
            case name, model, capabilities
            case baseURL = "base_url"
            case apiKey = "api_key"
            case contextLength = "context_length"
            case connectTimeout = "connect_timeout_ms"
            case firstTokenTimeout = "first_token_timeout_ms"
            case idleTimeout = "idle_timeout_ms"
            case isDefault = "is_default"
        }

        /// - Throws: 4000 naming the field that is not acceptable.
        func draft() throws(APIError) -> ModelDraft {
            var draft = ModelDraft(name: name ?? String(model.prefix(100)), baseURL: baseURL, upstreamName: model)
            draft.set(
                contextLength: contextLength, capabilities: capabilities, connectTimeout: connectTimeout,
                firstTokenTimeout: firstTokenTimeout, idleTimeout: idleTimeout)
            try draft.check()
            return draft
        }
    }

    var create: Endpoint<CreateInput, ModelInfo> {
        Endpoint(
            .post, "/buckle/v1/models", "Add a model", access: .permission(PermissionPoint.manageModels)
        ) { input, call in
            try await requireOperator(call)
            let draft = try input.draft()
            if let key = input.apiKey { try ModelDraft.check(key: key) }
            let (id, contents) = try await catalog.store.create(
                draft, key: input.apiKey, isDefault: input.isDefault ?? false, by: call.actor)
            return try info(of: id.description, in: catalog.take(contents))
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// The model. Of one of the configuration file only `is_default` can be changed.
        var modelID: String
        /// What people call it, 1 to 100 characters; unchanged if absent.
        var name: String?
        /// The address of its server, up to and with /v1; unchanged if absent. For a stored key only the path may
        /// change: with another scheme, host or port an `api_key` or `remove_api_key` is required.
        var baseURL: String?
        /// That server's name for the model, 1 to 200 characters; unchanged if absent.
        var model: String?
        /// A new key, up to 4096 characters; unchanged if absent or empty. The stored key is sent to no other server
        /// than the one it was stored for: with another one in `base_url` this is required, unless there is no stored
        /// key or it is removed.
        var apiKey: String?
        /// Whether the stored key shall be forgotten; must not be true with an `api_key`.
        var removeAPIKey: Bool?
        /// The most tokens of prompt and answer together, 256 to 100000000; unchanged if absent.
        var contextLength: Int?
        /// tools: it calls functions; vision: it sees images. Unchanged if absent.
        var capabilities: [Model.Capability]?
        /// Milliseconds that a connection may take, up to 30000; unchanged if absent, 10000 if 0.
        var connectTimeout: Int?
        /// Milliseconds until the first piece of an answer, up to 3600000; unchanged if absent, 60000 if 0.
        var firstTokenTimeout: Int?
        /// The longest silence after that in milliseconds, up to 3600000; unchanged if absent, 60000 if 0.
        var idleTimeout: Int?
        /// Whether it shall answer for bots that name no model, in place of the one that does. Once no model shall,
        /// the first of the list answers.
        var isDefault: Bool?

        enum CodingKeys: String, CodingKey {
            case name, model, capabilities
            case modelID = "model_id"
            case baseURL = "base_url"
            case apiKey = "api_key"
            case removeAPIKey = "remove_api_key"
            case contextLength = "context_length"
            case connectTimeout = "connect_timeout_ms"
            case firstTokenTimeout = "first_token_timeout_ms"
            case idleTimeout = "idle_timeout_ms"
            case isDefault = "is_default"
        }

        /// Whether it asks for more than another default.
        var changesModel: Bool {
            name != nil || baseURL != nil || model != nil || apiKey != nil || removeAPIKey == true
                || contextLength != nil || capabilities != nil || connectTimeout != nil || firstTokenTimeout != nil
                || idleTimeout != nil
        }

        /// - Throws: 4000 naming the field that is not acceptable.
        func apply(to draft: inout ModelDraft) throws(APIError) {
            draft.name = name ?? draft.name
            draft.baseURL = baseURL ?? draft.baseURL
            draft.upstreamName = model ?? draft.upstreamName
            draft.set(
                contextLength: contextLength, capabilities: capabilities, connectTimeout: connectTimeout,
                firstTokenTimeout: firstTokenTimeout, idleTimeout: idleTimeout)
            try draft.check()
        }

        /// - Throws: 4000 naming the field that is not acceptable.
        func keyChange() throws(APIError) -> ModelStore.KeyChange {
            guard let apiKey else { return removeAPIKey == true ? .remove : .keep }
            if removeAPIKey == true { throw .invalid("remove_api_key", "must not be true with an api_key") }
            try ModelDraft.check(key: apiKey)
            return .set(apiKey)
        }
    }

    var update: Endpoint<UpdateInput, ModelInfo> {
        Endpoint(
            .put, "/buckle/v1/models/{model_id}", "Change a model", access: .permission(PermissionPoint.manageModels)
        ) { input, call in
            try await requireOperator(call)
            let contents: ModelStore.Contents
            if let id = try storedID(input.modelID) {
                contents = try await catalog.store.update(
                    id, key: try input.keyChange(), isDefault: input.isDefault, by: call.actor
                ) { try input.apply(to: &$0) }
            } else {
                if input.changesModel { throw Self.fixed }
                guard let isDefault = input.isDefault else { return try info(of: input.modelID, in: catalog.listing) }
                contents = try await catalog.store.setDefault(input.modelID, isDefault, by: call.actor)
            }
            return try info(of: input.modelID, in: catalog.take(contents))
        }
    }

    struct ModelInput: Decodable, Sendable {
        /// The model.
        var modelID: String

        enum CodingKeys: String, CodingKey { case modelID = "model_id" }
    }

    var delete: Endpoint<ModelInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/models/{model_id}", "Remove a model",
            access: .permission(PermissionPoint.manageModels)
        ) { input, call in
            try await requireOperator(call)
            guard let id = try storedID(input.modelID) else { throw Self.fixed }
            catalog.take(try await catalog.store.delete(id, by: call.actor))
            return NoData()
        }
    }

    private static let fixed = APIError.invalid(
        "model_id", "is no model that was added here: only whether it is the default can be changed")

    /// The id of a model that an operator added, which need not exist; nil for one of the configuration file and for
    /// the built-in one.
    ///
    /// - Throws: 4200 if it can be neither.
    private func storedID(_ id: String) throws(APIError) -> ID? {
        guard let known = catalog.listing[id] else { return try ID(id).orThrow(.notFound) }
        switch known.origin {
        case .configuration, .builtIn: return nil
        case .database: return try ID(id).orThrow(.notFound)
        }
    }

    private func info(of id: String, in listing: ModelListing) throws(APIError) -> ModelInfo {
        ModelInfo(try listing[id].orThrow(.notFound), in: listing, isForOperator: true)
    }

    // MARK: Operators

    /// - Throws: 4101 unless the caller operates the server, with a token that is not bound to workspaces.
    func requireOperator(_ call: Call) async throws {
        try await operators.require(call)
    }

    /// Whether the caller could change models.
    private func isOperator(_ call: Call) async throws -> Bool {
        guard call.permissions.contains([PermissionPoint.manageModels]), call.member.workspaces == .all else {
            return false
        }
        return try await operators.include(call.user)
    }

    private var operators: Operators { Operators(storage: catalog.store.storage) }
}
