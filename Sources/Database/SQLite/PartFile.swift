import Glibc

/// A file that is being made under a passing name. It gets its own name only when it is whole and on disk.
final class PartFile {
    let path: String
    private var file: Int32 = -1
    /// Whether nobody else has the file.
    private var isOwn = false

    /// Begins with an empty file, in place of what a crash left under the passing name.
    ///
    /// - Throws: ``DatabaseError`` if the file cannot be made, or somebody else is making it.
    init(_ path: String) throws(DatabaseError) {
        self.path = path
        repeat {
            if file >= 0 { close(file) }
            file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw Self.failure("cannot make \(path)") }
            guard try take() else { throw DatabaseError(.other, "\(path) is being written by another process") }
            // Who had it until now may just have given it its own name.
        } while !isInPlace
        isOwn = true
        guard ftruncate(file, 0) == 0 else { throw Self.failure("cannot write \(path)") }
    }

    deinit { discard() }

    /// Makes what was written durable, and gives the file its own name in place of what had that.
    ///
    /// - Parameter beforehand: what must be done before the name is given.
    func publish(as name: String, _ beforehand: () throws -> Void = {}) throws {
        guard fsync(file) == 0 else { throw Self.failure("cannot write \(path)") }
        try beforehand()
        guard rename(path, name) == 0 else { throw Self.failure("cannot make \(name)") }
        let end = name.lastIndex(of: "/")
        let directory = end.map { $0 == name.startIndex ? "/" : String(name[..<$0]) } ?? "."
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else { throw Self.failure("cannot write \(directory)") }
    }

    /// Removes the file, unless it has its own name already.
    func discard() {
        guard file >= 0 else { return }
        if isOwn, isInPlace { unlink(path) }
        close(file)
        file = -1
    }

    /// Locks the file's first byte until it is closed; false if somebody else has it. SQLite locks other bytes, and in
    /// another way, so neither disturbs the other.
    private func take() throws(DatabaseError) -> Bool {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_len = 1
        // `F_OFD_SETLK` of Linux, which the headers show only to GNU programs.
        if fcntl(file, 37, &range) == 0 { return true }
        if errno == EAGAIN || errno == EACCES { return false }
        throw Self.failure("cannot lock \(path)")
    }

    /// Whether the passing name still means this file.
    private var isInPlace: Bool {
        guard let opened = FileStatus(of: file), let named = FileStatus(at: path) else { return false }
        return opened.isSame(as: named)
    }

    /// Takes the reason from `errno`, so it is made right after the call.
    private static func failure(_ what: String) -> DatabaseError {
        let reason = errno
        return DatabaseError(reason == ENOSPC ? .full : .other, "\(what): \(String(cString: strerror(reason)))")
    }
}
