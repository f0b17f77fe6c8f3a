import APIKit
import Database
import TestSupport
import Testing

@testable import Platform

@Suite struct FileLinkTests {
    /// The fields of a link's query and the file in its path.
    private static func fields(_ link: String) -> [String: String] {
        let parts = link.split(separator: "?")
        var fields = ["file_id": String(parts[0].split(separator: "/").last!)]
        for pair in parts[1].split(separator: "&") {
            let (name, value) = (pair.split(separator: "=")[0], pair.split(separator: "=")[1])
            fields[String(name)] = String(value)
        }
        return fields
    }

    private static func follow(_ fields: [String: String], _ bench: FileBench) async throws -> EndpointReply {
        // Nobody: a link needs no token.
        try await bench.send(bench.resource, .get, "/buckle/v1/links/files/{file_id}", fields, as: 0)
    }

    @Test(arguments: DatabaseKind.available)
    func `a link leads to its file without a token, and to no other`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let made = try await bench.upload(FileBench.picture(), fileName: "a.png")
            let other = try await bench.upload([2])
            let good = Self.fields(bench.links.link(to: made.id, lasting: 60))
            guard case .download(let download) = try await Self.follow(good, bench) else { return }
            #expect(download.fileName == "a.png" && download.mediaType == "image/png")
            let signature = good["signature"]!
            let wrong: [[String: String]] = [
                ["file_id": "\(other.id)"], ["expires": "9999999999"], ["signature": String(signature.dropLast())],
                ["signature": signature + "0"], ["signature": signature.uppercased()], ["signature": "x"],
                ["signature": String(signature.dropLast()) + (signature.hasSuffix("0") ? "1" : "0")],
                Self.fields(bench.links.link(to: made.id, lasting: -1)),
                Self.fields(bench.links.link(to: made.id, lasting: 0)),
                Self.fields(LinkSigner(secret: [1, 2, 3], publicURL: PublicURL("")).link(to: made.id, lasting: 60)),
                Self.fields(bench.links.link(to: 99, lasting: 60)),
            ]
            for change in wrong {
                let fields = good.merging(change) { $1 }
                let error = await #expect(throws: APIError.self, "\(change)") { try await Self.follow(fields, bench) }
                #expect(error?.code.number == 4200)
                #expect(error?.message == "The file \(fields["file_id"]!) does not exist")
            }
            try await bench.files.delete(made.id, owner: bench.owner)
            let error = await #expect(throws: APIError.self) { try await Self.follow(good, bench) }
            #expect(error?.code.number == 4200)
        }
    }

    @Test func `the links of replies work for a day and those of pictures for years`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let made = try await bench.upload([1])
            let found = try await bench.data(.get, "/v1/files/retrieve", ["file_id": "\(made.id)"], as: bench.owner)
            let now = bench.storage.clock.now()
            let end = Int64(Self.fields(found["url"]!.text)["expires"]!)!
            #expect((now + 86400 - 60...now + 86400).contains(end))
            let icon = Int64(Self.fields(bench.links.icon(made.id))["expires"]!)!
            #expect(icon > now + 9 * 365 * 86400 && icon <= now + 10 * 365 * 86400)
            #expect(bench.links.icon(made.id) == bench.links.icon(made.id))
            #expect(bench.links.icon(nil) == "")
        }
    }

    @Test func `a link ends with its second`() {
        let now = { (second: Int64) in Clock { second * 1_000_000_000 } }
        let link = LinkSigner(secret: [1], publicURL: PublicURL(""), clock: now(1000)).link(to: 7, lasting: 50)
        let signature = Self.fields(link)["signature"]!
        #expect(
            LinkSigner(secret: [1], publicURL: PublicURL(""), clock: now(1049)).isValid(
                7, until: 1050, signature: signature))
        #expect(
            !LinkSigner(secret: [1], publicURL: PublicURL(""), clock: now(1050)).isValid(
                7, until: 1050, signature: signature))
    }

    @Test(arguments: DatabaseKind.available)
    func `a secret is made once, even by many at once, and differs from all others`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let store = ServerSecretStore(storage: bench.storage)
            let made = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<20 { group.addTask { try await store.secret("test") } }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(made.count == 1)
            #expect(made.first?.count == 32)
            #expect(try await store.secret("links") != made.first)
        }
    }
}
