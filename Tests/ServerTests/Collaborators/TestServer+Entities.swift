import APIKit
import Database
import NIOHTTP1
import Platform

@testable import Server

extension TestServer {
    /// Makes a bot, an app or a workflow of a caller's and returns its id.
    ///
    /// - Parameter workspace: nil for the caller's own.
    func make(
        _ type: String, named name: String = "thing", _ settings: JSON = [:], in workspace: ID? = nil,
        as caller: Caller
    ) async throws -> String {
        let path = type == "bot" ? "/v1/bot/create" : "/buckle/v1/\(type)s"
        let place = (workspace ?? caller.workspace).description
        var members: [JSON.Member] = [
            .init(key: type == "bot" ? "space_id" : "workspace_id", value: .string(place)),
            .init(key: "name", value: .string(name)),
        ]
        if case .object(let more) = settings { members += more }
        let reply = try await send(.POST, path, .object(members), token: caller.token)
        return reply["data", type == "bot" ? "bot_id" : "id"]!.text
    }

    /// Makes a folder and returns its id.
    func makeFolder(
        _ type: String = "development", named name: String = "folder", in parent: String = "0",
        workspace: ID? = nil, as caller: Caller
    ) async throws -> String {
        let body: JSON = [
            "workspace_id": .string((workspace ?? caller.workspace).description), "folder_type": .string(type),
            "name": .string(name), "parent_folder_id": .string(parent),
        ]
        return try await send(.POST, "/buckle/v1/folders", body, token: caller.token)["data", "id"]!.text
    }

    /// Another person, with a personal workspace and a token of their own.
    func person(_ name: String) async throws -> Caller {
        let storage = application.storage
        let user = try await storage.database.write { connection in
            try UserStore(storage: storage).add(userName: name, nickName: name, in: connection)
        }
        let workspace = try await storage.database.read { connection in
            try connection.first("SELECT workspace_id FROM workspace_member WHERE user_id = \(user)") { $0.id(0) }!
        }
        let token = try await secret(.personal, of: user)
        return Caller(user: user, workspace: workspace, token: token)
    }

    /// A new token of a user's.
    func secret(
        _ kind: TokenKind, of user: ID, permissions: [String] = ["all"], connector: String? = nil,
        workspaces: [ID]? = nil
    ) async throws -> String {
        let storage = application.storage
        return try await storage.database.write { connection in
            var new = NewToken(kind, user: user, name: "test", permissions: permissions, lifetime: nil)
            new.connector = connector
            new.workspaces = workspaces
            return try TokenStore(storage: storage).create(new, in: connection)
        }.secret.text
    }

    /// What the audit log says was done to something, oldest first.
    func audit(of id: String) async throws -> [String] {
        try await application.storage.database.read { connection in
            try connection.query("SELECT action FROM audit_record WHERE object_id = \(id) ORDER BY id") { $0.text(0) }
        }
    }

    /// Puts a workspace into a new enterprise.
    func makeEnterprise(of workspace: ID) async throws {
        let id = application.storage.ids.next()
        try await application.storage.database.write { connection in
            try connection.execute("INSERT INTO enterprise (id, name, created_at) VALUES (\(id), 'Works', 0)")
            try connection.execute("UPDATE workspace SET enterprise_id = \(id) WHERE id = \(workspace)")
        }
    }
}
