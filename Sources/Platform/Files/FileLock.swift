import Glibc

/// Locks between all who have a file open, in this process or another. They end when the file is closed.
enum FileLock {
    /// `F_OFD_SETLK` of Linux, which the headers show only to GNU programs.
    private static let setLock: Int32 = 37

    /// Takes a byte of a file, which need not be there, for this opening of it.
    ///
    /// - Returns: false if another has it.
    static func take(_ byte: Int64, of file: Int32, at path: String) throws(DiskError) -> Bool {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = off_t(byte)
        range.l_len = 1
        if fcntl(file, setLock, &range) == 0 { return true }
        if errno == EAGAIN || errno == EACCES { return false }
        throw DiskError("fcntl", path)
    }
}
