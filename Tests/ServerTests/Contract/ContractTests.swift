import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

/// What holds for all endpoints, found from their declarations.
@Suite struct ContractTests {
    @Test func `routes are unique, described, and need permissions that exist`() async throws {
        try await TestServer.with(.sqlite) { server in
            let operations = server.operations
            #expect(operations.count >= 25)
            let routes = operations.map { "\($0.verb.rawValue) \($0.path)" }
            #expect(Set(routes).count == routes.count)
            for operation in operations {
                #expect(!operation.summary.isEmpty, "\(operation.path)")
                for point in operation.access.points { #expect(PermissionPoint.names.contains(point), "\(point)") }
                let fields = try operation.fields.map(\.name)
                for name in operation.pathFields { #expect(fields.contains(name), "\(operation.path)") }
                for name in operation.queryFields { #expect(fields.contains(name), "\(operation.path)") }
            }
        }
    }

    @Test func `without a valid token every endpoint answers 401 before it reads the input`() async throws {
        try await TestServer.with(.sqlite) { server in
            for operation in server.operations where operation.access != .open {
                for token in [nil, "", "pat_unknown"] {
                    let reply = try await server.send(operation.method, operation.samplePath, text: "{", token: token)
                    #expect(reply.status == 401 && reply.code == 700_012_006, "\(operation.path)")
                    #expect(reply["detail", "logid"]?.text.count == 34)
                }
            }
        }
    }

    @Test func `a token without the permission is refused before the input is read, one with it is not`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            let bare = try await TestServer.token(for: server.owner.user, permissions: ["createRoom"], storage)
            for operation in server.operations where !operation.access.points.isEmpty {
                let refused = try await server.send(operation.method, operation.samplePath, text: "{", token: bare)
                #expect(refused.status == 200 && refused.code == 4101, "\(operation.path)")
                #expect(refused.message.contains(operation.access.points[0]), "\(operation.path)")
                let token = try await TestServer.token(
                    for: server.owner.user, permissions: operation.access.points, storage)
                let passed = try await server.send(operation.method, operation.samplePath, text: "{", token: token)
                #expect(passed.code != 4101, "\(operation.path)")
            }
        }
    }

    @Test func `malformed JSON is refused with its position`() async throws {
        try await TestServer.with(.sqlite) { server in
            for operation in server.operations where operation.verb != .get && !operation.isUpload {
                for text in ["{", "[1,", "{\"a\":}", "nul", "{\"a\":\"\u{1}\"}", "{} x"] {
                    let reply = try await server.send(
                        operation.method, operation.samplePath, text: text, token: server.owner.token)
                    #expect(reply.status == operation.refusalStatus, "\(operation.path) \(text)")
                    #expect(reply.code == 4000, "\(operation.path) \(text)")
                    #expect(reply.message.contains("line 1, column"), "\(operation.path) \(reply.message)")
                }
            }
        }
    }

    /// OAuth's endpoints take what other clients send, whatever its type.
    @Test func `a field of a wrong type is refused by its name`() async throws {
        try await TestServer.with(.sqlite) { server in
            for operation in server.operations where operation.verb != .get && operation.layout != .bare {
                for field in try operation.bodyFields {
                    for (wrong, kinds) in Self.wrongValues where !kinds.contains(field.schema.kind) {
                        var body = try operation.sampleBody(server.owner.workspace)
                        body[field.name] = wrong
                        let reply = try await server.send(
                            operation.method, operation.samplePath, .object(body.members), token: server.owner.token)
                        #expect(reply.code == 4000, "\(operation.path) \(field.name) \(wrong): \(reply.json)")
                        #expect(reply.message.contains(field.name), "\(operation.path) \(reply.message)")
                    }
                }
            }
        }
    }

    /// Values, and the kinds of fields they are right for.
    private static let wrongValues: [(JSON, [String])] = [
        (.integer(7), ["integer", "number", "any"]), (.bool(true), ["boolean", "any"]),
        (.array([.array([])]), ["any"]), (.string("x"), ["string", "any"]),
    ]

    @Test func `a required field that is missing or null is named`() async throws {
        try await TestServer.with(.sqlite) { server in
            for operation in server.operations where operation.verb != .get {
                for field in try operation.bodyFields where field.isRequired {
                    for replacement in [nil, JSON.null] {
                        var body = try operation.sampleBody(server.owner.workspace)
                        body[field.name] = replacement
                        let reply = try await server.send(
                            operation.method, operation.samplePath, .object(body.members), token: server.owner.token)
                        #expect(
                            reply.code == 4000 && reply.message.contains(field.name),
                            "\(operation.path) \(reply.message)")
                    }
                }
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `every endpoint answers its sample without an internal error`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            for operation in server.operations where !operation.isUpload {
                let bot = try await server.makeBot(server.owner)
                let conversation = try await server.makeConversation(server.owner, bot: bot)
                let chat = try await server.makeChat(server.owner, bot: bot)
                let isOfChat = try operation.fields.contains { $0.name == "chat_id" && $0.isRequired }
                let ids = [
                    "conversation_id": isOfChat ? chat.conversation : conversation.id,
                    "message_id": conversation.answer, "bot_id": bot, "chat_id": chat.id,
                    "space_id": server.owner.workspace.description,
                    "workspace_id": server.owner.workspace.description,
                ]
                if operation.layout == .page || operation.layout == .bare {
                    let reply = try await server.call(operation, ids: ids, as: server.owner)
                    #expect(reply.status < 500, "\(operation.verb) \(operation.path): \(reply.json)")
                    continue
                }
                let reply = try await server.call(operation, ids: ids, as: server.owner)
                #expect(reply.status == 200, "\(operation.verb) \(operation.path): \(reply.json)")
                // Not published yet, no collaborator, not running, not signed in: refusals of the sample's own.
                let refusals = [4000, 4015, 4100, 4101, 4104, 4200]
                // What is downloaded has no code.
                #expect(refusals.contains(reply.code ?? 0) || reply.code ?? 0 == 0, "\(operation.path): \(reply.json)")
            }
        }
    }
}
