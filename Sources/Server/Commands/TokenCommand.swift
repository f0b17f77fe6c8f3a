import APIKit
import ArgumentParser
import Database
import Glibc
import Platform

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke tokens. A running server honours changes within a second.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a token and print it; it cannot be shown again.")

        @OptionGroup var storage: StorageOptions

        @Option(help: "What to call it.")
        var name: String

        @Option(help: "A permission point such as editConversation; repeat it for more. [default: all]")
        var permission: [String] = []

        @Option(help: "When it ends, such as 90s, 15m, 12h or 30d. [default: never]")
        var expiresIn: Lifetime?

        @Option(help: "The account it is for, by its user name or e-mail address. [default: the first, the owner's]")
        var user: String?

        @Option(help: "The id of a workspace it reaches; repeat it for more. [default: all of the account's]")
        var workspace: [ID] = []

        func validate() throws {
            guard (1...100).contains(name.unicodeScalars.count) else {
                throw ValidationError("--name must have 1 to 100 characters.")
            }
            for point in permission where point != PermissionPoint.everything && !PermissionPoint.names.contains(point)
            {
                throw ValidationError(
                    "\(point) is no permission point. Known are all, \(PermissionPoint.names.joined(separator: ", ")).")
            }
        }

        func run() async throws {
            let storage = try await storage.openExisting()
            defer { storage.database.close() }
            let accounts = AccountStore(storage: storage)
            guard let owner = try await storage.database.read({ try UserStore.owner(in: $0) }) else {
                throw Settings.Fault.notSetUp
            }
            let user = if let name = self.user { try await accounts.existing(name).id } else { owner }
            let joined = try await accounts.workspaces(of: user)
            if let other = workspace.first(where: { !joined.contains($0) }) {
                throw Settings.Fault(description: "the account is not a member of a workspace \(other)")
            }
            let made = try await storage.database.write { connection in
                var new = NewToken(
                    .personal, user: user, name: name,
                    permissions: permission.isEmpty ? [PermissionPoint.everything] : permission,
                    lifetime: expiresIn?.seconds)
                new.workspaces = workspace.isEmpty ? nil : workspace
                let made = try TokenStore(storage: storage).create(new, in: connection)
                try storage.audit(
                    "token.create", AuditObject("token", made.id), by: .commandLine,
                    detail: ["name": name, "user_id": user.description], in: connection)
                return made
            }
            print(made.secret.text)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tokens.")

        @OptionGroup var storage: StorageOptions

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() async throws {
            let storage = try await storage.openExisting()
            let tokens = try await TokenStore(storage: storage).list()
            storage.database.close()
            if json { return print(try JSONOutput.text(tokens)) }
            let now = storage.clock.now()
            for token in tokens {
                let state =
                    token.revokedAt != nil
                    ? "revoked" : token.expiresAt.map { $0 <= now ? "expired" : "expires \(Self.day($0))" } ?? "valid"
                print("\(token.id)  \(state)  \(token.name)  \(token.permissions.joined(separator: ","))")
            }
        }

        private static func day(_ second: Int64) -> String {
            var time = time_t(second)
            var parts = tm()
            gmtime_r(&time, &parts)
            var text = [CChar](repeating: 0, count: 32)
            let count = strftime(&text, text.count, "%Y-%m-%d %H:%M UTC", &parts)
            return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Revoke a token by its id, or all tokens of a name.")

        @OptionGroup var storage: StorageOptions

        @Argument(help: "The token's id.")
        var id: ID?

        @Option(help: "The tokens' name.")
        var name: String?

        func validate() throws {
            guard (id == nil) != (name == nil) else { throw ValidationError("Give either an id or --name.") }
        }

        func run() async throws {
            let storage = try await storage.openExisting()
            let count = try await TokenStore(storage: storage).revoke(id: id, name: name, by: .commandLine)
            storage.database.close()
            guard count > 0 else { throw Settings.Fault(description: "there is no such token that is not revoked yet") }
            print("Revoked \(count == 1 ? "1 token" : "\(count) tokens").")
        }
    }
}

/// A length of time as it is typed: a number, then s, m, h or d.
struct Lifetime: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int64(argument.dropLast()),
            number > 0, number <= 100_000_000
        else { return nil }
        seconds = number * unit
    }
}

extension ID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
