package import APIKit

/// Workspaces hold bots and what belongs to them; users are their members.
package struct Workspaces: Resource {
    package static let tag = "Workspaces"
    let workspaces: WorkspaceStore
    let members: WorkspaceMemberStore
    let files: FileStore
    let authority: TokenAuthority

    package init(
        workspaces: WorkspaceStore, members: WorkspaceMemberStore, files: FileStore, authority: TokenAuthority
    ) {
        self.workspaces = workspaces
        self.members = members
        self.files = files
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        update
        delete
        leave
        handOver
    }

    struct CreateInput: Decodable, Sendable {
        /// The name, 1 to 50 characters.
        var name: String
        /// What it is for, 0 to 2000 characters.
        var description: String
        /// Its picture: a file that the caller has uploaded.
        var iconFileID: ID?
        /// The organization it belongs to, or the caller's own account, which is the standard.
        var cozeAccountID: ID?
        /// Its owner, the caller if absent. Admins of an organization can name any member of it.
        var ownerUID: ID?

        enum CodingKeys: String, CodingKey {
            case name, description
            case iconFileID = "icon_file_id"
            case cozeAccountID = "coze_account_id"
            case ownerUID = "owner_uid"
        }
    }

    struct Created: Codable, Sendable {
        /// The new workspace.
        var id: ID
    }

    var create: Endpoint<CreateInput, Created> {
        Endpoint(
            .post, "/v1/workspaces", "Create a workspace", access: .permission("createWorkspace")
        ) { input, call in
            try Self.requireAllWorkspaces(call)
            try Limits.check(input.name, 1...50, "name")
            try Limits.checkNotBlank(input.name, "name")
            try Limits.check(input.description, 0...2000, "description")
            let organization = input.cozeAccountID == call.user ? nil : input.cozeAccountID
            let owner = input.ownerUID ?? call.user
            if organization == nil, owner != call.user {
                throw APIError.invalid("owner_uid", "can be somebody else only inside an organization")
            }
            if let icon = input.iconFileID {
                try await files.requirePicture(icon, owner: call.user, "icon_file_id")
            }
            let new = WorkspaceStore.New(
                name: input.name, description: input.description, iconFileID: input.iconFileID,
                organization: organization, owner: owner)
            return Created(id: try await workspaces.create(new, by: call.actor))
        }
    }

    /// - Throws: 4101 for a token that reaches only some workspaces: it cannot reach any others by making or joining
    ///   them.
    static func requireAllWorkspaces(_ call: Call) throws {
        if case .some = call.member.workspaces {
            throw APIError(.noPermission, "The token reaches only some workspaces, so it cannot make or join others")
        }
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Workspaces on a page, 1 to 50; 20 if absent.
        var pageSize: Int?
        /// Only workspaces of this enterprise.
        var enterpriseID: ID?
        /// Only workspaces this user has joined; needs `coze_account_id` too. Others than the caller show only to admins
        /// of the organization.
        var userID: ID?
        /// Only workspaces of this organization, or of the account of `user_id`.
        var cozeAccountID: ID?

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
            let filter = WorkspaceStore.Filter(
                user: input.userID, account: input.cozeAccountID, enterprise: input.enterpriseID)
            return try await workspaces.list(filter, as: call.member, page)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// A team's workspace that the caller owns or administers.
        var workspaceID: ID
        /// The new name, 1 to 50 characters; unchanged if absent or empty.
        var name: String?
        /// The new description, at most 2000 characters; unchanged if absent or empty.
        var description: String?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case name, description
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/v1/workspaces/{workspace_id}", "Update a workspace", access: .permission("Workspace.update")
        ) { input, call in
            if let name = input.name {
                try Limits.check(name, 1...50, "name")
                try Limits.checkNotBlank(name, "name")
            }
            try Limits.check(input.description ?? "", 0...2000, "description")
            try await workspaces.update(
                input.workspaceID, name: input.name, description: input.description, as: call.member, by: call.actor)
            return NoData()
        }
    }

    struct WorkspaceInput: Decodable, Sendable {
        var workspaceID: ID

        enum CodingKeys: String, CodingKey { case workspaceID = "workspace_id" }
    }

    var delete: Endpoint<WorkspaceInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/workspaces/{workspace_id}", "Delete a workspace with all it holds",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try await workspaces.delete(input.workspaceID, as: call.member, by: call.actor)
            try await authority.refresh()
            return NoData()
        }
    }

    var leave: Endpoint<WorkspaceInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/workspaces/{workspace_id}/leave", "Leave a workspace",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try await members.leave(input.workspaceID, as: call.member, by: call.actor)
            return NoData()
        }
    }

    struct HandOverInput: Decodable, Sendable {
        /// A team's workspace that the caller owns.
        var workspaceID: ID
        /// The member who becomes its owner. The caller becomes an admin.
        var userID: ID

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case userID = "user_id"
        }
    }

    var handOver: Endpoint<HandOverInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/workspaces/{workspace_id}/owner", "Hand a workspace over to another member",
            access: .permission(PermissionPoint.manageWorkspaces)
        ) { input, call in
            try await workspaces.handOver(input.workspaceID, to: input.userID, as: call.member, by: call.actor)
            return NoData()
        }
    }
}
