package import APIKit

/// What an account has let an OAuth app do. It is live until it is revoked.
package struct OAuthGrant: Sendable {
    package let id: ID
    package let appID: ID
    /// The account that granted it.
    package let userID: ID
    /// The workspace it is bound to; nil if it is the account's.
    package let workspaceID: ID?
    /// Names of permission points.
    package let permissions: [String]
    /// The workspaces it reaches, of those the account is a member of; nil for all.
    package let workspaces: [ID]?
    /// Unix seconds.
    package let createdAt: Int64

    /// The points of a token for this grant: what was granted, as far as the app still asks for it.
    package func permissions(of app: OAuthApp) -> [String] {
        let asked = Set(app.permissions(bound: workspaceID != nil))
        return permissions.filter(asked.contains)
    }

    /// Whether it allows anything beyond these points and workspaces.
    func exceeds(_ points: [String], _ workspaces: [ID]?) -> Bool {
        if !Set(permissions).isSubset(of: points) { return true }
        guard let workspaces else { return false }
        return self.workspaces.map { !Set($0).isSubset(of: workspaces) } ?? true
    }

    /// The workspaces that a token for this grant reaches; nil for all of the account's.
    package var reachedWorkspaces: [ID]? { workspaceID.map { [$0] } ?? workspaces }
}
