import APIKit
import Database
import NIOHTTP1
import Platform

@testable import Server

/// One thing of every kind that an endpoint takes the id of, all of one caller's.
struct World {
    /// By the field's name; by the path's beginning before it where a name means several things.
    private var ids: [String: String] = [:]

    /// Fields that hold ids of nobody's: the client's own words, places in lists, and what this server does not keep.
    static let nobodys: Set<String> = [
        "after_id", "before_id", "connector_id", "connector_ids", "connector_uid", "tool_call_id", "api_id",
        "dataset_ids", "model_id", "plugin_id", "id", "command_id", "object_id", "workflow_id_list",
        // Backups are the server's.
        "name",
        // An import makes everything anew.
        "creator_id", "last_section_id", "section_id", "superseded_by", "inserted_messages",
    ]

    /// Fields that hold ids of people.
    static let people: Set<String> = [
        "user_id", "user_ids", "receiver_user_id", "super_admin_user_id", "owner_uid", "account_id",
    ]

    /// Fields that hold what apps tell everybody.
    static let publics: Set<String> = ["client_id"]

    /// Endpoints that take no id of anybody's.
    static let withoutIDs: Set<String> = [
        "GET /buckle/v1/models", "POST /buckle/v1/models", "POST /v1/files/upload", "GET /buckle/v1/files",
        "POST /buckle/v1/conversations/import", "GET /buckle/v1/invitations", "POST /buckle/v1/enterprises",
        "GET /buckle/v1/enterprises", "GET /v1/users/me", "POST /buckle/v1/accounts", "GET /buckle/v1/accounts",
        "GET /buckle/v1/users/me", "PUT /buckle/v1/users/me", "PUT /buckle/v1/users/me/password",
        "POST /buckle/v1/accounts/register", "GET /buckle/v1/accounts/find", "POST /buckle/v1/sessions",
        "GET /buckle/v1/sessions", "GET /buckle/v1/sessions/current", "DELETE /buckle/v1/sessions/current",
        "GET /buckle/v1/tokens", "GET /buckle/v1/oauth_apps", "GET /buckle/v1/oauth_grants",
        "GET /buckle/v1/usage/requests", "GET /buckle/v1/system", "POST /buckle/v1/backups", "GET /buckle/v1/backups",
        "GET /buckle/v1/backups/{name}/content", "DELETE /buckle/v1/backups/{name}",
        "POST /api/permission/oauth2/device/code", "GET /api/permission/oauth2/authorize",
        // Their forms are signed, or need the session's own token.
        "GET /oauth/consent", "GET /oauth/device", "GET /sign-in", "POST /sign-in", "POST /sign-out",
        "GET /register", "POST /register", "GET /setup", "POST /setup", "POST /language", "GET /",
        "POST /oauth/consent", "POST /oauth/device", "GET /sdk/frame",
    ]

    /// The console's pages are frames: what stands in their paths is read by their scripts, which call the API.
    static func isFrame(_ path: String) -> Bool {
        ConsolePages.pages.contains { $0.path == path }
            || ["/agents/", "/conversations/", "/chat/"].contains(where: path.hasPrefix)
    }

    /// An id of the same form that nothing has.
    static func unknown(like id: String) -> String {
        ID(id) == nil ? "nobody" : "7300000000000000099"
    }

