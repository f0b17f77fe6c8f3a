package import APIKit

/// What the caller has let OAuth apps do.
package struct OAuthGrants: Resource {
    package static let tag = "OAuth grants"
    let grants: OAuthGrantStore
    let authority: TokenAuthority

    package init(grants: OAuthGrantStore, authority: TokenAuthority) {
        self.grants = grants
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        list
        create
        revoke
    }

    private static let access = Access.permission(PermissionPoint.manageTokens)

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Grants on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct GrantPage: Codable, Sendable {
        /// The grants that are not revoked, newest first.
        var items: [GrantInfo]
        /// How many there are on all pages.
        var total: Int
    }

    struct GrantInfo: Codable, Sendable {
        /// The grant's id.
        var id: ID
        /// The app that it was granted to.
        var app: App
        /// The permission points that were granted.
        var permissions: [String]
        /// The one workspace it is bound to; absent if it is for the whole account.
        var workspaceID: ID?
        /// The only workspaces it reaches; absent for all.
        var workspaceIDs: [ID]?
        /// When it was granted, in Unix seconds.
        var createdAt: Int64

        struct App: Codable, Sendable {
            /// The app's id.
            var id: ID
            /// The app's name.
            var name: String
        }

        init(_ grant: OAuthGrant, appName: String) {
            id = grant.id
            app = App(id: grant.appID, name: appName)
            permissions = grant.permissions
            workspaceID = grant.workspaceID
            workspaceIDs = grant.workspaces
            createdAt = grant.createdAt
        }

        enum CodingKeys: String, CodingKey {
            case id, app, permissions
            case workspaceID = "workspace_id"
            case workspaceIDs = "workspace_ids"
            case createdAt = "created_at"
        }
    }

    var list: Endpoint<ListInput, GrantPage> {
        Endpoint(
            .get, "/buckle/v1/oauth_grants", "List what was granted to OAuth apps", access: Self.access
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            let (items, total) = try await grants.list(of: call.user, page)
            return GrantPage(items: items.map { GrantInfo($0.grant, appName: $0.appName) }, total: total)
        }
    }

    struct CreateInput: Decodable, Sendable {
        /// The app's client id. It must be an app of type service; the other types ask for what they need themselves.
        var clientID: String
        /// The only workspaces that the app may reach, at most 100; all if absent.
        var workspaceIDs: [ID]?

        enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case workspaceIDs = "workspace_ids"
        }
    }

    var create: Endpoint<CreateInput, GrantInfo> {
        Endpoint(
            .post, "/buckle/v1/oauth_grants", "Let a service app act for the caller", access: Self.access
        ) { input, call in
            try Limits.check(count: input.workspaceIDs?.count, atMost: 100, "workspace_ids")
            let (grant, appName) = try await grants.install(
                input.clientID, workspaces: input.workspaceIDs, by: call.bearer, call.actor)
            // The tokens of an earlier grant may have lost workspaces.
            await authority.refreshAfterChange()
            return GrantInfo(grant, appName: appName)
        }
    }

    struct RevokeInput: Decodable, Sendable {
        /// The grant.
        var grantID: ID

        enum CodingKeys: String, CodingKey { case grantID = "grant_id" }
    }

    var revoke: Endpoint<RevokeInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/oauth_grants/{grant_id}", "Revoke a grant and its tokens", access: Self.access
        ) { input, call in
            try await grants.revoke(input.grantID, of: call.user, by: call.actor)
            await authority.refreshAfterChange()
            return NoData()
        }
    }
}
