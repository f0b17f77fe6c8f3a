/// Where a model is served, and how long to wait for it.
package struct ModelEndpoint: Sendable {
    /// The address up to and with `/v1`. A slash at its end makes no difference.
    package var baseURL: String
    /// Sent as `Authorization: Bearer …`; nil for servers that ask for none.
    package var apiKey: String?
    /// The model's name in the upstream's words.
    package var model: String
    /// How long making a connection may take, TLS included. More than 30 seconds count as 30.
    package var connectTimeout: Duration
    /// From the beginning of the request to the first piece of an answer, with all attempts.
    package var firstTokenTimeout: Duration
    /// The longest silence after the first piece.
    package var idleTimeout: Duration

    package init(
        baseURL: String, apiKey: String?, model: String, connectTimeout: Duration = .seconds(10),
        firstTokenTimeout: Duration = .seconds(60), idleTimeout: Duration = .seconds(60)
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.model = model
        self.connectTimeout = connectTimeout
        self.firstTokenTimeout = firstTokenTimeout
        self.idleTimeout = idleTimeout
    }
}
