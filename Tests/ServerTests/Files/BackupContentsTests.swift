import APIKit
import Crypto
import Database
import Glibc
import TestSupport
import Testing

@testable import Platform

/// The contents of files on their way into a backup and out of it. Backups are of SQLite databases alone.
@Suite struct BackupContentsTests {
    private static let pieceSize = 1000
    /// One byte, and around one and several pieces.
    private static let contents = [1, 999, 1000, 1001, 5000, 50_001].map { count in
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
    }

    private static func with(_ body: (FileBench, DatabaseFile, String) async throws -> Void) async throws {
        try await FileBench.with(.sqlite) { bench in
            guard case .file(let path) = bench.storage.database.location else { return }
            try await withScratchDirectory { try await body(bench, DatabaseFile(path), $0) }
        }
    }

    private static func contents(of directory: String) -> BackupContents {
        BackupContents(blobs: BlobDirectory(path: directory), pieceSize: pieceSize)
    }

    /// Backs up as the command does.
    private static func backUp(_ bench: FileBench, _ source: DatabaseFile, to copy: String) throws -> DatabaseFile {
        let contents = contents(of: bench.directory)
        try source.read { live in
            try source.copy(to: copy) { try contents.pack(into: $0, of: live) }
        }
        return DatabaseFile(copy)
    }

    /// Restores as the command does.
    private static func restore(_ backup: DatabaseFile, into directory: String) throws {
        mkdir(directory, 0o700)
        let database = directory + "/buckle.db"
        try backup.check(schema: Storage.migrations.count)
        try backup.read { try BackupContents.check($0) }
        try backup.replace(database, without: BackupContents.table) {
            try backup.read {
                try contents(of: directory + "/blobs").unpack($0, replacing: DatabaseFile(database))
            }
        }
    }

    private static func files(_ database: DatabaseFile) throws -> [String: Int] {
        let hashes = try database.read { try $0.query("SELECT hash FROM file") { $0.text(0) } }
        return Dictionary(hashes.map { ($0, 1) }, uniquingKeysWith: +)
    }

    private static func hasContents(_ database: DatabaseFile) throws -> Bool {
        try database.read { try DatabaseFile.hasTable("backup_content", in: $0) }
    }

    private static func blobs(_ directory: String) -> Set<String> {
        Set(FileBench.names(directory).filter { $0.utf8.count == 65 }.map { $0.filter { $0 != "/" } })
    }

    @Test func `what goes into a backup comes out of it`() async throws {
        try await Self.with { bench, source, scratch in
            var hashes: [String] = []
            for content in Self.contents { hashes.append(try await bench.upload(content).hash) }
            try await bench.upload(Self.contents[3], as: bench.stranger)
            let backup = try Self.backUp(bench, source, to: scratch + "/backup")
            let pieces = try backup.read { connection in
                try connection.query("SELECT LENGTH(piece) FROM backup_content ORDER BY hash, number") { $0.int(0) }
            }
            #expect(pieces.max() == Self.pieceSize && pieces.reduce(0, +) == Self.contents.map(\.count).reduce(0, +))

            let data = scratch + "/data"
            try Self.restore(backup, into: data)
            let kept = BlobDirectory(path: data + "/blobs")
            for (hash, content) in zip(hashes, Self.contents) { #expect(try kept.read(hash, limit: 60_000) == content) }
            #expect(Self.blobs(data + "/blobs") == Set(hashes))
            var expected = Dictionary(uniqueKeysWithValues: hashes.map { ($0, 1) })
            expected[hashes[3]] = 2
            #expect(try Self.files(DatabaseFile(data + "/buckle.db")) == expected)
            #expect(try !Self.hasContents(DatabaseFile(data + "/buckle.db")))
        }
    }

    @Test func `a file that is deleted while the backup is made is not in it, and nothing else is missing`()
        async throws
    {
        try await Self.with { bench, source, scratch in
            let kept = try await bench.upload([1], fileName: "kept")
            let deleted = try await bench.upload([2])
            let twin = try await bench.upload([2], as: bench.stranger)
            let half = try await bench.upload([3])
            let other = try await bench.upload([3], as: bench.stranger)
            let conversation = try await ConversationStore(
                storage: bench.storage, messages: MessageStore(storage: bench.storage)
            ).create(owner: bench.owner, bot: nil, name: nil, connector: "1024", metaData: [:], messages: []).id
            for file in [kept, deleted] {
                let content = #"[{"type":"file","file_id":"\#(file.id)"}]"#
                _ = try await bench.send(
                    Messages(messages: MessageStore(storage: bench.storage)), .post, "/v1/conversation/message/create",
                    ["conversation_id": "\(conversation)"],
                    body: ["role": "user", "content": .string(content), "content_type": "object_string"],
                    as: bench.owner)
            }
            // The copy of the database is older than this.
            let copy = scratch + "/copy"
            try source.copy(to: copy)
            for file in [deleted, twin, half] { try await bench.files.delete(file.id, owner: file.ownerID) }
            let again = try await bench.upload([2, 2])

            let contents = Self.contents(of: bench.directory)
            try source.read { live in
                try DatabaseFile(copy).copy(to: scratch + "/backup") { try contents.pack(into: $0, of: live) }
            }
            let backup = DatabaseFile(scratch + "/backup")
            try backup.read { connection in
                try BackupContents.check(connection)
                // A content that another file keeps is there for both, as when the copy was taken.
                let files = try connection.query("SELECT id FROM file ORDER BY id") { $0.id(0) }
                #expect(files == [kept.id, half.id, other.id].sorted { $0.value < $1.value })
                #expect(!files.contains(again.id))
                #expect(try connection.query("SELECT file_id FROM message_file") { $0.id(0) } == [kept.id])
                let messages = try connection.first("SELECT COUNT(*) FROM message") { $0.int(0) }
                #expect(messages == 2)
            }
        }
    }

    @Test(arguments: ["missing", "damaged"])
    func `a content that the server has lost is an error that names the file`(_ what: String) async throws {
        try await Self.with { bench, source, scratch in
            try await bench.upload([1])
            let lost = try await bench.upload([2, 3], fileName: "the lost.txt")
            let place = bench.files.blobs.file(lost.hash)
            if what == "missing" { unlink(place) } else { FileBench.write("xy", to: place) }
            let error = #expect(throws: BackupContents.Fault.self) {
                _ = try Self.backUp(bench, source, to: scratch + "/backup")
            }
            #expect(error?.description == "the content of the file \(lost.id) (the lost.txt) is \(what): \(place)")
            #expect(FileBench.names(scratch) == [])
        }
    }

