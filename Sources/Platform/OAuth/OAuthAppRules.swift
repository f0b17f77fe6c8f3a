import APIKit

/// What an OAuth app must be like.
enum OAuthAppRules {
    /// The points, each once.
    ///
    /// - Throws: 4000 naming `permissions`, unless there are some and each can be granted.
    static func permissions(_ points: [String]) throws(APIError) -> [String] {
        guard !points.isEmpty else { throw .invalid("permissions", "must not be empty") }
        for point in points {
            if PermissionPoint.ungrantable.contains(point) {
                throw .invalid("permissions", "\(point) cannot be granted to an app")
            }
            if !known.contains(point) { throw .invalid("permissions", "\(point.prefix(100)) is no permission point") }
        }
        return Set(points).sorted()
    }

    private static let known = Set(PermissionPoint.names)

    /// Whoever holds a service app's key gets what the app may have, in all of its owner's workspaces. So nobody gives
    /// an app what their own token does not allow.
    ///
    /// - Throws: 4101.
    static func requireNoGain(_ points: [String], by bearer: Bearer) throws(APIError) {
        guard bearer.member.workspaces == .all else {
            throw APIError(.noPermission, "An app would reach workspaces that the caller's token does not")
        }
        try TokenRights.requireCarried(points, by: bearer)
    }

    /// A service app's tokens stand for its owner, and not for the other administrators of its enterprise. So these
    /// cannot have it do more.
    ///
    /// - Throws: 4101.
    static func requireOwner(_ user: ID, toAddTo app: OAuthApp) throws(APIError) {
        if app.type == .service, app.ownerID != user {
            throw APIError(.noPermission, "Only the app's owner can add permissions, since it acts for the owner")
        }
    }

    /// - Throws: 4000 naming the field that does not suit the app.
    static func check(_ change: OAuthAppChange, of app: OAuthApp) throws(APIError) {
        if let name = change.name { try check(name: name) }
        if let description = change.description { try Limits.check(description, 0...500, "description") }
        if let redirectURIs = change.redirectURIs { try check(redirectURIs, app.type) }
        if let permissions = change.permissions { try checkLevels(of: permissions, isPrivileged: app.isPrivileged) }
        if change.isS256Only == true { try check(isS256OnlyFor: app.type) }
        if let connector = change.connectorID { try check(connector: connector, isChannel: app.isChannel) }
    }

    static func check(name: String) throws(APIError) {
        try Limits.check(name, 1...50, "name")
        try Limits.checkNotBlank(name, "name")
    }

    static func check(_ redirectURIs: [String], _ type: OAuthApp.Kind) throws(APIError) {
        switch type {
        case .web, .pkce:
            guard (1...3).contains(redirectURIs.count), Set(redirectURIs).count == redirectURIs.count else {
                throw .invalid("redirect_uris", "must be 1 to 3 different addresses for apps of type \(type.rawValue)")
            }
            for uri in redirectURIs { try RedirectURI.check(uri, mayBePrivate: type == .pkce) }
        case .device, .service:
            guard redirectURIs.isEmpty else {
                throw .invalid("redirect_uris", "must be empty for apps of type \(type.rawValue)")
            }
        }
    }

    /// Enterprises trust their privileged apps alone.
    static func checkLevels(of permissions: [String], isPrivileged: Bool) throws(APIError) {
        guard !isPrivileged else { return }
        if let point = permissions.first(where: { PermissionPoint.level(of: $0) == .enterprise }) {
            throw .invalid("permissions", "\(point) is for privileged apps of enterprises alone")
        }
    }

    static func check(isS256OnlyFor type: OAuthApp.Kind) throws(APIError) {
        guard type == .pkce else { throw .invalid("is_s256_only", "is for apps of type pkce alone") }
    }

    static func check(connector: String, isChannel: Bool) throws(APIError) {
        guard isChannel else { throw .invalid("connector_id", "is for apps with is_channel alone") }
        guard connector.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil else {
            throw .invalid("connector_id", "must have 1 to 64 letters, digits, - and _")
        }
    }
}

extension OAuthApps.CreateInput {
    /// - Throws: 4000 naming the field that is not acceptable; 4101 if the app could do more than the caller's token.
    func checked(by bearer: Bearer) throws(APIError) -> NewOAuthApp {
        let isPrivileged = isPrivileged ?? false
        let isChannel = isChannel ?? false
        try OAuthAppRules.check(name: name)
        try Limits.check(description ?? "", 0...500, "description")
        try OAuthAppRules.check(redirectURIs ?? [], appType)
        if isS256Only == true { try OAuthAppRules.check(isS256OnlyFor: appType) }
        if isChannel, appType != .service { throw .invalid("is_channel", "is for apps of type service alone") }
        if let connectorID { try OAuthAppRules.check(connector: connectorID, isChannel: isChannel) }
        if isPrivileged, appType != .service || enterpriseID == nil {
            throw .invalid("is_privileged", "is for apps of type service with an enterprise_id alone")
        }
        let asked =
            permissions
            ?? PermissionPoint.documented.filter {
                bearer.permissions.contains([$0]) && (isPrivileged || PermissionPoint.level(of: $0) != .enterprise)
            }
        let points = try OAuthAppRules.permissions(asked)
        try OAuthAppRules.checkLevels(of: points, isPrivileged: isPrivileged)
        try OAuthAppRules.requireNoGain(points, by: bearer)
        return NewOAuthApp(
            name: name, description: description ?? "", type: appType, redirectURIs: redirectURIs ?? [],
            permissions: points, isS256Only: isS256Only ?? false, isChannel: isChannel, connectorID: connectorID,
            enterpriseID: enterpriseID, isPrivileged: isPrivileged)
    }
}
