import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct OrganizationTests {
    @Test(arguments: DatabaseKind.available)
    func `an enterprise has at most 20 organizations, made by its admins`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let uri = works.uri + "/organizations"
            func body(_ name: String, _ admin: ID, _ description: String = "") -> JSON {
                [
                    "name": .string(name), "super_admin_user_id": .string(admin.description),
                    "description": .string(description),
                ]
            }
            let good = body("Lab", works.member.user, "What we try")
            try await server.refused(4101, .POST, uri, good, as: works.member)
            try await server.refused(4101, .GET, uri, as: works.member)
            let hidden = try await server.refused(4200, .POST, uri, good, as: server.stranger)
            let absent = try await server.refused(
                4200, .POST, "/v1/enterprises/99/organizations", good, as: server.stranger)
            #expect(hidden.replacing(works.id, with: "99") == absent)
            try await server.refused(4200, .GET, uri, as: server.stranger)
            let cases: [(JSON, String)] = [
                (body("", works.member.user), "name"), (body(" ", works.member.user), "name"),
                (body(String(repeating: "部", count: 31), works.member.user), "name"),
                (body("a", works.member.user, String(repeating: "d", count: 101)), "description"),
                (body("a", works.guest.user), "super_admin_user_id"), (["name": "a"], "super_admin_user_id"),
                (body("a", server.stranger.user), "super_admin_user_id"), (body("a", 99), "super_admin_user_id"),
            ]
            for (body, field) in cases {
                try await server.refused(4000, .POST, uri, body, as: works.admin, naming: field)
            }
            let id = try await server.done(.POST, uri, good, as: works.admin)["data", "organization_id"]!.text
            #expect(
                try await server.people(of: id, as: works.member) == ["\(works.member.user) organization_super_admin"])
            for number in 3...20 {
                try await server.done(.POST, uri, body("Lab \(number)", works.member.user), as: works.admin)
            }
            try await server.refused(4000, .POST, uri, good, as: works.admin)

            let list = try await server.done(.GET, uri, as: works.admin)
            #expect(list["data", "total_count"] == .integer(20) && list["data", "items"]!.elements.count == 20)
            let page = try await server.done(.GET, uri + "?page_num=2&page_size=1", as: works.admin)
            let item = page["data", "items"]!.elements[0]
            #expect(item["organization_id"]?.text == id && item["organization_name"]?.text == "Lab")
            #expect(item["is_default_organization"] == .bool(false) && item["organization_icon_url"] == "")
            #expect(item["organization_description"]?.text == "What we try")
            try await server.refused(4000, .GET, uri + "?page_size=21", as: works.admin, naming: "page_size")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `admins change an organization, and the enterprise's delete an empty one`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let id = try await server.makeOrganization(works, superAdmin: works.member)
            let (uri, own) = ("/v1/organizations/\(id)", "/buckle/v1/organizations/\(id)")
            let other = try await server.newcomer("other")
            try await server.hire(other, into: works.id)
            let hidden = try await server.refused(4200, .PUT, uri, ["name": "New"], as: other)
            let absent = try await server.refused(4200, .PUT, "/v1/organizations/99", ["name": "New"], as: other)
            #expect(hidden.replacing(id, with: "99") == absent)
            try await server.refused(4200, .PUT, uri, ["name": "New"], as: server.stranger)
            try await server.refused(4200, .PUT, uri, ["name": "New"], as: works.guest)
            try await server.done(.POST, uri + "/members", TestServer.person(other.user), as: works.member)
            try await server.refused(4101, .PUT, uri, ["name": "New"], as: other)
            try await server.refused(4000, .PUT, uri, ["name": " "], as: works.member, naming: "name")
            let long = JSON.string(String(repeating: "n", count: 31))
            try await server.refused(4000, .PUT, uri, ["name": long], as: works.member, naming: "name")
            try await server.done(.PUT, uri, ["name": "New", "description": ""], as: works.member)
            try await server.done(.PUT, uri, ["name": "", "description": "Text"], as: works.admin)
            let item = try await server.done(.GET, works.uri + "/organizations", as: works.admin)["data", "items"]!
                .elements[1]
            #expect(item["organization_name"]?.text == "New" && item["organization_description"]?.text == "Text")

            let team = try await server.makeTeam(works.member, organization: id)
            try await server.refused(4101, .DELETE, own, as: works.member)
            try await server.refused(4200, .DELETE, own, as: server.stranger)
            try await server.refused(4000, .DELETE, own, as: works.admin)
            try await server.refused(
                4000, .DELETE, "/buckle/v1/organizations/\(works.organization)", as: works.admin,
                naming: "organization_id")
            try await server.done(.DELETE, "/buckle/v1/workspaces/\(team)", as: works.member)
            try await server.done(.DELETE, own, as: works.admin)
            try await server.refused(4200, .PUT, uri, ["name": "New"], as: works.admin)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `whom an organization takes, and as what`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let (member, admin) = (works.member, works.admin)
            let id = try await server.makeOrganization(works, superAdmin: member)
            let uri = "/v1/organizations/\(id)/members"
            let other = try await server.newcomer("other")
            try await server.hire(other, into: works.id)
            let body = TestServer.person(other.user)
            try await server.refused(4200, .POST, uri, body, as: other)
            try await server.refused(4200, .POST, uri, body, as: server.stranger)
            try await server.refused(4200, .POST, uri, TestServer.person(server.stranger.user), as: member)
            try await server.refused(4200, .POST, uri, TestServer.person(99), as: member)
            try await server.refused(4201, .POST, uri, TestServer.person(member.user), as: member)
            let none: JSON = ["organization_people": []]
            try await server.refused(4000, .POST, uri, none, as: member, naming: "organization_people")
            for (user, role) in [
                (other.user, "organization_guest"), (works.guest.user, "organization_member"),
                (other.user, "enterprise_admin"),
            ] {
                try await server.refused(
                    4000, .POST, uri, TestServer.person(user, role), as: member, naming: "organization_role_type")
            }
            // The enterprise's admins count as admins of the organization, but not as its super admins.
            let chief = TestServer.person(other.user, "organization_super_admin")
            try await server.refused(4101, .POST, uri, chief, as: admin)
            try await server.done(.POST, uri, TestServer.person(other.user, "organization_admin"), as: admin)
            try await server.done(.POST, uri, TestServer.person(works.guest.user, "organization_guest"), as: other)
            try await server.refused(4101, .GET, uri, as: works.guest)

            let list = try await server.done(.GET, uri, as: other)
            #expect(list["data", "total_count"] == .integer(3))
            let items = list["data", "items"]!.elements
            #expect(items.map { $0["people_type"]!.text }.sorted() == ["employee", "employee", "guest"])
            #expect(items.map { $0["is_valid"] } == [.bool(true), .bool(true), .bool(true)])
            let item = items.first { $0["user_id"]?.text == other.user.description }
            #expect(item?["user_unique_name"]?.text == "other" && item?["user_nickname"]?.text == "OTHER")
            #expect(item?["avatar_url"] == "" && item?["organization_role_type"]?.text == "organization_admin")
            let page = try await server.done(.GET, uri + "?page_num=3&page_size=1", as: other)
            #expect(page["data", "items"]?.elements == [items[2]])
            try await server.refused(4000, .GET, uri + "?page_size=51", as: other, naming: "page_size")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `only super admins make and unmake super admins, and one stays`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let (chief, admin) = (works.member, works.admin)
            let id = try await server.makeOrganization(works, superAdmin: chief)
            let uri = "/v1/organizations/\(id)/members"
            try await server.done(.POST, uri, TestServer.person(admin.user, "organization_admin"), as: chief)
            try await server.done(.POST, uri, TestServer.person(works.guest.user, "organization_guest"), as: chief)
            func role(_ name: String) -> JSON { ["organization_role_type": .string("organization_\(name)")] }
            func of(_ user: ID) -> String { "\(uri)/\(user)" }
            try await server.refused(4101, .PUT, of(admin.user), role("super_admin"), as: admin)
            try await server.refused(4101, .PUT, of(chief.user), role("member"), as: admin)
            try await server.refused(777_074_044, .PUT, of(chief.user), role("admin"), as: chief)
            try await server.refused(4000, .PUT, of(admin.user), role("guest"), as: chief)
            try await server.refused(4000, .PUT, of(works.guest.user), role("member"), as: chief, naming: "user_id")
            try await server.refused(4200, .PUT, of(works.superAdmin.user), role("member"), as: chief)
            try await server.refused(4200, .PUT, of(99), role("member"), as: chief)
            try await server.refused(4200, .PUT, of(admin.user), role("member"), as: server.stranger)

            let body = TestServer.receiver(chief)
            try await server.refused(4101, .DELETE, of(chief.user), TestServer.receiver(admin), as: admin)
            try await server.refused(777_074_044, .DELETE, of(chief.user), body, as: chief)
            try await server.refused(4000, .DELETE, of(admin.user), TestServer.receiver(admin), as: chief)
            try await server.refused(
                4000, .DELETE, of(works.guest.user), TestServer.receiver(admin), as: chief, naming: "receiver_user_id")
            try await server.refused(4000, .DELETE, of(admin.user), [:], as: chief, naming: "receiver_user_id")

            // The enterprise's super admin counts as the organization's.
            try await server.done(.PUT, of(admin.user), role("super_admin"), as: works.superAdmin)
            try await server.done(.PUT, of(chief.user), role("member"), as: chief)
            try await server.refused(4101, .PUT, of(chief.user), role("admin"), as: chief)
            #expect(
                try await Set(server.people(of: id, as: admin)) == [
                    "\(chief.user) organization_member", "\(admin.user) organization_super_admin",
                    "\(works.guest.user) organization_guest",
                ])
            try await server.done(.DELETE, of(works.guest.user), TestServer.receiver(admin), as: admin)
            #expect(
                try await server.audited(enterprise: works.id).suffix(3) == [
                    "organization_member.update", "organization_member.update", "organization_member.remove",
                ])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what a member had in an organization passes to a super admin, and nothing else`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let (chief, member) = (works.superAdmin, works.member)
            let lab = try await server.makeOrganization(works, superAdmin: chief)
            try await server.done(
                .POST, "/v1/organizations/\(lab)/members", TestServer.person(member.user), as: chief)
            let owned = try await server.makeTeam(member, organization: lab)
            let joined = try await server.makeTeam(chief, organization: lab)
            let elsewhere = try await server.makeTeam(member, organization: works.organization)
            let outside = try await server.makeTeam(member)
            try await server.done(
                .POST, "/v1/workspaces/\(joined)/members", TestServer.users([member]), as: chief)
            let bots = [
                try await server.makeBot(member, in: owned), try await server.makeBot(member, in: joined),
                try await server.makeBot(member, in: elsewhere),
            ]
            try await server.done(
                .DELETE, "/v1/organizations/\(lab)/members/\(member.user)", TestServer.receiver(chief),
                as: works.admin)
            var owners: [ID] = []
            for bot in bots { owners.append(try await server.owner(ofBot: bot)) }
            #expect(owners == [chief.user, chief.user, member.user])
            #expect(try await server.members(of: owned, as: chief) == ["\(chief.user) owner"])
            #expect(try await server.members(of: joined, as: chief) == ["\(chief.user) owner"])
            let left = try await server.workspaces(token: member.token)
            #expect(left == [member.workspace.description, elsewhere, outside])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `workspaces of an organization are made by its members and take people of the enterprise`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let lab = try await server.makeOrganization(works, superAdmin: works.superAdmin)
            try await server.done(
                .POST, "/v1/organizations/\(lab)/members", TestServer.person(works.guest.user, "organization_guest"),
                as: works.superAdmin)
            func body(_ organization: String, _ owner: ID? = nil) -> JSON {
                [
                    "name": "Team", "description": "", "coze_account_id": .string(organization),
                    "owner_uid": .string(owner?.description ?? ""),
                ]
            }
            let uri = "/v1/workspaces"
            try await server.refused(4200, .POST, uri, body(lab), as: works.member)
            try await server.refused(4200, .POST, uri, body(lab), as: server.stranger)
            try await server.refused(4101, .POST, uri, body(lab), as: works.guest)
            try await server.refused(4101, .POST, uri, body(works.organization, works.admin.user), as: works.member)
            for owner in [server.stranger.user, works.guest.user, 99] {
                try await server.refused(
                    4000, .POST, uri, body(works.organization, owner), as: works.admin, naming: "owner_uid")
            }
            let id = try await server.makeTeam(works.admin, organization: works.organization, owner: works.member)
            #expect(try await server.members(of: id, as: works.member) == ["\(works.member.user) owner"])
            #expect(try await server.audited(workspace: id) == ["workspace.create"])

            let members = "/v1/workspaces/\(id)/members"
            let mixed = TestServer.users([works.admin, server.stranger])
            try await server.refused(702_042_162, .POST, members, mixed, as: works.member)
            let added = try await server.done(
                .POST, members, TestServer.users([works.admin, works.guest]), as: works.member)
            #expect(
                added.ids("added_success_user_ids") == [works.admin.user.description, works.guest.user.description])
            #expect(added.ids("invited_success_user_ids") == [])
            #expect(try await server.members(of: id, as: works.guest).count == 3)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `lists of workspaces can be narrowed, and of others only admins see any`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let member = works.member
            let lab = try await server.makeOrganization(works, superAdmin: member)
            let inLab = try await server.makeTeam(member, organization: lab)
            let inDefault = try await server.makeTeam(member, organization: works.organization)
            let own = member.workspace.description
            func list(_ query: String, as caller: TestServer.Caller) async throws -> [String] {
                try await server.workspaces(query, token: caller.token)
            }
            #expect(try await list("", as: member) == [own, inLab, inDefault])
            #expect(try await list("?enterprise_id=\(works.id)", as: member) == [inLab, inDefault])
            #expect(try await list("?enterprise_id=\(works.id)", as: server.stranger) == [])
            #expect(try await list("?enterprise_id=99", as: member) == [])
            let theirs = "?user_id=\(member.user)&coze_account_id="
            #expect(try await list(theirs + "\(member.user)", as: member) == [own])
            for caller in [member, works.admin, works.superAdmin] {
                #expect(try await list(theirs + lab, as: caller) == [inLab])
            }
            #expect(try await list(theirs + works.organization, as: works.admin) == [inDefault])
            #expect(try await list(theirs + "\(member.user)", as: works.admin) == [])
            for caller in [works.guest, server.stranger] { #expect(try await list(theirs + lab, as: caller) == []) }
            try await server.refused(4000, .GET, "/v1/workspaces?user_id=\(member.user)", as: member)
            try await server.refused(4000, .GET, "/v1/workspaces?coze_account_id=\(lab)", as: member)
            let shown = try await server.done(.GET, "/v1/workspaces?enterprise_id=\(works.id)", as: member)
            #expect(shown["data", "workspaces"]!.elements[0]["enterprise_id"]?.text == works.id)
        }
    }
}
