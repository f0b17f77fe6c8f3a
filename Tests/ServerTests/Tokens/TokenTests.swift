import APIKit
import Database
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct TokenTests {
    @Test(arguments: DatabaseKind.available)
    func `a token revoked by another process is refused after a refresh, a new one is known at once`(
        _ kind: DatabaseKind
    ) async throws {
        try await withScratchDatabase(kind) { location in
            let serving = try await Storage.open(location)
            defer { serving.database.close() }
            let secret = try await FirstStart(storage: serving).run()!
            #expect(try await FirstStart(storage: serving).run() == nil)
            let authority = TokenAuthority(tokens: TokenStore(storage: serving), clock: .system)
            _ = try await authority.authenticate("Bearer \(secret.text)")

            let other = try await Storage.open(location)
            defer { other.database.close() }
            let owner = try await other.database.read { try UserStore.owner(in: $0)! }
            let added = try await TestServer.token(for: owner, other)
            #expect(try await authority.authenticate("bearer  \(added)").user == owner)
            #expect(try await TokenStore(storage: other).revoke(id: nil, name: "test", by: .commandLine) == 1)
            try await authority.refresh()
            await #expect(throws: APIError.self) { try await authority.authenticate("Bearer \(added)") }
            _ = try await authority.authenticate("Bearer \(secret.text)")
            #expect(try await TokenStore(storage: other).revoke(id: nil, name: "test", by: .commandLine) == 0)
        }
    }

    @Test func `what was read earlier does not undo what was read later`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            _ = try await FirstStart(storage: storage).run()
            let owner = try await storage.database.read { try UserStore.owner(in: $0)! }
            let text = try await TestServer.token(for: owner, storage)
            let tokens = TokenStore(storage: storage)
            let authority = TokenAuthority(tokens: tokens, clock: .system)
            _ = try await authority.authenticate("Bearer \(text)")
            try await storage.database.write { try tokens.touch(where: "name = 'test'", in: $0) }
            // Two look for changes at the same time, and the one that has read first comes last.
            let early = try await tokens.changes(after: 0)
            #expect(early.tokens.count == 1)
            #expect(try await tokens.revoke(id: nil, name: "test", by: .commandLine) == 1)
            try await authority.refresh()
            authority.take(early.tokens, early.revision)
            await #expect(throws: APIError.self) { try await authority.authenticate("Bearer \(text)") }
        }
    }

    @Test func `a server that was stopped for long forgets what it knew`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let time = Time()
            let clock = Clock { time.seconds.withLock { $0 * 1_000_000_000 } }
            let storage = try await Storage.open(location, clock: clock)
            defer { storage.database.close() }
            _ = try await FirstStart(storage: storage).run()
            let owner = try await storage.database.read { try UserStore.owner(in: $0)! }
            let text = try await TestServer.token(for: owner, storage)
            let authority = TokenAuthority(tokens: TokenStore(storage: storage), clock: clock)
            try await authority.refresh()
            _ = try await authority.authenticate("Bearer \(text)")
            // Meanwhile another server revokes it, and removes it a day later.
            try await storage.database.write { connection in
                _ = try connection.execute("DELETE FROM token WHERE name = 'test'")
            }
            time.seconds.withLock { $0 += 90_000 }
            try await authority.refresh()
            await #expect(throws: APIError.self) { try await authority.authenticate("Bearer \(text)") }
        }
    }

    private final class Time: Sendable {
        let seconds = Mutex<Int64>(1_800_000_000)
    }

    @Test func `a token of an app that is gone does not work`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.web)
            let code = try await server.code(app, for: server.owner)
            let access = try await server.exchange(app, code: code, secret: app.secret.text).access
            #expect(try await server.isGood(access))
            try await server.execute("DELETE FROM oauth_app WHERE id = \(app.id)")
            let authority = TokenAuthority(tokens: TokenStore(storage: server.storage), clock: .system)
            do {
                _ = try await authority.authenticate("Bearer \(access)")
                Issue.record("it still works")
            } catch let error as APIError {
                #expect(error.code == .authenticationInvalid)
            }
        }
    }

    @Test func `a token ends at its second`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let start: Int64 = 1_800_000_000
            let storage = try await Storage.open(location, clock: Clock { start * 1_000_000_000 })
            defer { storage.database.close() }
            _ = try await FirstStart(storage: storage).run()
            let owner = try await storage.database.read { try UserStore.owner(in: $0)! }
            let text = try await TestServer.token(for: owner, lifetime: 100, storage)
            for (second, isValid) in [(start + 99, true), (start + 100, false)] {
                let clock = Clock { second * 1_000_000_000 }
                let authority = TokenAuthority(tokens: TokenStore(storage: storage), clock: clock)
                for _ in 1...2 {
                    let token = try? await authority.authenticate("Bearer \(text)")
                    #expect((token != nil) == isValid)
                }
            }
        }
    }

    @Test func `secrets are stored as hashes only`() async throws {
        try await withScratchDatabase(.sqlite) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            let secret = try await FirstStart(storage: storage).run()!
            #expect(secret.text.wholeMatch(of: /pat_[0-9a-f]{64}/) != nil)
            let row = try await storage.database.read { connection in
                try connection.first("SELECT name || permissions, hash FROM token") { ($0.text(0), $0.blob(1)) }!
            }
            let bits = secret.text.dropFirst(4)
            let hexadecimal = row.1.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(row.1.count == 32 && hexadecimal != bits && !row.0.contains(bits))
            #expect(row.1 == secret.hash.bytes)
        }
    }

    @Test func `headers that hold no bearer token are refused`() async throws {
        try await TestServer.with(.sqlite) { server in
            let authority = TokenAuthority(tokens: TokenStore(storage: server.application.storage), clock: .system)
            let token = server.owner.token
            for header in [
                "", "Bearer", "Bearer ", token, "Basic \(token)", "Bearer \(token) x", "Bearer\(token)",
                "Béarer \(token)",
            ] {
                await #expect(throws: APIError.self, "\(header)") { try await authority.authenticate(header) }
            }
        }
    }
}
