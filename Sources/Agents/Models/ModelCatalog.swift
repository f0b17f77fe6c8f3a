import Logging
import ModelClient
package import Platform
import Synchronization

/// The models that bots can answer with: those of the configuration file, then those that operators added; the
/// built-in one if there are none.
///
/// They are held in memory, so a chat looks into no database for its model. What this server changes counts at once,
/// what others of the same database change within about a second.
package final class ModelCatalog: Sendable {
    private struct State {
        var listing: ModelListing
        /// Made when an upstream is first asked.
        var client: ModelClient?
    }

    let store: ModelStore
    private let configured: [Model]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - configured: the models of the configuration file.
    ///   - seal: what the keys of the others are sealed with.
    package init(configured: [Model], storage: Storage, seal: Seal) {
        self.configured = configured
        store = ModelStore(storage: storage, seal: seal)
        state = Mutex(State(listing: ModelListing(configured: configured, stored: ModelStore.Contents())))
    }

    deinit {
        // An HTTP client must have been shut down before it goes. A server does it itself, and waits for it.
        if let client = state.withLock({ $0.client.take() }) { Task { await client.shutdown() } }
    }

    // MARK: What is there

    var listing: ModelListing { state.withLock { $0.listing } }

    /// The model of that id; the default one if the bot names none.
    func find(_ id: String?) -> Model? {
        guard let id, !id.isEmpty else { return state.withLock { $0.listing.defaultModel } }
        return state.withLock { $0.listing[id] }
    }

    /// Reads what operators added.
    package func refresh() async throws { take(try await store.contents()) }

    /// Follows the changes that other servers make, until the task is cancelled.
    package func watch() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            // While the database cannot be read, what is known counts.
            guard let revision = try? await store.revision(), revision > listing.revision else { continue }
            try? await refresh()
        }
    }

    /// Takes over what was read from the database, unless something newer was.
    ///
    /// - Returns: the models as they were then.
    @discardableResult
    func take(_ contents: ModelStore.Contents) -> ModelListing {
        let listing = ModelListing(configured: configured, stored: contents)
        state.withLock { if listing.revision > $0.listing.revision { $0.listing = listing } }
        return listing
    }

    // MARK: Asking

    /// Asks a model. Nothing is sent before the first piece is awaited.
    func reply(
        of model: Model, to request: ModelRequest, logger: Logger
    ) -> any AsyncSequence<[ModelChunk], ModelError> & Sendable {
        switch model.source {
        case .upstream(let endpoint): client.stream(request, to: endpoint, logger: logger)
        case .demo: DemoStream(request)
        }
    }

    /// What speaks with upstreams.
    var client: ModelClient {
        state.withLock { state in
            if let client = state.client { return client }
            let client = ModelClient()
            state.client = client
            return client
        }
    }

    /// Closes the connections to the upstreams. Called once, when nobody asks any more.
    package func shutdown() async { await state.withLock { $0.client.take() }?.shutdown() }
}

/// All models at one time.
struct ModelListing: Sendable {
    let revision: Int64
    let models: [Model]
    /// Answers for bots that name none: the one that an operator chose, else the first.
    let defaultModel: Model
    private let places: [String: Int]

    init(configured: [Model], stored: ModelStore.Contents) {
        revision = stored.revision
        // The file comes first, also where it names an id that an operator's model has.
        let taken = Set(configured.map(\.id))
        var all = configured + stored.models.filter { !taken.contains($0.id) }
        if all.isEmpty { all = [.demo] }
        let places = Dictionary(zip(all.map(\.id), all.indices)) { first, _ in first }
        models = all
        self.places = places
        defaultModel = all[stored.defaultID.flatMap { places[$0] } ?? 0]
    }

    subscript(id: String) -> Model? { places[id].map { models[$0] } }
}
