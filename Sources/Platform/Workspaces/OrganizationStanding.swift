import APIKit
import Database

/// What a user is in an enterprise. There is one super admin; guests come from elsewhere and see only what they are
/// added to.
enum EnterpriseRole: String, Codable, Sendable, CaseIterable {
    case superAdmin = "enterprise_super_admin"
    case admin = "enterprise_admin"
    case member = "enterprise_member"
    case guest = "enterprise_guest"

    var manages: Bool { self == .superAdmin || self == .admin }

    /// What a user is in an enterprise, in the caller's read or unit of work; nil for nothing.
    static func find(_ user: ID, in enterprise: ID, _ connection: any Connection) throws -> EnterpriseRole? {
        try connection.first(
            "SELECT role FROM enterprise_member WHERE enterprise_id = \(enterprise) AND user_id = \(user)"
        ) { EnterpriseRole(rawValue: $0.text(0)) } ?? nil
    }
}

/// What a user is in an organization.
enum OrganizationRole: String, Codable, Sendable, CaseIterable {
    case superAdmin = "organization_super_admin"
    case admin = "organization_admin"
    case member = "organization_member"
    case guest = "organization_guest"

    /// What a user is in an organization, in the caller's read or unit of work; nil for nothing.
    static func find(_ user: ID, in organization: ID, _ connection: any Connection) throws -> OrganizationRole? {
        try connection.first(
            "SELECT role FROM organization_member WHERE organization_id = \(organization) AND user_id = \(user)"
        ) { OrganizationRole(rawValue: $0.text(0)) } ?? nil
    }
}

/// An organization, and what a user may do there. The enterprise's admins count as its admins, and the enterprise's
/// super admin as its super admin, whether or not they are members.
struct OrganizationStanding: Sendable {
    let organization: ID
    let enterprise: ID
    let isDefault: Bool
    /// Nil if the user is no member of the organization.
    let role: OrganizationRole?
    /// Nil if the user is no member of the enterprise.
    let enterpriseRole: EnterpriseRole?

    var manages: Bool { role == .admin || isSuperAdmin || enterpriseRole == .admin }
    var isSuperAdmin: Bool { role == .superAdmin || enterpriseRole == .superAdmin }

    var auditObject: AuditObject { AuditObject("organization", organization, enterprise: enterprise) }

    /// In the caller's read or unit of work; nil if there is no such organization, or the user is nothing there.
    static func find(
        _ user: ID, in organization: ID, _ connection: any Connection
    ) throws -> OrganizationStanding? {
        let found = try connection.first(
            """
            SELECT o.enterprise_id, o.is_default, m.role, e.role FROM organization o
            LEFT JOIN organization_member m ON m.organization_id = o.id AND m.user_id = \(user)
            LEFT JOIN enterprise_member e ON e.enterprise_id = o.enterprise_id AND e.user_id = \(user)
            WHERE o.id = \(organization)
            """
        ) { row in
            OrganizationStanding(
                organization: organization, enterprise: row.id(0), isDefault: row.bool(1),
                role: row.optionalText(2).flatMap { OrganizationRole(rawValue: $0) },
                enterpriseRole: row.optionalText(3).flatMap { EnterpriseRole(rawValue: $0) })
        }
        guard let found, found.role != nil || found.manages else { return nil }
        return found
    }
}
