import APIKit
import Database
import ModelClient
import Platform
import TestSupport
import Testing

@testable import Agents

@Suite struct ModelCatalogTests {
    private static let actor = AuditActor(user: 1, address: "", logID: "")
    private static let draft = ModelDraft(name: "m", baseURL: "http://127.0.0.1:9/v1", upstreamName: "m")

    /// Two servers of one database.
    private func withCatalogs(
        _ kind: DatabaseKind, _ body: (ModelCatalog, ModelCatalog) async throws -> Void
    ) async throws {
        try await withScratchDatabase(kind) { location in
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            let seal = Seal(secret: [UInt8](repeating: 7, count: 32))
            try await body(
                ModelCatalog(configured: [], storage: storage, seal: seal),
                ModelCatalog(configured: [], storage: storage, seal: seal))
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what one server changes counts at once, at the others soon`(
        _ kind: DatabaseKind
    ) async throws {
        try await withCatalogs(kind) { here, there in
            let watch = Task { await there.watch() }
            defer { watch.cancel() }
            let (id, added) = try await here.store.create(
                Self.draft, key: "secret", isDefault: false, by: Self.actor)
            here.take(added)
            #expect(here.find(id.description)?.name == "m")
            #expect(try await soon { there.find(id.description)?.name == "m" })
            #expect(there.find(nil)?.id == id.description)
            guard case .upstream(let endpoint)? = there.find("\(id)")?.source else { throw Missing() }
            #expect(endpoint.apiKey == "secret")

            here.take(
                try await here.store.update(id, key: .remove, isDefault: nil, by: Self.actor) { $0.name = "n" })
            #expect(try await soon { there.find("\(id)")?.name == "n" })
            here.take(try await here.store.delete(id, by: Self.actor))
            #expect(here.find(id.description) == nil && here.find(nil)?.id == "demo")
            #expect(try await soon { there.find("\(id)") == nil })
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what was read earlier does not replace what was read later`(_ kind: DatabaseKind) async throws {
        try await withCatalogs(kind) { here, _ in
            let (id, older) = try await here.store.create(Self.draft, key: nil, isDefault: false, by: Self.actor)
            here.take(try await here.store.delete(id, by: Self.actor))
            // But whoever asks for it is answered from it.
            #expect(here.take(older)["\(id)"] != nil)
            #expect(here.find("\(id)") == nil)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a change that is refused changes nothing`(_ kind: DatabaseKind) async throws {
        try await withCatalogs(kind) { here, _ in
            let (id, before) = try await here.store.create(Self.draft, key: "old", isDefault: false, by: Self.actor)
            await #expect(throws: APIError.self) {
                _ = try await here.store.update(id, key: .set("new"), isDefault: true, by: Self.actor) { draft in
                    draft.name = ""
                    try draft.check()
                }
            }
            let after = try await here.store.contents()
            #expect(after.revision == before.revision && after.defaultID == nil)
            guard case .upstream(let endpoint)? = after.models.first?.source else { throw Missing() }
            #expect(endpoint.apiKey == "old" && after.models.first?.name == "m")
        }
    }

    private struct Missing: Error {}

    /// Within about a second, unless the machine is busy.
    private func soon(_ condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            guard .now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}

@Suite struct SealTests {
    @Test func `a text opens with its secret, at its place, and unchanged alone`() throws {
        let seal = Seal(secret: [UInt8](repeating: 1, count: 32))
        for text in ["", "sk-1", "密钥 🔑"] {
            let closed = try seal.close(text, for: "model 1")
            #expect(try seal.open(closed, from: "model 1") == text)
            // Never the same twice.
            #expect(try seal.close(text, for: "model 1") != closed)
            #expect(throws: (any Error).self) { try seal.open(closed, from: "model 2") }
            let other = Seal(secret: [UInt8](repeating: 2, count: 32))
            #expect(throws: (any Error).self) { try other.open(closed, from: "model 1") }
            for place in closed.indices {
                var changed = closed
                changed[place] ^= 1
                #expect(throws: (any Error).self) { try seal.open(changed, from: "model 1") }
            }
            #expect(throws: (any Error).self) { try seal.open(Array(closed.dropLast()), from: "model 1") }
        }
        #expect(throws: (any Error).self) { try seal.open([], from: "model 1") }
    }
}
