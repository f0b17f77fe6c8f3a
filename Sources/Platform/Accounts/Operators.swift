package import APIKit

/// Who operates the server.
package struct Operators: Sendable {
    let accounts: AccountStore

    init(accounts: AccountStore) { self.accounts = accounts }

    package init(storage: Storage) { self.init(accounts: AccountStore(storage: storage)) }

    /// - Throws: 4101 unless the caller operates the server, with a token that is not bound to some workspaces.
    package func require(_ call: Call) async throws {
        try Accounts.checkReach(call.member)
        guard try await include(call.user) else {
            throw APIError(.noPermission, "Only operators of the server may do this")
        }
    }

    package func include(_ user: ID) async throws -> Bool { try await accounts.isOperator(user) }
}
