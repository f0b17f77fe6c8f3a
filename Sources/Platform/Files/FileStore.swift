package import APIKit
package import Database

/// A row of the table of files.
package struct StoredFile: Sendable {
    package let id: ID
    package let ownerID: ID
    package let fileName: String
    /// What its content shows it to be, or else its name.
    package let mediaType: String
    package let bytes: Int64
    /// The SHA-256 of its content, under which that lies in the ``BlobDirectory``.
    package let hash: String
    /// Unix seconds.
    package let createdAt: Int64
}

/// The table of files, and the contents that its rows refer to. Only a file's owner sees it.
package struct FileStore: Sendable {
    let storage: Storage
    package let blobs: BlobDirectory
    /// The most bytes of a file.
    let sizeLimit: Int64

    package init(storage: Storage, blobs: BlobDirectory, sizeLimit: Int64 = 512 << 20) {
        self.storage = storage
        self.blobs = blobs
        self.sizeLimit = sizeLimit
    }

    /// The condition that a file is the account's, or that of the account whose session the owner is.
    package static func isOwn(_ owner: ID) -> SQL {
        "owner_id = (SELECT COALESCE(parent_id, id) FROM account WHERE id = \(owner))"
    }

    private static let columns = SQL.Fragment("id, owner_id, file_name, media_type, bytes, hash, created_at")

    private static func file(_ row: Row) -> StoredFile {
        StoredFile(
            id: row.id(0), ownerID: row.id(1), fileName: row.text(2), mediaType: row.text(3), bytes: row.int64(4),
            hash: row.text(5), createdAt: row.int64(6))
    }

    /// Those of the files that are this owner's, in the order asked for.
    package static func find(
        _ ids: [ID], owner: ID, in connection: any Connection
    ) throws -> [StoredFile] {
        var found: [StoredFile] = []
        let queries = ids.map { id -> SQL in
            "SELECT \(columns) FROM file WHERE id = \(id) AND owner_id = \(owner)"
        }
        try connection.pipeline(queries) { _, rows in found += try rows.map(file) }
        return found
    }

    /// - Throws: 4200 if there is no such file of this owner.
    package func find(_ id: ID, owner: ID) async throws -> StoredFile {
        let found = try await storage.database.read { try Self.find([id], owner: owner, in: $0).first }
        guard let found else { throw Self.unknown(id) }
        return found
    }

    /// A file, whoever's it is. For callers who show by a signature that its owner let them.
    ///
    /// - Throws: 4200 if there is no such file.
    func find(signed id: ID) async throws -> StoredFile {
        let found = try await storage.database.read { connection in
            try connection.first("SELECT \(Self.columns) FROM file WHERE id = \(id)", Self.file)
        }
        guard let found else { throw Self.unknown(id) }
        return found
    }

    /// An owner's files, newest first.
    ///
    /// - Parameter after: only those that stand after this one in the list.
    func list(owner: ID, after: ID?, limit: Int) async throws -> (files: [StoredFile], hasMore: Bool) {
        var found = try await storage.database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) FROM file WHERE owner_id = \(owner) AND id < \(after?.value ?? .max)
                ORDER BY id DESC LIMIT \(limit + 1)
                """, Self.file)
        }
        let hasMore = found.count > limit
        if hasMore { found.removeLast() }
        return (found, hasMore)
    }

    /// Checks that a file can be somebody's picture.
    ///
    /// - Throws: 4200 naming `field`, unless it is a picture of this owner's.
    func requirePicture(_ id: ID, owner: ID, _ field: String) async throws {
        let found = try await storage.database.read { try Self.find([id], owner: owner, in: $0).first }
        guard let found else { throw APIError(.notFound, "The file \(id) of \(field) does not exist") }
        guard MediaType.isPicture(found.mediaType) else {
            throw APIError(.notFound, "The file \(id) of \(field) is not a PNG, JPEG, GIF or WebP picture")
        }
    }

    /// Checks that the content of a file is there and whole, before an answer promises it.
    ///
    /// - Throws: 5000 if somebody else has removed or cut it.
    func requireContent(of file: StoredFile) async throws {
        let size = try await blobs.onDisk { try blobs.size(file.hash) }
        if size != file.bytes {
            struct IsMissing: Error { var path: String }
            throw APIError.internalFailure(IsMissing(path: blobs.file(file.hash)))
        }
    }

    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The file \(id) does not exist") }

    // MARK: Rows and their contents

    /// Makes a content durable, and then the row that refers to it.
    func add(_ blob: IncomingBlob, named name: FileName, owner: ID) async throws -> StoredFile {
        let hash = try blob.finish()
        let (id, now, bytes) = (storage.ids.next(), storage.clock.now(), blob.count)
        let type = MediaType.of(name, head: blob.head)
        return try await blobs.alone(with: hash) {
            do {
                try blobs.keep(blob, as: hash)
                return try await storage.database.write(
                    """
                    INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                    VALUES (\(id), \(owner), \(name.text), \(type), \(bytes), \(hash), \(now))
                    RETURNING \(Self.columns)
                    """, Self.file)[0]
            } catch {
                try? await removeUnused(hash)
                throw error
            }
        }
    }

    /// Deletes a file, and its content unless another file has the same.
    ///
    /// - Throws: 4200 if there is no such file of this owner.
    func delete(_ id: ID, owner: ID) async throws {
        let hash = try await find(id, owner: owner).hash
        try await blobs.onDisk {
            try await blobs.alone(with: hash) {
                let deleted = try await storage.database.write(
                    "DELETE FROM file WHERE id = \(id) AND owner_id = \(owner) RETURNING id"
                ) { $0.id(0) }
                if deleted.isEmpty { throw Self.unknown(id) }
                // The file is gone, whatever happens. A content that cannot be removed now is removed by a sweep.
                try? await removeUnused(hash)
            }
        }
    }

    /// Removes the contents that no row refers to, such as a crash may leave. Meant to run once at each start.
    ///
    /// - Returns: false if the directory holds the contents of another database, of which nothing is removed.
    package func sweep() async throws -> Bool {
        let database = try await ServerSecretStore(storage: storage).fingerprint()
        return try await blobs.onDisk {
            guard try blobs.belongs(to: database) else { return false }
            for folder in 0...255 {
                let hashes = try blobs.hashes(in: folder)
                guard let first = hashes.min(), let last = hashes.max() else { continue }
                let used = try await storage.database.read { connection in
                    try connection.query("SELECT hash FROM file WHERE hash >= \(first) AND hash <= \(last)") {
                        $0.text(0)
                    }
                }
                for hash in Set(hashes).subtracting(used) {
                    try await blobs.alone(with: hash) { try await removeUnused(hash) }
                }
            }
            return true
        }
    }

    /// Removes those of the contents that no row refers to any more. One that cannot be removed now is removed by a
    /// sweep.
    @Sendable package func removeUnused(_ hashes: [String]) async {
        await blobs.onDisk {
            for hash in hashes { try? await blobs.alone(with: hash) { try await removeUnused(hash) } }
        }
    }

    /// Removes a content unless a row refers to it. Called while nobody else works on it.
    private func removeUnused(_ hash: String) async throws {
        let isUsed = try await storage.database.read { connection in
            try connection.first("SELECT 1 FROM file WHERE hash = \(hash) LIMIT 1") { _ in true } ?? false
        }
        if !isUsed { try blobs.remove(hash) }
    }
}
