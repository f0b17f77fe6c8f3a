import APIKit
import Database

/// The table of enterprises. Each has a default organization, which every employee joins.
package struct EnterpriseStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Makes an enterprise whose super admin is the caller, and its default organization.
    func create(_ name: String, by actor: AuditActor) async throws -> ID {
        let (id, organization, now) = (storage.ids.next(), storage.ids.next(), storage.clock.now())
        return try await storage.database.write { connection in
            try connection.execute(
                "INSERT INTO enterprise (id, name, created_at) VALUES (\(id), \(name), \(now))")
            try connection.execute(
                """
                INSERT INTO enterprise_member (enterprise_id, user_id, role, joined_at)
                VALUES (\(id), \(actor.user), \(EnterpriseRole.superAdmin.rawValue), \(now))
                """)
            try connection.execute(
                """
                INSERT INTO organization (id, enterprise_id, name, description, is_default, created_at)
                VALUES (\(organization), \(id), \(name), '', 1, \(now))
                """)
            try OrganizationMemberStore.insert(
                actor.user, into: organization, as: .superAdmin, now: now, connection)
            try storage.audit(
                "enterprise.create", Self.auditObject(id), by: actor, detail: ["name": name], in: connection)
            return id
        }
    }

    /// The enterprises that a user is a member of, oldest first.
    func list(of user: ID, _ page: PageRequest) async throws -> Enterprises.EnterprisePage {
        try await storage.database.read { connection in
            let total =
                try connection.first("SELECT COUNT(*) FROM enterprise_member WHERE user_id = \(user)") { $0.int(0) }
                ?? 0
            let items = try connection.query(
                """
                SELECT e.id, e.name, m.role, e.created_at FROM enterprise_member m
                JOIN enterprise e ON e.id = m.enterprise_id WHERE m.user_id = \(user)
                ORDER BY e.id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                Enterprises.Item(
                    enterpriseID: row.id(0), name: row.text(1), role: row.text(2), createdAt: row.int64(3))
            }
            return Enterprises.EnterprisePage(items: items, totalCount: total)
        }
    }

    /// - Throws: 4200 if the user is no member.
    func find(_ id: ID, visibleTo user: ID) async throws -> Enterprises.Detail {
        try await storage.database.read { connection in
            let found = try connection.first(
                """
                SELECT e.name, m.role, e.created_at FROM enterprise_member m
                JOIN enterprise e ON e.id = m.enterprise_id WHERE m.user_id = \(user) AND e.id = \(id)
                """
            ) { row in
                Enterprises.Detail(
                    enterpriseID: id, name: row.text(0), role: row.text(1), createdAt: row.int64(2), organizations: [])
            }
            guard var found else { throw Self.unknown(id) }
            found.organizations = try connection.query(
                """
                SELECT o.id, o.name, o.is_default, m.role FROM organization_member m
                JOIN organization o ON o.id = m.organization_id
                WHERE m.user_id = \(user) AND o.enterprise_id = \(id) ORDER BY o.id
                """
            ) { row in
                Enterprises.JoinedOrganization(
                    organizationID: row.id(0), organizationName: row.text(1), isDefaultOrganization: row.bool(2),
                    organizationRoleType: row.text(3))
            }
            return found
        }
    }

    /// - Throws: 4200 if the caller is no member, 4101 if the caller is no admin.
    func rename(_ id: ID, to name: String, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            try Self.requireManager(actor.user, of: id, in: connection)
            try connection.execute("UPDATE enterprise SET name = \(name) WHERE id = \(id)")
            try storage.audit(
                "enterprise.update", Self.auditObject(id), by: actor, detail: ["name": name], in: connection)
        }
    }

    /// Deletes an enterprise with its organizations and OAuth apps.
    ///
    /// - Throws: 4200 if the caller is no member, 4101 if the caller is not its super admin, 4000 while it has
    ///   workspaces.
    func delete(_ id: ID, by actor: AuditActor) async throws {
        let tokens = TokenStore(storage: storage)
        try await storage.database.write { connection in
            try Self.requireSuperAdmin(actor.user, of: id, in: connection)
            let hasWorkspaces =
                try connection.first("SELECT 1 FROM workspace WHERE enterprise_id = \(id) LIMIT 1") { _ in true }
                ?? false
            if hasWorkspaces { throw APIError.invalid("enterprise_id", "names an enterprise that has workspaces") }
            // Tokens outlive the apps they were issued to.
            try tokens.revoke(
                where: "app_id IN (SELECT id FROM oauth_app WHERE enterprise_id = \(id))", in: connection)
            try connection.execute("DELETE FROM enterprise WHERE id = \(id)")
            try storage.audit("enterprise.delete", Self.auditObject(id), by: actor, in: connection)
        }
    }
}

extension EnterpriseStore {
    static func auditObject(_ id: ID) -> AuditObject { AuditObject("enterprise", id, enterprise: id) }

    /// What is thrown for an enterprise that does not exist, and for one that the caller is no member of.
    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The enterprise \(id) does not exist") }

    /// What a user is in an enterprise.
    ///
    /// - Throws: 4200 if the user is no member.
    static func role(of user: ID, in id: ID, _ connection: any Connection) throws -> EnterpriseRole {
        guard let role = try EnterpriseRole.find(user, in: id, connection) else { throw unknown(id) }
        return role
    }

    /// For a unit of work that changes the enterprise, its organizations or their members: until it ends, others who
    /// do so wait.
    ///
    /// - Throws: 4200 if the user is no member, 4101 if the user is no admin.
    static func requireManager(_ user: ID, of id: ID, in connection: any Connection) throws {
        _ = try role(of: user, in: id, connection)
        try lock(id, in: connection)
        guard try role(of: user, in: id, connection).manages else {
            throw APIError(.noPermission, "Only the enterprise's admins may do this")
        }
    }

    /// As ``requireManager(_:of:in:)``, for what only the super admin may do.
    ///
    /// - Throws: 4200 if the user is no member, 4101 if the user is not the super admin.
    static func requireSuperAdmin(_ user: ID, of id: ID, in connection: any Connection) throws {
        _ = try role(of: user, in: id, connection)
        try lock(id, in: connection)
        guard try role(of: user, in: id, connection) == .superAdmin else {
            throw APIError(.noPermission, "Only the enterprise's super admin may do this")
        }
    }

    /// Makes other servers of the same database wait before they change who is who in the enterprise.
    static func lock(_ id: ID, in connection: any Connection) throws {
        try connection.execute("UPDATE enterprise SET name = name WHERE id = \(id)")
    }
}
