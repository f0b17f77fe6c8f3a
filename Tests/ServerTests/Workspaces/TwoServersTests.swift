import APIKit
import Database
import Glibc
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import Platform
@testable import Server

/// Two servers of one PostgreSQL database, which change the same things at the same time. With SQLite there is one.
@Suite(.serialized, .enabled(if: DatabaseKind.available.contains(.postgres))) struct TwoServersTests {
    @Test func `who is leaving an enterprise is not added to its workspaces`() async throws {
        try await TestServer.with(.postgres) { server in
            let enterprise = try await server.makeEnterprise()
            let team = try await server.makeTeam(server.owner, organization: enterprise.organization)
            let member = enterprise.member
            let reply = try await server.during { connection in
                try EnterpriseStore.lock(ID(enterprise.id)!, in: connection)
                try connection.execute("DELETE FROM enterprise_member WHERE user_id = \(member.user)")
            } send: {
                try await server.send(
                    .POST, "/v1/workspaces/\(team)/members", TestServer.users([member]), token: server.owner.token)
            }
            #expect(reply.code == 702_042_162, "\(reply.json)")
            #expect(try await server.members(of: team, as: server.owner) == ["\(server.owner.user) owner"])
        }
    }

    @Test func `no workspace is made in an organization that is being deleted`() async throws {
        try await TestServer.with(.postgres) { server in
            let enterprise = try await server.makeEnterprise()
            let lab = try await server.makeOrganization(enterprise, superAdmin: enterprise.member)
            let reply = try await server.during { connection in
                try EnterpriseStore.lock(ID(enterprise.id)!, in: connection)
                try connection.execute("DELETE FROM organization WHERE id = \(ID(lab)!)")
            } send: {
                let body: JSON = ["name": "Team", "description": "", "coze_account_id": .string(lab)]
                return try await server.send(.POST, "/v1/workspaces", body, token: enterprise.member.token)
            }
            #expect(reply.code == 4200, "\(reply.json)")
        }
    }

    @Test(arguments: ["bot", "app", "workflow", "folder", "copy"])
    func `who is leaving a workspace leaves nothing in it that came too late`(_ what: String) async throws {
        try await TestServer.with(.postgres) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let team = try await server.makeTeam(owner)
            try await server.admit(member, to: team, by: owner)
            let bot = try await server.makeBot(member)
            let place: JSON.Member = .init(key: what == "bot" ? "space_id" : "workspace_id", value: .string(team))
            let (uri, body): (String, JSON) =
                switch what {
                case "bot": ("/v1/bot/create", .object([place, .init(key: "name", value: "late")]))
                case "folder":
                    (
                        "/buckle/v1/folders",
                        .object([
                            place, .init(key: "name", value: "late"), .init(key: "folder_type", value: "library"),
                        ])
                    )
                case "copy":
                    (
                        "/v1/entities/copy_tasks",
                        ["entity_id": .string(bot), "entity_type": "bot", "to_workspace_id": .string(team)]
                    )
                default: ("/buckle/v1/\(what)s", .object([place, .init(key: "name", value: "late")]))
                }
            let reply = try await server.during { connection in
                try WorkspaceStore.lock(ID(team)!, in: connection)
                try WorkspaceDeparture(user: member.user, receiver: owner.user, now: 1).leave(
                    ID(team)!, in: connection)
            } send: {
                try await server.send(.POST, uri, body, token: member.token)
            }
            #expect(reply.code == 4200, "\(reply.json)")
        }
    }

    @Test func `of two changes of a bot neither undoes the other`() async throws {
        try await TestServer.with(.postgres) { server in
            let bot = try await server.makeBot(server.owner)
            let id = ID(bot)!
            let reply = try await server.during { connection in
                var draft = try BotStore.lockedDraft(of: id, in: connection)
                draft.description = "changed elsewhere"
                try connection.execute("UPDATE bot SET draft = \(try StoredJSON.text(draft)) WHERE id = \(id)")
            } send: {
                let body: JSON = ["bot_id": .string(bot), "name": "renamed"]
                return try await server.send(.POST, "/v1/bot/update", body, token: server.owner.token)
            }
            #expect(reply.code == 0, "\(reply.json)")
            let draft = try await server.send(
                .GET, "/v1/bots/\(bot)?is_published=false", token: server.owner.token)
            #expect(draft["data", "name"] == "renamed")
            #expect(draft["data", "description"] == "changed elsewhere")
        }
    }
}

extension TestServer {
    /// Sends a request while another server has made a change that it commits a little later.
    fileprivate func during(
        _ change: @escaping @Sendable (any Connection) throws -> Void,
        send: @escaping @Sendable () async throws -> Reply
    ) async throws -> Reply {
        let other = try await Storage.open(application.storage.database.location)
        defer { other.database.close() }
        let (isMade, isDone) = (Gate(), Gate())
        async let changing: Void = other.database.write { connection in
            try change(connection)
            isMade.open()
            try isDone.waitOnThread()
        }
        try await isMade.wait()
        async let reply = send()
        // Long enough for a request that waits for nothing.
        try await Task.sleep(for: .milliseconds(500))
        isDone.open()
        try await changing
        return try await reply
    }
}

/// Keeps others waiting until it is opened, for ten seconds at most.
private final class Gate: Sendable {
    struct StaysShut: Error {}

    private let state = Mutex(false)
    private var isOpen: Bool { state.withLock { $0 } }

    func open() { state.withLock { $0 = true } }

    func wait() async throws {
        for _ in 0..<2000 where !isOpen { try await Task.sleep(for: .milliseconds(5)) }
        if !isOpen { throw StaysShut() }
    }

    func waitOnThread() throws {
        for _ in 0..<2000 where !isOpen { usleep(5000) }
        if !isOpen { throw StaysShut() }
    }
}
