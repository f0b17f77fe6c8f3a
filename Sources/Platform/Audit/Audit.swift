package import APIKit

/// What was done to accounts, tokens, workspaces and the like, by whom and from where. Nothing here changes the log.
package struct Audit: Resource {
    package static let tag = "Audit log"
    let audit: AuditStore

    package init(audit: AuditStore) { self.audit = audit }

    package var endpoints: [AnyEndpoint] {
        list
    }

    struct ListInput: Decodable, Sendable {
        /// Only what was done in this workspace, which the caller must own or administer.
        var workspaceID: ID?
        /// Only what was done in this enterprise, which the caller must administer.
        var enterpriseID: ID?
        /// Only what this user did. Without a workspace or an enterprise, all but operators see only what they did
        /// themselves.
        var userID: ID?
        /// Only this action, such as workspace.update.
        var action: String?
        /// Only what was done to objects of this type, such as workspace.
        var objectType: String?
        /// Only what was done to the object with this id.
        var objectID: String?
        /// Only what was done at this time or later, in Unix seconds.
        var after: Int?
        /// Only what was done before this time, in Unix seconds.
        var before: Int?
        /// Only what was noted before this record: the last one of the page before.
        var beforeID: ID?
        /// Records on a page, 1 to 200; 50 if absent.
        var limit: Int?

        enum CodingKeys: String, CodingKey {
            case action, after, before, limit
            case workspaceID = "workspace_id"
            case enterpriseID = "enterprise_id"
            case userID = "user_id"
            case objectType = "object_type"
            case objectID = "object_id"
            case beforeID = "before_id"
        }
    }

    struct Page: Codable, Sendable {
        /// The records, newest first.
        var items: [AuditRecord]
        /// Whether there are older ones.
        var hasMore: Bool

        enum CodingKeys: String, CodingKey {
            case items
            case hasMore = "has_more"
        }
    }

    var list: Endpoint<ListInput, Page> {
        Endpoint(
            .get, "/buckle/v1/audit", "Read the audit log", access: .permission(PermissionPoint.readAudit)
        ) { input, call in
            let filter = AuditStore.Filter(
                workspace: input.workspaceID, enterprise: input.enterpriseID, user: input.userID, action: input.action,
                objectType: input.objectType, objectID: input.objectID, after: try Self.second(input.after, "after"),
                before: try Self.second(input.before, "before"))
            let limit = try Limits.number(input.limit, 1...200, or: 50, "limit")
            let (items, hasMore) = try await audit.list(
                filter, before: input.beforeID, limit, visibleTo: call.member)
            return Page(items: items, hasMore: hasMore)
        }
    }

    private static func second(_ number: Int?, _ field: String) throws(APIError) -> Int64? {
        guard let number else { return nil }
        // Ids hold seconds up to here.
        return Int64(try Limits.number(number, 0...2_000_000_000, or: 0, field))
    }
}

/// Something that was done.
struct AuditRecord: Codable, Sendable {
    var id: ID
    /// Unix seconds.
    var createdAt: Int64
    /// Who did it.
    var user: User
    /// The token it was done with; 0 for none.
    var tokenID: ID
    /// What was done, as object and verb, such as workspace.update.
    var action: String
    /// What kind of thing it was done to.
    var objectType: String
    /// The id of what it was done to.
    var objectID: String
    /// The workspace it was done in; absent for none.
    var workspaceID: ID?
    /// The enterprise it was done in; absent for none.
    var enterpriseID: ID?
    /// Where the request came from.
    var address: String
    /// The log id of the request.
    var logID: String
    /// What else is known of it.
    var detail: [String: String]

    struct User: Codable, Sendable {
        /// The user's id; 0 for whoever ran a command on the server's machine.
        var id: ID
        /// The user's name; empty if there is no such account any more.
        var userName: String

        enum CodingKeys: String, CodingKey {
            case id
            case userName = "user_name"
        }
    }

    enum CodingKeys: String, CodingKey {
        case id, user, action, address, detail
        case createdAt = "created_at"
        case tokenID = "token_id"
        case objectType = "object_type"
        case objectID = "object_id"
        case workspaceID = "workspace_id"
        case enterpriseID = "enterprise_id"
        case logID = "log_id"
    }
}
