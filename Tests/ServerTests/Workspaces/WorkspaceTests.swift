import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct WorkspaceTests {
    static func body(_ name: String, _ description: String = "") -> JSON {
        ["name": .string(name), "description": .string(description)]
    }

    @Test(arguments: DatabaseKind.available)
    func `a new workspace is its maker's, and listed with every field`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let id = try await server.makeTeam(owner)
            let list = try await server.done(.GET, "/v1/workspaces", as: owner)
            #expect(list["data", "total_count"] == .integer(2))
            let workspace = list["data", "workspaces"]!.elements[1]
            #expect(workspace["id"]?.text == id)
            #expect(workspace["name"]?.text == "Team" && workspace["description"]?.text == "For the team")
            #expect(workspace["role_type"]?.text == "owner" && workspace["workspace_type"]?.text == "team")
            #expect(workspace["owner_uid"]?.text == owner.user.description)
            #expect(workspace["enterprise_id"] == "" && workspace["icon_url"] == "")
            #expect(workspace["joined_status"]?.text == "joined" && workspace["admin_uids"] == [])
            #expect(
                try await server.workspaces(token: server.stranger.token) == [server.stranger.workspace.description])
            #expect(try await server.audited(workspace: id) == ["workspace.create"])
            // The account is the caller's own, so it may be named.
            let own: JSON = [
                "name": "Mine", "description": "", "coze_account_id": .string(owner.user.description),
                "owner_uid": .string(owner.user.description), "icon_file_id": "",
            ]
            #expect(try await server.done(.POST, "/v1/workspaces", own, as: owner)["data", "id"]?.text != id)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what a workspace cannot be made with is named`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, uri) = (server.owner, "/v1/workspaces")
            let cases: [(JSON, Int, String)] = [
                (Self.body(""), 4000, "name"), (Self.body("  "), 4000, "name"),
                (Self.body(String(repeating: "空", count: 51)), 4000, "name"),
                (Self.body("a", String(repeating: "d", count: 2001)), 4000, "description"),
                (["name": "a"], 4000, "description"), (["description": "a"], 4000, "name"),
                (
                    ["name": "a", "description": "", "owner_uid": .string(server.stranger.user.description)], 4000,
                    "owner_uid"
                ),
                (["name": "a", "description": "", "coze_account_id": "7"], 4200, "coze_account_id"),
                (
                    ["name": "a", "description": "", "coze_account_id": .string(server.stranger.user.description)],
                    4200,
                    "coze_account_id"
                ),
                (["name": "a", "description": "", "icon_file_id": "7"], 4200, "icon_file_id"),
            ]
            for (body, code, field) in cases {
                try await server.refused(code, .POST, uri, body, as: owner, naming: field)
            }
            let longest = Self.body(String(repeating: "空", count: 50), String(repeating: "d", count: 2000))
            try await server.done(.POST, uri, longest, as: owner)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a token for some workspaces makes none, joins none, and lists only those`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let (first, second) = (try await server.makeTeam(owner), try await server.makeTeam(owner))
            let token = try await server.scopedToken(owner, [ID(second)!])
            try await server.refused(4101, .POST, "/v1/workspaces", Self.body("a"), as: owner, token: token)
            #expect(try await server.workspaces(token: token) == [second])
            #expect(try await server.workspaces(token: try await server.scopedToken(owner, [])) == [])
            try await server.refused(4200, .PUT, "/v1/workspaces/\(first)", Self.body("a"), as: owner, token: token)
            try await server.refused(4200, .GET, "/v1/workspaces/\(first)/members", as: owner, token: token)
            let uri = "/v1/workspaces/\(first)/members"
            try await server.done(.POST, uri, TestServer.users([server.stranger]), as: owner)
            let invitation = try await server.invitations(server.stranger)[0]["invitation_id"]!.text
            let scoped = try await server.scopedToken(server.stranger, [server.stranger.workspace])
            try await server.refused(
                4101, .POST, "/buckle/v1/invitations/\(invitation)/accept", as: server.stranger, token: scoped)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `owners and admins change a workspace, members and strangers do not`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, admin) = (server.owner, try await server.newcomer("admin"))
            let member = try await server.newcomer("member")
            let id = try await server.makeTeam(owner)
            try await server.admit(admin, to: id, by: owner, as: "admin")
            try await server.admit(member, to: id, by: admin)
            let uri = "/v1/workspaces/\(id)"
            try await server.refused(4101, .PUT, uri, Self.body("New"), as: member)
            let hidden = try await server.refused(4200, .PUT, uri, Self.body("New"), as: server.stranger)
            let absent = try await server.refused(
                4200, .PUT, "/v1/workspaces/99", Self.body("New"), as: server.stranger)
            #expect(hidden.replacing(id, with: "99") == absent)
            try await server.refused(4000, .PUT, "/v1/workspaces/\(owner.workspace)", Self.body("New"), as: owner)
            try await server.refused(4000, .PUT, uri, Self.body(" "), as: owner, naming: "name")
            try await server.refused(
                4000, .PUT, uri, Self.body(String(repeating: "n", count: 51)), as: owner, naming: "name")
            try await server.refused(
                4000, .PUT, uri, Self.body("", String(repeating: "n", count: 2001)), as: owner, naming: "description")

            try await server.done(.PUT, uri, Self.body("New"), as: admin)
            try await server.done(.PUT, uri, Self.body("", "Other"), as: owner)
            try await server.done(.PUT, uri, [:], as: owner)
            let list = try await server.done(.GET, "/v1/workspaces", as: admin)
            let shown = list["data", "workspaces"]!.elements.first { $0["id"]?.text == id }
            #expect(shown?["name"]?.text == "New" && shown?["description"]?.text == "Other")
            #expect(shown?["role_type"]?.text == "admin")
            #expect(shown?["admin_uids"] == [.string(admin.user.description)])
            #expect(try await server.audited(workspace: id).filter { $0 == "workspace.update" }.count == 2)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `deleting a workspace takes its bots and tokens, and leaves conversations`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let id = try await server.makeTeam(owner)
            try await server.admit(member, to: id, by: owner, as: "admin")
            let bot = try await server.makeBot(member, in: id)
            let conversation = try await server.makeConversation(member, bot: bot)
            let service = try await server.makeService(in: id)
            let storage = server.application.storage
            let token = try await storage.database.write { connection in
                var new = NewToken(.service, user: service, name: "robot", permissions: ["listBot"], lifetime: nil)
                new.workspace = ID(id)!
                return try TokenStore(storage: storage).create(new, in: connection)
            }.secret.text
            let bots = "/v1/bots?workspace_id=\(id)&publish_status=all"
            #expect(try await server.send(.GET, bots, token: token).code == 0)

            let uri = "/buckle/v1/workspaces/\(id)"
            try await server.refused(4101, .DELETE, uri, as: member)
            try await server.refused(4200, .DELETE, uri, as: server.stranger)
            try await server.refused(4000, .DELETE, "/buckle/v1/workspaces/\(owner.workspace)", as: owner)
            try await server.done(.DELETE, uri, as: owner)
            #expect(try await server.workspaces(token: member.token) == [member.workspace.description])
            #expect(try await server.send(.GET, "/v1/bots/\(bot)", token: member.token).code == 4200)
            #expect(try await server.send(.GET, bots, token: token).code == 700_012_006)
            let kept = "/v1/conversation/retrieve?conversation_id=\(conversation.id)"
            #expect(try await server.done(.GET, kept, as: member)["data", "name"]?.text == "hello")
            #expect(try await server.audited(workspace: id).last == "workspace.delete")
            try await server.refused(4200, .DELETE, uri, as: owner)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an owner hands a workspace over to a member, and then may leave`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let id = try await server.makeTeam(owner)
            try await server.admit(member, to: id, by: owner)
            let bot = try await server.makeBot(owner, in: id)
            let (uri, leave) = ("/buckle/v1/workspaces/\(id)/owner", "/buckle/v1/workspaces/\(id)/leave")
            func to(_ user: ID) -> JSON { ["user_id": .string(user.description)] }
            try await server.refused(4101, .POST, uri, to(member.user), as: member)
            try await server.refused(4200, .POST, uri, to(member.user), as: server.stranger)
            try await server.refused(4000, .POST, uri, to(server.stranger.user), as: owner, naming: "user_id")
            try await server.refused(4000, .POST, uri, to(99), as: owner, naming: "user_id")
            try await server.refused(4000, .POST, leave, as: owner)
            let service = try await server.makeService(in: id)
            try await server.refused(4000, .POST, uri, to(service), as: owner, naming: "user_id")

            try await server.done(.POST, uri, to(member.user), as: owner)
            let roles = ["\(owner.user) admin", "\(member.user) owner"]
            #expect(Set(try await server.members(of: id, as: member)) == Set(roles))
            #expect(try await server.owner(ofBot: bot) == owner.user)
            try await server.refused(4101, .POST, uri, to(owner.user), as: owner)

            try await server.done(.POST, leave, as: owner)
            #expect(try await server.members(of: id, as: member) == ["\(member.user) owner"])
            #expect(try await server.owner(ofBot: bot) == member.user)
            try await server.refused(4200, .POST, leave, as: owner)
            #expect(
                try await server.audited(workspace: id).suffix(2) == ["workspace.hand_over", "workspace_member.leave"])
        }
    }
}
