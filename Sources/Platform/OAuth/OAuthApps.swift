package import APIKit

/// OAuth apps: programs that act for those who grant it.
package struct OAuthApps: Resource {
    package static let tag = "OAuth apps"
    let apps: OAuthAppStore
    let authority: TokenAuthority

    package init(apps: OAuthAppStore, authority: TokenAuthority) {
        self.apps = apps
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        retrieve
        update
        enable
        disable
        resetSecret
        revoke
        remove
        addKey
        listKeys
        removeKey
    }

    static let access = Access.permission(PermissionPoint.manageOAuthApps)

    struct CreateInput: Decodable, Sendable {
        /// The app's name, 1 to 50 characters.
        var name: String
        /// What it is for, at most 500 characters.
        var description: String?
        /// How it comes by its tokens: web, pkce, device or service.
        var appType: OAuthApp.Kind
        /// For web and pkce, 1 to 3 addresses that browsers are sent back to.
        var redirectURIs: [String]?
        /// The permission points it asks for, of those the caller's token carries; all of the documented API if absent.
        var permissions: [String]?
        /// For pkce, whether challenges must be of the method S256.
        var isS256Only: Bool?
        /// For service, whether it is the program behind a channel.
        var isChannel: Bool?
        /// The channel, 1 to 64 letters, digits, - and _. Without it a channel's app gets no tokens.
        var connectorID: String?
        /// The enterprise it belongs to, which the caller administers.
        var enterpriseID: ID?
        /// For service, whether it may get tokens for its enterprise.
        var isPrivileged: Bool?

        enum CodingKeys: String, CodingKey {
            case name, description, permissions
            case appType = "app_type"
            case redirectURIs = "redirect_uris"
            case isS256Only = "is_s256_only"
            case isChannel = "is_channel"
            case connectorID = "connector_id"
            case enterpriseID = "enterprise_id"
            case isPrivileged = "is_privileged"
        }
    }

    var create: Endpoint<CreateInput, AppInfo> {
        Endpoint(.post, "/buckle/v1/oauth_apps", "Create an OAuth app", access: Self.access) { input, call in
            let (app, secret) = try await apps.create(input.checked(by: call.bearer), owner: call.user, by: call.actor)
            return AppInfo(app, secret: secret)
        }
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Apps on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct AppPage: Codable, Sendable {
        /// The apps, newest first.
        var items: [AppInfo]
        /// How many there are on all pages.
        var total: Int
    }

    var list: Endpoint<ListInput, AppPage> {
        Endpoint(.get, "/buckle/v1/oauth_apps", "List OAuth apps", access: Self.access) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            let (items, total) = try await apps.list(by: call.user, page)
            return AppPage(items: items.map { AppInfo($0) }, total: total)
        }
    }

    struct AppInput: Decodable, Sendable {
        /// The app.
        var appID: ID

        enum CodingKeys: String, CodingKey { case appID = "app_id" }
    }

    var retrieve: Endpoint<AppInput, AppInfo> {
        Endpoint(.get, "/buckle/v1/oauth_apps/{app_id}", "Get an OAuth app", access: Self.access) { input, call in
            AppInfo(try await apps.get(input.appID, by: call.user))
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// The app.
        var appID: ID
        /// The new name, 1 to 50 characters.
        var name: String?
        /// What it is for, at most 500 characters.
        var description: String?
        /// For web and pkce, 1 to 3 addresses that browsers are sent back to.
        var redirectURIs: [String]?
        /// The permission points it asks for. If some are taken away, its tokens are revoked. Only its owner adds some
        /// to an app of type service.
        var permissions: [String]?
        /// For pkce, whether challenges must be of the method S256.
        var isS256Only: Bool?
        /// The channel, for the app behind one. Tokens for another channel are revoked.
        var connectorID: String?

        enum CodingKeys: String, CodingKey {
            case name, description, permissions
            case appID = "app_id"
            case redirectURIs = "redirect_uris"
            case isS256Only = "is_s256_only"
            case connectorID = "connector_id"
        }
    }

    var update: Endpoint<UpdateInput, AppInfo> {
        Endpoint(.put, "/buckle/v1/oauth_apps/{app_id}", "Change an OAuth app", access: Self.access) { input, call in
            let change = OAuthAppChange(
                name: input.name, description: input.description, redirectURIs: input.redirectURIs,
                permissions: try input.permissions.map(OAuthAppRules.permissions), isS256Only: input.isS256Only,
                connectorID: input.connectorID)
            let app = try await apps.update(input.appID, change, user: call.user, by: call.actor) { app in
                try OAuthAppRules.check(change, of: app)
                let added = Set(change.permissions ?? []).subtracting(app.permissions)
                if !added.isEmpty {
                    try OAuthAppRules.requireNoGain(added.sorted(), by: call.bearer)
                    try OAuthAppRules.requireOwner(call.user, toAddTo: app)
                }
            }
            await authority.refreshAfterChange()
            return AppInfo(app)
        }
    }

    var enable: Endpoint<AppInput, AppInfo> {
        Endpoint(
            .post, "/buckle/v1/oauth_apps/{app_id}/enable", "Enable an OAuth app again", access: Self.access
        ) { input, call in
            try await setEnabled(true, input.appID, call)
        }
    }

    var disable: Endpoint<AppInput, AppInfo> {
        Endpoint(
            .post, "/buckle/v1/oauth_apps/{app_id}/disable", "Disable an OAuth app and suspend its tokens",
            access: Self.access
        ) { input, call in
            try await setEnabled(false, input.appID, call)
        }
    }

    private func setEnabled(_ isEnabled: Bool, _ id: ID, _ call: Call) async throws -> AppInfo {
        let app = try await apps.setEnabled(isEnabled, id, user: call.user, by: call.actor)
        await authority.refreshAfterChange()
        return AppInfo(app)
    }

    var resetSecret: Endpoint<AppInput, AppInfo> {
        Endpoint(
            .post, "/buckle/v1/oauth_apps/{app_id}/secret", "Replace the secret of an OAuth app", access: Self.access
        ) { input, call in
            let (app, secret) = try await apps.resetSecret(of: input.appID, user: call.user, by: call.actor)
            return AppInfo(app, secret: secret)
        }
    }

    var revoke: Endpoint<AppInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/oauth_apps/{app_id}/revoke", "Revoke all tokens and grants of an OAuth app",
            access: Self.access
        ) { input, call in
            try await apps.revoke(input.appID, user: call.user, by: call.actor)
            await authority.refreshAfterChange()
            return NoData()
        }
    }

    var remove: Endpoint<AppInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/oauth_apps/{app_id}", "Delete an OAuth app and revoke its tokens", access: Self.access
        ) { input, call in
            try await apps.remove(input.appID, user: call.user, by: call.actor)
            await authority.refreshAfterChange()
            return NoData()
        }
    }
}

