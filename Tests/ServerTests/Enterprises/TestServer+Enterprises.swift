import APIKit
import Database
import NIOHTTP1
import Platform
import Testing

@testable import Server

/// An enterprise with its people.
struct TestEnterprise {
    let id: String
    /// The organization that every employee joins.
    let organization: String
    let superAdmin: TestServer.Caller
    let admin: TestServer.Caller
    let member: TestServer.Caller
    let guest: TestServer.Caller

    var uri: String { "/v1/enterprises/\(id)" }
    var members: String { "/v1/enterprises/\(id)/members" }
}

extension TestServer {
    /// Makes an enterprise of the owner's, with an admin, a member and a guest.
    func makeEnterprise() async throws -> TestEnterprise {
        let id = try await done(.POST, "/buckle/v1/enterprises", ["name": "Works"], as: owner)["data", "enterprise_id"]!
            .text
        let detail = try await done(.GET, "/buckle/v1/enterprises/\(id)", as: owner)
        let enterprise = TestEnterprise(
            id: id, organization: detail["data", "organizations"]!.elements[0]["organization_id"]!.text,
            superAdmin: owner, admin: try await newcomer("admin"), member: try await newcomer("member"),
            guest: try await newcomer("guest"))
        try await hire(enterprise.admin, into: id, as: "enterprise_admin")
        try await hire(enterprise.member, into: id)
        try await done(
            .POST, "/buckle/v1/enterprises/\(id)/guests", ["user_id": .string(enterprise.guest.user.description)],
            as: owner)
        return enterprise
    }

    static func employee(_ person: ID, _ role: String = "enterprise_member") -> JSON {
        ["users": [["user_id": .string(person.description), "role": .string(role)]]]
    }

    func hire(_ person: Caller, into enterprise: String, as role: String = "enterprise_member") async throws {
        try await done(.POST, "/v1/enterprises/\(enterprise)/members", Self.employee(person.user, role), as: owner)
    }

    /// Makes an organization of the owner's enterprise and returns its id.
    func makeOrganization(_ enterprise: TestEnterprise, superAdmin: Caller) async throws -> String {
        let body: JSON = ["name": "Lab", "super_admin_user_id": .string(superAdmin.user.description)]
        return try await done(.POST, enterprise.uri + "/organizations", body, as: owner)["data", "organization_id"]!
            .text
    }

    static func person(_ person: ID, _ role: String = "organization_member") -> JSON {
        ["organization_people": [["user_id": .string(person.description), "organization_role_type": .string(role)]]]
    }

    static func receiver(_ person: Caller) -> JSON { ["receiver_user_id": .string(person.user.description)] }

    /// The members of an organization as `user role`, in the order they joined.
    func people(of organization: String, as caller: Caller) async throws -> [String] {
        try await done(.GET, "/v1/organizations/\(organization)/members", as: caller)["data", "items"]!.elements.map {
            "\($0["user_id"]!.text) \($0["organization_role_type"]!.text)"
        }
    }

    /// The members of an enterprise as `user role`, in the order they joined.
    func employees(of enterprise: String, as caller: Caller) async throws -> [String] {
        try await done(.GET, "/buckle/v1/enterprises/\(enterprise)/members", as: caller)["data", "items"]!.elements.map
        {
            "\($0["user_id"]!.text) \($0["role"]!.text)"
        }
    }
}
