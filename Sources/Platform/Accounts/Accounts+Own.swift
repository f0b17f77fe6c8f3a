import APIKit

/// What people do with their own accounts, and find of others'.
extension Accounts {
    struct MeInput: Decodable, Sendable {}

    var me: Endpoint<MeInput, Account> {
        Endpoint(
            .get, "/buckle/v1/users/me", "Get one's own account", access: .permission(PermissionPoint.manageAccounts)
        ) { _, call in
            try await accounts.find(call.user)
        }
    }

    struct UpdateMeInput: Decodable, Sendable {
        /// The new name that is shown, 1 to 100 characters.
        var nickName: String?
        /// The new e-mail address.
        var email: String?

        enum CodingKeys: String, CodingKey {
            case nickName = "nick_name"
            case email
        }
    }

    var updateMe: Endpoint<UpdateMeInput, Account> {
        Endpoint(
            .put, "/buckle/v1/users/me", "Change one's own account",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try Self.checkReach(call.member)
            if let nickName = input.nickName { try AccountRules.checkNickName(nickName) }
            let email = try input.email.map { try AccountRules.email($0) }
            // Whoever is told that an address is taken has found somebody.
            let search = try email.map { _ in try signIn.throttle.search(by: call.user) }
            let changed = try await accounts.update(
                call.user, nickName: input.nickName, email: email, by: call.actor)
            if let search { signIn.throttle.withdraw(search) }
            return changed
        }
    }

    struct SetMyPasswordInput: Decodable, Sendable {
        /// The password until now; may be absent only if there is none, and then the token must carry all permissions.
        var currentPassword: String?
        /// The new password, 8 to 128 characters.
        var newPassword: String

        enum CodingKeys: String, CodingKey {
            case currentPassword = "current_password"
            case newPassword = "new_password"
        }
    }

    var setMyPassword: Endpoint<SetMyPasswordInput, NoData> {
        Endpoint(
            .put, "/buckle/v1/users/me/password", "Change one's password and end one's other browser sessions",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try Self.checkReach(call.member)
            let account = try await accounts.credentials(of: call.user).orThrow(.notFound)
            try AccountRules.checkPassword(
                input.newPassword, userName: account.userName, email: account.email, "new_password")
            if account.passwordHash != nil {
                guard let current = input.currentPassword else {
                    throw APIError.invalid("current_password", "is missing")
                }
                try await signIn.confirm(current, of: account, address: call.client.address(), "current_password")
            } else if call.permissions != .all {
                // Whoever signs in may do everything, so a token that may less must not open the door.
                throw APIError(.noPermission, "Only a token with all permissions can set the first password")
            }
            let hash = try await signIn.passwords.hash(input.newPassword)
            try await accounts.setPassword(account.id, hash: hash, keeping: call.token, by: call.actor)
            try await signIn.authority.refresh()
            return NoData()
        }
    }

    struct RegisterInput: Decodable, Sendable {
        /// The unique name: 3 to 64 letters, digits, periods, underscores and hyphens. Its case does not matter.
        var userName: String
        /// The name that is shown, 1 to 100 characters; the user name if absent.
        var nickName: String?
        /// An e-mail address, which signs in as well. No two accounts have the same.
        var email: String?
        /// 8 to 128 characters.
        var password: String

        enum CodingKeys: String, CodingKey {
            case userName = "user_name"
            case nickName = "nick_name"
            case email, password
        }
    }

    var register: Endpoint<RegisterInput, Account> {
        Endpoint(
            .post, "/buckle/v1/accounts/register", "Make oneself an account, if the server lets anybody",
            access: .open
        ) { input, call in
            try await register(
                userName: input.userName, nickName: input.nickName, email: input.email, password: input.password,
                address: call.client.address(), by: call.actor)
        }
    }

    /// Makes an account for whoever asks for it. It can sign in from now on.
    ///
    /// - Parameter address: where the request came from.
    /// - Throws: 4101 if registration is closed; 4000 for what is not acceptable; 4008 if there were too many from the
    ///   address, 4009 if too many are at it now.
    package func register(
        userName: String, nickName: String?, email: String?, password: String, address: String, by actor: AuditActor
    ) async throws -> Account {
        guard isRegistrationOpen else { throw APIError(.noPermission, "Registration is closed") }
        // Each counts, whatever comes of it.
        let attempt = try signIn.throttle.registration(address: address)
        defer { signIn.throttle.fail(attempt) }
        return try await accounts.create(
            AccountDraft(userName: userName, nickName: nickName, email: email, password: password),
            passwords: signIn.passwords, by: actor)
    }

    struct FindInput: Decodable, Sendable {
        /// The whole user name; its case does not matter.
        var userName: String?
        /// The whole e-mail address, instead of the user name.
        var email: String?

        enum CodingKeys: String, CodingKey {
            case userName = "user_name"
            case email
        }
    }

    struct FoundUser: Codable, Sendable {
        /// The user's id.
        var id: ID
        /// The unique name.
        var userName: String
        /// The name that is shown.
        var nickName: String

        enum CodingKeys: String, CodingKey {
            case id = "user_id"
            case userName = "user_name"
            case nickName = "nick_name"
        }
    }

    var find: Endpoint<FindInput, FoundUser> {
        Endpoint(
            .get, "/buckle/v1/accounts/find", "Find a person to invite", access: .permission("addMember")
        ) { input, call in
            guard (input.userName == nil) != (input.email == nil) else {
                throw APIError.invalid("user_name", "give either this or email")
            }
            let name: String
            if let email = input.email {
                name = try AccountRules.email(email)
            } else {
                name = input.userName ?? ""
                try AccountRules.checkUserName(name)
            }
            let search = try signIn.throttle.search(by: call.user)
            guard let found = try await accounts.find(named: name), !found.isDisabled else {
                throw APIError(.notFound, "There is nobody of this name or address")
            }
            signIn.throttle.withdraw(search)
            return FoundUser(id: found.id, userName: found.userName, nickName: found.nickName)
        }
    }
}
