import APIKit
import Database
import TestSupport
import Testing

@testable import Platform

/// The index against what a look at every text finds, whatever happens to the texts.
@Suite(.serialized) struct SearchIndexTests {
    @Test(arguments: DatabaseKind.available)
    func `after any changes a search finds what a look at every text finds`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            var world = SearchWorld(storage: storage, seed: 5)
            try await world.begin()
            let indexer = SearchIndexer(storage: storage)
            let index = searchIndex(of: storage.database)
            for _ in 1...25 {
                for _ in 1...15 {
                    try await world.change()
                    if world.chance(10) { _ = try await storage.database.maintain(index.advance) }
                }
                try await indexer.drain()
                for _ in 1...12 { try await world.check() }
            }
            #expect(world.hits > 100)
            try await storage.database.write { try $0.execute("DELETE FROM account") }
            try await indexer.drain()
            #expect(try await world.count("search_document") == 0)
            #expect(try await world.count("search_queue") == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what was there before the index is found too, and new messages do not wait for it`(
        _ kind: DatabaseKind
    ) async throws {
        try await withScratchDatabase(kind) { location in
            let old = try Database(location, migrations: Array(Storage.migrations.prefix(2)))
            var world = SearchWorld(
                storage: Storage(database: old, ids: IDSource(process: 1, clock: .system), clock: .system), seed: 6)
            try await world.begin()
            for _ in 1...400 { try await world.addMessage("before") }
            old.close()
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            world.storage = storage
            let index = searchIndex(of: storage.database)
            #expect(try await world.count("search_queue") > 400)
            _ = try await storage.database.maintain(index.advance)
            try await world.addMessage("after")
            _ = try await storage.database.maintain(index.advance)
            #expect(try await world.count("search_queue") > 0)
            #expect(try await world.find("after", owner: world.lastOwner).count == 1)
            try await SearchIndexer(storage: storage).drain()
            for _ in 1...60 { try await world.check() }
            for owner in world.owners { try await world.check("before", owner: owner) }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a unit of indexing that fails leaves the queue as it was`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            var world = SearchWorld(storage: storage, seed: 7)
            try await world.begin()
            for _ in 1...10 { try await world.addMessage("pear") }
            let index = searchIndex(of: storage.database)
            let waiting = try await world.count("search_queue")
            struct PowerCut: Error {}
            await #expect(throws: PowerCut.self) {
                try await storage.database.maintain { connection in
                    #expect(try index.advance(in: connection) != 0)
                    throw PowerCut()
                }
            }
            #expect(try await world.count("search_queue") == waiting)
            #expect(try await world.count("search_document") == 0)
            try await SearchIndexer(storage: storage).drain()
            for owner in world.owners { try await world.check("pear", owner: owner) }
        }
    }

    @Test(.enabled(if: DatabaseKind.available.contains(.postgres)))
    func `servers that share a database index together`() async throws {
        try await withScratchDatabase(.postgres) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            let other = try await Storage.open(location)
            defer { other.database.close() }
            var world = SearchWorld(storage: storage, seed: 8)
            try await world.begin()
            let indexing = [storage, other].map { storage in
                Task {
                    while !Task.isCancelled { try await SearchIndexer(storage: storage).drain() }
                }
            }
            for _ in 1...300 { try await world.change() }
            for task in indexing { task.cancel() }
            for task in indexing { _ = await task.result }
            try await SearchIndexer(storage: other).drain()
            for _ in 1...60 { try await world.check() }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the indexer follows changes by itself`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            var world = SearchWorld(storage: storage, seed: 9)
            try await world.begin()
            let indexer = SearchIndexer(storage: storage)
            let running = Task { await indexer.run { Issue.record("\($0)") } }
            for number in 1...3 {
                try await world.addMessage("plum")
                let deadline = ContinuousClock.now + .seconds(20)
                while try await world.count("search_queue") > 0, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(20))
                }
                let before = world.hits
                for owner in world.owners { try await world.check("plum", owner: owner) }
                #expect(world.hits >= before + number)
            }
            running.cancel()
            await running.value
        }
    }
}

/// Conversations that change at random, and a search without an index to compare with.
struct SearchWorld {
    var storage: Storage
    var random: Seeded
    let owners: [ID] = [1, 2]
    private(set) var hits = 0
    private(set) var lastOwner: ID = 1
    private var conversations: [(id: ID, owner: ID)] = []

    private static let words = [
        "weather", "weathered", "Wetter", "hello", "world", "wor", "Straße", "ÉCOLE", "école", "a", "the", "x9",
        "deploy", "deployment", "👍",
    ]
    private static let signs = Array("天地玄黄宇宙洪荒日月今气预报北京")

    init(storage: Storage, seed: UInt64) {
        self.storage = storage
        random = Seeded(state: seed)
    }

