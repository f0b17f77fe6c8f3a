package import APIKit

/// The members of organizations. Admins manage them, and super admins the super admins; the admins of the enterprise
/// count as admins of its organizations.
package struct OrganizationMembers: Resource {
    package static let tag = "Organization members"
    let members: OrganizationMemberStore

    package init(members: OrganizationMemberStore) { self.members = members }

    package var endpoints: [AnyEndpoint] {
        add
        list
        update
        remove
    }

    struct AddInput: Decodable, Sendable {
        /// An organization that the caller administers.
        var organizationID: ID
        /// The user to add: exactly one, a member of the enterprise.
        var organizationPeople: [Person]

        struct Person: Decodable, Sendable {
            var userID: ID
            /// organization_super_admin, organization_admin, organization_member or organization_guest. Guests of the
            /// enterprise are organization_guest, and nobody else.
            var organizationRoleType: OrganizationRole

            enum CodingKeys: String, CodingKey {
                case userID = "user_id"
                case organizationRoleType = "organization_role_type"
            }
        }

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
            case organizationPeople = "organization_people"
        }
    }

    var add: Endpoint<AddInput, NoData> {
        Endpoint(
            .post, "/v1/organizations/{organization_id}/members", "Add a member to an organization",
            access: .permission("batchAddOrganizationPeople")
        ) { input, call in
            guard input.organizationPeople.count == 1 else {
                throw APIError.invalid("organization_people", "must have exactly one item")
            }
            let person = input.organizationPeople[0]
            try await members.add(
                person.userID, to: input.organizationID, as: person.organizationRoleType, by: call.actor)
            return NoData()
        }
    }

    struct ListInput: Decodable, Sendable {
        /// An organization that the caller administers.
        var organizationID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Members on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
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
        /// Whether the user's account is enabled.
        var isValid: Bool
        /// A link to the user's picture; empty if there is none.
        var avatarURL: String
        /// When the user joined, in Unix seconds.
        var createdAt: Int64
        /// What the user is in the enterprise: employee or guest.
        var peopleType: String
        /// The name that is shown.
        var userNickname: String
        /// The unique name.
        var userUniqueName: String
        /// organization_super_admin, organization_admin, organization_member or organization_guest.
        var organizationRoleType: String

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case isValid = "is_valid"
            case avatarURL = "avatar_url"
            case createdAt = "created_at"
            case peopleType = "people_type"
            case userNickname = "user_nickname"
            case userUniqueName = "user_unique_name"
            case organizationRoleType = "organization_role_type"
        }
    }

    var list: Endpoint<ListInput, MemberPage> {
        Endpoint(
            .get, "/v1/organizations/{organization_id}/members", "List the members of an organization",
            access: .permission("Account.listOrganizationPeople")
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            return try await members.list(input.organizationID, as: call.user, page)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// An organization that the caller administers.
        var organizationID: ID
        /// A member, but no guest.
        var userID: ID
        /// organization_super_admin, organization_admin or organization_member. Only super admins make and unmake super
        /// admins.
        var organizationRoleType: OrganizationRole

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
            case userID = "user_id"
            case organizationRoleType = "organization_role_type"
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/v1/organizations/{organization_id}/members/{user_id}", "Change a member's role in an organization",
            access: .permission("updateOrganizationPeople")
        ) { input, call in
            try await members.setRole(
                input.organizationRoleType, of: input.userID, in: input.organizationID, by: call.actor)
            return NoData()
        }
    }

    struct RemoveInput: Decodable, Sendable {
        /// An organization that the caller administers.
        var organizationID: ID
        /// The member to remove.
        var userID: ID
        /// The super admin who takes over what the member owned in the organization.
        var receiverUserID: ID

        enum CodingKeys: String, CodingKey {
            case organizationID = "organization_id"
            case userID = "user_id"
            case receiverUserID = "receiver_user_id"
        }
    }

    var remove: Endpoint<RemoveInput, NoData> {
        Endpoint(
            .delete, "/v1/organizations/{organization_id}/members/{user_id}", "Remove a member from an organization",
            access: .permission("Account.removeOrganizationPeople")
        ) { input, call in
            try await members.remove(
                input.userID, from: input.organizationID, receiver: input.receiverUserID, by: call.actor)
            return NoData()
        }
    }
}