/// An OAuth app, as those who manage it see it.
struct AppInfo: Codable, Sendable {
    /// The app's id.
    var appID: ID
    /// What the app calls itself in requests, and service apps in the `iss` of their JWTs.
    var clientID: String
    /// The secret of a web app; only in the reply that makes it.
    var clientSecret: String?
    var name: String
    var description: String
    /// web, pkce, device or service.
    var appType: OAuthApp.Kind
    /// The user whom the app belongs to.
    var ownerUserID: ID
    /// The enterprise it belongs to, if it does.
    var enterpriseID: ID?
    /// The addresses that browsers are sent back to.
    var redirectURIs: [String]
    /// The permission points it asks for.
    var permissions: [String]
    /// Whether challenges must be of the method S256.
    var isS256Only: Bool
    /// Whether it is the program behind a channel.
    var isChannel: Bool
    /// The channel, if it has one.
    var connectorID: String?
    /// Whether it may get tokens for its enterprise.
    var isPrivileged: Bool
    /// Whether it and its tokens work.
    var isEnabled: Bool
    /// When it was made, in Unix seconds.
    var createdAt: Int64
    /// When it was last changed, in Unix seconds.
    var updatedAt: Int64

    init(_ app: OAuthApp, secret: String? = nil) {
        appID = app.id
        clientID = app.clientID
        clientSecret = secret
        name = app.name
        description = app.description
        appType = app.type
        ownerUserID = app.ownerID
        enterpriseID = app.enterpriseID
        redirectURIs = app.redirectURIs
        permissions = app.permissions
        isS256Only = app.isS256Only
        isChannel = app.isChannel
        connectorID = app.connectorID
        isPrivileged = app.isPrivileged
        isEnabled = app.isEnabled
        createdAt = app.createdAt
        updatedAt = app.updatedAt
    }

    enum CodingKeys: String, CodingKey {
        case name, description, permissions
        case appID = "app_id"
        case clientID = "client_id"
        case clientSecret = "client_secret"
        case appType = "app_type"
        case ownerUserID = "owner_user_id"
        case enterpriseID = "enterprise_id"
        case redirectURIs = "redirect_uris"
        case isS256Only = "is_s256_only"
        case isChannel = "is_channel"
        case connectorID = "connector_id"
        case isPrivileged = "is_privileged"
        case isEnabled = "is_enabled"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}
