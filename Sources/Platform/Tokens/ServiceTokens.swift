package import APIKit

/// Tokens that belong to a workspace and not to a person: they stay when people leave. Each acts under an identity of
/// its own, which is a plain member of the workspace. The workspace's owner and admins manage them.
package struct ServiceTokens: Resource {
    package static let tag = "Service tokens"
    let tokens: ServiceTokenStore
    let authority: TokenAuthority

    package init(tokens: ServiceTokenStore, authority: TokenAuthority) {
        self.tokens = tokens
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        retrieve
        update
        delete
    }

    private static let access = Access.permission(PermissionPoint.manageTokens)

    struct CreateInput: Decodable, Sendable {
        var workspaceID: ID
        /// What to call it, 1 to 100 characters; also the name of its identity.
        var name: String
        /// Permission points that the caller's token carries. Those that manage tokens, accounts and the like, and
        /// createWorkspace, are for people alone.
        var permissions: [String]
        /// Seconds until it expires, 60 to 315360000, which is ten years; it never does if absent.
        var expiresIn: Int?

        enum CodingKeys: String, CodingKey {
            case name, permissions
            case workspaceID = "workspace_id"
            case expiresIn = "expires_in"
        }
    }

    var create: Endpoint<CreateInput, CreatedToken> {
        Endpoint(
            .post, "/buckle/v1/workspaces/{workspace_id}/service_tokens", "Make a service token", access: Self.access
        ) { input, call in
            try Tokens.check(name: input.name)
            return try await tokens.create(
                name: input.name, permissions: try Self.points(input.permissions),
                lifetime: try input.expiresIn.map(Tokens.lifetime), in: input.workspaceID, by: call.bearer, call.actor)
        }
    }

    struct ListInput: Decodable, Sendable {
        var workspaceID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Tokens on a page, 1 to 100; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    var list: Endpoint<ListInput, TokenPage> {
        Endpoint(
            .get, "/buckle/v1/workspaces/{workspace_id}/service_tokens", "List service tokens", access: Self.access
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 100)
            return try await tokens.list(of: input.workspaceID, manager: call.member, page)
        }
    }

    struct TokenInput: Decodable, Sendable {
        var workspaceID: ID
        var tokenID: ID

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case tokenID = "token_id"
        }
    }

    var retrieve: Endpoint<TokenInput, TokenInfo> {
        Endpoint(
            .get, "/buckle/v1/workspaces/{workspace_id}/service_tokens/{token_id}", "Get a service token",
            access: Self.access
        ) { input, call in
            try await tokens.find(input.tokenID, of: input.workspaceID, manager: call.member)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        var workspaceID: ID
        var tokenID: ID
        /// What to call it, 1 to 100 characters; unchanged if absent.
        var name: String?
        /// Permission points that the caller's token carries; unchanged if absent.
        var permissions: [String]?
        /// Seconds from now until it expires, 60 to 315360000, which is ten years, or 0 for never; unchanged if absent.
        var expiresIn: Int?

        enum CodingKeys: String, CodingKey {
            case name, permissions
            case workspaceID = "workspace_id"
            case tokenID = "token_id"
            case expiresIn = "expires_in"
        }
    }

    var update: Endpoint<UpdateInput, TokenInfo> {
        Endpoint(
            .put, "/buckle/v1/workspaces/{workspace_id}/service_tokens/{token_id}", "Change a service token",
            access: Self.access
        ) { input, call in
            if let name = input.name { try Tokens.check(name: name) }
            let changed = try await tokens.update(
                input.tokenID, of: input.workspaceID, name: input.name,
                permissions: try input.permissions.map(Self.points),
                expiry: try input.expiresIn.map { $0 == 0 ? .never : .after(try Tokens.lifetime($0)) },
                by: call.bearer, call.actor)
            await authority.refreshAfterChange()
            return changed
        }
    }

    var delete: Endpoint<TokenInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/workspaces/{workspace_id}/service_tokens/{token_id}", "Revoke a service token",
            access: Self.access
        ) { input, call in
            try await tokens.revoke(input.tokenID, of: input.workspaceID, manager: call.member, call.actor)
            await authority.refreshAfterChange()
            return NoData()
        }
    }

    /// - Throws: 4000 naming the first that is no point a service can be given.
    private static func points(_ names: [String]) throws(APIError) -> [String] {
        let points = try TokenRights.points(names)
        for (index, name) in names.enumerated() where isForPeopleAlone(name) {
            throw .invalid("permissions[\(index)]", "cannot be given to a service")
        }
        return points
    }

    /// With these, a service could give itself more than it was given, or own what nobody manages.
    private static func isForPeopleAlone(_ point: String) -> Bool {
        point == PermissionPoint.everything || point.hasPrefix("Buckle.manage") || point == "createWorkspace"
    }
}
