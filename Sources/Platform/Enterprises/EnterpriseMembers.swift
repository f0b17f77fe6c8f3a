package import APIKit

/// The members of enterprises: employees, and guests who see only what they are added to. Admins manage them.
package struct EnterpriseMembers: Resource {
    package static let tag = "Enterprise members"
    let members: EnterpriseMemberStore
    let authority: TokenAuthority

    package init(members: EnterpriseMemberStore, authority: TokenAuthority) {
        self.members = members
        self.authority = authority
    }

    package var endpoints: [AnyEndpoint] {
        add
        update
        remove
        list
        addGuest
        handOver
    }

    /// The roles that an employee can be given. An enterprise has one super admin.
    enum GivenRole: String, Codable, Sendable, CaseIterable {
        case admin = "enterprise_admin"
        case member = "enterprise_member"

        var role: EnterpriseRole { self == .admin ? .admin : .member }
    }

    struct AddInput: Decodable, Sendable {
        /// An enterprise that the caller administers.
        var enterpriseID: ID
        /// The user to add: exactly one.
        var users: [User]

        struct User: Decodable, Sendable {
            var userID: ID
            /// enterprise_admin or enterprise_member.
            var role: GivenRole

            enum CodingKeys: String, CodingKey {
                case userID = "user_id"
                case role
            }
        }

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case users
        }
    }

    var add: Endpoint<AddInput, NoData> {
        Endpoint(
            .post, "/v1/enterprises/{enterprise_id}/members", "Add an employee to an enterprise",
            access: .permission("Enterprise.batchAddPeople")
        ) { input, call in
            guard input.users.count == 1 else { throw APIError.invalid("users", "must have exactly one item") }
            try await members.add(
                input.users[0].userID, to: input.enterpriseID, as: input.users[0].role.role, by: call.actor)
            return NoData()
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// An enterprise that the caller administers.
        var enterpriseID: ID
        /// An employee, not the super admin.
        var userID: ID
        /// enterprise_admin or enterprise_member.
        var role: GivenRole

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case userID = "user_id"
            case role
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(
            .put, "/v1/enterprises/{enterprise_id}/members/{user_id}", "Change an employee's role in an enterprise",
            access: .permission("Enterprise.updatePeople")
        ) { input, call in
            try await members.setRole(input.role.role, of: input.userID, in: input.enterpriseID, by: call.actor)
            return NoData()
        }
    }

    struct RemoveInput: Decodable, Sendable {
        /// An enterprise that the caller administers.
        var enterpriseID: ID
        /// The member to remove, who must have left all organizations.
        var userID: ID
        /// The admin who takes over what the member has in the enterprise.
        var receiverUserID: ID

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case userID = "user_id"
            case receiverUserID = "receiver_user_id"
        }
    }

    var remove: Endpoint<RemoveInput, NoData> {
        Endpoint(
            .delete, "/v1/enterprises/{enterprise_id}/members/{user_id}", "Remove a member from an enterprise",
            access: .permission("Enterprise.removePeople")
        ) { input, call in
            try await members.remove(
                input.userID, from: input.enterpriseID, receiver: input.receiverUserID, by: call.actor)
            try await authority.refresh()
            return NoData()
        }
    }

    struct ListInput: Decodable, Sendable {
        /// An enterprise in which the caller is an employee.
        var enterpriseID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Members on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
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
        /// enterprise_super_admin, enterprise_admin, enterprise_member or enterprise_guest.
        var role: String
        /// The name that is shown.
        var userNickname: String
        /// The unique name.
        var userUniqueName: String
        /// A link to the user's picture; empty if there is none.
        var avatarURL: String
        /// When the user joined, in Unix seconds.
        var createdAt: Int64
        /// Whether the user's account is enabled.
        var isValid: Bool

        enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case role
            case userNickname = "user_nickname"
            case userUniqueName = "user_unique_name"
            case avatarURL = "avatar_url"
            case createdAt = "created_at"
            case isValid = "is_valid"
        }
    }

    var list: Endpoint<ListInput, MemberPage> {
        Endpoint(
            .get, "/buckle/v1/enterprises/{enterprise_id}/members", "List the members of an enterprise",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            return try await members.list(input.enterpriseID, as: call.user, page)
        }
    }

    struct UserInput: Decodable, Sendable {
        var enterpriseID: ID
        var userID: ID

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case userID = "user_id"
        }
    }

    var addGuest: Endpoint<UserInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/enterprises/{enterprise_id}/guests", "Add a guest to an enterprise",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try await members.add(input.userID, to: input.enterpriseID, as: .guest, by: call.actor)
            return NoData()
        }
    }

    var handOver: Endpoint<UserInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/enterprises/{enterprise_id}/super_admin",
            "Make another employee the super admin of an enterprise",
            access: .permission(PermissionPoint.manageEnterprises)
        ) { input, call in
            try await members.handOver(input.enterpriseID, to: input.userID, by: call.actor)
            return NoData()
        }
    }
}
