import APIKit
import Agents
import Database
import Logging
import Platform

/// The stores and services that resources are made of, and the resources.
struct Services: Sendable {
    let resources: [any Resource]
    let runs: ChatRuns
    let catalog: ModelCatalog
    let indexer: SearchIndexer
    let identity: Identity
    private let files: FileStore
    private let erasures: ErasureStore

    init(
        storage: Storage, dataDirectory: String, models: [Model], publicURL: PublicURL, identity: IdentitySettings,
        limits: RateLimits?, logger: Logger
    ) async throws {
        let blobs = BlobDirectory(path: dataDirectory + "/blobs")
        try blobs.prepare()
        let secrets = ServerSecretStore(storage: storage)
        self.init(
            storage: storage, blobs: blobs, models: models,
            links: LinkSigner(secret: try await secrets.secret("links"), publicURL: publicURL),
            identity: Identity(
                storage: storage, settings: identity, publicURL: publicURL,
                secret: try await secrets.secret("oauth authorize")),
            limits: limits, logger: logger)
    }

    /// What is enough to describe the API.
    init(describing storage: Storage) {
        self.init(
            storage: storage, blobs: BlobDirectory(path: ""), models: [],
            links: LinkSigner(secret: [], publicURL: PublicURL("")),
            identity: Identity(
                storage: storage, settings: IdentitySettings(), publicURL: PublicURL(""), secret: []),
            limits: nil, logger: Logger(label: "buckle"))
    }

    private init(
        storage: Storage, blobs: BlobDirectory, models: [Model], links: LinkSigner, identity: Identity,
        limits: RateLimits?, logger: Logger
    ) {
        self.identity = identity
        files = FileStore(storage: storage, blobs: blobs)
        catalog = ModelCatalog(models: models)
        runs = ChatRuns(
            services: ChatServices(storage: storage, catalog: catalog, files: files, logger: logger))
        indexer = SearchIndexer(storage: storage)
        erasures = ErasureStore(storage: storage, indexer: indexer)
        let messages = MessageStore(storage: storage)
        let conversations = ConversationStore(storage: storage, messages: messages)
        let bots = BotStore(storage: storage)
        let agents: [any Resource] = [
            Conversations(conversations: conversations, bots: bots),
            ConversationSearch(store: SearchStore(storage: storage)),
            ConversationTransfer(
                archives: ArchiveStore(storage: storage), conversations: conversations, bots: bots),
            Messages(messages: messages),
            Feedback(feedback: FeedbackStore(storage: storage)),
            Chats(runs: runs, limits: limits),
            Models(catalog: catalog),
            Files(files: files, links: links),
            Variables(variables: VariableStore(storage: storage)),
            Bots(bots: bots, versions: BotVersionStore(storage: storage, links: links), files: files, links: links),
            BotExtras(bots: bots),
            BotList(bots: BotListStore(storage: storage, links: links)),
            UserData(store: erasures, stopChats: runs.stop, onFilesDeleted: files.removeUnused),
        ]
        resources = agents + identity.places(files: files, links: links) + identity.resources + identity.pages
    }

    /// Removes what nobody needs any more, once after the start.
    func keepHouse(_ logger: Logger) async {
        do {
            if try await !files.sweep() {
                logger.warning("the data directory's blobs belong to another database; none of them is removed")
            }
            try await erasures.finishInterrupted()
        } catch {
            // The database is closed when the server ends.
            if Task.isCancelled { return }
            logger.warning("what was deleted cannot be removed for good", metadata: ["error": "\(error)"])
        }
    }
}
