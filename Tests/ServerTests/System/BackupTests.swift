import APIKit
import Database
import Glibc
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct BackupTests {
    private static let backups = "/buckle/v1/backups"

    /// The backups as an operator sees them, once none is being made.
    private static func list(_ server: TestServer) async throws -> [JSON] {
        for _ in 0..<1_000 {
            let reply = try await server.send(.GET, backups, token: server.owner.token)
            #expect(reply.code == 0, "\(reply.json)")
            let items = reply["data", "items"]!.elements
            if !items.contains(where: { $0["state"] == "running" }) { return items }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("a backup is made for ever")
        return []
    }

    private static func make(_ server: TestServer) async throws -> String {
        let made = try await server.send(.POST, backups, token: server.owner.token)
        #expect(made.code == 0 && made["data", "state"] == "running", "\(made.json)")
        return made["data", "name"]!.text
    }

    private static func audited(_ server: TestServer) async throws -> [String] {
        let records = try await server.application.storage.database.read { connection in
            try connection.query(
                "SELECT action, object_id FROM audit_record WHERE object_type = 'backup' ORDER BY id"
            ) { $0.text(0) + " " + $0.text(1) }
        }
        return records
    }

    private static func mode(_ path: String) -> UInt32? {
        var found = stat()
        return stat(path, &found) == 0 ? found.st_mode & 0o777 : nil
    }

    @Test func `a backup is made, listed, downloaded and deleted, and all of it is noted`() async throws {
        try await TestServer.with(.sqlite) { server in
            let token = server.owner.token
            #expect(try await Self.list(server).isEmpty)
            let name = try await Self.make(server)
            let listed = try await Self.list(server)
            #expect(listed.count == 1 && listed[0]["name"]?.text == name && listed[0]["state"] == "done")
            #expect(listed[0]["error"] == nil)
            let content = try await server.send(.GET, "\(Self.backups)/\(name)/content", token: token)
            let path = content.json["data"]!.text
            #expect(path.hasSuffix("/backups/\(name)"))
            #expect(content.headers.first(name: "Content-Disposition")?.contains(name) == true)
            #expect(Self.mode(path) == 0o600 && Self.mode(String(path.dropLast(name.count + 1))) == 0o700)
            // It is a whole one, in which its own making is noted.
            let backup = DatabaseFile(path)
            try backup.check(schema: Storage.migrations.count)
            let noted = try backup.read { connection in
                try connection.first("SELECT object_id FROM audit_record WHERE action = 'backup.create'") {
                    $0.text(0)
                }
            }
            #expect(noted == name)

            let deleted = try await server.send(.DELETE, "\(Self.backups)/\(name)", token: token)
            #expect(deleted.code == 0 && Self.mode(path) == nil)
            for (method, uri) in [(HTTPMethod.GET, "/\(name)/content"), (.DELETE, "/\(name)")] {
                #expect(try await server.send(method, Self.backups + uri, token: token).code == 4200)
            }
            #expect(
                try await Self.audited(server) == [
                    "backup.create \(name)", "backup.download \(name)", "backup.delete \(name)",
                ])
        }
    }

    @Test func `one is made at a time`() async throws {
        try await withScratchDirectory { data in
            let directory = BackupDirectory(dataDirectory: data)
            let first = try directory.reserve(at: 1_000_000)
            #expect(throws: APIError.self) { try directory.reserve(at: 2_000_000) }
            #expect(throws: APIError.self) { try directory.remove(first) }
            #expect(try directory.list().map(\.state) == [.running])
            directory.giveUp(first)
            #expect(try directory.list().isEmpty)
            mkdir(data + "/backups", 0o700)
            FileBench.write("there already", to: directory.file(BackupName(at: 1_000_000)))
            #expect(try directory.reserve(at: 1_000_000).createdAt == 1_000_001)
        }
    }

    @Test func `what fails says why, leaves nothing, and is forgotten when it is deleted`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            let hash = String(repeating: "ab", count: 32)
            try await storage.database.write { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                    VALUES (7, \(server.owner.user), 'gone.png', 'image/png', 1, \(hash), 1)
                    """)
            }
            let name = try await Self.make(server)
            let failed = try await Self.list(server)
            #expect(failed.count == 1 && failed[0]["state"] == "failed" && failed[0]["name"]?.text == name)
            #expect(failed[0]["error"]?.text.contains("gone.png") == true, "\(failed)")
            let content = try await server.send(
                .GET, "\(Self.backups)/\(name)/content", token: server.owner.token)
            #expect(content.code == 4200)
            #expect(server.application.backupSchedule.backups.directory.bytes == 0)
            let uri = "\(Self.backups)/\(name)"
            #expect(try await server.send(.DELETE, uri, token: server.owner.token).code == 0)
            #expect(try await Self.list(server).isEmpty)
            try await storage.database.write { connection in _ = try connection.execute("DELETE FROM file") }
            _ = try await Self.make(server)
            #expect(try await Self.list(server).map { $0["state"]?.text ?? "" } == ["done"])
        }
    }

    @Test func `what a crash left is removed, and nothing else`() async throws {
        try await withScratchDirectory { data in
            let directory = BackupDirectory(dataDirectory: data)
            try directory.sweep()
            mkdir(data + "/backups", 0o700)
            let name = BackupName(at: 1_000_000).text
            for file in [name, name + ".part", name + ".part-journal", "notes.part", "other.txt"] {
                FileBench.write("x", to: data + "/backups/" + file)
            }
            try directory.sweep()
            #expect(FileBench.names(data + "/backups").sorted() == [name, "notes.part", "other.txt"])
            #expect(try directory.list().map(\.name.text) == [name])
        }
    }

    @Test(arguments: ["..%2Fbuckle.db", "buckle.db", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "x"])
    func `no path leads out of the directory`(_ name: String) async throws {
        try await TestServer.with(.sqlite) { server in
            for (method, uri) in [(HTTPMethod.GET, "/\(name)/content"), (.DELETE, "/\(name)")] {
                let reply = try await server.send(method, Self.backups + uri, token: server.owner.token)
                #expect(reply.code == 4200, "\(reply.json)")
            }
            #expect(try await Self.audited(server).isEmpty)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `only operators may, with a token for it that reaches everything`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let scoped = try await server.scopedToken(server.owner, [server.owner.workspace])
            let narrow = try await TestServer.token(
                for: server.owner.user, permissions: ["Buckle.manageAccounts"], storage)
            for token in [server.stranger.token, scoped, narrow] {
                for (method, uri) in [
                    (HTTPMethod.POST, ""), (.GET, ""), (.GET, "/x/content"), (.DELETE, "/x"),
                ] {
                    #expect(try await server.send(method, Self.backups + uri, token: token).code == 4101)
                }
                #expect(try await server.send(.GET, "/buckle/v1/system", token: token).code == 4101)
            }
            #expect(try await Self.audited(server).isEmpty)
        }
    }

    @Test func `with PostgreSQL it is refused with what to do instead`() async throws {
        guard DatabaseKind.available.contains(.postgres) else { return }
        try await TestServer.with(.postgres) { server in
            let reply = try await server.send(.POST, Self.backups, token: server.owner.token)
            #expect(reply.code == 4000 && reply.message.contains("pg_dump"))
            #expect(try await Self.list(server).isEmpty)
            #expect(try await Self.audited(server).isEmpty)
        }
    }

    @Test func `the schedule makes one when it is due, and keeps the newest`() async throws {
        try await TestServer.with(.sqlite) { server in
            let all = server.application.backupSchedule
            let schedule = BackupSchedule(backups: all.backups, interval: 24, count: 2)
            let (directory, now) = (all.backups.directory, server.application.storage.clock.now())
            #expect(schedule.isDue(at: now))
            await schedule.makeOne()
            let first = try #require(try directory.list().first)
            #expect(first.state == .done)
            #expect(!schedule.isDue(at: first.name.createdAt + 86_399))
            #expect(schedule.isDue(at: first.name.createdAt + 86_400))
            // Two more within the second have names of the seconds after it.
            await schedule.makeOne()
            await schedule.makeOne()
            let kept = try directory.list()
            #expect(kept.count == 2 && !kept.contains { $0.name == first.name })
            #expect(
                try await Self.audited(server).map { $0.split(separator: " ")[0] } == [
                    "backup.create", "backup.create", "backup.create", "backup.delete",
                ])
        }
    }
}

@Suite struct SystemTests {
    @Test(arguments: DatabaseKind.available)
    func `operators see how the server is doing`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            _ = try await server.makeChat(server.owner, bot: bot)
            let reply = try await server.send(.GET, "/buckle/v1/system", token: server.owner.token)
            #expect(reply.code == 0, "\(reply.json)")
            #expect(reply["data", "version"]?.text == Application.version)
            #expect(reply["data", "database", "kind"]?.text == kind.rawValue)
            #expect(reply["data", "database", "schema_version"] == .integer(Int64(Storage.migrations.count)))
            #expect(reply["data", "contents", "accounts"] == 2 && reply["data", "contents", "bots"] == 1)
            #expect(reply["data", "models"] == 1 && reply["data", "process", "running_chats"] == 0)
            #expect(reply["data", "settings", "public_url"] == "http://localhost")
            #expect(reply["data", "settings", "rate_limits"] == .bool(false))
            #expect(reply["data", "settings", "usage_retention_days"] == 400)
            for path in [
                ["database", "size_bytes"], ["disk", "free_bytes"], ["disk", "total_bytes"],
                ["process", "memory_bytes"], ["process", "open_files"],
            ] {
                guard case .integer(let number)? = reply.json["data"]?[path[0]]?[path[1]] else {
                    Issue.record("\(path) is no number")
                    continue
                }
                #expect(number > 0, "\(path)")
            }
            #expect(reply["data", "database", "version"]?.text.isEmpty == false)
            #expect(reply["data", "disk", "data_directory"]?.text.hasPrefix("/") == true)
        }
    }
}