    init(_ server: TestServer, _ caller: TestServer.Caller) async throws {
        let storage = server.application.storage
        func make(_ path: String, _ body: JSON) async throws -> JSON {
            let reply = try await server.send(.POST, path, body, token: caller.token)
            guard reply.code == 0, let data = reply.json["data"] else { throw Unmade(path: path, reply: reply.json) }
            return data
        }
        let name = "\(caller.user)"
        let enterprise = try await make("/buckle/v1/enterprises", ["name": "Works"])["enterprise_id"]!.text
        let organizations = try await server.send(
            .GET, "/v1/enterprises/\(enterprise)/organizations", token: caller.token)
        let organization = organizations["data", "items"]!.elements[0]["organization_id"]!.text
        let workspace = try await make("/v1/workspaces", ["name": "Team", "description": ""])["id"]!.text
        let guest = try await storage.database.write { connection in
            try UserStore(storage: storage).add(userName: "guest-\(name)", nickName: "Guest", in: connection)
        }
        _ = try await make(
            "/v1/workspaces/\(workspace)/members",
            ["users": [["user_id": .string(guest.description), "role_type": "member"]]])
        let invited = try await server.send(
            .GET, "/buckle/v1/workspaces/\(workspace)/invitations", token: caller.token)
        let place: JSON = .string(workspace)
        let bot = try await make("/v1/bot/create", ["space_id": place, "name": "helper"])["bot_id"]!.text
        let published = try await make("/v1/bot/publish", ["bot_id": .string(bot), "connector_ids": ["1024"]])
        let conversation = try await server.makeConversation(caller, bot: bot)
        let chat = try await server.makeChat(caller, bot: bot)
        let folder = try await make(
            "/buckle/v1/folders", ["workspace_id": place, "folder_type": "development", "name": "drawer"])["id"]!.text
        let app = try await make(
            "/buckle/v1/apps", ["workspace_id": place, "name": "app", "description": ""])["id"]!.text
        let workflow = try await make(
            "/buckle/v1/workflows", ["workspace_id": place, "name": "flow", "description": ""])["id"]!.text
        let task = try await make("/v1/entities/copy_tasks", ["entity_id": .string(app), "entity_type": "app"])
        let service = try await make("/buckle/v1/oauth_apps", ["name": "robot", "app_type": "service"])
        let serviceID = service["app_id"]!.text
        let key = try await make("/buckle/v1/oauth_apps/\(serviceID)/keys", .object([]))["kid"]!.text
        let grant = try await make("/buckle/v1/oauth_grants", ["client_id": .string(serviceID)])
        let token = try await make("/buckle/v1/tokens", ["name": "spare"])["token"]!["id"]!.text
        let serviceToken = try await make(
            "/buckle/v1/workspaces/\(workspace)/service_tokens", ["name": "machine", "permissions": ["chat"]])
        let (file, model) = (storage.ids.next(), storage.ids.next())
        let session = try await storage.database.write { connection in
            try connection.execute(
                """
                INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                VALUES (\(file), \(caller.user), \("a.png"), \("image/png"), \(1), \("\(file)"), \(1))
                """)
            // Behind the server's back, so that chats still have the built-in one.
            try connection.execute(
                """
                INSERT INTO model
                (id, name, base_url, upstream_name, context_length, capabilities, created_at, updated_at)
                VALUES (\(model), \("m"), \("http://127.0.0.1:9/v1"), \("m"), \(4096), \("[]"), \(1), \(1))
                """)
            return try TokenStore(storage: storage).create(
                NewToken(.session, user: caller.user, name: "browser", permissions: ["all"], lifetime: 1000),
                in: connection)
        }
        ids = [
            "conversation_id": conversation.id, "message_id": conversation.answer, "bot_id": bot,
            "chat_id": chat.id, "/v3/chat conversation_id": chat.conversation,
            "/buckle/v1/chats conversation_id": chat.conversation, "file_id": file.description,
            "icon_file_id": file.description, "space_id": workspace, "workspace_id": workspace,
            "to_workspace_id": workspace, "user_id": name, "user_ids": name, "receiver_user_id": name,
            "super_admin_user_id": name, "owner_uid": name, "account_id": name,
            "/buckle/v1/users user_id": "someone", "/v3/chat user_id": "someone",
            "enterprise_id": enterprise, "organization_id": organization, "coze_account_id": organization,
            "invitation_id": invited["data", "items"]!.elements[0]["invitation_id"]!.text, "folder_id": folder,
            "parent_folder_id": folder, "app_id": app, "workflow_id": workflow, "entity_id": bot,
            "task_id": task["task_id"]!.text, "/buckle/v1/oauth_apps app_id": serviceID, "client_id": serviceID,
            "kid": key, "grant_id": grant["id"]!.text, "token_id": token,
            "/buckle/v1/workspaces token_id": serviceToken["token"]!["id"]!.text, "session_id": session.id.description,
            "/buckle/v1/models model_id": model.description,
            "workspace_ids": workspace, "workspace_id_list": workspace, "bot_id_list": bot,
            "version": published["version"]!.text,
        ]
    }

    /// The id for a field of an operation; nil if there is no case for it.
    func id(_ name: String, _ operation: APIKit.Operation) -> String? {
        let special = ids.first { key, _ in
            key.hasSuffix(" " + name) && operation.path.hasPrefix(key.dropLast(name.utf8.count + 1))
        }
        return special?.value ?? ids[name]
    }

    /// The operation's fields that are filled with an id of somebody's.
    func names(in operation: APIKit.Operation) throws -> [String] {
        try operation.idNames.filter { id($0, operation) != nil && !Self.publics.contains($0) }.sorted()
    }

    /// What is filled in, whoever asks.
    func publics(in operation: APIKit.Operation) throws -> [String: String] {
        ids(try operation.idNames.filter(Self.publics.contains).sorted(), operation)
    }

    /// The ids for fields of an operation, by their names.
    func ids(_ names: [String], _ operation: APIKit.Operation) -> [String: String] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, id($0, operation)!) })
    }

    /// What could not be made.
    private struct Unmade: Error {
        let path: String
        let reply: JSON
    }
}