    @Test(arguments: [
        "UPDATE backup_content SET piece = zeroblob(LENGTH(piece)) WHERE number = 1",
        "DELETE FROM backup_content WHERE number = 2", "DELETE FROM backup_content",
        "UPDATE backup_content SET number = -1 WHERE number = 2", "UPDATE file SET hash = '../../../../../../tmp/x'",
    ])
    func `a backup with a damaged content is refused and leaves everything as it is`(_ damage: String) async throws {
        try await Self.with { bench, source, scratch in
            let file = try await bench.upload(Self.contents[4])
            let backup = try Self.backUp(bench, source, to: scratch + "/backup")
            let changing = try Database.connector(.file(scratch + "/backup"))(.readWrite)
            #expect(try changing.execute(SQL(text: damage, values: [])) > 0)
            #expect(throws: BackupContents.Fault.self) { try backup.read { try BackupContents.check($0) } }
            // Nor does what was sound when it was checked go in unseen.
            let data = scratch + "/data"
            mkdir(data, 0o700)
            let error = #expect(throws: BackupContents.Fault.self) {
                try backup.replace(data + "/buckle.db", without: BackupContents.table) {
                    try backup.read {
                        try Self.contents(of: data + "/blobs").unpack($0, replacing: DatabaseFile(data + "/buckle.db"))
                    }
                }
            }
            #expect(error?.description.contains("\(file.id) (a.txt)") == true)
            #expect(FileBench.names(data) == [])
        }
    }

    @Test func `backups without contents restore, and databases without files are backed up`() async throws {
        try await Self.with { bench, source, scratch in
            let none = try Self.backUp(bench, source, to: scratch + "/none")
            #expect(try !Self.hasContents(none))
            let file = try await bench.upload([1])
            try source.copy(to: scratch + "/old")
            try Self.restore(DatabaseFile(scratch + "/old"), into: scratch + "/data")
            #expect(try Self.files(DatabaseFile(scratch + "/data/buckle.db")) == [file.hash: 1])
            #expect(Self.blobs(scratch + "/data/blobs") == [])

            let first = try Database(.file(scratch + "/first.db"), migrations: [.foundation])
            first.close()
            let backup = try Self.backUp(bench, DatabaseFile(scratch + "/first.db"), to: scratch + "/first")
            try Self.restore(backup, into: scratch + "/data")
            let version = try DatabaseFile(scratch + "/data/buckle.db").read { connection in
                try connection.first("SELECT MAX(number) FROM schema_migration") { $0.int(0) }
            }
            #expect(version == 1)
        }
    }

    @Test func `the directory goes from the replaced database to the new one, but never from a third`() async throws {
        try await Self.with { bench, source, scratch in
            let file = try await bench.upload([1])
            #expect(try await bench.files.sweep())
            let backup = try Self.backUp(bench, source, to: scratch + "/backup")

            let data = scratch + "/data"
            mkdir(data, 0o700)
            let blobs = BlobDirectory(path: data + "/blobs")
            try blobs.prepare()
            /// Opens the directory's database as a server does, and removes what it does not need.
            func sweep(_ name: String = "buckle.db", uploading content: [UInt8]? = nil) async throws -> Bool {
                let storage = try await Storage.open(.file(data + "/" + name))
                defer { storage.database.close() }
                let files = FileStore(storage: storage, blobs: blobs, sizeLimit: 100)
                if let content {
                    let owner = try await storage.database.write {
                        try UserStore(storage: storage).add(userName: "x", nickName: "x", in: $0)
                    }
                    _ = try await files.upload(FileBench.body([FileBench.form(content)]), owner: owner)
                }
                return try await files.sweep()
            }
            #expect(try await sweep(uploading: [2]))
            let theirs = Self.blobs(data + "/blobs")
            #expect(theirs.count == 1 && !theirs.contains(file.hash))
            try Self.restore(backup, into: data)
            #expect(Self.blobs(data + "/blobs") == theirs.union([file.hash]))
            #expect(try await sweep())
            #expect(Self.blobs(data + "/blobs") == [file.hash])

            // The contents are now those of the backup's database. Who replaces another one leaves them alone.
            #expect(try await !sweep("another.db", uploading: [3]))
            let both = Self.blobs(data + "/blobs")
            try unpack(data, of: backup, replacing: data + "/another.db")
            #expect(try await !sweep("another.db"))
            #expect(Self.blobs(data + "/blobs") == both && both.count == 2)
        }
    }

    private func unpack(_ data: String, of backup: DatabaseFile, replacing database: String) throws {
        try backup.read { try Self.contents(of: data + "/blobs").unpack($0, replacing: DatabaseFile(database)) }
    }
}
