package import APIKit

/// Who operates the server.
package struct Operators: Sendable {
    let accounts: AccountStore

    package init(storage: Storage) { accounts = AccountStore(storage: storage) }

    /// - Throws: 4101 unless the caller operates the server, with a token that is not bound to some workspaces.
    package func require(_ call: Call) async throws {
        try Accounts.checkReach(call)
        guard try await accounts.isOperator(call.user) else {
            throw APIError(.noPermission, "Only operators of the server may do this")
        }
    }
}
