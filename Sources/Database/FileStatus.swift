import Glibc

/// What the system tells of a file.
package struct FileStatus: Sendable {
    package let bytes: Int64
    /// Under how many names it is to be found; 0 once it is removed, though it may still be open.
    package let links: Int
    private let device: dev_t
    private let number: ino_t

    /// Nil if the system cannot tell; `errno` says why.
    package init?(of file: Int32) {
        var found = stat()
        guard fstat(file, &found) == 0 else { return nil }
        self.init(found)
    }

    /// Nil if there is no such file or the system cannot tell; `errno` says why.
    package init?(at path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        self.init(found)
    }

    private init(_ found: stat) {
        bytes = Int64(found.st_size)
        links = Int(found.st_nlink)
        device = found.st_dev
        number = found.st_ino
    }

    /// Whether both are the same file.
    package func isSame(as other: FileStatus) -> Bool { device == other.device && number == other.number }
}
