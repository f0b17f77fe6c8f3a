import APIKit
import ModelClient
import Platform

extension Models {
    struct TestInput: Decodable, Sendable {
        /// The address of the server to try, up to and with /v1; that of `model_id` if absent.
        var baseURL: String?
        /// The server's name for a model that shall answer a short question. If absent, none is asked.
        var model: String?
        /// The key to try. If absent, that of `model_id`, as long as the address is one of that model's own server.
        var apiKey: String?
        /// A model known here, for its address and key. Its key is sent to no other server than its own: the scheme,
        /// host and port of its address.
        var modelID: String?

        enum CodingKeys: String, CodingKey {
            case model
            case baseURL = "base_url"
            case apiKey = "api_key"
            case modelID = "model_id"
        }
    }

    struct TestReport: Codable, Sendable {
        /// Whether anything takes connections at the address.
        var reachable: Bool
        /// The names of the server's models, at most 500; empty if it does not tell them.
        var models: [String]
        /// What the model answered, up to 4000 characters; absent if it did not, or was not asked.
        var answer: String?
        /// Milliseconds until the first piece of the answer.
        var firstTokenMilliseconds: Int?
        /// Milliseconds until the answer was complete; if no model was asked, until the list of models was.
        var durationMilliseconds: Int
        /// Why there is no answer; if no model was asked, why there is no list. Absent if all is well.
        var error: Failure?

        struct Failure: Codable, Sendable {
            /// A sentence, with the server's own words as far as there are any.
            var message: String
        }

        enum CodingKeys: String, CodingKey {
            case reachable, models, answer, error
            case firstTokenMilliseconds = "first_token_ms"
            case durationMilliseconds = "duration_ms"
        }
    }

    var test: Endpoint<TestInput, TestReport> {
        Endpoint(
            .post, "/buckle/v1/models/test", "Try out a model's server, which changes nothing",
            access: .permission(PermissionPoint.manageModels)
        ) { input, call in
            try await requireOperator(call)
            let trial = ModelTrial(
                client: catalog.client, endpoint: try endpoint(of: input), asksModel: input.model != nil,
                logger: call.logger)
            return await trial.run()
        }
    }

    /// - Throws: 4200 if there is no model `model_id`; 4000 naming the field that is not acceptable.
    private func endpoint(of input: TestInput) throws(APIError) -> ModelEndpoint {
        var endpoint = ModelEndpoint(baseURL: input.baseURL ?? "", apiKey: nil, model: input.model ?? "")
        if let id = input.modelID {
            let known = try catalog.listing[id].orThrow(.notFound)
            guard case .upstream(let own) = known.source else { throw .invalid("model_id", "is built in") }
            if input.baseURL == nil { endpoint.baseURL = own.baseURL }
            if ModelServer.isSame(endpoint.baseURL, own.baseURL) { endpoint.apiKey = own.apiKey }
        } else if input.baseURL == nil {
            throw .invalid("base_url", "is required unless there is a model_id")
        }
        if let baseURL = input.baseURL { try ModelDraft.check(baseURL: baseURL) }
        if let model = input.model { try ModelDraft.check(upstreamName: model) }
        if let key = input.apiKey {
            try ModelDraft.check(key: key)
            endpoint.apiKey = key
        }
        return endpoint
    }
}
