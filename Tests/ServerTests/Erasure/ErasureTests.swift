import APIKit
import Database
import FoundationEssentials
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import Platform
@testable import Server

// One after the other: a test opens many connections, and a server has only so many.
@Suite(.serialized) struct ErasureTests {
    /// Occur in the texts of the end user who is erased, and nowhere else.
    private static let secrets = ["xylophonic", "绝密鱼雷"]

    @Test(arguments: DatabaseKind.available)
    func `all of an end user goes, and nothing of anybody else`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let world = try await ErasureWorld.make(server, Self.secrets)
            let indexer = SearchIndexer(storage: server.application.storage)
            try await indexer.drain()
            for secret in Self.secrets { #expect(try await server.search(secret).count > 1) }
            #expect(try await server.search("harmless").count > 1)

            let reply = try await world.erase("eve")
            #expect(reply.code == 0, "\(reply.json)")
            #expect(reply["data", "conversations"] == .integer(1))
            #expect(reply["data", "chats"] == .integer(42))
            #expect(reply["data", "messages"] == .integer(84))
            #expect(reply["data", "files"] == .integer(1))
            #expect(reply["data", "variables"] == .integer(1))

            // Search is clean at once, before anything is indexed again.
            for secret in Self.secrets { #expect(try await server.search(secret, drains: false).isEmpty) }
            #expect(try await server.search("harmless", drains: false).count > 1)
            for table in ErasureWorld.tables {
                for secret in Self.secrets { #expect(try await world.occurrences(of: secret, table) == 0, "\(table)") }
            }
            #expect(try await world.names() == ["", "bob's harmless question", "theirs"])
            let left = try await world.left()
            #expect(left == ["bob", "bob", "eve"], "\(left)")
            let twice = try await world.erase("eve")
            #expect(twice.code == 0 && twice["data", "messages"] == .integer(0))
        }
    }

    @Test func `nothing of it is left in SQLite's files`() async throws {
        try await TestServer.with(.sqlite) { server in
            guard case .file(let path) = server.application.storage.database.location else { return }
            let world = try await ErasureWorld.make(server, Self.secrets)
            let indexer = SearchIndexer(storage: server.application.storage)
            try await indexer.drain()
            // Rows move about when their pages fill, and leave copies behind.
            try await world.churn()
            for secret in Self.secrets { #expect(try Self.count(secret, path) > 10) }
            #expect(try await world.erase("eve").code == 0)
            for secret in Self.secrets { #expect(try Self.count(secret, path) == 0) }
            #expect(try Self.count("harmless", path) > 10)
            let faults = try await server.application.storage.database.scan { connection in
                try connection.query("PRAGMA integrity_check") { $0.text(0) }
            }
            #expect(faults == ["ok"])
        }
    }

    /// How often a text occurs in the database's file and its log.
    private static func count(_ text: String, _ path: String) throws -> Int {
        let needle = Array(text.utf8)
        var count = 0
        for suffix in ["", "-wal"] {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path + suffix)))
            guard bytes.count >= needle.count else { continue }
            for start in 0...(bytes.count - needle.count) where bytes[start] == needle[0] {
                if bytes[start..<(start + needle.count)].elementsEqual(needle) { count += 1 }
            }
        }
        return count
    }

