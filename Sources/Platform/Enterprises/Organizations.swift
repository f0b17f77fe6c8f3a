package import APIKit

/// The organizations of enterprises. Workspaces belong to them.
package struct Organizations: Resource {
    package static let tag = "Organizations"
    let organizations: OrganizationStore

    package init(organizations: OrganizationStore) { self.organizations = organizations }

    package var endpoints: [AnyEndpoint] {
        create
        list
        update
        delete
    }

    struct CreateInput: Decodable, Sendable {
        /// An enterprise that the caller administers.
        var enterpriseID: ID
        /// The name, 1 to 30 characters.
        var name: String
        /// The organization's super admin: an employee of the enterprise.
        var superAdminUserID: ID
        /// What it is for, at most 100 characters.
        var description: String?

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case name, description
            case superAdminUserID = "super_admin_user_id"
        }
    }

    struct Created: Codable, Sendable {
        /// The new organization.
        var organizationID: ID

        enum CodingKeys: String, CodingKey { case organizationID = "organization_id" }
    }

    var create: Endpoint<CreateInput, Created> {
        Endpoint(
            .post, "/v1/enterprises/{enterprise_id}/organizations", "Create an organization in an enterprise",
            access: .permission("Enterprise.createOrganization")
        ) { input, call in
            try Self.check(name: input.name, description: input.description)
            let id = try await organizations.create(
                input.name, description: input.description ?? "", superAdmin: input.superAdminUserID,
                in: input.enterpriseID, by: call.actor)
            return Created(organizationID: id)
        }
    }

    private static func check(name: String?, description: String?) throws {
        if let name {
            try Limits.check(name, 1...30, "name")
            try Limits.checkNotBlank(name, "name")
        }
        try Limits.check(description ?? "", 0...100, "description")
    }

    struct ListInput: Decodable, Sendable {
        /// An enterprise that the caller administers.
        var enterpriseID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Organizations on a page, 1 to 20; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct OrganizationPage: Codable, Sendable {
        /// The organizations, oldest first.
        var items: [Item]
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case totalCount = "total_count"
        }
    }

    struct Item: Codable, Sendable {
        var organizationID: ID
        var organizationName: String
        var organizationDescription: String
        /// A link to its picture; empty if there is none.
        var organizationIconURL: String
        /// Whether it is the one that every employee joins.
        var isDefaultOrganization: Bool

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
            case organizationName = "organization_name"
            case organizationDescription = "organization_description"
            case organizationIconURL = "organization_icon_url"
            case isDefaultOrganization = "is_default_organization"
        }
    }

    var list: Endpoint<ListInput, OrganizationPage> {
        Endpoint(
            .get, "/v1/enterprises/{enterprise_id}/organizations", "List the organizations of an enterprise",
            access: .permission("Enterprise.listOrganization")
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 20)
            return try await organizations.list(input.enterpriseID, as: call.user, page)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// An organization that the caller administers.
        var organizationID: ID
        /// The new name, 1 to 30 characters; unchanged if absent or empty.
        var name: String?
        /// The new description, at most 100 characters; unchanged if absent or empty.
        var description: String?

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
            case name, description
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/v1/organizations/{organization_id}", "Update an organization",
            access: .permission("Account.updateOrganization")
        ) { input, call in
            try Self.check(name: input.name, description: input.description)
            try await organizations.update(
                input.organizationID, name: input.name, description: input.description, by: call.actor)
            return NoData()
        }
    }

    struct DeleteInput: Decodable, Sendable {
        /// An organization without workspaces, of an enterprise that the caller administers.
        var organizationID: ID

        enum CodingKeys: String, CodingKey { case organizationID = "organization_id" }
    }

    var delete: Endpoint<DeleteInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/organizations/{organization_id}", "Delete an organization that has no workspaces",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try await organizations.delete(input.organizationID, by: call.actor)
            return NoData()
        }
    }
}
