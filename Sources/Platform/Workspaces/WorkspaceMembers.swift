package import APIKit

/// The members of workspaces. Owners and admins add and remove them; nobody removes the owner.
package struct WorkspaceMembers: Resource {
    package static let tag = "Workspace members"
    let members: WorkspaceMemberStore

    package init(members: WorkspaceMemberStore) { self.members = members }

    package var endpoints: [AnyEndpoint] {
        list
        add
        remove
        update
    }

    struct ListInput: Decodable, Sendable {
        var workspaceID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Members on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct MemberPage: Codable, Sendable {
        /// The members, in the order they joined.
        var items: [Item]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case totalCount = "total_count"
        }
    }

    struct Item: Codable, Sendable {
        var userID: ID
        /// owner, admin or member.
        var roleType: String
        /// The name that is shown.
        var userNickname: String
        /// The unique name.
        var userUniqueName: String
        /// A link to the user's picture; empty if there is none.
        var avatarURL: String

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case roleType = "role_type"
            case userNickname = "user_nickname"
            case userUniqueName = "user_unique_name"
            case avatarURL = "avatar_url"
        }
    }

    var list: Endpoint<ListInput, MemberPage> {
        Endpoint(
            .get, "/v1/workspaces/{workspace_id}/members", "List the members of a workspace",
            access: .permission("readMember")
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            return try await members.list(input.workspaceID, as: call.member, page)
        }
    }

    struct AddInput: Decodable, Sendable {
        /// A team's workspace that the caller owns or administers.
        var workspaceID: ID
        /// Whom to add, 1 to 20 users. A user who is named twice counts once, as first named.
        var users: [User]

        struct User: Decodable, Sendable {
            var userID: ID
            /// admin or member.
            var roleType: WorkspaceRole.Given

            enum CodingKeys: String, CodingKey {
                case userID = "user_id"
                case roleType = "role_type"
            }
        }

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case users
        }
    }

    /// What became of each user.
    struct Added: Codable, Sendable {
        /// Users who are members from now on: in workspaces of enterprises.
        var addedSuccess: [ID] = []
        /// Users who were invited and can accept: in workspaces of no enterprise.
        var invitedSuccess: [ID] = []
        /// Users who do not exist.
        var notExist: [ID] = []
        /// Users who were members before.
        var alreadyJoined: [ID] = []
        /// Users who were invited before, and have neither accepted nor declined.
        var alreadyInvited: [ID] = []

        enum CodingKeys: String, CodingKey {
            case addedSuccess = "added_success_user_ids"
            case invitedSuccess = "invited_success_user_ids"
            case notExist = "not_exist_user_ids"
            case alreadyJoined = "already_joined_user_ids"
            case alreadyInvited = "already_invited_user_ids"
        }
    }

    var add: Endpoint<AddInput, Added> {
        Endpoint(
            .post, "/v1/workspaces/{workspace_id}/members", "Add users to a workspace, or invite them",
            access: .permission("addMember")
        ) { input, call in
            if input.users.isEmpty { throw APIError.invalid("users", "must not be empty") }
            try Limits.check(count: input.users.count, atMost: 20, "users")
            var named: Set<ID> = []
            let users = input.users.filter { named.insert($0.userID).inserted }
            return try await members.add(users, to: input.workspaceID, as: call.member, by: call.actor)
        }
    }

    struct RemoveInput: Decodable, Sendable {
        /// A workspace that the caller owns or administers.
        var workspaceID: ID
        /// Whom to remove, 1 to 5 users.
        var userIDs: [ID]

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case userIDs = "user_ids"
        }
    }

    /// What became of each user.
    struct Removed: Codable, Sendable {
        /// Users who are no members any more. What they owned there passed to the workspace's owner.
        var removedSuccess: [ID] = []
        /// Users who were no members.
        var notInWorkspace: [ID] = []
        /// The same as `not_in_workspace_user_ids`, under another name that clients know.
        var notInSpace: [ID] = []
        /// The owner, who cannot be removed.
        var ownerNotSupportRemove: [ID] = []

        enum CodingKeys: String, CodingKey {
            case removedSuccess = "removed_success_user_ids"
            case notInWorkspace = "not_in_workspace_user_ids"
            case notInSpace = "not_in_space_user_ids"
            case ownerNotSupportRemove = "owner_not_support_remove_user_ids"
        }
    }

    var remove: Endpoint<RemoveInput, Removed> {
        Endpoint(
            .delete, "/v1/workspaces/{workspace_id}/members", "Remove users from a workspace",
            access: .permission("removeMember")
        ) { input, call in
            if input.userIDs.isEmpty { throw APIError.invalid("user_ids", "must not be empty") }
            try Limits.check(count: input.userIDs.count, atMost: 5, "user_ids")
            var named: Set<ID> = []
            let users = input.userIDs.filter { named.insert($0).inserted }
            return try await members.remove(users, from: input.workspaceID, as: call.member, by: call.actor)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// A workspace that the caller owns or administers.
        var workspaceID: ID
        /// A member who does not own it.
        var userID: ID
        /// admin or member.
        var roleType: WorkspaceRole.Given

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case userID = "user_id"
            case roleType = "role_type"
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/buckle/v1/workspaces/{workspace_id}/members/{user_id}", "Change a member's role in a workspace",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try await members.setRole(
                input.roleType, of: input.userID, in: input.workspaceID, as: call.member, by: call.actor)
            return NoData()
        }
    }
}
