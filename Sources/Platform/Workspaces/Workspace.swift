import APIKit

/// A workspace, as a member sees it.
package struct Workspace: Codable, Sendable {
    /// The workspace's id.
    var id: ID
    var name: String
    var description: String
    /// A link to its picture; empty if there is none.
    var iconURL: String
    /// The member's part in it: owner, admin or member.
    var roleType: String
    /// personal or team.
    var workspaceType: String
    /// The enterprise it belongs to; empty for none.
    var enterpriseID: String
    /// The user who owns it.
    var ownerUID: ID
    /// The users who administer it.
    var adminUIDs: [ID]
    /// Whether the member has joined it: always joined.
    var joinedStatus: String

    enum CodingKeys: String, CodingKey {
        case id, name, description
        case iconURL = "icon_url"
        case roleType = "role_type"
        case workspaceType = "workspace_type"
        case enterpriseID = "enterprise_id"
        case ownerUID = "owner_uid"
        case adminUIDs = "admin_uids"
        case joinedStatus = "joined_status"
    }
}

/// What a member may do in a workspace. Owners and admins manage it and its members.
enum WorkspaceRole: String, Codable, Sendable, CaseIterable {
    case owner, admin, member

    var manages: Bool { self != .member }

    /// The roles that a member can be given. A workspace has one owner.
    enum Given: String, Codable, Sendable, CaseIterable { case admin, member }
}

/// A row of the table of workspaces, and the part that the caller has in it.
struct StoredWorkspace: Sendable {
    let id: ID
    let ownerID: ID
    let isPersonal: Bool
    let enterpriseID: ID?
    let role: WorkspaceRole

    var auditObject: AuditObject { AuditObject("workspace", id, workspace: id, enterprise: enterpriseID) }
}
