import Crypto
package import Database
import Glibc

/// The contents of files in a copy of the database, in a table that only copies have. So a backup is one file.
package struct BackupContents {
    /// The table, of pieces of contents.
    package static let table: StaticString = "backup_content"
    private static let schema = """
        CREATE TABLE backup_content (
            id INTEGER PRIMARY KEY,
            hash TEXT NOT NULL,
            number INTEGER NOT NULL,
            piece BLOB NOT NULL,
            UNIQUE (hash, number)
        );
        """

    private let blobs: BlobDirectory
    /// How many bytes a piece has, but for a content's last.
    private let pieceSize: Int

    package init(blobs: BlobDirectory, pieceSize: Int = 1 << 20) {
        self.blobs = blobs
        self.pieceSize = pieceSize
    }

    /// What is wrong with a content, for operators.
    struct Fault: Error, CustomStringConvertible { let description: String }

    // MARK: Backing up

    /// Puts the contents of the files that a copy lists into it. Files that were deleted meanwhile leave its list.
    ///
    /// - Parameters:
    ///   - copy: nobody else may have it open.
    ///   - live: the database that was copied; it may be in use.
    /// - Throws: ``Fault`` naming a file whose content is missing or damaged, ``DiskError`` or ``DatabaseError``.
    package func pack(into copy: any Connection, of live: any Connection) throws {
        try copy.script("DROP TABLE IF EXISTS \(Self.table)")
        // Databases of the first version list no files.
        guard try DatabaseFile.hasTable("file", in: copy) else { return }
        var isBegun = false
        try Self.forEachHash(in: copy) { hash in
            if !isBegun { try copy.script(Self.schema) }
            isBegun = true
            if try !pack(hash, into: copy) { try forget(hash, in: copy, deletedIn: live) }
        }
    }

    /// - Returns: false if there is no such content.
    private func pack(_ hash: String, into copy: any Connection) throws -> Bool {
        let place = blobs.file(hash)
        let source = open(place, O_RDONLY | O_CLOEXEC)
        if source < 0, errno == ENOENT { return false }
        if source < 0 { throw DiskError("open", place) }
        defer { close(source) }
        var (hasher, number) = (SHA256(), 0)
        while let piece = try nextPiece(source, place) {
            Self.update(&hasher, piece)
            try copy.execute(
                "INSERT INTO backup_content (hash, number, piece) VALUES (\(hash), \(number), \(piece))")
            number += 1
        }
        guard Hexadecimal.text(hasher.finalize()) == hash else {
            throw try Self.fault(hash, in: copy, "is damaged: \(place)")
        }
        return true
    }

    /// Reads until a piece is full or the file ends; nil if it has ended.
    private func nextPiece(_ source: Int32, _ place: String) throws -> [UInt8]? {
        let piece = try [UInt8](unsafeUninitializedCapacity: pieceSize) { buffer, count in
            while count < pieceSize {
                let got = Glibc.read(source, buffer.baseAddress! + count, pieceSize - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { throw DiskError("read", place) }
                if got == 0 { break }
                count += got
            }
        }
        return piece.isEmpty ? nil : piece
    }

    /// Deletes the files of a content that is gone, as the server has done since the copy was taken.
    private func forget(_ hash: String, in copy: any Connection, deletedIn live: any Connection) throws {
        let files = try copy.query("SELECT id FROM file WHERE hash = \(hash)") { $0.int64(0) }
        for id in files where try live.first("SELECT 1 FROM file WHERE id = \(id)", { _ in true }) != nil {
            throw try Self.fault(hash, in: copy, "is missing: \(blobs.file(hash))")
        }
        try copy.execute("DELETE FROM file WHERE hash = \(hash)")
    }

    // MARK: Restoring

    /// Checks that a backup has the content of every file it lists, byte for byte. Backups of the first version have
    /// none, and are not refused for that.
    ///
    /// - Throws: ``Fault`` naming a file whose content is missing or damaged.
    package static func check(_ backup: any Connection) throws {
        guard try DatabaseFile.hasTable("\(table)", in: backup) else { return }
        try forEachHash(in: backup) { hash in
            var hasher = SHA256()
            try forEachPiece(of: hash, in: backup) { update(&hasher, $0) }
            guard Hexadecimal.text(hasher.finalize()) == hash else { throw try damage(hash, in: backup) }
        }
    }

    /// Puts the contents of a backup into the directory, before its database takes the place of another. What is there
    /// already stays, for the next start to sweep.
    ///
    /// - Parameter replaced: the database that will be replaced, if there is one.
    package func unpack(_ backup: any Connection, replacing replaced: DatabaseFile) throws {
        // One that cannot be read may be anybody's.
        if let owner = try? replaced.read({ try ServerSecretStore.fingerprint(in: $0) }) {
            try blobs.release(from: owner)
        }
        guard try DatabaseFile.hasTable("\(Self.table)", in: backup) else { return }
        try blobs.prepare()
        try Self.forEachHash(in: backup) { hash in
            let blob = try blobs.receive()
            defer { blob.discard() }
            try Self.forEachPiece(of: hash, in: backup) { try blob.write($0) }
            guard try blob.finish() == hash else { throw try Self.damage(hash, in: backup) }
            try blobs.keep(blob, as: hash)
        }
    }

    // MARK: Reading copies

    /// Calls `body` with the hash of each content that the files of a copy have.
    private static func forEachHash(in copy: any Connection, _ body: (String) throws -> Void) throws {
        var last = ""
        while true {
            // A page at a time: there may be more than fit in memory.
            let hashes = try copy.query(
                "SELECT DISTINCT hash FROM file WHERE hash > \(last) ORDER BY hash LIMIT 1000"
            ) { $0.text(0) }
            try hashes.forEach(body)
            guard let end = hashes.last else { return }
            last = end
        }
    }

    private static func forEachPiece(
        of hash: String, in copy: any Connection, _ body: ([UInt8]) throws -> Void
    ) throws {
        _ = try copy.query("SELECT piece FROM backup_content WHERE hash = \(hash) ORDER BY number") {
            try body($0.blob(0))
        }
    }

    private static func update(_ hasher: inout SHA256, _ piece: [UInt8]) {
        piece.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    private static func damage(_ hash: String, in backup: any Connection) throws -> Fault {
        try fault(hash, in: backup, "is missing from the backup or damaged in it")
    }

    private static func fault(_ hash: String, in copy: any Connection, _ what: String) throws -> Fault {
        let file = try copy.first("SELECT id, file_name FROM file WHERE hash = \(hash) ORDER BY id LIMIT 1") {
            "\($0.id(0)) (\($0.text(1)))"
        }
        return Fault(description: "the content of the file \(file ?? hash) \(what)")
    }
}
