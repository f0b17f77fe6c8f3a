import APIKit
import Database
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Platform

@Suite struct FileTests {
    @Test(arguments: DatabaseKind.available)
    func `an upload is described alike by its reply, by retrieve and in the list`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            guard case .upload(let handler) = bench.resource.upload.erased.handler else { return }
            let body = FileBench.body([FileBench.form(Array("hello".utf8), fileName: "杭州.txt")])
            let reply = try FileBench.json(try await handler(body, Call.testing(bench.owner)))
            let made = reply["data"]!
            #expect(made["bytes"] == .integer(5))
            #expect(made["file_name"] == "杭州.txt")
            #expect(made["url"]!.text.hasPrefix("https://bots.example.com/buckle/v1/links/files/\(made["id"]!.text)?"))
            let found = try await bench.data(
                .get, "/v1/files/retrieve", ["file_id": made["id"]!.text], as: bench.owner)
            let listed = try await bench.data(.get, "/buckle/v1/files", as: bench.owner)["items"]!.elements
            #expect(listed.count == 1)
            for other in [found, listed[0]] {
                for name in ["id", "bytes", "created_at", "file_name"] { #expect(other[name] == made[name], "\(name)") }
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the list pages through the caller's own files, newest first`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            var made: [String] = []
            for number in 0..<7 { made.append(try await bench.upload([UInt8(number)]).id.description) }
            try await bench.upload([9], as: bench.stranger)
            var (seen, after): ([String], [String: String]) = ([], [:])
            for page in 1...3 {
                let reply = try await bench.data(
                    .get, "/buckle/v1/files", after.merging(["limit": "3"]) { $1 }, as: bench.owner)
                let ids = reply["items"]!.elements.map { $0["id"]!.text }
                #expect(reply["has_more"] == .bool(page < 3))
                #expect(reply["last_id"]!.text == ids.last)
                seen += ids
                after = ["after_id": reply["last_id"]!.text]
            }
            #expect(seen == made.reversed())
            let beyond = try await bench.data(.get, "/buckle/v1/files", after, as: bench.owner)
            #expect(beyond["items"] == [] && beyond["last_id"] == "" && beyond["has_more"] == false)
            for limit in ["0", "101", "x"] {
                await #expect(throws: APIError.self) {
                    try await bench.data(.get, "/buckle/v1/files", ["limit": limit], as: bench.owner)
                }
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a content stays as long as a file has it`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let first = try await bench.upload([1, 2, 3], fileName: "first.txt")
            let second = try await bench.upload([1, 2, 3], fileName: "second.txt", as: bench.stranger)
            #expect(first.hash == second.hash && first.id != second.id)
            #expect(bench.contents.count == 1)
            _ = try await bench.data(.delete, "/buckle/v1/files/{file_id}", ["file_id": "\(first.id)"], as: bench.owner)
            #expect(try bench.files.blobs.read(second.hash, limit: 10) == [1, 2, 3])
            try await bench.files.delete(second.id, owner: bench.stranger)
            #expect(bench.contents == [])
            #expect(try await bench.rows() == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `one may delete what another uploads again, at the same time and through another server`(
        _ kind: DatabaseKind
    ) async throws {
        try await FileBench.with(kind) { bench in
            // Another server has locks of its own.
            let other = FileStore(storage: bench.storage, blobs: BlobDirectory(path: bench.directory))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<3 {
                    let files = number % 2 == 0 ? bench.files : other
                    group.addTask {
                        for _ in 0..<100 {
                            let body = FileBench.body([FileBench.form([4, 5, 6])])
                            let made = try await files.upload(body, owner: bench.owner)
                            // Whatever the others delete, this one's content is there.
                            try await files.requireContent(of: made)
                            try await files.delete(made.id, owner: bench.owner)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(bench.contents == [])
            #expect(try await bench.rows() == 0)
        }
    }

    private final class Log: Sendable {
        let lines = Mutex<[String]>([])
    }

    @Test func `work on a content waits for other work on it, here and in another server`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let hash = String(repeating: "a", count: 64)
            let log = Log()
            let servers = [bench.files.blobs, BlobDirectory(path: bench.directory)]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        try await servers[number % 2].alone(with: hash) {
                            log.lines.withLock { $0.append("begins") }
                            try await Task.sleep(for: .milliseconds(10))
                            log.lines.withLock { $0.append("ends") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(log.lines.withLock { $0 } == Array(repeating: ["begins", "ends"], count: 6).flatMap { $0 })
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `another's file looks like none, and stays`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let made = try await bench.upload([1])
            let paths: [(HTTPVerb, String)] = [
                (.get, "/v1/files/retrieve"), (.get, "/buckle/v1/files/{file_id}/content"),
                (.delete, "/buckle/v1/files/{file_id}"),
            ]
            for (verb, path) in paths {
                var messages: [String] = []
                for id in [made.id, 99] {
                    let error = await #expect(throws: APIError.self, "\(path)") {
                        try await bench.data(verb, path, ["file_id": "\(id)"], as: bench.stranger)
                    }
                    #expect(error?.code.number == 4200)
                    var message = error?.message ?? ""
                    message.replace("\(id)", with: "ID")
                    messages.append(message)
                }
                #expect(messages[0] == messages[1])
            }
            try await bench.files.requireContent(of: made)
        }
    }

    @Test func `only pictures and media are shown in place, and no file as something it is not`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let cases: [(String, [UInt8], String, Bool)] = [
                ("a.png", FileBench.picture(), "image/png", true), ("a.html", Array("<b>".utf8), "text/html", false),
                ("a.mp3", [1], "audio/mpeg", true), ("a.mp4", [1], "video/mp4", true),
                ("a.pdf", Array("%PDF-".utf8), "application/octet-stream", false),
                ("a.tiff", Array("II*\0".utf8), "application/octet-stream", false),
                ("a.png", Array("<b>".utf8), "application/octet-stream", false),
                ("a.json", Array("{}".utf8), "application/json", false),
            ]
            for (name, content, type, isInline) in cases {
                let made = try await bench.upload(content, fileName: name)
                let reply = try await bench.send(
                    bench.resource, .get, "/buckle/v1/files/{file_id}/content", ["file_id": "\(made.id)"],
                    as: bench.owner)
                guard case .download(let download) = reply, case .file(let path, let count) = download.content else {
                    Issue.record("\(reply)")
                    continue
                }
                #expect(download.mediaType == type && download.isInline == isInline && download.fileName == name)
                #expect(path == bench.files.blobs.file(made.hash) && count == made.bytes)
            }
        }
    }

    @Test func `a content that somebody removed is a failure of the server's, not a short answer`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let made = try await bench.upload([1, 2, 3])
            for damage in [
                { truncate(bench.files.blobs.file(made.hash), 1) }, { unlink(bench.files.blobs.file(made.hash)) },
            ] {
                _ = damage()
                let error = await #expect(throws: APIError.self) {
                    try await bench.data(
                        .get, "/buckle/v1/files/{file_id}/content", ["file_id": "\(made.id)"], as: bench.owner)
                }
                #expect(error?.code == .internalError)
            }
            // Who uploads it again mends it.
            try await bench.upload([1, 2, 3])
            try await bench.files.requireContent(of: made)
        }
    }

    // MARK: Starts

    @Test func `a server that starts leaves alone what another is just receiving`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let form = FileBench.form([UInt8](repeating: 7, count: 5000))
            let pieces = [Array(form[..<2000]), Array(form[2000...])]
            let given = Mutex(0)
            let body = RequestBody(contentType: "multipart/form-data; boundary=frontier", length: nil) {
                let number = given.withLock { given in
                    given += 1
                    return given - 1
                }
                if number == 1 {
                    #expect(bench.contents.count == 1)
                    try BlobDirectory(path: bench.directory).prepare()
                    #expect(bench.contents.count == 1)
                }
                return number < pieces.count ? pieces[number] : nil
            }
            let made = try await bench.files.upload(body, owner: bench.owner)
            try await bench.files.requireContent(of: made)
        }
    }

    @Test func `a start removes what an upload left that was cut short`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let made = try await bench.upload([1])
            FileBench.write("half of a file", to: bench.directory + "/incoming/0123")
            #expect(bench.contents.count == 2)
            try bench.files.blobs.prepare()
            #expect(bench.contents.count == 1)
            try await bench.files.requireContent(of: made)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a sweep removes the contents that no file has, and no others`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            var made: [StoredFile] = []
            for number in 0..<20 { made.append(try await bench.upload([UInt8(number)])) }
            // Beside those that are used, and alone in a folder.
            for file in made.prefix(5) {
                FileBench.write(
                    "x", to: bench.files.blobs.file(file.hash.prefix(2) + String(repeating: "0", count: 62)))
                FileBench.write(
                    "x", to: bench.files.blobs.file(file.hash.prefix(2) + String(repeating: "f", count: 62)))
            }
            FileBench.write("x", to: bench.files.blobs.file(String(repeating: "5", count: 64)))
            #expect(try await bench.files.sweep())
            #expect(bench.contents.count == 20)
            for file in made { try await bench.files.requireContent(of: file) }
        }
    }

    @Test func `a sweep does not touch the contents of another database`() async throws {
        try await FileBench.with(.sqlite) { bench in
            try await bench.upload([1])
            #expect(try await bench.files.sweep())
            try await FileBench.with(.sqlite) { other in
                let mistaken = FileStore(storage: other.storage, blobs: BlobDirectory(path: bench.directory))
                let isSwept = try await mistaken.sweep()
                #expect(!isSwept)
            }
            #expect(bench.contents.count == 1)
            #expect(try await bench.files.sweep())
        }
    }
}
