import APIKit
import Database

/// The table of organizations' members. All of them are members of the enterprise.
package struct OrganizationMemberStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// - Throws: 4200 if the caller is nothing in the organization, 4101 if the caller is no admin.
    func list(
        _ organization: ID, as user: ID, _ page: PageRequest
    ) async throws -> OrganizationMembers.MemberPage {
        try await storage.database.read { connection in
            _ = try OrganizationStore.requireManager(user, of: organization, in: connection)
            let total =
                try connection.first(
                    "SELECT COUNT(*) FROM organization_member WHERE organization_id = \(organization)"
                ) { $0.int(0) } ?? 0
            let items = try connection.query(
                """
                SELECT a.id, a.disabled_at, a.avatar_url, m.joined_at, e.role, a.nick_name, a.user_name, m.role
                FROM organization_member m JOIN account a ON a.id = m.user_id
                JOIN organization o ON o.id = m.organization_id
                LEFT JOIN enterprise_member e ON e.enterprise_id = o.enterprise_id AND e.user_id = m.user_id
                WHERE m.organization_id = \(organization)
                ORDER BY m.joined_at, a.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                OrganizationMembers.Item(
                    userID: row.id(0), isValid: row.isNull(1), avatarURL: row.text(2), createdAt: row.int64(3),
                    peopleType: row.text(4) == EnterpriseRole.guest.rawValue ? "guest" : "employee",
                    userNickname: row.text(5), userUniqueName: row.text(6), organizationRoleType: row.text(7))
            }
            return OrganizationMembers.MemberPage(items: items, totalCount: total)
        }
    }

    static func insert(
        _ user: ID, into organization: ID, as role: OrganizationRole, now: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO organization_member (organization_id, user_id, role, joined_at)
            VALUES (\(organization), \(user), \(role.rawValue), \(now))
            """)
    }

    /// - Throws: 4200 if the caller is nothing in the organization or the user is no member of the enterprise, 4101 if
    ///   the caller is no admin, or no super admin and is to make one; 4201 if the user is a member, 4000 if an employee
    ///   is to be a guest or a guest something else.
    func add(_ user: ID, to organization: ID, as role: OrganizationRole, by actor: AuditActor) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            let standing = try OrganizationStore.managed(organization, by: actor.user, in: connection)
            try Self.requireSuperAdmin(standing, if: role == .superAdmin)
            guard let enterpriseRole = try EnterpriseRole.find(user, in: standing.enterprise, connection) else {
                throw APIError(.notFound, "The user \(user) is no member of the enterprise")
            }
            if try OrganizationRole.find(user, in: organization, connection) != nil { throw APIError(.memberExists) }
            guard (enterpriseRole == .guest) == (role == .guest) else {
                throw APIError.invalid(
                    "organization_people[0].organization_role_type",
                    enterpriseRole == .guest
                        ? "must be organization_guest for a guest of the enterprise"
                        : "cannot be organization_guest for an employee of the enterprise")
            }
            try Self.insert(user, into: organization, as: role, now: now, connection)
            try storage.audit(
                "organization_member.add", standing.auditObject, by: actor,
                detail: ["user_id": user.description, "role": role.rawValue], in: connection)
        }
    }

    /// - Throws: 4200 if the caller is nothing in the organization or the user is no member, 4101 if the caller is no
    ///   admin, or no super admin and a super admin is to be made or unmade; 4000 for guests; 777074044 for the last
    ///   super admin.
    func setRole(
        _ role: OrganizationRole, of user: ID, in organization: ID, by actor: AuditActor
    ) async throws {
        try await storage.database.write { connection in
            let standing = try OrganizationStore.managed(organization, by: actor.user, in: connection)
            let current = try Self.role(of: user, in: organization, connection)
            if current == .guest { throw APIError.invalid("user_id", "is a guest, whose role cannot be changed") }
            if role == .guest {
                throw APIError.invalid("organization_role_type", "cannot be organization_guest for an employee")
            }
            try Self.requireSuperAdmin(standing, if: role == .superAdmin || current == .superAdmin)
            if current == .superAdmin, role != .superAdmin {
                try Self.requireAnotherSuperAdmin(than: user, in: organization, connection)
            }
            try connection.execute(
                """
                UPDATE organization_member SET role = \(role.rawValue)
                WHERE organization_id = \(organization) AND user_id = \(user)
                """)
            try storage.audit(
                "organization_member.update", standing.auditObject, by: actor,
                detail: ["user_id": user.description, "role": role.rawValue], in: connection)
        }
    }

    /// Removes a member from an organization and from its workspaces. What the member owned there passes to the
    /// receiver.
    ///
    /// - Throws: 4200 if the caller is nothing in the organization or the user is no member, 4101 if the caller is no
    ///   admin, or no super admin and the user is one; 777074044 for the last super admin; 4000 if the receiver is no
    ///   other super admin.
    func remove(_ user: ID, from organization: ID, receiver: ID, by actor: AuditActor) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            let standing = try OrganizationStore.managed(organization, by: actor.user, in: connection)
            let role = try Self.role(of: user, in: organization, connection)
            try Self.requireSuperAdmin(standing, if: role == .superAdmin)
            if role == .superAdmin { try Self.requireAnotherSuperAdmin(than: user, in: organization, connection) }
            let receiverRole = try OrganizationRole.find(receiver, in: organization, connection)
            guard receiver != user, receiverRole == .superAdmin else {
                throw APIError.invalid("receiver_user_id", "is no other super admin of the organization")
            }
            try WorkspaceDeparture(user: user, receiver: receiver, now: now)
                .leaveAll(where: "w.organization_id = \(organization)", in: connection)
            try connection.execute(
                "DELETE FROM organization_member WHERE organization_id = \(organization) AND user_id = \(user)")
            try storage.audit(
                "organization_member.remove", standing.auditObject, by: actor,
                detail: ["user_id": user.description, "receiver_user_id": receiver.description], in: connection)
        }
    }

    private static func requireSuperAdmin(_ standing: OrganizationStanding, if isNeeded: Bool) throws {
        if isNeeded, !standing.isSuperAdmin {
            throw APIError(.noPermission, "Only super admins of the organization may do this")
        }
    }

    private static func requireAnotherSuperAdmin(
        than user: ID, in organization: ID, _ connection: any Connection
    ) throws {
        let exists =
            try connection.first(
                """
                SELECT 1 FROM organization_member WHERE organization_id = \(organization)
                AND role = \(OrganizationRole.superAdmin.rawValue) AND user_id <> \(user) LIMIT 1
                """
            ) { _ in true } ?? false
        if !exists { throw APIError(.lastSuperAdmin) }
    }

    /// - Throws: 4200 if the user is no member.
    private static func role(
        of user: ID, in organization: ID, _ connection: any Connection
    ) throws -> OrganizationRole {
        guard let role = try OrganizationRole.find(user, in: organization, connection) else {
            throw APIError(.notFound, "The user \(user) is no member of the organization")
        }
        return role
    }
}
