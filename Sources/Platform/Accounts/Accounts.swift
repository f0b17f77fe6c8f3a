package import APIKit

/// The accounts of people. Operators manage all of them, everybody their own.
package struct Accounts: Resource {
    package static let tag = "Accounts"
    let accounts: AccountStore
    let signIn: SignIn
    let isRegistrationOpen: Bool

    /// - Parameter isRegistrationOpen: whether anybody may make themselves an account.
    package init(signIn: SignIn, isRegistrationOpen: Bool) {
        accounts = signIn.accounts
        self.signIn = signIn
        self.isRegistrationOpen = isRegistrationOpen
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        retrieve
        update
        disable
        enable
        setPassword
        me
        updateMe
        setMyPassword
        register
        find
    }

    struct CreateInput: Decodable, Sendable {
        /// The unique name: 3 to 64 letters, digits, periods, underscores and hyphens. Its case does not matter.
        var userName: String
        /// The name that is shown, 1 to 100 characters; the user name if absent.
        var nickName: String?
        /// An e-mail address, which signs in as well. No two accounts have the same.
        var email: String?
        /// 8 to 128 characters. Without one the account cannot sign in.
        var password: String?
        /// Whether the account shall manage the server and its accounts.
        var isOperator: Bool?

        enum CodingKeys: String, CodingKey {
            case userName = "user_name"
            case nickName = "nick_name"
            case email, password
            case isOperator = "is_operator"
        }
    }

    var create: Endpoint<CreateInput, Account> {
        Endpoint(
            .post, "/buckle/v1/accounts", "Make an account", access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            return try await accounts.create(
                AccountDraft(
                    userName: input.userName, nickName: input.nickName, email: input.email, password: input.password,
                    isOperator: input.isOperator ?? false), passwords: signIn.passwords, by: call.actor)
        }
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Accounts on a page, 1 to 100; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct AccountPage: Codable, Sendable {
        /// The accounts, oldest first.
        var items: [Account]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case totalCount = "total_count"
        }
    }

    var list: Endpoint<ListInput, AccountPage> {
        Endpoint(
            .get, "/buckle/v1/accounts", "List all accounts", access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            let (items, total) = try await accounts.list(
                PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 100))
            return AccountPage(items: items, totalCount: total)
        }
    }

    struct AccountInput: Decodable, Sendable {
        /// The account.
        var userID: ID

        enum CodingKeys: String, CodingKey { case userID = "user_id" }
    }

    var retrieve: Endpoint<AccountInput, Account> {
        Endpoint(
            .get, "/buckle/v1/accounts/{user_id}", "Get an account",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            return try await accounts.find(input.userID)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// The account.
        var userID: ID
        /// The new name that is shown, 1 to 100 characters.
        var nickName: String?
        /// The new e-mail address.
        var email: String?
        /// Whether the account shall manage the server and its accounts. One that does must remain.
        var isOperator: Bool?

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case nickName = "nick_name"
            case email
            case isOperator = "is_operator"
        }
    }

    var update: Endpoint<UpdateInput, Account> {
        Endpoint(
            .put, "/buckle/v1/accounts/{user_id}", "Change an account",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            if let nickName = input.nickName { try AccountRules.checkNickName(nickName) }
            return try await accounts.update(
                input.userID, nickName: input.nickName, email: input.email.map { try AccountRules.email($0) },
                isOperator: input.isOperator, by: call.actor)
        }
    }

    var disable: Endpoint<AccountInput, Account> {
        Endpoint(
            .post, "/buckle/v1/accounts/{user_id}/disable", "Keep an account from signing in and using its tokens",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            let account = try await accounts.disable(input.userID, by: call.actor)
            try await signIn.authority.refresh()
            return account
        }
    }

    var enable: Endpoint<AccountInput, Account> {
        Endpoint(
            .post, "/buckle/v1/accounts/{user_id}/enable", "Let a disabled account work again",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            let account = try await accounts.enable(input.userID, by: call.actor)
            try await signIn.authority.refresh()
            return account
        }
    }

    struct SetPasswordInput: Decodable, Sendable {
        /// The account.
        var userID: ID
        /// The new password, 8 to 128 characters.
        var password: String

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case password
        }
    }

    var setPassword: Endpoint<SetPasswordInput, NoData> {
        Endpoint(
            .put, "/buckle/v1/accounts/{user_id}/password", "Set an account's password",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try await checkOperator(call)
            let account = try await accounts.find(input.userID)
            try AccountRules.checkPassword(
                input.password, userName: account.userName, email: account.email, "password")
            let hash = try await signIn.passwords.hash(input.password)
            try await accounts.setPassword(account.id, hash: hash, by: call.actor)
            try await signIn.authority.refresh()
            return NoData()
        }
    }

    /// - Throws: 4101 unless the caller operates the server.
    private func checkOperator(_ call: Call) async throws {
        try await Operators(accounts: accounts).require(call)
    }

    /// - Throws: 4101 if the token is bound to some workspaces: accounts and enterprises reach beyond them.
    static func checkReach(_ member: Member) throws(APIError) {
        guard member.workspaces == .all else {
            throw APIError(.noPermission, "The token is bound to workspaces")
        }
    }
}