    private var store: ConversationStore {
        ConversationStore(storage: storage, messages: MessageStore(storage: storage))
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func begin() async throws {
        for owner in owners {
            try await storage.database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO account (id, user_name, nick_name, created_at)
                    VALUES (\(owner), \("user \(owner)"), '', 1)
                    """)
            }
        }
        for _ in 1...6 { try await addConversation() }
    }

    private mutating func addConversation() async throws {
        let owner = owners.randomElement(using: &random)!
        let made = try await store.create(
            owner: owner, bot: chance(50) ? 77 : nil, name: chance(50) ? sentence() : nil, connector: "1024",
            metaData: [:], messages: [])
        conversations.append((made.id, owner))
    }

    /// - Parameter text: any if nil.
    mutating func addMessage(_ text: String? = nil) async throws {
        let (id, owner) = conversations.randomElement(using: &random)!
        lastOwner = owner
        let content = try MessageContent(text ?? sentence(), type: "text")
        let message = NewMessage(role: .user, type: "question", content: content, metaData: [:])
        _ = try await MessageStore(storage: storage).append(message, to: id, owner: owner)
    }

    mutating func change() async throws {
        let (id, owner) = conversations.randomElement(using: &random)!
        switch Int.random(in: 0...9, using: &random) {
        case 0: try await addConversation()
        case 1: _ = try await store.rename(id, to: sentence(), owner: owner)
        case 2 where conversations.count > 4:
            try await store.delete(id, by: .testing(owner))
            conversations.removeAll { $0.id == id }
        case 3, 4:
            let messages = try await storage.database.read { connection in
                try connection.query("SELECT id FROM message WHERE conversation_id = \(id)") { $0.id(0) }
            }
            guard let message = messages.randomElement(using: &random) else { return }
            if chance(50) {
                _ = try await MessageStore(storage: storage).delete(message, in: id, owner: owner)
            } else {
                _ = try await MessageStore(storage: storage).modify(
                    message, in: id, owner: owner, content: MessageContent(sentence(), type: "text"), metaData: nil)
            }
        case 5:
            let bot: ID? = chance(50) ? 77 : nil
            try await storage.database.write { connection in
                try connection.execute("UPDATE conversation SET bot_id = \(bot) WHERE id = \(id)")
            }
        default: try await addMessage()
        }
    }

    private mutating func sentence() -> String {
        var parts: [String] = []
        for _ in 1...Int.random(in: 1...6, using: &random) {
            parts.append(chance(50) ? Self.words.randomElement(using: &random)! : signs(1...5))
        }
        return parts.joined(separator: [" ", ", ", "", "\n", "。"].randomElement(using: &random)!)
    }

    private mutating func signs(_ count: ClosedRange<Int>) -> String {
        String((0..<Int.random(in: count, using: &random)).map { _ in Self.signs.randomElement(using: &random)! })
    }

    private mutating func query() -> String {
        let words = (0..<2).map { _ in Self.words.randomElement(using: &random)! }
        return switch Int.random(in: 0...5, using: &random) {
        case 0: String(words[0].prefix(Int.random(in: 1...6, using: &random)))
        case 1: signs(1...4)
        case 2: words[0] + " " + words[1]
        case 3: "\"" + words[0] + " " + words[1] + "\""
        case 4: words[0] + signs(1...1)
        default: signs(1...1) + " " + signs(2...2)
        }
    }

    // MARK: Comparing

    /// Looks for something, and compares with what a look at every text finds.
    mutating func check() async throws {
        try await check(query(), owner: owners.randomElement(using: &random)!, bot: chance(50) ? 77 : nil)
    }

    mutating func check(_ text: String, owner: ID, bot: ID? = nil) async throws {
        let query = try SearchQuery(text)
        var expected = try await storage.database.scan { connection in
            try connection.query(
                """
                SELECT c.id, c.name, c.bot_id FROM conversation c WHERE c.owner_id = \(owner)
                UNION ALL SELECT m.id, m.content, c.bot_id FROM message m JOIN conversation c
                ON c.id = m.conversation_id WHERE c.owner_id = \(owner)
                """
            ) { (id: $0.id(0), text: $0.text(1), bot: $0.optionalID(2)) }
        }
        expected.removeAll { document in
            bot != nil && document.bot != bot || query.firstMatches(in: SearchText(document.text)) == nil
        }
        let found = try await find(text, owner: owner, bot: bot)
        #expect(found == expected.map(\.id).sorted(by: >), "\(text)")
        hits += found.count
    }

    /// The ids of all hits, over pages of any size.
    mutating func find(_ text: String, owner: ID, bot: ID? = nil) async throws -> [ID] {
        var found: [ID] = []
        var place: Int64?
        let limit = Int.random(in: 1...50, using: &random)
        repeat {
            let conversations = ConversationListStore(
                storage: storage, links: LinkSigner(secret: [1], publicURL: PublicURL("")))
            let page = try await SearchStore(conversations: conversations).search(
                SearchQuery(text), owner: owner, bot: bot, before: place, limit: limit, visibleTo: Member(user: owner))
            #expect(page.items.count <= limit)
            found += page.items.map { ID($0.messageID) ?? $0.conversation.conversation.id }
            place = page.next
        } while place != nil
        return found
    }

    func count(_ table: StaticString) async throws -> Int {
        let table = SQL.Fragment(table)
        return try await storage.database.read { connection in
            try connection.first("SELECT COUNT(*) FROM \(table)") { $0.int(0) } ?? 0
        }
    }
}
