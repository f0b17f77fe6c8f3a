package import ArgumentParser

/// The program's command line.
package struct BuckleCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "buckle",
        abstract: "A self-hosted server for the Coze Open Platform API.",
        discussion: """
            Start with `buckle serve`: the first start prints a token. Point an official Coze SDK at the server's
            address with that token, and it works.
            """,
        version: Application.version,
        subcommands: [
            ServeCommand.self, TokenCommand.self, UserCommand.self, OpenAPICommand.self, BackupCommand.self,
            RestoreCommand.self,
            MigrateCommand.self, VersionCommand.self, MeasureCommand.self,
        ])

    package init() {}
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print(Application.version) }
}
