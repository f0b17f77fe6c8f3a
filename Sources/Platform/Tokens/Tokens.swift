package import APIKit

/// The caller's personal tokens. No token makes or changes one into what allows more than itself.
package struct Tokens: Resource {
    package static let tag = "Tokens"
    let tokens: PersonalTokenStore
    let authority: TokenAuthority

    package init(tokens: PersonalTokenStore, authority: TokenAuthority) {
        self.tokens = tokens
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        retrieve
        update
        delete
        createForAccount
    }

    struct CreateInput: Decodable, Sendable {
        /// What to call it, 1 to 100 characters.
        var name: String
        /// Permission points that the caller's token carries, or `all`; what the caller's token carries if absent.
        var permissions: [String]?
        /// The workspaces it reaches, of those the caller's token reaches; what the caller's token reaches if absent.
        var workspaceIDs: [ID]?
        /// Seconds until it expires, 60 to 315360000, which is ten years; it never does if absent.
        var expiresIn: Int?

        enum CodingKeys: String, CodingKey {
            case name, permissions
            case workspaceIDs = "workspace_ids"
            case expiresIn = "expires_in"
        }
    }

    var create: Endpoint<CreateInput, CreatedToken> {
        Endpoint(
            .post, "/buckle/v1/tokens", "Make a personal token", access: .permission(PermissionPoint.manageTokens)
        ) { input, call in
            try Self.requirePerson(call)
            let request = try Self.request(input.name, input.permissions, input.workspaceIDs, input.expiresIn)
            return try await tokens.create(request, by: call.bearer, call.actor)
        }
    }

    struct CreateForAccountInput: Decodable, Sendable {
        /// The person the token stands for.
        var userID: ID
        /// What to call it, 1 to 100 characters.
        var name: String
        /// Permission points that the caller's token carries, or `all`; what the caller's token carries if absent.
        var permissions: [String]?
        /// The workspaces it reaches, of those the person is a member of; what the caller's token reaches if absent.
        var workspaceIDs: [ID]?
        /// Seconds until it expires, 60 to 315360000, which is ten years; it never does if absent.
        var expiresIn: Int?

        enum CodingKeys: String, CodingKey {
            case name, permissions
            case userID = "user_id"
            case workspaceIDs = "workspace_ids"
            case expiresIn = "expires_in"
        }
    }

    var createForAccount: Endpoint<CreateForAccountInput, CreatedToken> {
        Endpoint(
            .post, "/buckle/v1/accounts/{user_id}/tokens", "Make a personal token for another person",
            access: .permission(PermissionPoint.manageAccounts)
        ) { input, call in
            try Self.requirePerson(call)
            try Accounts.checkReach(call.member)
            let request = try Self.request(input.name, input.permissions, input.workspaceIDs, input.expiresIn)
            return try await tokens.create(request, for: input.userID, byOperator: call.bearer, call.actor)
        }
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Tokens on a page, 1 to 100; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    var list: Endpoint<ListInput, TokenPage> {
        Endpoint(
            .get, "/buckle/v1/tokens", "List personal tokens", access: .permission(PermissionPoint.manageTokens)
        ) { input, call in
            try Self.requirePerson(call)
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 100)
            return try await tokens.list(of: call.user, page)
        }
    }

    struct TokenInput: Decodable, Sendable {
        var tokenID: ID

        enum CodingKeys: String, CodingKey {
            case tokenID = "token_id"
        }
    }

    var retrieve: Endpoint<TokenInput, TokenInfo> {
        Endpoint(
            .get, "/buckle/v1/tokens/{token_id}", "Get a personal token",
            access: .permission(PermissionPoint.manageTokens)
        ) { input, call in
            try Self.requirePerson(call)
            return try await tokens.find(input.tokenID, of: call.user)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        var tokenID: ID
        /// What to call it, 1 to 100 characters; unchanged if absent.
        var name: String?
        /// Permission points that the caller's token carries, or `all`; unchanged if absent.
        var permissions: [String]?
        /// The workspaces it reaches, of those the caller's token reaches; unchanged if absent.
        var workspaceIDs: [ID]?

        enum CodingKeys: String, CodingKey {
            case name, permissions
            case tokenID = "token_id"
            case workspaceIDs = "workspace_ids"
        }
    }

    var update: Endpoint<UpdateInput, TokenInfo> {
        Endpoint(
            .put, "/buckle/v1/tokens/{token_id}", "Change a personal token",
            access: .permission(PermissionPoint.manageTokens)
        ) { input, call in
            try Self.requirePerson(call)
            if let name = input.name { try Self.check(name: name) }
            let changed = try await tokens.update(
                input.tokenID, name: input.name, permissions: try input.permissions.map(TokenRights.points),
                workspaces: try input.workspaceIDs.map(Self.workspaces), by: call.bearer, call.actor)
            await authority.refreshAfterChange()
            return changed
        }
    }

    var delete: Endpoint<TokenInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/tokens/{token_id}", "Revoke a personal token",
            access: .permission(PermissionPoint.manageTokens)
        ) { input, call in
            try Self.requirePerson(call)
            try await tokens.revoke(input.tokenID, of: call.user, call.actor)
            await authority.refreshAfterChange()
            return NoData()
        }
    }

    /// - Throws: 4101 unless the token is a person's own. What was issued to a program, or to nobody, manages nothing
    ///   of people.
    private static func requirePerson(_ call: Call) throws(APIError) {
        switch call.bearer.kind {
        case .personal, .session: break
        case .service, .oauth, .jwt:
            throw APIError(.noPermission, "Only a person's own token may manage personal tokens")
        }
    }

    private static func request(
        _ name: String, _ permissions: [String]?, _ workspaces: [ID]?, _ lifetime: Int?
    ) throws(APIError) -> PersonalTokenStore.Request {
        try check(name: name)
        return PersonalTokenStore.Request(
            name: name, permissions: try permissions.map(TokenRights.points),
            workspaces: try workspaces.map(Self.workspaces), lifetime: try lifetime.map(Self.lifetime))
    }

    private static func workspaces(_ ids: [ID]) throws(APIError) -> [ID] {
        try Limits.check(count: ids.count, atMost: 1000, "workspace_ids")
        return Set(ids).sorted()
    }

    static func check(name: String) throws(APIError) {
        try Limits.check(name, 1...100, "name")
        try Limits.checkNotBlank(name, "name")
    }

    /// Seconds, from a minute to ten years.
    static func lifetime(_ seconds: Int) throws(APIError) -> Int64 {
        Int64(try Limits.number(seconds, 60...315_360_000, or: 0, "expires_in"))
    }
}

extension TokenAuthority {
    /// Makes a change that is stored count from this server's next request on. If that fails it counts within half a
    /// second all the same, so it is no reason to report the change as failed.
    package func refreshAfterChange() async { try? await refresh() }
}
