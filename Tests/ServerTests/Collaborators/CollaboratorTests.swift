import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct CollaboratorTests {
    static let types = ["bot", "app", "workflow"]

    @Test(arguments: DatabaseKind.available)
    func `a collaborator changes what is another's until removed`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let friend = try await server.person("friend")
            try await server.join(friend, to: server.owner.workspace)
            for type in Self.types {
                let id = try await server.make(type, as: server.owner)
                #expect(try await server.rename(type, id, as: friend).code == 4101, "\(type)")
                try await server.open(type, id)
                #expect(try await server.rename(type, id, as: friend).code == 4101, "\(type)")
                #expect(try await server.add(friend, to: type, id, as: server.owner).code == 0, "\(type)")
                #expect(try await server.rename(type, id, as: friend).code == 0, "\(type)")
                let listed = try await server.collaborators(type, id, as: friend)
                #expect(listed["data", "collaboration_mode"]?.text == "collaboration")
                #expect(listed["data", "owner_user_id"]?.text == server.owner.user.description)
                #expect(listed.users == [friend.user.description])
                #expect(listed["data", "collaborators"]?.elements[0]["user_name"]?.text == "friend")
                // A collaborator removes others, and so oneself.
                #expect(try await server.remove(friend, from: type, id, as: friend).code == 0, "\(type)")
                #expect(try await server.rename(type, id, as: friend).code == 4101, "\(type)")
                #expect(try await server.remove(friend, from: type, id, as: server.owner).code == 4200, "\(type)")
                let actions = try await server.audit(of: id).filter { $0.contains("ollabora") }
                #expect(
                    actions
                        == ["set_collaboration_mode", "add_collaborator", "remove_collaborator"].map { "\(type).\($0)" }
                )
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `adding twice changes nothing, and what is refused changes nothing`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let friend = try await server.person("friend")
            try await server.join(friend, to: server.owner.workspace)
            for type in Self.types {
                let id = try await server.make(type, as: server.owner)
                // Not before the mode allows it.
                let early = try await server.add(friend, to: type, id, as: server.owner)
                #expect(early.code == 4000 && early.message.contains("\(type)_id"), "\(early.message)")
                try await server.open(type, id)
                for _ in 0..<2 { #expect(try await server.add(friend, to: type, id, as: server.owner).code == 0) }
                let none = try await server.add(server.stranger, to: type, id, as: server.owner)
                #expect(none.code == 4200, "\(none.message)")
                let owner = try await server.add(server.owner, to: type, id, as: friend)
                #expect(owner.code == 4000 && owner.message.contains("user_id"), "\(owner.message)")
                for count in [0, 2] {
                    let body: JSON = [
                        "collaborators": .array(
                            Array(repeating: ["user_id": .string(friend.user.description)], count: count))
                    ]
                    let reply = try await server.send(
                        .POST, "/v1/\(type)s/\(id)/collaborators", body, token: server.owner.token)
                    #expect(reply.code == 4000 && reply.message.contains("collaborators"))
                }
                let single = try await server.setMode("single", type, id, as: server.owner)
                #expect(single.code == 4000 && single.message.contains("collaboration_mode"), "\(single.message)")
                let listed = try await server.collaborators(type, id, as: server.owner)
                #expect(listed.users == [friend.user.description])
                #expect(listed["data", "collaboration_mode"]?.text == "collaboration")
                #expect(try await server.audit(of: id).filter { $0.hasSuffix("add_collaborator") }.count == 1)

                #expect(try await server.remove(friend, from: type, id, as: server.owner).code == 0)
                #expect(try await server.setMode("single", type, id, as: server.owner).code == 0)
                #expect(
                    try await server.collaborators(type, id, as: friend)["data", "collaboration_mode"]?.text == "single"
                )
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `only the owner switches the mode, and only who works on it adds and removes`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let friend = try await server.person("friend")
            let other = try await server.person("other")
            for person in [friend, other] { try await server.join(person, to: server.owner.workspace) }
            for type in Self.types {
                let id = try await server.make(type, as: server.owner)
                try await server.open(type, id)
                #expect(try await server.add(other, to: type, id, as: friend).code == 4101)
                _ = try await server.add(friend, to: type, id, as: server.owner)
                #expect(try await server.add(other, to: type, id, as: friend).code == 0)
                #expect(try await server.remove(other, from: type, id, as: friend).code == 0)
                #expect(try await server.remove(friend, from: type, id, as: other).code == 4101)
                _ = try await server.remove(friend, from: type, id, as: server.owner)
                #expect(try await server.setMode("single", type, id, as: friend).code == 4101)

                let caller = server.stranger
                let replies = [
                    try await server.setMode("single", type, id, as: caller),
                    try await server.add(caller, to: type, id, as: caller),
                    try await server.remove(other, from: type, id, as: caller),
                    try await server.collaborators(type, id, as: caller),
                ]
                for reply in replies {
                    #expect(reply.code == 4200 && reply.message == "The \(type) \(id) does not exist")
                }
                let listed = try await server.collaborators(type, id, as: other)
                #expect(listed.users == [] && listed["data", "collaboration_mode"]?.text == "collaboration")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `for services' tokens membership is enough, for JWTs' the role, and channels' apps are refused`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let robot = try await server.person("robot")
            let friend = try await server.person("friend")
            for person in [robot, friend] { try await server.join(person, to: server.owner.workspace) }
            for type in Self.types {
                let id = try await server.make(type, as: server.owner)
                for kind in [TokenKind.personal, .oauth, .jwt] {
                    let caller = robot.with(try await server.secret(kind, of: robot.user))
                    #expect(try await server.setMode("collaboration", type, id, as: caller).code == 4101, "\(kind)")
                }
                for kind in [TokenKind.jwt, .service] {
                    let token = try await server.secret(kind, of: robot.user)
                    let caller = robot.with(token)
                    if kind == .jwt { try await server.setRole("admin", of: robot) }
                    #expect(try await server.setMode("collaboration", type, id, as: caller).code == 0, "\(kind)")
                    #expect(try await server.add(friend, to: type, id, as: caller).code == 0, "\(kind)")
                    #expect(try await server.remove(friend, from: type, id, as: caller).code == 0, "\(kind)")
                    // It still changes nothing else.
                    #expect(try await server.rename(type, id, as: caller).code == 4101, "\(kind)")
                    let far = server.stranger.with(try await server.secret(kind, of: server.stranger.user))
                    #expect(try await server.setMode("single", type, id, as: far).code == 4200, "\(kind)")
                    let narrow = robot.with(
                        try await server.secret(kind, of: robot.user, workspaces: [robot.workspace]))
                    #expect(try await server.setMode("single", type, id, as: narrow).code == 4200, "\(kind)")
                    try await server.setRole("member", of: robot)
                }
                for kind in [TokenKind.oauth, .jwt] {
                    let token = try await server.secret(kind, of: server.owner.user, connector: "1000123")
                    let channel = server.owner.with(token)
                    #expect(try await server.setMode("single", type, id, as: channel).code == 4101)
                    #expect(try await server.add(friend, to: type, id, as: channel).code == 4101)
                    #expect(try await server.remove(friend, from: type, id, as: channel).code == 4101)
                }
                let listed = try await server.collaborators(type, id, as: friend)
                #expect(listed.users == [] && listed["data", "collaboration_mode"]?.text == "collaboration")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a member's JWT is worth what the member is`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let friend = try await server.person("friend")
            let other = try await server.person("other")
            for person in [friend, other] { try await server.join(person, to: server.owner.workspace) }
            let signed = friend.with(try await server.secret(.jwt, of: friend.user))
            for type in Self.types {
                let id = try await server.make(type, as: server.owner)
                try await server.open(type, id)
                _ = try await server.add(other, to: type, id, as: server.owner)
                #expect(try await server.add(friend, to: type, id, as: signed).code == 4101)
                #expect(try await server.remove(other, from: type, id, as: signed).code == 4101)
                #expect(try await server.collaborators(type, id, as: friend).users == [other.user.description])
                // Whoever works on it adds and removes others, and its owner opens it.
                _ = try await server.add(friend, to: type, id, as: server.owner)
                #expect(try await server.remove(other, from: type, id, as: signed).code == 0)
                #expect(try await server.add(other, to: type, id, as: signed).code == 0)
                #expect(try await server.setMode("single", type, id, as: signed).code == 4101)
                let own = try await server.make(type, in: server.owner.workspace, as: friend)
                #expect(try await server.setMode("collaboration", type, own, as: signed).code == 0)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `whoever is no person cannot be added`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let robot = try await server.person("robot")
            try await server.join(robot, to: server.owner.workspace)
            try await server.application.storage.database.write { connection in
                _ = try connection.execute("UPDATE account SET kind = 'service' WHERE id = \(robot.user)")
            }
            let bot = try await server.make("bot", as: server.owner)
            try await server.open("bot", bot)
            #expect(try await server.add(robot, to: "bot", bot, as: server.owner).code == 4200)
            #expect(try await server.collaborators("bot", bot, as: server.owner).users == [])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the workflows of whoever leaves an app become its owner's`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let friend = try await server.person("friend")
            try await server.join(friend, to: server.owner.workspace)
            let workspace = server.owner.workspace
            let app = try await server.make("app", as: server.owner)
            let inApp: JSON = ["app_id": .string(app)]
            try await server.open("app", app)
            _ = try await server.add(friend, to: "app", app, as: server.owner)
            let own = try await server.make("workflow", in: workspace, as: friend)
            let shared = try await server.make("workflow", inApp, in: workspace, as: friend)
            let kept = try await server.make("workflow", inApp, as: server.owner)
            // Whoever works on the app works on all of its workflows.
            #expect(try await server.rename("workflow", kept, as: friend).code == 0)
            #expect(try await server.remove(friend, from: "app", app, as: server.owner).code == 0)
            for (workflow, owner) in [(own, friend), (shared, server.owner), (kept, server.owner)] {
                let found = try await server.send(.GET, "/buckle/v1/workflows/\(workflow)", token: friend.token)
                #expect(found["data", "owner_user_id"]?.text == owner.user.description)
            }
            #expect(try await server.rename("workflow", shared, as: friend).code == 4101)
            #expect(try await server.rename("workflow", own, as: friend).code == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a workflow of an app has no collaborators of its own`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await server.make("app", as: server.owner)
            let inApp: JSON = ["app_id": .string(app)]
            let workflow = try await server.make("workflow", inApp, as: server.owner)
            let refused = try await server.setMode("collaboration", "workflow", workflow, as: server.owner)
            #expect(refused.code == 4000 && refused.message.contains("workflow_id"))
            // Nor can one that is open to collaborators go to an app.
            let free = try await server.make("workflow", as: server.owner)
            try await server.open("workflow", free)
            let move = try await server.send(.PUT, "/buckle/v1/workflows/\(free)", inApp, token: server.owner.token)
            #expect(move.code == 4000 && move.message.contains("app_id"))
            let found = try await server.send(.GET, "/buckle/v1/workflows/\(free)", token: server.owner.token)
            #expect(found["data", "app_id"] == nil)
        }
    }
}

extension TestServer {
    /// Gives a member of the owner's workspace another role.
    fileprivate func setRole(_ role: String, of caller: Caller) async throws {
        let workspace = owner.workspace
        try await application.storage.database.write { connection in
            _ = try connection.execute(
                """
                UPDATE workspace_member SET role_type = \(role)
                WHERE workspace_id = \(workspace) AND user_id = \(caller.user)
                """)
        }
    }

    fileprivate func setMode(_ mode: String, _ type: String, _ id: String, as caller: Caller) async throws -> Reply {
        let path = type == "app" ? "/buckle/v1/apps" : "/v1/\(type)s"
        return try await send(
            .POST, "\(path)/\(id)/collaboration_mode", ["collaboration_mode": .string(mode)], token: caller.token)
    }

    fileprivate func open(_ type: String, _ id: String) async throws {
        #expect(try await setMode("collaboration", type, id, as: owner).code == 0)
    }

    fileprivate func add(_ user: Caller, to type: String, _ id: String, as caller: Caller) async throws -> Reply {
        let body: JSON = ["collaborators": [["user_id": .string(user.user.description)]]]
        return try await send(.POST, "/v1/\(type)s/\(id)/collaborators", body, token: caller.token)
    }

    fileprivate func remove(
        _ user: Caller, from type: String, _ id: String, as caller: Caller
    ) async throws -> Reply {
        try await send(.DELETE, "/v1/\(type)s/\(id)/collaborators/\(user.user)", [:], token: caller.token)
    }

    fileprivate func collaborators(_ type: String, _ id: String, as caller: Caller) async throws -> Reply {
        try await send(.GET, "/buckle/v1/\(type)s/\(id)/collaborators", token: caller.token)
    }

    fileprivate func rename(_ type: String, _ id: String, as caller: Caller) async throws -> Reply {
        if type != "bot" {
            return try await send(.PUT, "/buckle/v1/\(type)s/\(id)", ["name": "new name"], token: caller.token)
        }
        return try await send(
            .POST, "/v1/bot/update", ["bot_id": .string(id), "name": "new name"], token: caller.token)
    }
}

extension TestServer.Reply {
    fileprivate var users: [String] {
        self["data", "collaborators"]?.elements.map { $0["user_id"]?.text ?? "" } ?? ["none"]
    }
}

extension TestServer.Caller {
    /// The same user with another token.
    fileprivate func with(_ token: String) -> Self { Self(user: user, workspace: workspace, token: token) }
}
