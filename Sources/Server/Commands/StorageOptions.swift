import ArgumentParser
import Database
import FoundationEssentials
import Glibc
import Platform

/// The options that say where the data lies.
struct StorageOptions: ParsableArguments {
    @Option(help: "The directory that holds the data. [default: ./data, or BUCKLE_DATA_DIR]")
    var dataDir: String?

    @Option(help: "A postgres:// URL, to keep the data in PostgreSQL instead. [or BUCKLE_DATABASE]")
    var database: String?

    @Option(help: "A YAML file with settings, as the configuration reference tells. [or BUCKLE_CONFIG]")
    var config: String?

    func settings(_ source: Settings.Source = .init()) throws -> Settings {
        var source = source
        source.dataDirectory = dataDir
        source.database = database
        return try Settings(commandLine: source, file: config, environment: ProcessInfo.processInfo.environment)
    }

    /// Opens the data of a server that was set up before; it may be running.
    func openExisting() async throws -> Storage {
        let settings = try settings()
        let location = try DataDirectory.location(settings)
        if case .file(let path) = location, access(path, F_OK) != 0 {
            throw Settings.Fault(
                description: "there is no data in \(settings.dataDirectory); `buckle serve` sets it up")
        }
        return try await Storage.open(location)
    }
}
