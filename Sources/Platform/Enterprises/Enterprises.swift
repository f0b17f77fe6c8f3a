package import APIKit

/// Enterprises have members and organizations, to which workspaces belong.
package struct Enterprises: Resource {
    package static let tag = "Enterprises"
    let enterprises: EnterpriseStore
    let authority: TokenAuthority

    package init(enterprises: EnterpriseStore, authority: TokenAuthority) {
        self.enterprises = enterprises
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        create
        list
        retrieve
        update
        delete
    }

    struct CreateInput: Decodable, Sendable {
        /// The name, 1 to 50 characters. The default organization is named the same.
        var name: String
    }

    struct Created: Codable, Sendable {
        /// The new enterprise.
        var enterpriseID: ID

        enum CodingKeys: String, CodingKey { case enterpriseID = "enterprise_id" }
    }

    var create: Endpoint<CreateInput, Created> {
        Endpoint(
            .post, "/buckle/v1/enterprises", "Create an enterprise, whose super admin is the caller",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try Workspaces.requireAllWorkspaces(call)
            try Self.check(input.name)
            return Created(enterpriseID: try await enterprises.create(input.name, by: call.actor))
        }
    }

    private static func check(_ name: String) throws {
        try Limits.check(name, 1...50, "name")
        try Limits.checkNotBlank(name, "name")
    }

    struct ListInput: Decodable, Sendable {
        /// The page, from 1.
        var pageNum: Int?
        /// Enterprises on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct EnterprisePage: Codable, Sendable {
        /// The enterprises, oldest first.
        var items: [Item]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case totalCount = "total_count"
        }
    }

    /// An enterprise, as a member sees it in a list.
    struct Item: Codable, Sendable {
        var enterpriseID: ID
        var name: String
        /// What the caller is in it: enterprise_super_admin, enterprise_admin, enterprise_member or enterprise_guest.
        var role: String
        /// Unix seconds.
        var createdAt: Int64

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case name, role
            case createdAt = "created_at"
        }
    }

    var list: Endpoint<ListInput, EnterprisePage> {
        Endpoint(
            .get, "/buckle/v1/enterprises", "List the caller's enterprises",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            return try await enterprises.list(of: call.user, page)
        }
    }

    struct EnterpriseInput: Decodable, Sendable {
        var enterpriseID: ID

        enum CodingKeys: String, CodingKey { case enterpriseID = "enterprise_id" }
    }

    /// An enterprise, as a member sees it.
    struct Detail: Codable, Sendable {
        var enterpriseID: ID
        var name: String
        /// What the caller is in it: enterprise_super_admin, enterprise_admin, enterprise_member or enterprise_guest.
        var role: String
        /// Unix seconds.
        var createdAt: Int64
        /// The organizations that the caller is a member of, oldest first.
        var organizations: [JoinedOrganization]

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case name, role, organizations
            case createdAt = "created_at"
        }
    }

    /// An organization that the caller is a member of.
    struct JoinedOrganization: Codable, Sendable {
        var organizationID: ID
        var organizationName: String
        /// Whether it is the one that every employee joins.
        var isDefaultOrganization: Bool
        /// organization_super_admin, organization_admin, organization_member or organization_guest.
        var organizationRoleType: String

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
            case organizationName = "organization_name"
            case isDefaultOrganization = "is_default_organization"
            case organizationRoleType = "organization_role_type"
        }
    }

    var retrieve: Endpoint<EnterpriseInput, Detail> {
        Endpoint(
            .get, "/buckle/v1/enterprises/{enterprise_id}", "Get an enterprise of the caller's",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try await enterprises.find(input.enterpriseID, visibleTo: call.user)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// An enterprise that the caller administers.
        var enterpriseID: ID
        /// The new name, 1 to 50 characters.
        var name: String

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case name
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/buckle/v1/enterprises/{enterprise_id}", "Rename an enterprise",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try Self.check(input.name)
            try await enterprises.rename(input.enterpriseID, to: input.name, by: call.actor)
            return NoData()
        }
    }

    var delete: Endpoint<EnterpriseInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/enterprises/{enterprise_id}", "Delete an enterprise that has no workspaces",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try await enterprises.delete(input.enterpriseID, by: call.actor)
            try await authority.refresh()
            return NoData()
        }
    }
}
