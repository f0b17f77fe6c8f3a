import APIKit
import Database
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Platform
import Synchronization
import TestSupport

@testable import Server

/// The real application on a fresh database, called without a socket.
struct TestServer {
    let application: Application
    /// The owner, and another user who shares nothing with the owner.
    let owner: Caller
    let stranger: Caller

    /// A user with a token that has every permission.
    struct Caller: Sendable {
        let user: ID
        let workspace: ID
        let token: String
    }

    struct Reply {
        let status: Int
        let headers: HTTPHeaders
        let json: JSON

        /// The code of an error; 4000 for OAuth's own way to say it.
        var code: Int? {
            if json["error_code"] == "invalid_request" { return 4000 }
            return if case .integer(let code)? = json["code"] { Int(code) } else { nil }
        }
        var message: String { (json["msg"] ?? json["error_message"])?.text ?? "" }
        subscript(path: String...) -> JSON? { path.reduce(json) { $0?[$1] } }
    }

    static func with(_ kind: DatabaseKind, _ body: (TestServer) async throws -> Void) async throws {
        try await withScratchDirectory { directory in
            try await withScratchDatabase(kind) { location in
                let storage = try await Storage.open(location)
                defer { storage.database.close() }
                try await body(try await make(storage, directory))
            }
        }
    }

    private static func make(_ storage: Storage, _ directory: String) async throws -> TestServer {
        _ = try await FirstStart(storage: storage).run()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let owner = try await storage.database.read { try UserStore.owner(in: $0)! }
        let stranger = try await storage.database.write { connection in
            try UserStore(storage: storage).add(userName: "stranger", nickName: "Stranger", in: connection)
        }
        return TestServer(
            application: try await Application(
                storage: storage, dataDirectory: directory, publicURL: PublicURL("http://localhost"), logger: logger),
            owner: try await caller(owner, storage), stranger: try await caller(stranger, storage))
    }

    private static func caller(_ user: ID, _ storage: Storage) async throws -> Caller {
        let workspace = try await storage.database.read { connection in
            try connection.first("SELECT workspace_id FROM workspace_member WHERE user_id = \(user)") { $0.id(0) }!
        }
        return Caller(user: user, workspace: workspace, token: try await token(for: user, storage))
    }

    static func token(
        for user: ID, permissions: [String] = ["all"], lifetime: Int64? = nil, _ storage: Storage
    ) async throws -> String {
        try await storage.database.write { connection in
            try TokenStore(storage: storage).create(
                NewToken(.personal, user: user, name: "test", permissions: permissions, lifetime: lifetime),
                in: connection)
        }.secret.text
    }

    func send(_ method: HTTPMethod, _ uri: String, _ body: JSON? = nil, token: String?) async throws -> Reply {
        try await send(method, uri, text: body.map { try JSONOutput.text($0) }, token: token)
    }

    func send(_ method: HTTPMethod, _ uri: String, text: String?, token: String?) async throws -> Reply {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        let reply = await application.responder.respond(
            to: head, body: text.map { .whole(ByteBuffer(string: $0)) } ?? .none,
            executor: LoopExecutor(MultiThreadedEventLoopGroup.singleton.any()))
        return Reply(
            status: Int(reply.status.code), headers: HTTPHeaders(reply.headers), json: try await Self.json(reply.body))
    }

    /// The JSON of a body; what is none stands as text under `data`, with the code 0.
    private static func json(_ body: HTTPReply.Body) async throws -> JSON {
        switch body {
        case .whole(let bytes):
            let bytes = Array(bytes.readableBytesView)
            return (try? JSON(parsing: bytes)) ?? text(String(decoding: bytes, as: UTF8.self))
        case .file(let path, _): return text(path)
        case .events(let stream):
            let all = Mutex("")
            try await stream.run(EventStream.Sink { piece in all.withLock { $0 += piece.text } })
            return text(all.withLock { $0 })
        }
    }

    private static func text(_ text: String) -> JSON { ["code": .integer(0), "msg": "", "data": .string(text)] }

    /// The number that a query gives.
    func count(_ query: SQL) async throws -> Int {
        try await application.storage.database.read { try $0.first(query) { $0.int(0) } ?? 0 }
    }

    /// Makes a chat of a caller's, and returns it when it has ended.
    func makeChat(_ caller: Caller, bot: String) async throws -> (conversation: String, id: String) {
        let body: JSON = [
            "bot_id": .string(bot), "user_id": "someone", "publish_status": "unpublished_draft",
            "additional_messages": [["role": "user", "content": "hello", "content_type": "text"]],
        ]
        let made = try await send(.POST, "/v3/chat", body, token: caller.token)
        let (conversation, id) = (made["data", "conversation_id"]!.text, made["data", "id"]!.text)
        let uri = "/buckle/v1/chats/\(id)/events?conversation_id=\(conversation)"
        _ = try await send(.GET, uri, token: caller.token)
        return (conversation, id)
    }

    /// Makes a bot of a caller's and returns its id.
    func makeBot(_ caller: Caller) async throws -> String {
        let body: JSON = ["space_id": .string(caller.workspace.description), "name": "helper"]
        return try await send(.POST, "/v1/bot/create", body, token: caller.token)["data", "bot_id"]!.text
    }

    /// Makes a conversation of a caller's with one question and one answer, and returns their ids.
    func makeConversation(
        _ caller: Caller, bot: String? = nil
    ) async throws -> (id: String, question: String, answer: String) {
        let made = try await send(
            .POST, "/v1/conversation/create", bot.map { ["bot_id": .string($0)] }, token: caller.token)
        let id = made["data", "id"]!.text
        let uri = "/v1/conversation/message/create?conversation_id=\(id)"
        var ids: [String] = []
        for role in ["user", "assistant"] {
            let message: JSON = ["role": .string(role), "content": "hello", "content_type": "text"]
            ids.append(try await send(.POST, uri, message, token: caller.token)["data", "id"]!.text)
        }
        return (id, ids[0], ids[1])
    }
}

extension JSON: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self = .integer(value) }

    /// The string, or empty if it is none.
    var text: String { if case .string(let text) = self { text } else { "" } }
    var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }
}
