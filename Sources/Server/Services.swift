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
    let upkeep: Upkeep
    private let files: FileStore
    private let erasures: ErasureStore

    init(
        storage: Storage, dataDirectory: String, models: [Model], publicURL: PublicURL, identity: IdentitySettings,
        limits: RateLimits?, upkeep: UpkeepSettings, web: Web, logger: Logger
    ) async throws {
        let blobs = BlobDirectory(path: dataDirectory + "/blobs")
        try blobs.prepare()
        let secrets = ServerSecretStore(storage: storage)
        let catalog = ModelCatalog(
            configured: models, storage: storage, seal: Seal(secret: try await secrets.secret("model keys")))
        try await catalog.refresh()
        let upkeep = Upkeep(
            storage: storage, dataDirectory: dataDirectory, settings: upkeep, identity: identity,
            hasLimits: limits != nil, publicURL: publicURL, logger: logger)
        try upkeep.backups.directory.sweep()
        self.init(
            storage: storage, blobs: blobs, catalog: catalog,
            links: LinkSigner(secret: try await secrets.secret("links"), publicURL: publicURL),
            identity: Identity(
                storage: storage, settings: identity, publicURL: publicURL,
                secret: try await secrets.secret("oauth authorize")),
            limits: limits, upkeep: upkeep, web: web, logger: logger)
    }

    /// What is enough to describe the API.
    init(describing storage: Storage) {
        let logger = Logger(label: "buckle")
        self.init(
            storage: storage, blobs: BlobDirectory(path: ""),
            catalog: ModelCatalog(configured: [], storage: storage, seal: Seal(secret: [])),
            links: LinkSigner(secret: [], publicURL: PublicURL("")),
            identity: Identity(
                storage: storage, settings: IdentitySettings(), publicURL: PublicURL(""), secret: []),
            limits: nil,
            upkeep: Upkeep(
                storage: storage, dataDirectory: "", settings: UpkeepSettings(), identity: IdentitySettings(),
                hasLimits: false, publicURL: PublicURL(""), logger: logger),
            web: Web(), logger: logger)
    }

    private init(
        storage: Storage, blobs: BlobDirectory, catalog: ModelCatalog, links: LinkSigner, identity: Identity,
        limits: RateLimits?, upkeep: Upkeep, web: Web, logger: Logger
    ) {
        self.identity = identity
        self.upkeep = upkeep
        files = FileStore(storage: storage, blobs: blobs)
        self.catalog = catalog
        runs = ChatRuns(
            services: ChatServices(
                storage: storage, catalog: catalog, files: files, usage: upkeep.usage.meter, logger: logger))
        indexer = SearchIndexer(storage: storage)
        erasures = ErasureStore(storage: storage, indexer: indexer)
        let messages = MessageStore(storage: storage)
        let conversations = ConversationStore(storage: storage, messages: messages)
        let conversationList = ConversationListStore(storage: storage, links: links)
        let bots = BotStore(storage: storage)
        let agents: [any Resource] = [
            Conversations(conversations: conversations, bots: bots),
            ConversationList(conversations: conversationList),
            ConversationSearch(store: SearchStore(conversations: conversationList)),
            ConversationTransfer(
                archives: ArchiveStore(storage: storage), conversations: conversations, bots: bots),
            Messages(messages: messages),
            Feedback(feedback: FeedbackStore(storage: storage)),
            Chats(runs: runs, limits: limits),
            ChatInfo(runs: runs, links: links),
            Models(catalog: catalog),
            Files(files: files, links: links),
            Variables(variables: VariableStore(storage: storage)),
            Bots(bots: bots, versions: BotVersionStore(storage: storage, links: links), files: files, links: links),
            BotExtras(bots: bots),
            BotList(bots: BotListStore(storage: storage, links: links)),
            UserData(store: erasures, stopChats: runs.stop, onFilesDeleted: files.removeUnused),
        ]
        resources =
            agents + identity.places(files: files, links: links) + identity.resources + upkeep.resources(runs)
            + identity.pages(web)
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
