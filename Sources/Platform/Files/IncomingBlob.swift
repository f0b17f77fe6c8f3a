import Crypto
import Database
import Glibc

/// A content that is being received into a file of its own, and hashed on the way.
final class IncomingBlob {
    /// How much of the beginning is kept for telling what it is.
    static let headSize = 512

    /// Where it lies until it is kept.
    private(set) var path: String
    private(set) var count: Int64 = 0
    /// The first bytes.
    private(set) var head: [UInt8] = []
    private var hasher = SHA256()
    private var file: Int32
    private var isKept = false

    /// - Throws: ``DiskError``.
    init(in directory: String) throws(DiskError) {
        repeat {
            path = directory + "/" + Hexadecimal.text(SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) })
            file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
            if file < 0 { throw DiskError("open", path) }
        } while try !Self.isOwn(file, path)
    }

    /// Locks a new file, so that nobody takes it for what a crash left; false, and the file closed, if it was taken
    /// for that already.
    private static func isOwn(_ file: Int32, _ path: String) throws(DiskError) -> Bool {
        if try FileLock.take(0, of: file, at: path), let found = FileStatus(of: file), found.links > 0 { return true }
        close(file)
        return false
    }

    /// Removes a file that was not received to its end, unless somebody is still receiving it.
    static func removeLeftover(_ path: String) throws(DiskError) {
        let file = open(path, O_RDWR | O_CLOEXEC)
        if file < 0, errno == ENOENT { return }
        if file < 0 { throw DiskError("open", path) }
        defer { close(file) }
        if try FileLock.take(0, of: file, at: path), unlink(path) != 0, errno != ENOENT {
            throw DiskError("unlink", path)
        }
    }

    deinit { discard() }

    /// - Throws: ``DiskError``.
    func write(_ bytes: [UInt8]) throws(DiskError) {
        if head.count < Self.headSize { head += bytes.prefix(Self.headSize - head.count) }
        let isWritten = bytes.withUnsafeBytes { bytes in
            hasher.update(bufferPointer: bytes)
            var rest = bytes
            while !rest.isEmpty {
                let written = Glibc.write(file, rest.baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                if written < 0 { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            return true
        }
        guard isWritten else { throw DiskError("write", path) }
        count += Int64(bytes.count)
    }

    /// Makes what was written durable.
    ///
    /// - Returns: the SHA-256 in hexadecimal digits.
    func finish() throws(DiskError) -> String {
        if fsync(file) != 0 { throw DiskError("fsync", path) }
        return Hexadecimal.text(hasher.finalize())
    }

    /// Moves the file to where it stays.
    func move(to place: String) throws(DiskError) {
        if rename(path, place) != 0 { throw DiskError("rename", place) }
        isKept = true
    }

    /// Removes the file, unless it was moved.
    func discard() {
        if file >= 0 { close(file) }
        file = -1
        if !isKept { unlink(path) }
        isKept = true
    }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