    @Test func `chats are stopped first, and contents are given up once no file has them`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            _ = try await ErasureWorld.make(server, Self.secrets)
            let log = Mutex<[String]>([])
            let resource = UserData(
                store: ErasureStore(storage: storage, indexer: SearchIndexer(storage: storage)),
                stopChats: { owner, user in log.withLock { $0.append("stop \(owner) \(user)") } },
                onFilesDeleted: { hashes in log.withLock { $0.append("delete \(hashes.joined(separator: " "))") } })
            _ = try await resource.erase("eve", owner: server.owner.user, by: .testing(server.owner.user))
            #expect(log.withLock { $0 } == ["stop \(server.owner.user) eve", "delete hash of eve"])
        }
    }

    @Test func `an erasure that was cut short is finished later`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            guard case .file(let path) = storage.database.location else { return }
            let world = try await ErasureWorld.make(server, Self.secrets)
            let store = ErasureStore(storage: storage, indexer: SearchIndexer(storage: storage))
            let erasure = try #require(
                try await store.begin("eve", owner: server.owner.user, by: .testing(server.owner.user)))
            while try await store.step(erasure) != nil {}
            _ = try await store.deleteVariables(erasure)
            // Here the server dies. The next one finishes what was begun.
            try await store.finishInterrupted()
            for secret in Self.secrets { #expect(try Self.count(secret, path) == 0) }
            #expect(try await world.erase("eve")["data", "chats"] == .integer(0))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a token of one session erases that session's chats alone, the account's all`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let world = try await ErasureWorld.make(server, Self.secrets)
            let (first, second) = (try await world.session("first"), try await world.session("second"))
            let account = server.owner.user
            #expect(try await world.chats(of: account) == 42)

            let narrow = try await world.erase("eve", token: first.token)
            #expect(narrow["data", "chats"] == .integer(1), "\(narrow.json)")
            #expect(try await world.chats(of: first.owner) == 0)
            #expect(try await world.chats(of: second.owner) == 1)
            #expect(try await world.chats(of: account) == 42)
            // Variables are the account's, whatever the session.
            #expect(narrow["data", "variables"] == .integer(1))

            let wide = try await world.erase("eve")
            #expect(wide["data", "chats"] == .integer(43), "\(wide.json)")
            #expect(try await world.chats(of: second.owner) == 0)
            #expect(try await world.chats(of: account) == 0)
            #expect(try await world.chats(of: server.stranger.user) == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an unknown end user has no data`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let world = try await ErasureWorld.make(server, Self.secrets)
            let before = try await world.left()
            for user in ["nobody", "EVE", "eve%20", "ev", "%25"] {
                let reply = try await world.erase(user)
                #expect(reply.code == 0)
                #expect(reply["data", "chats"] == .integer(0) && reply["data", "variables"] == .integer(0))
            }
            #expect(try await world.left() == before)
            #expect(try await world.erase(String(repeating: "x", count: 257)).code == 4000)
        }
    }
}

/// Two end users of one account, one of them in a conversation of both, and one of the same name in another account.
private struct ErasureWorld {
    let server: TestServer
    let shared: ID

    static let tables = ["conversation", "message", "chat", "chat_event", "variable", "search_queue"]

    static func make(_ server: TestServer, _ secrets: [String]) async throws -> ErasureWorld {
        let (owner, stranger) = (server.owner.user, server.stranger.user)
        let bot = ID(try await server.makeBot(server.owner))!
        let theirBot = ID(try await server.makeBot(server.stranger))!
        let shared = try await conversation(server, server.owner)
        let own = try await conversation(server, server.owner)
        let bobs = try await conversation(server, server.owner)
        let theirs = try await conversation(server, server.stranger)
        let storage = server.application.storage
        let files: [(ID, String)] = [(storage.ids.next(), "hash of eve"), (storage.ids.next(), "hash of both")]
        try await storage.database.write { connection in
            for (id, hash) in files {
                try connection.execute(
                    """
                    INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                    VALUES (\(id), \(owner), 'a.png', 'image/png', 1, \(hash), 1)
                    """)
            }
            func chat(_ conversation: ID, _ user: String, _ bot: ID, _ owner: ID, _ text: String, _ files: [ID]) throws
            {
                try Self.chat(
                    conversation, user: user, bot: bot, owner: owner, text: text, files: files, storage, connection)
            }
            try chat(shared, "eve", bot, owner, secrets.joined(separator: " "), files.map(\.0))
            try chat(shared, "bob", bot, owner, "bob's harmless answer", [files[1].0])
            for number in 1...40 { try chat(own, "eve", bot, owner, "\(number) \(secrets[number % 2])", []) }
            try chat(shared, "eve", bot, owner, "once more \(secrets[1])", [])
            try chat(bobs, "bob", bot, owner, "bob's harmless question", [])
            try chat(theirs, "eve", theirBot, stranger, "theirs", [])
            for user in ["eve", "bob"] {
                try connection.execute(
                    """
                    INSERT INTO variable
                    (owner_id, bot_id, connector_id, connector_uid, keyword, value, created_at, updated_at)
                    VALUES (\(owner), \(bot), '1024', \(user), 'k', \(user == "eve" ? secrets[0] : "v"), 1, 1)
                    """)
            }
        }
        return ErasureWorld(server: server, shared: shared)
    }

    private static func conversation(_ server: TestServer, _ caller: TestServer.Caller) async throws -> ID {
        ID(try await server.send(.POST, "/v1/conversation/create", token: caller.token)["data", "id"]!.text)!
    }

