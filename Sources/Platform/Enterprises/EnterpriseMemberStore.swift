import APIKit
import Database

/// The table of enterprises' members.
package struct EnterpriseMemberStore: Sendable {
    let storage: Storage
    /// The most members an enterprise may have, guests included.
    let limit: Int

    package init(storage: Storage, limit: Int = 10_000) {
        self.storage = storage
        self.limit = limit
    }

    /// - Throws: 4200 if the caller is no member, 4101 if the caller is a guest.
    func list(_ enterprise: ID, as user: ID, _ page: PageRequest) async throws -> EnterpriseMembers.MemberPage {
        try await storage.database.read { connection in
            guard try EnterpriseStore.role(of: user, in: enterprise, connection) != .guest else {
                throw APIError(.noPermission, "Guests do not see the members of an enterprise")
            }
            let items = try connection.query(
                """
                SELECT a.id, m.role, a.nick_name, a.user_name, a.avatar_url, m.joined_at, a.disabled_at
                FROM enterprise_member m JOIN account a ON a.id = m.user_id WHERE m.enterprise_id = \(enterprise)
                ORDER BY m.joined_at, a.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                EnterpriseMembers.Item(
                    userID: row.id(0), role: row.text(1), userNickname: row.text(2), userUniqueName: row.text(3),
                    avatarURL: row.text(4), createdAt: row.int64(5), isValid: row.isNull(6))
            }
            let total = try Self.count(enterprise, connection)
            return EnterpriseMembers.MemberPage(items: items, totalCount: total)
        }
    }

    private static func count(_ enterprise: ID, _ connection: any Connection) throws -> Int {
        try connection.first("SELECT COUNT(*) FROM enterprise_member WHERE enterprise_id = \(enterprise)") {
            $0.int(0)
        } ?? 0
    }

    /// Adds a user to an enterprise, and to its default organization unless as a guest.
    ///
    /// - Throws: 4200 if the caller is no member or there is no such person, 4101 if the caller is no admin, 4201 if the
    ///   user is a member, 777074011 if there is no room.
    func add(_ user: ID, to enterprise: ID, as role: EnterpriseRole, by actor: AuditActor) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            try EnterpriseStore.requireManager(actor.user, of: enterprise, in: connection)
            let exists =
                try connection.first("SELECT 1 FROM account WHERE id = \(user) AND kind = 'person'") { _ in true }
                ?? false
            guard exists else { throw APIError(.notFound, "The user \(user) does not exist") }
            if try EnterpriseRole.find(user, in: enterprise, connection) != nil { throw APIError(.memberExists) }
            if try Self.count(enterprise, connection) >= limit { throw APIError(.enterpriseFull) }
            try connection.execute(
                """
                INSERT INTO enterprise_member (enterprise_id, user_id, role, joined_at)
                VALUES (\(enterprise), \(user), \(role.rawValue), \(now))
                """)
            let organization = try connection.first(
                "SELECT id FROM organization WHERE enterprise_id = \(enterprise) AND is_default = 1"
            ) { $0.id(0) }
            if let organization, role != .guest {
                try OrganizationMemberStore.insert(user, into: organization, as: .member, now: now, connection)
            }
            try storage.audit(
                "enterprise_member.add", EnterpriseStore.auditObject(enterprise), by: actor,
                detail: ["user_id": user.description, "role": role.rawValue], in: connection)
        }
    }

    /// - Throws: 4200 if the caller or the user is no member, 4101 if the caller is no admin, 4000 if the user is the
    ///   super admin or a guest.
    func setRole(_ role: EnterpriseRole, of user: ID, in enterprise: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            try EnterpriseStore.requireManager(actor.user, of: enterprise, in: connection)
            switch try Self.role(of: user, in: enterprise, connection) {
            case .superAdmin: throw APIError.invalid("user_id", "is the enterprise's super admin")
            case .guest: throw APIError.invalid("user_id", "is a guest, whose role cannot be changed")
            case .admin, .member: break
            }
            try Self.update(user, to: role, in: enterprise, connection)
            try storage.audit(
                "enterprise_member.update", EnterpriseStore.auditObject(enterprise), by: actor,
                detail: ["user_id": user.description, "role": role.rawValue], in: connection)
        }
    }

    /// Makes another employee the super admin; who was it becomes an admin.
    ///
    /// - Throws: 4200 if the caller is no member, 4101 if the caller is not the super admin, 4000 if the user is no
    ///   employee.
    func handOver(_ enterprise: ID, to user: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            try EnterpriseStore.requireSuperAdmin(actor.user, of: enterprise, in: connection)
            if user == actor.user { return }
            guard let role = try EnterpriseRole.find(user, in: enterprise, connection), role != .guest else {
                throw APIError.invalid("user_id", "is no employee of the enterprise")
            }
            try Self.update(actor.user, to: .admin, in: enterprise, connection)
            try Self.update(user, to: .superAdmin, in: enterprise, connection)
            try storage.audit(
                "enterprise.hand_over", EnterpriseStore.auditObject(enterprise), by: actor,
                detail: ["user_id": user.description], in: connection)
        }
    }

    /// Removes a member who has left all organizations. What the member had in the enterprise passes to the receiver.
    ///
    /// OAuth apps that pass on are disabled, and have no keys and no secret: who had them may still know those.
    ///
    /// - Throws: 4200 if the caller or the user is no member, 4101 if the caller is no admin, 4000 if the user is the
    ///   super admin or in an organization, or the receiver is no other admin.
    func remove(_ user: ID, from enterprise: ID, receiver: ID, by actor: AuditActor) async throws {
        let now = storage.clock.now()
        try await storage.database.write { connection in
            try EnterpriseStore.requireManager(actor.user, of: enterprise, in: connection)
            if try Self.role(of: user, in: enterprise, connection) == .superAdmin {
                throw APIError.invalid("user_id", "is the enterprise's super admin, who cannot be removed")
            }
            let receiverRole = try EnterpriseRole.find(receiver, in: enterprise, connection)
            guard receiver != user, let receiverRole, receiverRole.manages else {
                throw APIError.invalid("receiver_user_id", "is no other admin of the enterprise")
            }
            let isInOrganization =
                try connection.first(
                    """
                    SELECT 1 FROM organization_member m JOIN organization o ON o.id = m.organization_id
                    WHERE m.user_id = \(user) AND o.enterprise_id = \(enterprise) LIMIT 1
                    """
                ) { _ in true } ?? false
            if isInOrganization {
                throw APIError.invalid("user_id", "is a member of organizations, from which to remove the user first")
            }
            try WorkspaceDeparture(user: user, receiver: receiver, now: now)
                .leaveAll(where: "w.enterprise_id = \(enterprise)", in: connection)
            try passApps(of: user, in: enterprise, to: receiver, by: actor, now: now, connection)
            try connection.execute(
                "DELETE FROM enterprise_member WHERE enterprise_id = \(enterprise) AND user_id = \(user)")
            try storage.audit(
                "enterprise_member.remove", EnterpriseStore.auditObject(enterprise), by: actor,
                detail: ["user_id": user.description, "receiver_user_id": receiver.description], in: connection)
        }
    }

    /// Makes the receiver the owner of a member's apps, which nobody can use as before.
    private func passApps(
        of user: ID, in enterprise: ID, to receiver: ID, by actor: AuditActor, now: Int64, _ connection: any Connection
    ) throws {
        let condition: SQL = "enterprise_id = \(enterprise) AND owner_id = \(user)"
        let apps = try connection.query(
            "SELECT \(OAuthAppStore.columns) FROM oauth_app WHERE \(condition) ORDER BY id", OAuthAppStore.app)
        let ids: SQL = "SELECT id FROM oauth_app WHERE \(condition)"
        try TokenStore(storage: storage).touch(where: "app_id IN (\(ids))", in: connection)
        // What is signed with a key stands for the owner, who is another from now on.
        try connection.execute("DELETE FROM oauth_key WHERE app_id IN (\(ids))")
        try connection.execute(
            """
            UPDATE oauth_app SET owner_id = \(receiver), is_enabled = 0, secret_hash = NULL, updated_at = \(now)
            WHERE \(condition)
            """)
        for app in apps {
            try OAuthAppStore(storage: storage).audit(
                "pass", app, by: actor,
                detail: ["name": app.name, "user_id": user.description, "receiver_user_id": receiver.description],
                in: connection)
        }
    }

    private static func update(
        _ user: ID, to role: EnterpriseRole, in enterprise: ID, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            UPDATE enterprise_member SET role = \(role.rawValue)
            WHERE enterprise_id = \(enterprise) AND user_id = \(user)
            """)
    }

    /// - Throws: 4200 if the user is no member.
    private static func role(
        of user: ID, in enterprise: ID, _ connection: any Connection
    ) throws -> EnterpriseRole {
        guard let role = try EnterpriseRole.find(user, in: enterprise, connection) else {
            throw APIError(.notFound, "The user \(user) is no member of the enterprise")
        }
        return role
    }
}
