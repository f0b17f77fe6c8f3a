import APIKit
import Database

/// The table of organizations.
package struct OrganizationStore: Sendable {
    let storage: Storage
    /// The most organizations of an enterprise.
    static let limit = 20

    package init(storage: Storage) { self.storage = storage }

    /// - Throws: 4200 if the caller is no member of the enterprise, 4101 if the caller is no admin, 4000 if the super
    ///   admin is no employee or there are 20 organizations.
    func create(
        _ name: String, description: String, superAdmin: ID, in enterprise: ID, by actor: AuditActor
    ) async throws -> ID {
        let (id, now) = (storage.ids.next(), storage.clock.now())
        return try await storage.database.write { connection in
            try EnterpriseStore.requireManager(actor.user, of: enterprise, in: connection)
            guard let role = try EnterpriseRole.find(superAdmin, in: enterprise, connection), role != .guest else {
                throw APIError.invalid("super_admin_user_id", "is no employee of the enterprise")
            }
            if try Self.count(enterprise, connection) >= Self.limit {
                throw APIError.invalid("enterprise_id", "names an enterprise that has \(Self.limit) organizations")
            }
            try connection.execute(
                """
                INSERT INTO organization (id, enterprise_id, name, description, is_default, created_at)
                VALUES (\(id), \(enterprise), \(name), \(description), 0, \(now))
                """)
            try OrganizationMemberStore.insert(superAdmin, into: id, as: .superAdmin, now: now, connection)
            try storage.audit(
                "organization.create", AuditObject("organization", id, enterprise: enterprise), by: actor,
                detail: ["name": name, "super_admin_user_id": superAdmin.description], in: connection)
            return id
        }
    }

    private static func count(_ enterprise: ID, _ connection: any Connection) throws -> Int {
        try connection.first("SELECT COUNT(*) FROM organization WHERE enterprise_id = \(enterprise)") { $0.int(0) } ?? 0
    }

    /// - Throws: 4200 if the caller is no member of the enterprise, 4101 if the caller is no admin.
    func list(_ enterprise: ID, as user: ID, _ page: PageRequest) async throws -> Organizations.OrganizationPage {
        try await storage.database.read { connection in
            guard try EnterpriseStore.role(of: user, in: enterprise, connection).manages else {
                throw APIError(.noPermission, "Only the enterprise's admins may do this")
            }
            let items = try connection.query(
                """
                SELECT id, name, description, icon_url, is_default FROM organization
                WHERE enterprise_id = \(enterprise) ORDER BY id LIMIT \(page.size) OFFSET \(page.offset)
                """
            ) { row in
                Organizations.Item(
                    organizationID: row.id(0), organizationName: row.text(1), organizationDescription: row.text(2),
                    organizationIconURL: row.text(3), isDefaultOrganization: row.bool(4))
            }
            return Organizations.OrganizationPage(items: items, totalCount: try Self.count(enterprise, connection))
        }
    }

    /// - Parameters:
    ///   - name: nil to leave it as it is.
    ///   - description: nil to leave it as it is.
    /// - Throws: 4200 if the caller is nothing in the organization, 4101 if the caller is no admin.
    func update(_ id: ID, name: String?, description: String?, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let standing = try Self.managed(id, by: actor.user, in: connection)
            if name == nil, description == nil { return }
            try connection.execute(
                """
                UPDATE organization SET name = COALESCE(CAST(\(name) AS TEXT), name),
                description = COALESCE(CAST(\(description) AS TEXT), description) WHERE id = \(id)
                """)
            try storage.audit(
                "organization.update", standing.auditObject, by: actor, detail: name.map { ["name": $0] } ?? [:],
                in: connection)
        }
    }

    /// - Throws: 4200 if the caller is nothing in the organization, 4101 if the caller is no admin of the enterprise,
    ///   4000 for the default organization and for one that has workspaces.
    func delete(_ id: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            let standing = try Self.locked(id, by: actor.user, in: connection)
            guard let role = standing.enterpriseRole, role.manages else {
                throw APIError(.noPermission, "Only the enterprise's admins may do this")
            }
            if standing.isDefault { throw APIError.invalid("organization_id", "is the default organization") }
            let hasWorkspaces =
                try connection.first("SELECT 1 FROM workspace WHERE organization_id = \(id) LIMIT 1") { _ in true }
                ?? false
            if hasWorkspaces { throw APIError.invalid("organization_id", "names an organization that has workspaces") }
            try connection.execute("DELETE FROM organization WHERE id = \(id)")
            try storage.audit("organization.delete", standing.auditObject, by: actor, in: connection)
        }
    }
}

extension OrganizationStore {
    /// What is thrown for an organization that does not exist, and for one that the caller does not see.
    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The organization \(id) does not exist") }

    /// - Throws: 4200 if the user is nothing in the organization, 4101 if the user is no admin.
    static func requireManager(_ user: ID, of id: ID, in connection: any Connection) throws -> OrganizationStanding {
        guard let standing = try OrganizationStanding.find(user, in: id, connection) else { throw unknown(id) }
        guard standing.manages else { throw APIError(.noPermission, "Only the organization's admins may do this") }
        return standing
    }

    /// For a unit of work that changes the organization or its members: until it ends, others who do so wait.
    ///
    /// - Throws: 4200 if the user is nothing in the organization, 4101 if the user is no admin.
    static func managed(_ id: ID, by user: ID, in connection: any Connection) throws -> OrganizationStanding {
        _ = try locked(id, by: user, in: connection)
        return try requireManager(user, of: id, in: connection)
    }

    /// - Throws: 4200 if the user is nothing in the organization.
    private static func locked(_ id: ID, by user: ID, in connection: any Connection) throws -> OrganizationStanding {
        guard let standing = try OrganizationStanding.find(user, in: id, connection) else { throw unknown(id) }
        try EnterpriseStore.lock(standing.enterprise, in: connection)
        guard let now = try OrganizationStanding.find(user, in: id, connection) else { throw unknown(id) }
        return now
    }
}