    /// A chat as it is stored when it has ended.
    private static func chat(
        _ conversation: ID, user: String, bot: ID, owner: ID, text: String, files: [ID], _ storage: Storage,
        _ connection: any Connection
    ) throws {
        let (question, id, answer) = (storage.ids.next(), storage.ids.next(), storage.ids.next())
        try connection.execute(
            """
            INSERT INTO chat (id, conversation_id, owner_id, bot_id, section_id, end_user, status, meta_data, request,
            inserted_messages, server, created_at, completed_at)
            VALUES (\(id), \(conversation), \(owner), \(bot), \(conversation), \(user), 'completed', '{}',
            \(#"{"connector":"\#(text)","customVariables":{},"position":{},"rounds":[]}"#), '[]', 1, 5, 6)
            """)
        for number in 1...5 {
            try connection.execute(
                """
                INSERT INTO chat_event (chat_id, number, kind, message_id, data)
                VALUES (\(id), \(number), 1, \(answer), \(text))
                """)
        }
        for (message, role, type) in [(question, MessageRole.user, "question"), (answer, .assistant, "answer")] {
            try connection.execute(
                MessageStore.insertion(
                    Message(
                        id: message, conversation: conversation, section: conversation, bot: bot, chat: id, role: role,
                        type: type, content: text)))
        }
        for file in files {
            try connection.execute(
                "INSERT INTO message_file (message_id, file_id) VALUES (\(question), \(file))")
        }
        try connection.execute(
            """
            UPDATE conversation SET name = CASE WHEN name = '' THEN \(text) ELSE name END WHERE id = \(conversation)
            """)
    }

    func erase(_ user: String, token: String? = nil) async throws -> TestServer.Reply {
        try await server.send(.DELETE, "/buckle/v1/users/\(user)/data", token: token ?? server.owner.token)
    }

    /// A session of the account with one chat of eve's, and its token.
    func session(_ name: String) async throws -> (owner: ID, token: String) {
        let storage = server.application.storage
        let (session, account) = (storage.ids.next(), server.owner.user)
        let secret = try await storage.database.write { connection in
            try connection.execute(
                """
                INSERT INTO account (id, user_name, nick_name, created_at, kind, parent_id)
                VALUES (\(session), \(name), '', 1, 'session', \(account))
                """)
            var new = NewToken(.jwt, user: account, name: "session", permissions: ["all"], lifetime: nil)
            new.owner = session
            return try TokenStore(storage: storage).create(new, in: connection).secret.text
        }
        let caller = TestServer.Caller(user: account, workspace: server.owner.workspace, token: secret)
        let bot = ID(try await server.makeBot(server.owner))!
        let conversation = try await Self.conversation(server, caller)
        try await storage.database.write { connection in
            try Self.chat(
                conversation, user: "eve", bot: bot, owner: session, text: "in a session", files: [], storage,
                connection)
        }
        return (session, secret)
    }

    /// How many chats of eve's an account or a session has.
    func chats(of owner: ID) async throws -> Int {
        try await server.count("SELECT COUNT(*) FROM chat WHERE owner_id = \(owner) AND end_user = 'eve'")
    }

    /// Makes bob's messages long and short again, many times.
    func churn() async throws {
        let storage = server.application.storage
        for round in 1...20 {
            try await storage.database.write { connection in
                let ids = try connection.query("SELECT id FROM message ORDER BY id") { $0.id(0) }
                for (number, id) in ids.enumerated() where (number + round) % 3 == 0 {
                    let text = String(repeating: "harmless ", count: 1 + (number * 7 + round * 13) % 120)
                    try connection.execute(
                        """
                        UPDATE message SET reasoning_content = \(text) WHERE id = \(id)
                        """)
                }
            }
        }
    }

    /// How many rows of a table have a text in any column.
    func occurrences(of text: String, _ table: String) async throws -> Int {
        let columns = [
            "conversation": ["name", "meta_data"], "message": ["content"], "chat": ["request", "end_user"],
            "chat_event": ["data"], "variable": ["value"],
            "search_queue": isSQLite ? ["old_content"] : ["CAST(id AS TEXT)"],
        ][table]!
        let sql = "SELECT COUNT(*) FROM \(table) WHERE " + columns.map { "\($0) LIKE $1" }.joined(separator: " OR ")
        return try await server.application.storage.database.read { connection in
            try connection.first(SQL(text: sql, values: [.text("%\(text)%")])) { $0.int(0) } ?? 0
        }
    }

    private var isSQLite: Bool {
        if case .file = server.application.storage.database.location { true } else { false }
    }

    func names() async throws -> [String] {
        try await server.application.storage.database.read { connection in
            try connection.query("SELECT name FROM conversation ORDER BY id") { $0.text(0) }
        }
    }

    /// Whose chats there are.
    func left() async throws -> [String] {
        try await server.application.storage.database.read { connection in
            try connection.query("SELECT end_user FROM chat ORDER BY id") { $0.text(0) }
        }
    }
}
