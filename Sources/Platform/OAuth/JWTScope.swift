import APIKit

/// What an app asks a token for, where that is less than it could have. What is left out does not narrow anything.
package struct JWTScope: Decodable, Sendable {
    /// Permissions that reach everything the account has.
    var accountPermission: Permissions?
    /// Permissions in workspaces.
    var workspacePermission: WorkspacePermissions?
    /// Permissions for workflows.
    var workflowPermission: WorkflowPermissions?
    /// Which resources the permissions count for.
    var attributeConstraint: AttributeConstraint?

    enum CodingKeys: String, CodingKey {
        case accountPermission = "account_permission"
        case workspacePermission = "workspace_permission"
        case workflowPermission = "workflow_permission"
        case attributeConstraint = "attribute_constraint"
    }

    struct Permissions: Decodable, Sendable {
        /// Names of permission points.
        var permissionList: [String]?

        enum CodingKeys: String, CodingKey { case permissionList = "permission_list" }
    }

    struct WorkspacePermissions: Decodable, Sendable {
        /// The only workspaces that the token reaches.
        var workspaceIDList: [ID]?
        /// Names of permission points.
        var permissionList: [String]?

        enum CodingKeys: String, CodingKey {
            case workspaceIDList = "workspace_id_list"
            case permissionList = "permission_list"
        }
    }

    struct WorkflowPermissions: Decodable, Sendable {
        /// The only workflows that the token reaches; must be empty, since no token is bound to workflows.
        var workflowIDList: [ID]?
        /// Names of permission points.
        var permissionList: [String]?

        enum CodingKeys: String, CodingKey {
            case workflowIDList = "workflow_id_list"
            case permissionList = "permission_list"
        }
    }

    struct AttributeConstraint: Decodable, Sendable {
        /// Which bots the token may chat with.
        var connectorBotChatAttribute: BotChat?

        enum CodingKeys: String, CodingKey { case connectorBotChatAttribute = "connector_bot_chat_attribute" }
    }

    struct BotChat: Decodable, Sendable {
        /// The only bots that the token may chat with.
        var botIDList: [ID]?

        enum CodingKeys: String, CodingKey { case botIDList = "bot_id_list" }
    }

    /// All points that are asked for; nil if no list of them is given.
    var points: Set<String>? {
        let lists = [
            accountPermission?.permissionList, workspacePermission?.permissionList, workflowPermission?.permissionList,
        ].compactMap(\.self)
        return lists.isEmpty ? nil : Set(lists.joined())
    }

    var workspaces: [ID]? { workspacePermission?.workspaceIDList }
    var bots: [ID]? { attributeConstraint?.connectorBotChatAttribute?.botIDList }

    /// - Throws: `invalid_request` for what the server could not hold a token to.
    func check() throws(OAuthError) {
        if !(workflowPermission?.workflowIDList ?? []).isEmpty {
            throw OAuthError.invalid("scope.workflow_permission.workflow_id_list is not supported")
        }
        if (bots ?? []).count > 1000 || (workspaces ?? []).count > 1000 {
            throw OAuthError.invalid("scope must name at most 1000 bots and 1000 workspaces")
        }
    }
}
