import Database
import Glibc

/// The directory of contents, each of which lies under its SHA-256: the first two digits name a folder, the others a
/// file in it. Servers that share a database share it too.
package struct BlobDirectory: Sendable {
    private let path: String
    private let locks = ContentLocks()
    private let executor = DiskExecutor()

    private var incoming: String { path + "/incoming" }

    /// - Parameter path: of the directory, which ``prepare()`` makes.
    package init(path: String) { self.path = path }

    /// Makes the directories, and removes what uploads left that a crash cut short. Called before the first upload.
    ///
    /// - Throws: an error whose description tells operators what is wrong.
    package func prepare() throws {
        for folder in [path, incoming] + (0...255).map({ folder($0) }) {
            if mkdir(folder, 0o700) != 0, errno != EEXIST { throw DiskError("mkdir", folder) }
        }
        try Self.sync(path)
        try Self.sync(path + "/..")
        for name in try Self.names(in: incoming) { try IncomingBlob.removeLeftover(incoming + "/" + name) }
    }

    /// Where a content lies.
    package func file(_ hash: String) -> String { path + "/" + hash.prefix(2) + "/" + hash.dropFirst(2) }

    /// Runs work that waits for the disk away from the threads that serve connections.
    package func onDisk<T>(_ work: () async throws -> T) async rethrows -> T {
        try await withTaskExecutorPreference(executor, operation: work)
    }

    /// Runs work on a content while nobody else, here or in another server, keeps or removes the same.
    func alone<T>(with hash: String, _ work: () async throws -> T) async throws -> T {
        try await locks.alone(with: hash) {
            let place = path + "/lock"
            let file = open(place, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            if file < 0 { throw DiskError("open", place) }
            defer { close(file) }
            let byte = Int64(hash.prefix(15), radix: 16) ?? 0
            while try !FileLock.take(byte, of: file, at: place) { try await Task.sleep(for: .milliseconds(5)) }
            return try await work()
        }
    }

    /// Begins to receive a content.
    func receive() throws -> IncomingBlob { try IncomingBlob(in: incoming) }

    /// Puts a finished content into its place, for good. If it is there already, it is replaced by itself.
    func keep(_ blob: IncomingBlob, as hash: String) throws {
        try blob.move(to: file(hash))
        try Self.sync(path + "/" + hash.prefix(2))
    }

    /// The bytes of a content, or nil if it is not there.
    func size(_ hash: String) throws -> Int64? {
        if let found = FileStatus(at: file(hash)) { return found.bytes }
        if errno == ENOENT { return nil }
        throw DiskError("stat", file(hash))
    }

    func remove(_ hash: String) throws {
        if unlink(file(hash)) != 0, errno != ENOENT { throw DiskError("unlink", file(hash)) }
    }

    /// Reads a whole content into memory. It blocks, so it is not for the threads that serve connections.
    ///
    /// - Throws: if there is no such content, or it has more than `limit` bytes.
    package func read(_ hash: String, limit: Int) throws -> [UInt8] {
        let place = file(hash)
        let source = open(place, O_RDONLY | O_CLOEXEC)
        if source < 0 { throw DiskError("open", place) }
        defer { close(source) }
        guard let found = FileStatus(of: source) else { throw DiskError("fstat", place) }
        guard found.bytes <= limit else {
            errno = EFBIG
            throw DiskError("read", place)
        }
        return try [UInt8](unsafeUninitializedCapacity: Int(found.bytes)) { buffer, count in
            while count < buffer.count {
                let got = Glibc.read(source, buffer.baseAddress! + count, buffer.count - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { throw DiskError("read", place) }
                if got == 0 { break }
                count += got
            }
        }
    }

    // MARK: Sweeping

    /// The hashes of the contents in one of the 256 folders.
    func hashes(in number: Int) throws -> [String] {
        let prefix = Hexadecimal.text([UInt8(number)])
        let digits = Set("0123456789abcdef".utf8)
        return try Self.names(in: folder(number)).filter { name in
            name.utf8.count == 62 && name.utf8.allSatisfy(digits.contains)
        }.map { prefix + $0 }
    }

    /// Whether the contents are those of this database. The first to ask is remembered as their owner.
    ///
    /// - Parameter database: what tells this database from others.
    func belongs(to database: String) throws -> Bool {
        let place = path + "/database"
        let file = open(place, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        if file < 0 { throw DiskError("open", place) }
        defer { close(file) }
        var text = Array(database.utf8)
        var found = [UInt8](repeating: 0, count: text.count + 1)
        let count = Glibc.read(file, &found, found.count)
        if count < 0 { throw DiskError("read", place) }
        if count > 0 { return found.prefix(count).elementsEqual(text) }
        if Glibc.write(file, &text, text.count) != text.count { throw DiskError("write", place) }
        return true
    }

    /// Forgets who the owner is if it is this database, as that is about to be replaced by another.
    func release(from database: String) throws {
        let place = path + "/database"
        guard access(place, F_OK) == 0, try belongs(to: database) else { return }
        if unlink(place) != 0 { throw DiskError("unlink", place) }
        try Self.sync(path)
    }

    private func folder(_ number: Int) -> String { path + "/" + Hexadecimal.text([UInt8(number)]) }

    /// Makes the names in a directory durable.
    private static func sync(_ directory: String) throws {
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if file < 0 { throw DiskError("open", directory) }
        defer { close(file) }
        if fsync(file) != 0 { throw DiskError("fsync", directory) }
    }

    private static func names(in directory: String) throws -> [String] {
        guard let stream = opendir(directory) else { throw DiskError("opendir", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
