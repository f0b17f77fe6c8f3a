package import APIKit

/// Invitations to workspaces that belong to no enterprise: whom they are for decides whether to join.
package struct WorkspaceInvitations: Resource {
    package static let tag = "Workspace invitations"
    let invitations: WorkspaceInvitationStore

    package init(invitations: WorkspaceInvitationStore) { self.invitations = invitations }

    package var endpoints: [AnyEndpoint] {
        list
        accept
        decline
        listOfWorkspace
        withdraw
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Invitations on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct ReceivedPage: Codable, Sendable {
        /// The invitations, oldest first.
        var items: [Received]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case totalCount = "total_count"
        }
    }

    /// An invitation, as the invited user sees it.
    struct Received: Codable, Sendable {
        var invitationID: ID
        /// The workspace it is to.
        var workspaceID: ID
        var workspaceName: String
        /// Who made it.
        var inviterUserID: ID
        var inviterNickname: String
        /// What the user would be in the workspace: admin or member.
        var roleType: String
        /// Unix seconds.
        var createdAt: Int64

        enum CodingKeys: String, CodingKey {
            case invitationID = "invitation_id"
            case workspaceID = "workspace_id"
            case workspaceName = "workspace_name"
            case inviterUserID = "inviter_user_id"
            case inviterNickname = "inviter_nickname"
            case roleType = "role_type"
            case createdAt = "created_at"
        }
    }

    var list: Endpoint<ListInput, ReceivedPage> {
        Endpoint(
            .get, "/buckle/v1/invitations", "List the caller's invitations to workspaces",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            return try await invitations.list(of: call.user, page)
        }
    }

    struct AnswerInput: Decodable, Sendable {
        /// An invitation of the caller's.
        var invitationID: ID

        enum CodingKeys: String, CodingKey { case invitationID = "invitation_id" }
    }

    var accept: Endpoint<AnswerInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/invitations/{invitation_id}/accept", "Accept an invitation and join the workspace",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try Workspaces.requireAllWorkspaces(call)
            try await invitations.answer(input.invitationID, accepting: true, by: call.actor)
            return NoData()
        }
    }

    var decline: Endpoint<AnswerInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/invitations/{invitation_id}/decline", "Decline an invitation",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try await invitations.answer(input.invitationID, accepting: false, by: call.actor)
            return NoData()
        }
    }

    struct ListOfWorkspaceInput: Decodable, Sendable {
        /// A workspace that the caller owns or administers.
        var workspaceID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Invitations on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct SentPage: Codable, Sendable {
        /// The invitations that nobody has answered, oldest first.
        var items: [Sent]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case totalCount = "total_count"
        }
    }

    /// An invitation, as the workspace's admins see it.
    struct Sent: Codable, Sendable {
        var invitationID: ID
        /// Whom it is for.
        var userID: ID
        var userNickname: String
        var userUniqueName: String
        /// A link to the user's picture; empty if there is none.
        var avatarURL: String
        /// Who made it.
        var inviterUserID: ID
        /// What the user would be in the workspace: admin or member.
        var roleType: String
        /// Unix seconds.
        var createdAt: Int64

        enum CodingKeys: String, CodingKey {
            case invitationID = "invitation_id"
            case userID = "user_id"
            case userNickname = "user_nickname"
            case userUniqueName = "user_unique_name"
            case avatarURL = "avatar_url"
            case inviterUserID = "inviter_user_id"
            case roleType = "role_type"
            case createdAt = "created_at"
        }
    }

    var listOfWorkspace: Endpoint<ListOfWorkspaceInput, SentPage> {
        Endpoint(
            .get, "/buckle/v1/workspaces/{workspace_id}/invitations", "List the invitations to a workspace",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            return try await invitations.list(to: input.workspaceID, as: call.member, page)
        }
    }

    struct WithdrawInput: Decodable, Sendable {
        /// A workspace that the caller owns or administers.
        var workspaceID: ID
        /// An invitation to it.
        var invitationID: ID

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case invitationID = "invitation_id"
        }
    }

    var withdraw: Endpoint<WithdrawInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/workspaces/{workspace_id}/invitations/{invitation_id}", "Withdraw an invitation",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try await invitations.withdraw(
                input.invitationID, to: input.workspaceID, as: call.member, by: call.actor)
            return NoData()
        }
    }
}
