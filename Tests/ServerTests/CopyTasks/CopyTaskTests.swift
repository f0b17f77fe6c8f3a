import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct CopyTaskTests {
    @Test(arguments: DatabaseKind.available)
    func `a bot is copied within its workspace at once`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let member = try await server.person("member")
            let workspace = server.owner.workspace
            try await server.join(member, to: workspace)
            let folder = try await server.makeFolder(as: server.owner)
            let bot = try await server.make(
                "bot", named: "a helper of 20 chars", ["prompt_info": ["prompt": "Be kind."]], as: server.owner)
            try await server.publish(bot, as: server.owner)
            _ = try await server.send(
                .PUT, "/buckle/v1/bots/\(bot)/folder", ["folder_id": .string(folder)], token: server.owner.token)
            _ = try await server.send(
                .POST, "/v1/bots/\(bot)/collaboration_mode", ["collaboration_mode": "collaboration"],
                token: server.owner.token)
            let before = try await server.draft(bot, as: member)
            for target in ["", workspace.description] {
                let reply = try await server.copy("bot", bot, to: target, as: member)
                let copy = reply["data", "copied_entity_id"]!.text
                #expect(copy != bot && reply["data", "task_id"] == nil)
                let made = try await server.draft(copy, as: member)
                #expect(made["data", "name"]?.text == "a helper of 20 _copy")
                #expect(made["data", "prompt_info", "prompt"]?.text == "Be kind.")
                #expect(made["data", "owner_user_id"]?.text == member.user.description)
                // Published nowhere, in the same folder, and nobody else works on it.
                #expect(try await server.send(.GET, "/v1/bots/\(copy)", token: member.token).code == 4015)
                let uri = "/v1/bots?workspace_id=\(workspace)&publish_status=unpublished_draft"
                let listed = try await server.send(.GET, uri, token: member.token)["data", "items"]!.elements
                #expect(listed.first { $0["id"]?.text == copy }?["folder_id"]?.text == folder)
                let shared = try await server.send(
                    .GET, "/buckle/v1/bots/\(copy)/collaborators", token: member.token)
                #expect(shared["data", "collaboration_mode"]?.text == "single")
                #expect(shared["data", "collaborators"] == [])
            }
            #expect(try await server.draft(bot, as: member).json["data"] == before.json["data"])
            #expect(try await server.audit(of: bot).filter { $0 == "bot.copy" }.count == 2)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `all other copies are told of by a task`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let member = try await server.person("member")
            try await server.join(member, to: server.owner.workspace)
            for (type, target) in [
                ("app", server.owner.workspace), ("workflow", server.owner.workspace), ("bot", member.workspace),
                ("app", member.workspace), ("workflow", member.workspace),
            ] {
                let source = try await server.make(type, named: "original", as: server.owner)
                let reply = try await server.copy(type, source, to: target.description, as: member)
                #expect(reply["data", "copied_entity_id"] == nil)
                let task = reply["data", "task_id"]!.text
                let found = try await server.task(task, as: member)
                let copy = found["data", "target_entity_id"]!.text
                #expect(
                    found.json["data"] == [
                        "task_id": .string(task), "entity_type": .string(type), "task_status": "successful",
                        "failed_reasons": [], "source_entity_id": .string(source),
                        "target_entity_id": .string(copy), "target_workspace_id": .string(target.description),
                    ])
                let name = target == member.workspace ? "original" : "original_copy"
                let uri = type == "bot" ? "/v1/bots/\(copy)?is_published=false" : "/buckle/v1/\(type)s/\(copy)"
                let made = try await server.send(.GET, uri, token: member.token)
                #expect(made["data", "name"]?.text == name)
                #expect(made["data", "owner_user_id"]?.text == member.user.description)
                // The task is its maker's alone, whoever sees the copy.
                for other in [server.owner, server.stranger] {
                    let unknown = try await server.task(task, as: other)
                    #expect(unknown.code == 4200 && unknown.message == "The task \(task) does not exist")
                }
                #expect(try await server.audit(of: source).last == "\(type).copy")
                #expect(try await server.audit(of: copy) == (target == member.workspace ? ["\(type).create"] : []))
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an app's workflows go with it`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let app = try await server.make("app", ["description": "d"], as: owner)
            let inApp: JSON = ["app_id": .string(app)]
            for name in ["one", "two"] { _ = try await server.make("workflow", named: name, inApp, as: owner) }
            _ = try await server.make("workflow", named: "free", as: owner)
            _ = try await server.send(.POST, "/buckle/v1/apps/\(app)/publish", [:], token: owner.token)
            let reply = try await server.copy("app", app, as: owner)
            let copy = try await server.task(reply["data", "task_id"]!.text, as: owner)["data", "target_entity_id"]!
                .text
            let made = try await server.send(.GET, "/buckle/v1/apps/\(copy)", token: owner.token)
            #expect(made["data", "description"]?.text == "d" && made["data", "is_published"] == false)
            func workflows(_ app: String) async throws -> [JSON] {
                let uri = "/buckle/v1/workflows?workspace_id=\(owner.workspace)&app_id=\(app)"
                return try await server.send(.GET, uri, token: owner.token)["data", "items"]!.elements
            }
            #expect(try await workflows(copy).map { $0["name"]?.text } == ["one", "two"])
            #expect(try await workflows(app).map { $0["name"]?.text } == ["one", "two"])
            let ids = try await workflows(copy) + workflows(app)
            #expect(Set(ids.map { $0["id"]!.text }).count == 4)
            // One of them alone goes to the library.
            let one = try await workflows(app)[0]["id"]!.text
            let single = try await server.copy("workflow", one, as: owner)["data", "task_id"]!.text
            let free = try await server.task(single, as: owner)["data", "target_entity_id"]!.text
            let found = try await server.send(.GET, "/buckle/v1/workflows/\(free)", token: owner.token)
            #expect(found["data", "name"]?.text == "one_copy" && found["data", "app_id"] == nil)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a bot that goes to another workspace takes its workflows along`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let member = try await server.person("member")
            try await server.join(member, to: owner.workspace)
            let workflow = try await server.make("workflow", named: "flow", as: owner)
            let settings: JSON = [
                "workflow_id_list": ["ids": [["id": .string(workflow)], ["id": "99"], ["id": .string(workflow)]]]
            ]
            let bot = try await server.make("bot", settings, as: owner)
            let reply = try await server.copy("bot", bot, to: member.workspace.description, as: member)
            let copy = try await server.task(
                reply["data", "task_id"]!.text, as: member)["data", "target_entity_id"]!.text
            let uri = "/buckle/v1/workflows?workspace_id=\(member.workspace)"
            let brought = try await server.send(.GET, uri, token: member.token)["data", "items"]!.elements
            #expect(brought.map { $0["name"]?.text } == ["flow"])
            let new = brought[0]["id"]!.text
            #expect(try await server.workflows(of: copy) == [new, "99", new])
            #expect(try await server.workflows(of: bot) == [workflow, "99", workflow])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `nothing crosses the border of an enterprise, and the task says why`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let friend = try await server.person("friend")
            try await server.join(owner, to: friend.workspace)
            try await server.makeEnterprise(of: friend.workspace)
            for type in ["bot", "app", "workflow"] {
                let inside = try await server.make(type, named: "inside", in: friend.workspace, as: owner)
                let outside = try await server.make(type, named: "outside", as: owner)
                for (name, source, target) in [
                    ("outside", outside, friend.workspace), ("inside", inside, owner.workspace),
                ] {
                    let rows = try await server.count(type)
                    let reply = try await server.copy(type, source, to: target.description, as: owner)
                    let task = reply["data", "task_id"]!.text
                    let found = try await server.task(task, as: owner)
                    #expect(found["data", "task_status"]?.text == "failed")
                    #expect(found["data", "target_entity_id"] == nil)
                    #expect(found["data", "target_workspace_id"]?.text == target.description)
                    let reasons = found["data", "failed_reasons"]!.elements
                    #expect(reasons.count == 1 && reasons[0]["entity_id"]?.text == source)
                    #expect(reasons[0]["entity_name"]?.text == name && reasons[0]["entity_type"]?.text == type)
                    #expect(reasons[0]["failed_reason"]?.text.contains("enterprise") == true)
                    #expect(try await server.count(type) == rows)
                }
                // Within the enterprise all is well.
                let copied = try await server.copy(type, inside, as: owner)
                #expect(copied.code == 0)
                if let task = copied["data", "task_id"]?.text {
                    #expect(try await server.task(task, as: owner)["data", "task_status"]?.text == "successful")
                }
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is not seen is not copied, nor to where one is no member`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            for type in ["bot", "app", "workflow"] {
                let id = try await server.make(type, as: server.owner)
                let rows = try await server.count(type)
                let unknown = try await server.copy(type, id, as: server.stranger)
                #expect(unknown.code == 4200 && unknown.message == "The \(type) \(id) does not exist")
                let far = try await server.copy(
                    type, id, to: server.stranger.workspace.description, as: server.owner)
                #expect(far.code == 4200 && far.message.contains("to_workspace_id"))
                // A token that does not reach the target is no better.
                try await server.application.storage.database.write { connection in
                    _ = try connection.execute(
                        """
                        INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                        VALUES (\(server.stranger.workspace), \(server.owner.user), 'member', 0)
                        ON CONFLICT (workspace_id, user_id) DO NOTHING
                        """)
                }
                let narrow = try await server.secret(
                    .personal, of: server.owner.user, workspaces: [server.owner.workspace])
                let caller = TestServer.Caller(
                    user: server.owner.user, workspace: server.owner.workspace, token: narrow)
                let beyond = try await server.copy(
                    type, id, to: server.stranger.workspace.description, as: caller)
                #expect(beyond.code == 4200)
                #expect(try await server.count(type) == rows)
                try await server.application.storage.database.write { connection in
                    _ = try connection.execute(
                        """
                        DELETE FROM workspace_member
                        WHERE workspace_id = \(server.stranger.workspace) AND user_id = \(server.owner.user)
                        """)
                }
            }
            #expect(try await server.count("copy_task") == 0)
        }
    }

    @Test func `each kind needs its own two permissions`() async throws {
        try await TestServer.with(.sqlite) { server in
            let points = [
                "bot": ["Bot.duplicate", "Workspace.createBot"], "app": ["Project.copy", "Workspace.createProject"],
                "workflow": ["Workflow.copy", "Workspace.createWorkflow"],
            ]
            for (type, needed) in points {
                let id = try await server.make(type, as: server.owner)
                let others = points.filter { $0.key != type }.flatMap(\.value)
                for lacking in needed {
                    let held = others + needed.filter { $0 != lacking }
                    let token = try await server.secret(.personal, of: server.owner.user, permissions: held)
                    let body: JSON = ["entity_id": .string(id), "entity_type": .string(type)]
                    let reply = try await server.send(.POST, "/v1/entities/copy_tasks", body, token: token)
                    #expect(reply.code == 4101 && reply.message.contains(lacking))
                }
                let token = try await server.secret(.personal, of: server.owner.user, permissions: needed)
                let body: JSON = ["entity_id": .string(id), "entity_type": .string(type), "to_workspace_id": ""]
                #expect(try await server.send(.POST, "/v1/entities/copy_tasks", body, token: token).code == 0)
                #expect(try await server.count(type) == 2)
            }
        }
    }

    @Test(arguments: [
        ("short", "short_copy"), ("exactly fifteen", "exactly fifteen_copy"),
        ("a name of 20 letters", "a name of 20 le_copy"), ("名名名名名名名名名名名名名名名名名名名名", "名名名名名名名名名名名名名名名_copy"),
        ("sixteen scalar👩‍👩‍👧", "sixteen scalar_copy"),
    ])
    func `the name of a copy keeps within its limit and whole characters`(_ name: String, _ copy: String) {
        #expect(EntityCopies.name(besides: name, limit: 20) == copy)
    }
}

extension TestServer {
    fileprivate func copy(
        _ type: String, _ id: String, to workspace: String = "", as caller: Caller
    ) async throws -> Reply {
        let body: JSON = [
            "entity_id": .string(id), "entity_type": .string(type), "to_workspace_id": .string(workspace),
        ]
        return try await send(.POST, "/v1/entities/copy_tasks", body, token: caller.token)
    }

    fileprivate func task(_ id: String, as caller: Caller) async throws -> Reply {
        try await send(.GET, "/v1/entities/copy_tasks/\(id)", token: caller.token)
    }

    fileprivate func draft(_ bot: String, as caller: Caller) async throws -> Reply {
        try await send(.GET, "/v1/bots/\(bot)?is_published=false", token: caller.token)
    }

    /// The workflows that a bot's draft refers to.
    fileprivate func workflows(of bot: String) async throws -> [String] {
        try await application.storage.database.read { connection in
            try connection.first("SELECT draft FROM bot WHERE id = \(ID(bot)!)") { row in
                try JSON(parsing: row.text(0))["workflows"]!.elements.map { $0["id"]!.text }
            }!
        }
    }

    fileprivate func count(_ table: String) async throws -> Int {
        try await application.storage.database.read { connection in
            try connection.first(SQL(text: "SELECT COUNT(*) FROM \"\(table)\"", values: [])) { $0.int(0) }!
        }
    }
}
