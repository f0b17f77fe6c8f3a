import Database
import Glibc

/// The directory that holds a server's data.
struct DataDirectory: Sendable {
    let path: String

    var databasePath: String { path + "/buckle.db" }

    /// The database the settings name: PostgreSQL, or SQLite in this directory.
    static func location(_ settings: Settings) throws -> Database.Location {
        if let url = settings.database {
            guard PostgresURL.isOne(url) else {
                throw Settings.Fault(description: "database must be a postgres:// URL")
            }
            return .postgres(url)
        }
        return .file(DataDirectory(path: settings.dataDirectory).databasePath)
    }

    /// Makes the directory, which only its owner may read.
    func create() throws {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += (made.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            if part.isEmpty || mkdir(made, 0o700) == 0 || errno == EEXIST { continue }
            throw Settings.Fault(description: "cannot make \(made): \(String(cString: strerror(errno)))")
        }
    }

    /// Takes the directory for this process until it ends, so that no two servers serve from it.
    func lock() throws {
        let file = open(path + "/buckle.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Settings.Fault(description: "cannot write in \(path): \(String(cString: strerror(errno)))")
        }
        // The descriptor stays open: the lock lasts as long as the process.
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw Settings.Fault(description: "another server is running on \(path)")
        }
    }
}
