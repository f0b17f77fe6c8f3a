import APIKit
import ArgumentParser
import Database
import Platform

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Make, list and disable people's accounts. A running server honours changes within a second.",
        subcommands: [Create.self, List.self, ResetPassword.self, Disable.self, Enable.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make an account with a password, which is printed once.")

        @OptionGroup var storage: StorageOptions

        @Argument(help: "The unique name: 3 to 64 letters, digits, periods, underscores and hyphens.")
        var name: String

        @Option(help: "An e-mail address, which signs in as well.")
        var email: String?

        @Option(help: "The name that is shown. [default: the unique name]")
        var nickName: String?

        @Flag(name: .customLong("operator"), help: "Let the account manage the server and its accounts.")
        var isOperator = false

        @OptionGroup var password: PasswordOptions

        func run() async throws {
            try await storage.withAccounts { accounts in
                let password = try password.read()
                let account = try await accounts.create(
                    AccountDraft(
                        userName: name, nickName: nickName, email: email, password: password.text,
                        isOperator: isOperator), passwords: PasswordHasher(), by: .commandLine)
                print("Made the account \(account.userName) (\(account.id)).")
                password.announce()
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the accounts.")

        @OptionGroup var storage: StorageOptions

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() async throws {
            try await storage.withAccounts { accounts in
                let list = try await accounts.list()
                if json { return print(try JSONOutput.text(list)) }
                for account in list {
                    let state = account.isDisabled ? "disabled" : account.isOperator ? "operator" : "user"
                    print("\(account.id)  \(state)  \(account.userName)  \(account.nickName)  \(account.email)")
                }
            }
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password",
            abstract: "Give an account a new password, which is printed once, and end its browser sessions.")

        @OptionGroup var storage: StorageOptions

        @Argument(help: "The account's user name or e-mail address.")
        var name: String

        @OptionGroup var password: PasswordOptions

        func run() async throws {
            try await storage.withAccounts { accounts in
                let account = try await accounts.existing(name)
                let password = try password.read()
                try AccountRules.checkPassword(
                    password.text, userName: account.userName, email: account.email, "password")
                let hash = try await PasswordHasher().hash(password.text)
                try await accounts.setPassword(account.id, hash: hash, by: .commandLine)
                print("\(account.userName) has a new password.")
                password.announce()
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable", abstract: "Keep an account from signing in and from using its tokens.")

        @OptionGroup var storage: StorageOptions

        @Argument(help: "The account's user name or e-mail address.")
        var name: String

        func run() async throws {
            try await storage.withAccounts { accounts in
                let account = try await accounts.existing(name)
                _ = try await accounts.disable(account.id, by: .commandLine)
                print("\(account.userName) is disabled.")
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable", abstract: "Let a disabled account work again, with the tokens it had.")

        @OptionGroup var storage: StorageOptions

        @Argument(help: "The account's user name or e-mail address.")
        var name: String

        func run() async throws {
            try await storage.withAccounts { accounts in
                let account = try await accounts.existing(name)
                _ = try await accounts.enable(account.id, by: .commandLine)
                print("\(account.userName) is enabled.")
            }
        }
    }
}

/// Where a password comes from.
struct PasswordOptions: ParsableArguments {
    @Flag(help: "Read the password from the first line of the standard input, instead of making one up.")
    var passwordStdin = false

    /// A password, and whether it was made up and must be shown.
    struct Password {
        let text: String
        let isMadeUp: Bool

        func announce() {
            if isMadeUp { print("The password, which is not shown again: \(text)") }
        }
    }

    func read() throws -> Password {
        guard passwordStdin else { return Password(text: AccountRules.randomPassword(), isMadeUp: true) }
        guard let text = readLine(), !text.isEmpty else {
            throw Settings.Fault(description: "the standard input holds no password")
        }
        return Password(text: text, isMadeUp: false)
    }
}

extension StorageOptions {
    /// Works on the accounts of a server that was set up before. Refusals become faults for whoever runs the program.
    fileprivate func withAccounts(_ work: (AccountStore) async throws -> Void) async throws {
        let storage = try await openExisting()
        defer { storage.database.close() }
        guard try await storage.database.read({ try UserStore.owner(in: $0) }) != nil else {
            throw Settings.Fault.notSetUp
        }
        do {
            try await work(AccountStore(storage: storage))
        } catch let error as APIError where error.code != .internalError {
            throw Settings.Fault(description: error.message)
        }
    }
}

extension AccountStore {
    /// The account of a user name or an e-mail address.
    func existing(_ name: String) async throws -> Account {
        guard let account = try await find(named: name) else {
            throw Settings.Fault(description: "there is no account \(name)")
        }
        return account
    }
}

extension Settings.Fault {
    static let notSetUp = Settings.Fault(description: "this database has not been set up; `buckle serve` does it")
}
