import APIKit
import Database

/// The most that a token for a JWT may be: whom it stands for, and what it may reach.
struct JWTEntitlement {
    let user: ID
    var permissions: [String]
    /// The workspaces it reaches; nil for all of the user's.
    var workspaces: [ID]?
    /// What it rests upon, where that is not the user's own app.
    var grant: ID?

    /// What an app may have of a target, in the caller's unit of work.
    ///
    /// - Throws: `access_deny`, with the same words for a target that does not exist and one that is out of reach.
    init(of app: OAuthApp, for target: JWTExchange.Target, storage: Storage, in connection: any Connection) throws {
        switch target {
        case .developer:
            self.init(user: app.ownerID, permissions: app.permissions(bound: false))
        case .account(let text):
            guard let id = ID(text), let entitlement = try Self.account(id, app, storage, connection) else {
                throw OAuthError("access_deny", "the account has not authorized the app")
            }
            self = entitlement
        case .enterprise(let text):
            guard let id = ID(text), app.isPrivileged, app.enterpriseID == id,
                try OAuthAppStore.administers(id, app.ownerID, in: connection)
            else { throw OAuthError("access_deny", "the enterprise has not authorized the app") }
            // The one form that carries points of enterprise level.
            self.init(user: app.ownerID, permissions: app.permissions)
        }
    }

    private init(user: ID, permissions: [String], workspaces: [ID]? = nil, grant: ID? = nil) {
        self.user = user
        self.permissions = permissions
        self.workspaces = workspaces
        self.grant = grant
    }

    private static func account(
        _ id: ID, _ app: OAuthApp, _ storage: Storage, _ connection: any Connection
    ) throws -> JWTEntitlement? {
        if id == app.ownerID { return JWTEntitlement(user: id, permissions: app.permissions(bound: false)) }
        let grants = OAuthGrantStore(storage: storage)
        if let grant = try grants.live(app: app.id, user: id, workspace: nil, in: connection) {
            return JWTEntitlement(
                user: id, permissions: grant.permissions(of: app), workspaces: grant.reachedWorkspaces, grant: grant.id)
        }
        return try organization(id, app, connection)
    }

    /// An organization has no account of its own: its administrator's app acts for that administrator, in the
    /// organization's workspaces alone.
    private static func organization(
        _ id: ID, _ app: OAuthApp, _ connection: any Connection
    ) throws -> JWTEntitlement? {
        guard let standing = try OrganizationStanding.find(app.ownerID, in: id, connection), standing.manages else {
            return nil
        }
        let workspaces = try connection.query(
            """
            SELECT w.id FROM workspace w JOIN workspace_member m ON m.workspace_id = w.id
            WHERE w.organization_id = \(id) AND m.user_id = \(app.ownerID) ORDER BY w.id
            """
        ) { $0.id(0) }
        return JWTEntitlement(user: app.ownerID, permissions: app.permissions(bound: false), workspaces: workspaces)
    }

    /// - Throws: `invalid_request` if more is asked for than there is.
    mutating func narrow(to scope: JWTScope, in connection: any Connection) throws {
        if let points = scope.points {
            if let excess = points.subtracting(permissions).min() {
                throw OAuthError.invalid("scope: the app does not have the permission \(excess.prefix(100))")
            }
            permissions = permissions.filter(points.contains)
        }
        if let asked = scope.workspaces {
            let member = Member(user: user, workspaces: workspaces.map { .some(Set($0)) } ?? .all)
            for workspace in asked {
                guard try WorkspaceStore.isMember(member, of: workspace, in: connection) else {
                    throw OAuthError.invalid("scope: the workspace \(workspace) does not exist")
                }
            }
            workspaces = asked
        }
    }
}
