import APIKit
import Database
import NIOHTTP1
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Server

@Suite struct AuditTests {
    /// Notes something in the log, as whatever changes something does.
    private func note(
        _ action: String, _ object: AuditObject = AuditObject("thing", 1), by user: ID, _ storage: Storage
    ) async throws {
        try await storage.database.write { connection in
            try storage.audit(
                action, object, by: AuditActor(user: user, token: 5, address: "10.0.0.1", logID: "log"),
                detail: ["name": "x"], in: connection)
        }
    }

    private func actions(_ server: TestServer, _ query: String, _ token: String) async throws -> [String] {
        let reply = try await server.send(.GET, "/buckle/v1/audit?\(query)", token: token)
        #expect(reply.code == 0, "\(reply.json)")
        return (reply["data", "items"]?.elements ?? []).map { $0["action"]?.text ?? "" }
    }

    @Test(arguments: DatabaseKind.available)
    func `a record says who did what, from where`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let workspace = server.stranger.workspace
            try await note(
                "bot.publish", AuditObject("bot", 9, workspace: workspace, enterprise: 8), by: server.stranger.user,
                server.application.storage)
            let reply = try await server.send(.GET, "/buckle/v1/audit", token: server.stranger.token)
            let record = try #require(reply["data", "items"]?.elements.first)
            #expect(record["user"] == ["id": .string("\(server.stranger.user)"), "user_name": "stranger"])
            #expect(record["action"]?.text == "bot.publish" && record["object_type"]?.text == "bot")
            #expect(record["object_id"]?.text == "9" && record["workspace_id"]?.text == "\(workspace)")
            #expect(record["enterprise_id"]?.text == "8" && record["token_id"]?.text == "5")
            #expect(record["address"]?.text == "10.0.0.1" && record["log_id"]?.text == "log")
            #expect(record["detail"] == ["name": "x"])
            #expect(reply["data", "has_more"] == .bool(false))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `pages follow each other from the newest to the oldest`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            for number in 0..<25 {
                try await note("step.\(number)", by: server.stranger.user, server.application.storage)
            }
            var found: [String] = []
            var before = ""
            for isLast in [false, false, true] {
                let reply = try await server.send(
                    .GET, "/buckle/v1/audit?limit=10&before_id=\(before)", token: server.stranger.token)
                let items = try #require(reply["data", "items"]?.elements)
                #expect(reply["data", "has_more"] == .bool(!isLast))
                found += items.map { $0["action"]?.text ?? "" }
                before = items.last?["id"]?.text ?? ""
            }
            #expect(found == (0..<25).reversed().map { "step.\($0)" })
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `operators see everything, others what they did`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            try await note("of.owner", by: server.owner.user, storage)
            try await note("of.stranger", by: server.stranger.user, storage)
            try await note("of.command", by: 0, storage)
            let stranger = server.stranger
            #expect(try await actions(server, "", stranger.token) == ["of.stranger"])
            #expect(try await actions(server, "user_id=\(server.owner.user)", stranger.token) == [])
            #expect(try await actions(server, "action=of.owner", stranger.token) == [])
            let all = try await actions(server, "object_type=thing", server.owner.token)
            #expect(all == ["of.command", "of.stranger", "of.owner"])
            #expect(try await actions(server, "user_id=\(stranger.user)", server.owner.token) == ["of.stranger"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a workspace's log is for those who manage it`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            // The owner operates the server, so the stranger's workspace shows what managing alone allows.
            let workspace = server.stranger.workspace
            let other = try await storage.database.write { connection in
                try UserStore(storage: storage).add(userName: "other", nickName: "Other", in: connection)
            }
            let token = try await TestServer.token(for: other, storage)
            try await note("a.b", AuditObject("bot", 1, workspace: workspace), by: other, storage)
            let query = "workspace_id=\(workspace)"
            #expect(try await actions(server, query, server.stranger.token) == ["a.b"])

            let refused = try await server.send(.GET, "/buckle/v1/audit?\(query)", token: token)
            let absent = try await server.send(.GET, "/buckle/v1/audit?workspace_id=99", token: token)
            #expect(refused.code == 4200 && absent.code == 4200)
            #expect(refused.message.replacing("\(workspace)", with: "ID") == absent.message.replacing("99", with: "ID"))

            for (role, code) in [("member", 4101), ("admin", 0)] {
                try await storage.database.write { connection in
                    try connection.execute(
                        "DELETE FROM workspace_member WHERE workspace_id = \(workspace) AND user_id = \(other)")
                    try connection.execute(
                        """
                        INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                        VALUES (\(workspace), \(other), \(role), 1)
                        """)
                }
                let reply = try await server.send(.GET, "/buckle/v1/audit?\(query)", token: token)
                #expect(reply.code == code, "\(role)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `an enterprise's log is for its admins`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            try await storage.database.write { connection in
                try connection.execute("INSERT INTO enterprise (id, name, created_at) VALUES (77, 'E', 1)")
            }
            try await note("a.b", AuditObject("organization", 1, enterprise: 77), by: server.owner.user, storage)
            let uri = "/buckle/v1/audit?enterprise_id=77"
            #expect(try await server.send(.GET, uri, token: server.stranger.token).code == 4200)
            for (role, code) in [("enterprise_member", 4101), ("enterprise_admin", 0), ("enterprise_super_admin", 0)] {
                try await storage.database.write { connection in
                    try connection.execute("DELETE FROM enterprise_member WHERE enterprise_id = 77")
                    try connection.execute(
                        """
                        INSERT INTO enterprise_member (enterprise_id, user_id, role, joined_at)
                        VALUES (77, \(server.stranger.user), \(role), 1)
                        """)
                }
                let reply = try await server.send(.GET, uri, token: server.stranger.token)
                #expect(reply.code == code, "\(role)")
                if code == 0 { #expect(reply["data", "items"]?.elements.count == 1) }
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a token of some workspaces shows nothing of others, even an operator's`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let (owner, stranger) = (server.owner, server.stranger)
            try await note("in.own", AuditObject("bot", 1, workspace: owner.workspace), by: owner.user, storage)
            try await note("in.other", AuditObject("bot", 1, workspace: 99), by: owner.user, storage)
            try await note("in.none", AuditObject("thing", 1), by: owner.user, storage)
            try await note("of.stranger", AuditObject("thing", 1), by: stranger.user, storage)
            let (some, none) = try await storage.database.write { connection in
                let made = try [[owner.workspace], []].map { workspaces in
                    var new = NewToken(.personal, user: owner.user, name: "x", permissions: ["all"], lifetime: nil)
                    new.workspaces = workspaces
                    return try TokenStore(storage: storage).create(new, in: connection).secret.text
                }
                return (made[0], made[1])
            }
            let own = "user_id=\(owner.user)&after=0"
            #expect(try await actions(server, own, owner.token) == ["in.none", "in.other", "in.own"])
            #expect(try await actions(server, own, some) == ["in.none", "in.own"])
            #expect(try await actions(server, "", some) == ["in.none", "in.own"])
            #expect(try await actions(server, "", none) == ["in.none"])
            let reply = try await server.send(
                .GET, "/buckle/v1/audit?workspace_id=\(owner.workspace)", token: none)
            #expect(reply.code == 4200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `times and names narrow what is listed`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let before = storage.clock.now()
            try await note("a.b", AuditObject("bot", 1), by: server.stranger.user, storage)
            try await note("a.c", AuditObject("app", 2), by: server.stranger.user, storage)
            let after = storage.clock.now() + 1
            let token = server.stranger.token
            for (query, expected) in [
                ("after=\(before)", ["a.c", "a.b"]), ("before=\(after)", ["a.c", "a.b"]), ("after=\(after)", []),
                ("before=\(before)", []), ("after=0&before=2000000000", ["a.c", "a.b"]), ("action=a.b", ["a.b"]),
                ("object_type=app", ["a.c"]), ("object_id=1", ["a.b"]), ("object_type=app&object_id=1", []),
                ("action=a.", []), ("action=a%25", []),
            ] {
                #expect(try await actions(server, query, token) == expected, "\(query)")
            }
            for query in ["limit=0", "limit=201", "after=-1", "before=9999999999999", "before_id=x", "workspace_id=x"] {
                #expect(try await server.send(.GET, "/buckle/v1/audit?\(query)", token: token).code == 4000, "\(query)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `records go when they are older than is kept, and not before`(_ kind: DatabaseKind) async throws {
        try await withScratchDatabase(kind) { location in
            let day: Int64 = 86_400
            let now = Mutex<Int64>(1_800_000_000)
            let storage = try await Storage.open(
                location, clock: Clock { now.withLock { $0 } * 1_000_000_000 })
            defer { storage.database.close() }
            for (count, pause) in [(1200, day), (30, day), (3, 0)] {
                try await storage.database.write { connection in
                    for _ in 0..<count {
                        try storage.audit("a.b", AuditObject("thing", 1), by: .commandLine, in: connection)
                    }
                }
                now.withLock { $0 += pause }
            }
            let store = AuditStore(storage: storage)
            func left() async throws -> Int {
                try await storage.database.read { connection in
                    try connection.first("SELECT COUNT(*) FROM audit_record") { $0.int(0) }!
                }
            }
            for (days, expected) in [(0, 1233), (3, 1233), (2, 1233)] {
                #expect(try await store.removeOlder(than: days) == 0)
                #expect(try await left() == expected)
            }
            now.withLock { $0 += 1 }
            #expect(try await store.removeOlder(than: 2) == 1200)
            #expect(try await left() == 33)
            #expect(try await store.removeOlder(than: 1) == 30)
            #expect(try await left() == 3)
        }
    }
}
