import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

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
            #expect(try await TokenStore(storage: other).revoke(id: nil, name: "test") == 1)
            try await authority.refresh()
            await #expect(throws: APIError.self) { try await authority.authenticate("Bearer \(added)") }
            _ = try await authority.authenticate("Bearer \(secret.text)")
            #expect(try await TokenStore(storage: other).revoke(id: nil, name: "test") == 0)
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
