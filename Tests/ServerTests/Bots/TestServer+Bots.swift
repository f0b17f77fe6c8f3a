import APIKit
import Database
import NIOHTTP1
import Platform

@testable import Server

extension TestServer {
    /// Publishes a bot to channels and returns the version.
    @discardableResult
    func publish(_ bot: String, to connectors: [String] = ["1024"], as caller: Caller) async throws -> String {
        let body: JSON = ["bot_id": .string(bot), "connector_ids": .array(connectors.map { .string($0) })]
        return try await send(.POST, "/v1/bot/publish", body, token: caller.token)["data", "version"]!.text
    }

    /// Sets one part of a bot's draft that the console configures: tools, variables or shortcut_commands.
    @discardableResult
    func set(_ part: String, of bot: String, to items: JSON, as caller: Caller) async throws -> Reply {
        try await send(
            .PUT, "/buckle/v1/bots/\(bot)/\(part)", .object([.init(key: part, value: items)]), token: caller.token)
    }

    /// Makes one caller a member of another's workspace.
    func join(_ caller: Caller, to workspace: ID) async throws {
        try await application.storage.database.write { connection in
            _ = try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(workspace), \(caller.user), 'member', 0)
                """)
        }
    }
}
