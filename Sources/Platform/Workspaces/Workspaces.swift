package import APIKit

/// Workspaces hold bots and what belongs to them; users are their members.
package struct Workspaces: Resource {
    package static let tag = "Workspaces"
    let workspaces: WorkspaceStore

    package init(workspaces: WorkspaceStore) { self.workspaces = workspaces }

    package var endpoints: [AnyEndpoint] {
        list
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Workspaces on a page, 1 to 50; 20 if absent.
        var pageSize: Int?
        /// Only workspaces of this enterprise.
        var enterpriseID: String?
        /// Only workspaces this user has joined; needs `coze_account_id` too.
        var userID: ID?
        /// The account or organization of `user_id`.
        var cozeAccountID: String?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
            case enterpriseID = "enterprise_id"
            case userID = "user_id"
            case cozeAccountID = "coze_account_id"
        }
    }

    struct WorkspacePage: Codable, Sendable {
        /// The workspaces, oldest first.
        var workspaces: [Workspace]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case workspaces
            case totalCount = "total_count"
        }
    }

    var list: Endpoint<ListInput, WorkspacePage> {
        Endpoint(.get, "/v1/workspaces", "List workspaces", access: .permission("listWorkspace")) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            guard (input.userID == nil) == (input.cozeAccountID == nil) else {
                throw APIError.invalid("user_id", "must be given together with coze_account_id")
            }
            // There is no enterprise on this server, and nobody sees another user's workspaces.
            if input.enterpriseID != nil || (input.userID ?? call.user) != call.user {
                return WorkspacePage(workspaces: [], totalCount: 0)
            }
            return try await workspaces.list(memberOf: call.user, page)
        }
    }
}

/// A workspace, as a member sees it.
package struct Workspace: Codable, Sendable {
    /// The workspace's id.
    var id: ID
    var name: String
    var description: String
    /// A link to its picture; empty if there is none.
    var iconURL: String
    /// The caller's part in it: owner, admin or member.
    var roleType: String
    /// personal or team.
    var workspaceType: String
    /// The enterprise it belongs to; empty for none.
    var enterpriseID: String
    /// The user who owns it.
    var ownerUID: ID
    /// The users who administer it.
    var adminUIDs: [ID]
    /// Whether the caller has joined it.
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
