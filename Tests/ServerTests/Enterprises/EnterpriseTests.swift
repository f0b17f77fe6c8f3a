import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct EnterpriseTests {
    @Test(arguments: DatabaseKind.available)
    func `an enterprise begins with its super admin and a default organization`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            for name in ["", " ", String(repeating: "n", count: 51)] {
                try await server.refused(
                    4000, .POST, "/buckle/v1/enterprises", ["name": .string(name)], as: owner, naming: "name")
            }
            let made = try await server.done(.POST, "/buckle/v1/enterprises", ["name": "Works"], as: owner)
            let id = made["data", "enterprise_id"]!.text
            let mine = try await server.done(.GET, "/buckle/v1/enterprises", as: owner)
            #expect(mine["data", "total_count"] == .integer(1))
            let item = mine["data", "items"]!.elements[0]
            #expect(item["enterprise_id"]?.text == id && item["name"]?.text == "Works")
            #expect(item["role"]?.text == "enterprise_super_admin")
            let theirs = try await server.done(.GET, "/buckle/v1/enterprises", as: server.stranger)
            #expect(theirs["data", "items"] == [])

            let uri = "/v1/enterprises/\(id)/organizations"
            let organizations = try await server.done(.GET, uri, as: owner)["data", "items"]!.elements
            #expect(organizations.count == 1)
            #expect(organizations[0]["organization_name"]?.text == "Works")
            #expect(organizations[0]["is_default_organization"] == .bool(true))
            #expect(organizations[0]["organization_icon_url"] == "")
            let people = try await server.people(of: organizations[0]["organization_id"]!.text, as: owner)
            #expect(people == ["\(owner.user) organization_super_admin"])
            #expect(try await server.audited(enterprise: id) == ["enterprise.create"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an enterprise's admins see who comes to its workspaces and who goes`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let team = try await server.makeTeam(works.member, organization: works.organization)
            let uri = "/v1/workspaces/\(team)/members"
            try await server.done(.POST, uri, TestServer.users([works.guest]), as: works.member)
            try await server.done(
                .DELETE, uri, ["user_ids": [.string(works.guest.user.description)]], as: works.member)
            let log = "/buckle/v1/audit?enterprise_id=\(works.id)&workspace_id="
            let found = try await server.send(.GET, "\(log)&user_id=\(works.member.user)", token: works.admin.token)
            #expect(
                found["data", "items"]?.elements.compactMap { $0["action"]?.text } == [
                    "workspace_member.remove", "workspace_member.add", "workspace.create",
                ], "\(found.json)")
            #expect(found["data", "items"]?.elements.allSatisfy { $0["workspace_id"]?.text == team } == true)
            #expect(try await server.send(.GET, log, token: works.member.token).code == 4101)
        }
    }

    @Test func `a token for some workspaces makes no enterprise`() async throws {
        try await TestServer.with(.sqlite) { server in
            let token = try await server.scopedToken(server.owner, [server.owner.workspace])
            try await server.refused(
                4101, .POST, "/buckle/v1/enterprises", ["name": "Works"], as: server.owner, token: token)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `admins change an enterprise, only the super admin deletes it`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let uri = "/buckle/v1/enterprises/\(works.id)"
            try await server.refused(4101, .PUT, uri, ["name": "New"], as: works.member)
            try await server.refused(4101, .PUT, uri, ["name": "New"], as: works.guest)
            let hidden = try await server.refused(4200, .PUT, uri, ["name": "New"], as: server.stranger)
            let absent = try await server.refused(
                4200, .PUT, "/buckle/v1/enterprises/99", ["name": "New"], as: server.stranger)
            #expect(hidden.replacing(works.id, with: "99") == absent)
            try await server.refused(4200, .GET, uri, as: server.stranger)
            try await server.refused(4000, .PUT, uri, ["name": " "], as: works.admin, naming: "name")
            try await server.done(.PUT, uri, ["name": "New"], as: works.admin)
            #expect(try await server.done(.GET, uri, as: works.guest)["data", "name"]?.text == "New")
            #expect(try await server.done(.GET, uri, as: works.guest)["data", "organizations"] == [])

            let team = try await server.makeTeam(works.member, organization: works.organization)
            try await server.refused(4101, .DELETE, uri, as: works.admin)
            try await server.refused(4200, .DELETE, uri, as: server.stranger)
            try await server.refused(4000, .DELETE, uri, as: works.superAdmin)
            try await server.done(.DELETE, "/buckle/v1/workspaces/\(team)", as: works.member)
            let token = try await server.appToken(of: works.superAdmin, enterprise: works.id)
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 0)
            try await server.done(.DELETE, uri, as: works.superAdmin)
            try await server.refused(4200, .GET, uri, as: works.superAdmin)
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 700_012_006)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `employees join the default organization, guests do not`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            #expect(
                try await server.employees(of: works.id, as: works.member) == [
                    "\(works.superAdmin.user) enterprise_super_admin", "\(works.admin.user) enterprise_admin",
                    "\(works.member.user) enterprise_member", "\(works.guest.user) enterprise_guest",
                ])
            #expect(
                try await server.people(of: works.organization, as: works.admin) == [
                    "\(works.superAdmin.user) organization_super_admin", "\(works.admin.user) organization_member",
                    "\(works.member.user) organization_member",
                ])
            let list = "/buckle/v1/enterprises/\(works.id)/members"
            try await server.refused(4101, .GET, list, as: works.guest)
            try await server.refused(4200, .GET, list, as: server.stranger)
            let page = try await server.done(.GET, list + "?page_num=2&page_size=3", as: works.admin)
            #expect(page["data", "total_count"] == .integer(4) && page["data", "items"]!.elements.count == 1)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `who may not add employees, and whom, changes nothing`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let fresh = TestServer.employee(server.stranger.user)
            try await server.refused(4101, .POST, works.members, fresh, as: works.member)
            try await server.refused(4101, .POST, works.members, fresh, as: works.guest)
            let hidden = try await server.refused(4200, .POST, works.members, fresh, as: server.stranger)
            let absent = try await server.refused(4200, .POST, "/v1/enterprises/99/members", fresh, as: server.stranger)
            #expect(hidden.replacing(works.id, with: "99") == absent)
            let by = works.admin
            for known in [works.superAdmin, works.member, works.guest] {
                try await server.refused(4201, .POST, works.members, TestServer.employee(known.user), as: by)
            }
            try await server.refused(4200, .POST, works.members, TestServer.employee(99), as: by)
            let service = try await server.makeService(in: server.owner.workspace.description)
            try await server.refused(4200, .POST, works.members, TestServer.employee(service), as: by)
            try await server.refused(4000, .POST, works.members, ["users": []], as: by, naming: "users")
            let two: JSON = [
                "users": .array(["5", "6"].map { ["user_id": .string($0), "role": "enterprise_member"] })
            ]
            try await server.refused(4000, .POST, works.members, two, as: by, naming: "users")
            for role in ["enterprise_super_admin", "enterprise_guest", "owner"] {
                let body = TestServer.employee(server.stranger.user, role)
                try await server.refused(4000, .POST, works.members, body, as: by, naming: "role")
            }
            let guests = "/buckle/v1/enterprises/\(works.id)/guests"
            let guest: JSON = ["user_id": .string(works.member.user.description)]
            try await server.refused(4201, .POST, guests, guest, as: by)
            try await server.refused(4101, .POST, guests, guest, as: works.member)
            try await server.done(.POST, works.members, fresh, as: by)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a full enterprise takes nobody`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            func add(limit: Int) async throws {
                try await EnterpriseMemberStore(storage: server.application.storage, limit: limit).add(
                    server.stranger.user, to: ID(works.id)!, as: .member,
                    by: AuditActor(user: server.owner.user, address: "", logID: ""))
            }
            let error = await #expect(throws: APIError.self) { try await add(limit: 4) }
            #expect(error?.code.number == 777_074_011)
            #expect(try await server.employees(of: works.id, as: works.admin).count == 4)
            try await add(limit: 5)
            #expect(try await server.employees(of: works.id, as: works.admin).count == 5)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `admins change roles, but not those of the super admin and of guests`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            func uri(_ user: ID) -> String { "\(works.members)/\(user)" }
            let admin: JSON = ["role": "enterprise_admin"]
            try await server.refused(4101, .PUT, uri(works.member.user), admin, as: works.member)
            try await server.refused(4200, .PUT, uri(works.member.user), admin, as: server.stranger)
            try await server.refused(4200, .PUT, uri(server.stranger.user), admin, as: works.admin)
            try await server.refused(4000, .PUT, uri(works.superAdmin.user), admin, as: works.admin, naming: "user_id")
            try await server.refused(4000, .PUT, uri(works.guest.user), admin, as: works.admin, naming: "user_id")
            try await server.refused(
                4000, .PUT, uri(works.member.user), ["role": "enterprise_super_admin"], as: works.superAdmin,
                naming: "role")
            try await server.done(.PUT, uri(works.member.user), admin, as: works.admin)
            try await server.done(.PUT, uri(works.admin.user), ["role": "enterprise_member"], as: works.member)
            try await server.refused(4101, .PUT, uri(works.member.user), admin, as: works.admin)

            let handOver = "/buckle/v1/enterprises/\(works.id)/super_admin"
            func to(_ user: ID) -> JSON { ["user_id": .string(user.description)] }
            try await server.refused(4101, .POST, handOver, to(works.member.user), as: works.member)
            try await server.refused(4000, .POST, handOver, to(works.guest.user), as: works.superAdmin)
            try await server.refused(4000, .POST, handOver, to(99), as: works.superAdmin)
            try await server.done(.POST, handOver, to(works.member.user), as: works.superAdmin)
            let roles = try await server.employees(of: works.id, as: works.member)
            #expect(roles.contains("\(works.member.user) enterprise_super_admin"))
            #expect(roles.contains("\(works.superAdmin.user) enterprise_admin"))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a member who leaves an enterprise leaves organizations first, and apps are disabled`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let works = try await server.makeEnterprise()
            let (member, admin) = (works.member, works.admin)
            let uri = "\(works.members)/\(member.user)"
            let body = TestServer.receiver(admin)
            try await server.refused(4101, .DELETE, uri, TestServer.receiver(member), as: member)
            try await server.refused(4200, .DELETE, uri, body, as: server.stranger)
            try await server.refused(4200, .DELETE, "\(works.members)/\(server.stranger.user)", body, as: admin)
            try await server.refused(4000, .DELETE, uri, [:], as: admin, naming: "receiver_user_id")
            for receiver in [member, works.guest, server.stranger] {
                try await server.refused(
                    4000, .DELETE, uri, TestServer.receiver(receiver), as: admin, naming: "receiver_user_id")
            }
            try await server.refused(
                4000, .DELETE, "\(works.members)/\(works.superAdmin.user)", body, as: works.superAdmin,
                naming: "user_id")
            let bound = try await server.refused(4000, .DELETE, uri, body, as: admin, naming: "user_id")
            #expect(bound.contains("organizations"))

            // A workspace of the enterprise can have a member who is in none of its organizations.
            let team = try await server.makeTeam(works.superAdmin, organization: works.organization)
            try await server.done(
                .DELETE, "/v1/organizations/\(works.organization)/members/\(member.user)",
                TestServer.receiver(works.superAdmin), as: admin)
            try await server.done(
                .POST, "/v1/workspaces/\(team)/members", TestServer.users([member]), as: works.superAdmin)
            let bot = try await server.makeBot(member, in: team)
            let token = try await server.appToken(of: member, enterprise: works.id)
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 0)
            try await server.done(.DELETE, uri, body, as: admin)
            #expect(try await server.owner(ofBot: bot) == admin.user)
            let members = try await server.members(of: team, as: works.superAdmin)
            #expect(members == ["\(works.superAdmin.user) owner", "\(admin.user) member"])
            #expect(try await server.send(.GET, "/v1/users/me", token: token).code == 4100)
            let app = try await server.application.storage.database.read { connection in
                try connection.first("SELECT owner_id, is_enabled, secret_hash FROM oauth_app") {
                    (owner: $0.id(0), isEnabled: $0.bool(1), hasSecret: !$0.isNull(2))
                }
            }
            #expect(app?.owner == admin.user && app?.isEnabled == false && app?.hasSecret == false)
            #expect(try await server.count("SELECT COUNT(*) FROM oauth_key") == 0)
            try await server.refused(4200, .GET, "/buckle/v1/enterprises/\(works.id)", as: member)
            let audited = try await server.audited(enterprise: works.id).suffix(2)
            #expect(audited == ["oauth_app.pass", "enterprise_member.remove"])
            // A guest is in no organization, so can go at once.
            try await server.done(.DELETE, "\(works.members)/\(works.guest.user)", body, as: admin)
        }
    }
}

extension TestServer {
    /// A token of an OAuth app that a person has in an enterprise. The app has a key, and a secret's hash.
    fileprivate func appToken(of person: Caller, enterprise: String) async throws -> String {
        let storage = application.storage
        let (id, now) = (storage.ids.next(), storage.clock.now())
        return try await storage.database.write { connection in
            try connection.execute(
                """
                INSERT INTO oauth_app (id, owner_id, enterprise_id, name, description, app_type, client_id,
                secret_hash, redirect_uris, permissions, created_at, updated_at)
                VALUES (\(id), \(person.user), \(ID(enterprise)!), 'App', '', 'service', \(id.description),
                \([UInt8](repeating: 7, count: 32)), '[]', '[]', \(now), \(now))
                """)
            try connection.execute(
                "INSERT INTO oauth_key (app_id, kid, public_key, created_at) VALUES (\(id), 'kid', 'key', \(now))")
            var new = NewToken(.jwt, user: person.user, name: "app", permissions: ["all"], lifetime: 600)
            new.app = id
            return try TokenStore(storage: storage).create(new, in: connection)
        }.secret.text
    }
}
