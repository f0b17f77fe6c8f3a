import APIKit
import Database
import Glibc
import Logging
import NIOPosix
import TestSupport

@testable import Platform
@testable import Server

/// The files of a fresh database in a fresh directory, and their endpoints called without HTTP.
struct FileBench {
    let storage: Storage
    let files: FileStore
    let links: LinkSigner
    /// The directory of the contents.
    let directory: String
    /// The owner, and another user who shares nothing with the owner.
    let owner: ID
    let stranger: ID

    static let sizeLimit: Int64 = 100_000
    static let boundary = "frontier"

    static func with(_ kind: DatabaseKind, _ body: (FileBench) async throws -> Void) async throws {
        try await withScratchDatabase(kind) { location in
            let directory = "/tmp/buckle_test_files_\(UInt64.random(in: .min ... .max))"
            mkdir(directory, 0o700)
            defer { remove(directory) }
            let storage = try await Storage.open(location)
            defer { storage.database.close() }
            let blobs = BlobDirectory(path: directory + "/blobs")
            try blobs.prepare()
            let users = try await storage.database.write { connection in
                try ["owner", "stranger"].map {
                    try UserStore(storage: storage).add(userName: $0, nickName: $0, in: connection)
                }
            }
            let secret = try await ServerSecretStore(storage: storage).secret("links")
            try await body(
                FileBench(
                    storage: storage, files: FileStore(storage: storage, blobs: blobs, sizeLimit: sizeLimit),
                    links: LinkSigner(secret: secret, publicURL: PublicURL("https://bots.example.com/")),
                    directory: directory + "/blobs", owner: users[0], stranger: users[1]))
        }
    }

    /// The names of all files below the directory of contents, but for the lock and the note on whose it is.
    var contents: [String] { Self.names(directory).filter { !["database", "lock"].contains($0) }.sorted() }

    /// How many rows the table of files has.
    func rows() async throws -> Int {
        try await storage.database.read { try $0.first("SELECT COUNT(*) FROM file") { $0.int(0) } ?? 0 }
    }

    // MARK: Calling

    /// Calls the endpoint with this path and verb.
    func send(
        _ resource: any Resource, _ verb: HTTPVerb, _ path: String, _ fields: [String: String] = [:],
        body: JSON? = nil, as user: ID
    ) async throws -> EndpointReply {
        let endpoint = resource.endpoints.first { $0.operation.verb == verb && $0.operation.path == path }!
        guard case .input(let handler) = endpoint.handler else { fatalError("\(path) takes an upload") }
        let inPath = fields.filter { endpoint.operation.pathFields.contains($0.key) }
        let inQuery = fields.filter { inPath[$0.key] == nil }
        return try await handler(
            InputSource(path: inPath.map { ($0, $1) }, query: inQuery.map { ($0, $1) }, body: body), Call.testing(user))
    }

    var resource: Files { Files(files: files, links: links) }

    /// What an endpoint of files answers under `data`.
    func data(
        _ verb: HTTPVerb, _ path: String, _ fields: [String: String] = [:], as user: ID
    ) async throws -> JSON {
        try Self.json(try await send(resource, verb, path, fields, as: user))["data"] ?? .null
    }

    static func json(_ reply: EndpointReply) throws -> JSON {
        guard case .json(let writer) = reply else { fatalError("the reply is no JSON") }
        return try JSON(parsing: writer.bytes)
    }

    // MARK: Uploading

    /// A body of one part.
    static func form(_ content: [UInt8], name: String = "file", fileName: String? = "a.txt") -> [UInt8] {
        let file = fileName.map { "; filename=\"\($0)\"" } ?? ""
        let head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\r\n\r\n"
        return Array(head.utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    /// A body that comes in pieces.
    ///
    /// - Parameter failure: what happens after the last piece.
    static func body(
        _ pieces: [[UInt8]], contentType: String? = "multipart/form-data; boundary=\(boundary)", length: Int? = nil,
        failure: (any Error & Sendable)? = nil
    ) -> RequestBody {
        let (stream, source) = AsyncStream.makeStream(of: [UInt8].self)
        for piece in pieces { source.yield(piece) }
        source.finish()
        let box = StreamBox(stream.makeAsyncIterator())
        return RequestBody(contentType: contentType, length: length) {
            if let piece = await box.next() { return piece }
            if let failure { throw failure }
            return nil
        }
    }

    /// One task reads it, as the contract of a body is.
    private final class StreamBox: @unchecked Sendable {
        private var iterator: AsyncStream<[UInt8]>.Iterator
        init(_ iterator: AsyncStream<[UInt8]>.Iterator) { self.iterator = iterator }
        func next() async -> [UInt8]? { await iterator.next() }
    }

    @discardableResult
    func upload(_ content: [UInt8], fileName: String? = "a.txt", as user: ID? = nil) async throws -> StoredFile {
        try await files.upload(Self.body([Self.form(content, fileName: fileName)]), owner: user ?? owner)
    }

    /// A PNG picture's beginning, with something after it.
    static func picture(_ rest: String = "") -> [UInt8] {
        [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + Array(rest.utf8)
    }

    // MARK: Directories

    /// The paths of all files below a directory.
    static func names(_ directory: String) -> [String] {
        entries(directory).flatMap { name, isDirectory in
            isDirectory ? names(directory + "/" + name).map { name + "/" + $0 } : [name]
        }
    }

    /// Removes a directory with all that is in it.
    static func remove(_ directory: String) {
        for (name, isDirectory) in entries(directory) {
            if isDirectory { remove(directory + "/" + name) } else { unlink(directory + "/" + name) }
        }
        rmdir(directory)
    }

    private static func entries(_ directory: String) -> [(name: String, isDirectory: Bool)] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var entries: [(String, Bool)] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { entries.append((name, entry.pointee.d_type == UInt8(DT_DIR))) }
        }
        return entries
    }

    static func write(_ text: String, to path: String) {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        defer { close(file) }
        _ = Glibc.write(file, text, text.utf8.count)
    }
}
