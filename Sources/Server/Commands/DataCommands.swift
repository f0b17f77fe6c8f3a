import ArgumentParser
import Database
import Glibc
import Platform

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy a server's data into a file; the server may be running.",
        discussion: """
            The copy is consistent: it holds all that was answered before the backup began, and the contents of files \
            but for those that are deleted while it is made.
            """)

    @OptionGroup var storage: StorageOptions

    @Argument(help: "The file to make. It must not exist.")
    var file: String

    func run() async throws {
        let settings = try storage.settings()
        guard case .file(let database) = try DataDirectory.location(settings) else {
            throw Settings.Fault(description: "the data is in PostgreSQL; back it up with pg_dump")
        }
        guard access(database, F_OK) == 0 else {
            throw Settings.Fault(description: "there is no data in \(settings.dataDirectory)")
        }
        try BackupFile(database: database, dataDirectory: settings.dataDirectory).make(file)
        print("Backed up to \(file).")
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put the data of a backup into a data directory.",
        discussion: "No server may be running on the directory.")

    @OptionGroup var storage: StorageOptions

    @Argument(help: "The file that `buckle backup` made.")
    var file: String

    @Flag(help: "Replace the data that is in the directory.")
    var force = false

    func run() async throws {
        let settings = try storage.settings()
        guard case .file(let database) = try DataDirectory.location(settings) else {
            throw Settings.Fault(description: "the data is in PostgreSQL; restore it with pg_restore")
        }
        let directory = DataDirectory(path: settings.dataDirectory)
        // Before the check, which may take minutes, and again when nobody else can put data there.
        try refuseToReplace(database, in: directory)
        let backup = DatabaseFile(file)
        try backup.check(schema: Storage.migrations.count)
        try backup.read { try BackupContents.check($0) }
        try directory.create()
        try directory.lock()
        try refuseToReplace(database, in: directory)
        let contents = BackupContents(blobs: BlobDirectory(path: directory.path + "/blobs"))
        try backup.replace(database, without: BackupContents.table) {
            try backup.read { try contents.unpack($0, replacing: DatabaseFile(database)) }
        }
        print("Restored into \(directory.path).")
    }

    private func refuseToReplace(_ database: String, in directory: DataDirectory) throws {
        if access(database, F_OK) == 0, !force {
            throw Settings.Fault(description: "\(directory.path) holds data already; --force replaces it")
        }
    }
}

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring a database up to date without serving it.",
        discussion: "`buckle serve` does it too.")

    @OptionGroup var storage: StorageOptions

    func run() async throws {
        let settings = try storage.settings()
        let location = try DataDirectory.location(settings)
        if case .file = location { try DataDirectory(path: settings.dataDirectory).create() }
        let storage = try await Storage.open(location)
        storage.database.close()
        print("The database is up to date: schema \(Storage.migrations.count).")
    }
}

struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI document of the API.")

    func run() async throws { print(try Application.openAPI()) }
}
