import Database
import Platform

/// Makes backups: a consistent copy of the database, with the contents of files in it.
struct BackupFile {
    /// The path of the SQLite database; others may be using it.
    let database: String
    let dataDirectory: String

    /// It blocks, for long if there is much.
    ///
    /// - Parameter file: appears only when it is whole and on disk, for its owner alone.
    /// - Throws: an error whose description tells operators what is wrong, if the file exists for instance.
    func make(_ file: String) throws {
        let source = DatabaseFile(database)
        let contents = BackupContents(blobs: BlobDirectory(path: dataDirectory + "/blobs"))
        try source.read { live in
            try source.copy(to: file) { try contents.pack(into: $0, of: live) }
        }
    }
}
