import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct WorkspaceMemberTests {
    static let lists = [
        "added_success_user_ids", "invited_success_user_ids", "not_exist_user_ids", "already_joined_user_ids",
        "already_invited_user_ids",
    ]

    @Test(arguments: DatabaseKind.available)
    func `whom a workspace of no enterprise invites decides whether to join`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, guest) = (server.owner, try await server.newcomer("guest"))
            let id = try await server.makeTeam(owner)
            let uri = "/v1/workspaces/\(id)/members"
            let service = try await server.makeService(in: id)
            let users: JSON = [
                "users": .array(
                    [owner.user, guest.user, server.stranger.user, guest.user, 99, service].map {
                        ["user_id": .string($0.description), "role_type": "admin"]
                    })
            ]
            let first = try await server.done(.POST, uri, users, as: owner)
            #expect(
                Self.lists.map { first.ids($0) } == [
                    [], [guest.user.description, server.stranger.user.description], ["99", service.description],
                    [owner.user.description], [],
                ])
            let second = try await server.done(.POST, uri, TestServer.users([guest]), as: owner)
            #expect(second.ids("already_invited_user_ids") == [guest.user.description])
            #expect(try await server.members(of: id, as: owner) == ["\(owner.user) owner"])
            try await server.refused(4200, .GET, uri, as: guest)

            let invitations = try await server.invitations(guest)
            #expect(invitations.count == 1)
            #expect(invitations[0]["workspace_id"]?.text == id && invitations[0]["workspace_name"]?.text == "Team")
            #expect(invitations[0]["inviter_user_id"]?.text == owner.user.description)
            #expect(invitations[0]["role_type"]?.text == "admin")
            let invitation = "/buckle/v1/invitations/\(invitations[0]["invitation_id"]!.text)"
            try await server.refused(4200, .POST, invitation + "/accept", as: server.stranger)
            try await server.refused(4200, .POST, invitation + "/decline", as: owner)
            try await server.done(.POST, invitation + "/accept", as: guest)
            try await server.refused(4200, .POST, invitation + "/accept", as: guest)
            #expect(try await server.members(of: id, as: guest) == ["\(owner.user) owner", "\(guest.user) admin"])

            let other = try await server.invitations(server.stranger)[0]["invitation_id"]!.text
            try await server.done(.POST, "/buckle/v1/invitations/\(other)/decline", as: server.stranger)
            #expect(try await server.invitations(server.stranger).isEmpty)
            #expect(try await server.members(of: id, as: owner).count == 2)
            #expect(
                try await server.audited(workspace: id).suffix(2) == [
                    "workspace_invitation.accept", "workspace_invitation.decline",
                ])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `managers see and withdraw invitations`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let (id, other) = (try await server.makeTeam(owner), try await server.makeTeam(owner))
            try await server.admit(member, to: id, by: owner)
            try await server.done(
                .POST, "/v1/workspaces/\(id)/members", TestServer.users([server.stranger]), as: owner)
            let uri = "/buckle/v1/workspaces/\(id)/invitations"
            let items = try await server.done(.GET, uri, as: owner)["data", "items"]!.elements
            #expect(items.map { $0["user_id"]!.text } == [server.stranger.user.description])
            #expect(items[0]["user_unique_name"]?.text == "stranger" && items[0]["role_type"]?.text == "member")
            let invitation = items[0]["invitation_id"]!.text
            try await server.refused(4101, .GET, uri, as: member)
            try await server.refused(4200, .GET, uri, as: server.stranger)
            try await server.refused(4101, .DELETE, "\(uri)/\(invitation)", as: member)
            try await server.refused(4200, .DELETE, "\(uri)/\(invitation)", as: server.stranger)
            try await server.refused(
                4200, .DELETE, "/buckle/v1/workspaces/\(other)/invitations/\(invitation)", as: owner)
            try await server.done(.DELETE, "\(uri)/\(invitation)", as: owner)
            try await server.refused(4200, .DELETE, "\(uri)/\(invitation)", as: owner)
            #expect(try await server.invitations(server.stranger).isEmpty)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `who may not add members, and whom, changes nothing`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let id = try await server.makeTeam(owner)
            try await server.admit(member, to: id, by: owner)
            let (uri, users) = ("/v1/workspaces/\(id)/members", TestServer.users([server.stranger]))
            try await server.refused(4101, .POST, uri, users, as: member)
            let hidden = try await server.refused(4200, .POST, uri, users, as: server.stranger)
            let absent = try await server.refused(4200, .POST, "/v1/workspaces/99/members", users, as: server.stranger)
            #expect(hidden.replacing(id, with: "99") == absent)
            try await server.refused(4000, .POST, "/v1/workspaces/\(owner.workspace)/members", users, as: owner)
            try await server.refused(4000, .POST, uri, ["users": []], as: owner, naming: "users")
            let many = (1...21).map { number -> JSON in ["user_id": .string("\(number)"), "role_type": "member"] }
            try await server.refused(4000, .POST, uri, ["users": .array(many)], as: owner, naming: "users")
            try await server.refused(
                4000, .POST, uri, TestServer.users([server.stranger], "owner"), as: owner, naming: "role_type")
            let twenty = try await server.done(.POST, uri, ["users": .array(Array(many.prefix(20)))], as: owner)
            #expect(twenty.ids("not_exist_user_ids")?.count == 20)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a full workspace takes nobody, whether added or accepting`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, second) = (server.owner, try await server.newcomer("second"))
            let id = try await server.makeTeam(owner)
            let storage = server.application.storage
            let members = WorkspaceMemberStore(storage: storage, limit: 2)
            let invitations = WorkspaceInvitationStore(storage: storage, members: members)
            let actor = AuditActor(user: owner.user, address: "", logID: "")
            // A service takes no place.
            _ = try await server.makeService(in: id)
            func add(_ people: [TestServer.Caller]) async throws -> WorkspaceMembers.Added {
                let users = people.map { WorkspaceMembers.AddInput.User(userID: $0.user, roleType: .member) }
                return try await members.add(users, to: ID(id)!, as: Member(user: owner.user), by: actor)
            }
            let error = await #expect(throws: APIError.self) { _ = try await add([second, server.stranger]) }
            #expect(error?.code == .workspaceFull)
            #expect(try await server.invitations(second).isEmpty)
            #expect(try await add([second]).invitedSuccess == [second.user])
            #expect(try await add([server.stranger]).invitedSuccess == [server.stranger.user])
            func accept(_ person: TestServer.Caller) async throws {
                let invitation = try await server.invitations(person)[0]["invitation_id"]!.text
                try await invitations.answer(
                    ID(invitation)!, accepting: true, by: AuditActor(user: person.user, address: "", logID: ""))
            }
            try await accept(second)
            let late = await #expect(throws: APIError.self) { try await accept(server.stranger) }
            #expect(late?.code == .workspaceFull)
            #expect(try await server.invitations(server.stranger).count == 1)
            #expect(try await server.members(of: id, as: owner).count == 2)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what removed members owned passes to the owner, and what they took part in ends`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let (admin, member) = (try await server.newcomer("admin"), try await server.newcomer("member"))
            let id = try await server.makeTeam(owner)
            try await server.admit(admin, to: id, by: owner, as: "admin")
            try await server.admit(member, to: id, by: owner)
            let (theirs, ours) = (try await server.makeBot(member, in: id), try await server.makeBot(owner, in: id))
            let elsewhere = try await server.makeBot(member)
            for (bot, editor, by) in [(theirs, owner, member), (theirs, admin, member), (ours, member, owner)] {
                try await server.done(
                    .POST, "/v1/bots/\(bot)/collaboration_mode", ["collaboration_mode": "collaboration"], as: by)
                let body: JSON = ["collaborators": [["user_id": .string(editor.user.description)]]]
                try await server.done(.POST, "/v1/bots/\(bot)/collaborators", body, as: by)
            }
            let service = try await server.makeService(in: id)
            let uri = "/v1/workspaces/\(id)/members"
            func ids(_ users: [ID]) -> JSON { ["user_ids": .array(users.map { .string($0.description) })] }
            try await server.refused(4101, .DELETE, uri, ids([admin.user]), as: member)
            try await server.refused(4200, .DELETE, uri, ids([admin.user]), as: server.stranger)
            try await server.refused(4000, .DELETE, uri, ids([]), as: owner, naming: "user_ids")
            try await server.refused(4000, .DELETE, uri, ids([1, 2, 3, 4, 5, 6]), as: owner, naming: "user_ids")

            let reply = try await server.done(
                .DELETE, uri, ids([owner.user, member.user, 99, server.stranger.user, service]), as: admin)
            #expect(reply.ids("removed_success_user_ids") == [member.user.description])
            let absent = ["99", server.stranger.user.description, service.description]
            #expect(reply.ids("not_in_workspace_user_ids") == absent)
            #expect(reply.ids("not_in_space_user_ids") == absent)
            #expect(reply.ids("owner_not_support_remove_user_ids") == [owner.user.description])

            #expect(try await server.members(of: id, as: owner) == ["\(owner.user) owner", "\(admin.user) admin"])
            #expect(try await server.owner(ofBot: theirs) == owner.user)
            #expect(try await server.owner(ofBot: elsewhere) == member.user)
            let editors = try await server.application.storage.database.read { connection in
                try connection.query("SELECT bot_id, user_id FROM bot_collaborator ORDER BY bot_id") {
                    "\($0.id(0)) \($0.id(1))"
                }
            }
            #expect(editors == ["\(theirs) \(admin.user)"])
            #expect(try await server.send(.GET, "/v1/bots/\(theirs)", token: member.token).code == 4200)
            #expect(try await server.audited(workspace: id).last == "workspace_member.remove")
            // Admins may remove each other, and themselves.
            #expect(
                try await server.done(.DELETE, uri, ids([admin.user]), as: admin).ids("removed_success_user_ids")
                    == [admin.user.description])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a removed admin's invitations end`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, admin) = (server.owner, try await server.newcomer("admin"))
            let id = try await server.makeTeam(owner)
            try await server.admit(admin, to: id, by: owner, as: "admin")
            let uri = "/v1/workspaces/\(id)/members"
            try await server.done(.POST, uri, TestServer.users([server.stranger]), as: admin)
            try await server.done(.DELETE, uri, ["user_ids": [.string(admin.user.description)]], as: owner)
            #expect(try await server.invitations(server.stranger).isEmpty)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `managers change roles, but not the owner's`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let id = try await server.makeTeam(owner)
            try await server.admit(member, to: id, by: owner)
            func uri(_ user: ID) -> String { "/buckle/v1/workspaces/\(id)/members/\(user)" }
            let admin: JSON = ["role_type": "admin"]
            try await server.refused(4101, .PUT, uri(member.user), admin, as: member)
            try await server.refused(4200, .PUT, uri(member.user), admin, as: server.stranger)
            try await server.refused(4200, .PUT, uri(server.stranger.user), admin, as: owner)
            try await server.refused(4200, .PUT, uri(99), admin, as: owner)
            try await server.refused(4000, .PUT, uri(owner.user), admin, as: owner, naming: "user_id")
            try await server.refused(
                4000, .PUT, uri(member.user), ["role_type": "owner"], as: owner, naming: "role_type")
            try await server.done(.PUT, uri(member.user), admin, as: owner)
            #expect(try await server.members(of: id, as: member).last == "\(member.user) admin")
            try await server.done(.PUT, uri(member.user), ["role_type": "member"], as: member)
            #expect(try await server.members(of: id, as: member).last == "\(member.user) member")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `members come in pages with their names`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let id = try await server.makeTeam(owner)
            try await server.admit(member, to: id, by: owner)
            _ = try await server.makeService(in: id)
            let uri = "/v1/workspaces/\(id)/members"
            let page = try await server.done(.GET, uri + "?page_num=2&page_size=1", as: member)
            #expect(page["data", "total_count"] == .integer(2))
            let items = page["data", "items"]!.elements
            #expect(items.count == 1 && items[0]["user_id"]?.text == member.user.description)
            #expect(items[0]["user_unique_name"]?.text == "member" && items[0]["user_nickname"]?.text == "MEMBER")
            #expect(items[0]["avatar_url"] == "")
            #expect(try await server.done(.GET, uri + "?page_num=3&page_size=1", as: member)["data", "items"] == [])
            try await server.refused(4000, .GET, uri + "?page_size=51", as: member, naming: "page_size")
            try await server.refused(4200, .GET, uri, as: server.stranger)
        }
    }
}
