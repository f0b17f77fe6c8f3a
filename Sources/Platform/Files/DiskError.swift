import APIKit
import Glibc

/// What the operating system refused to do with a file. For the log, not for clients.
struct DiskError: Error, CustomStringConvertible {
    /// The system call.
    let call: StaticString
    let path: String
    /// The value of `errno`.
    let number: Int32

    /// Takes the reason from `errno`, so it is made right after the call.
    init(_ call: StaticString, _ path: String) {
        number = errno
        self.call = call
        self.path = path
    }

    var description: String { "\(call) \(path): \(String(cString: strerror(number)))" }

    /// What the client is told.
    var apiError: APIError {
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            APIError(.internalError, "The server's disk is full. Nothing was changed.", cause: self)
        case EROFS, EACCES:
            APIError(.internalError, "The server's data directory is read-only. Nothing was changed.", cause: self)
        default: .internalFailure(self)
        }
    }
}
