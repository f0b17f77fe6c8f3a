import APIKit
import Database
package import Platform

/// Sets up an empty database.
package struct FirstStart: Sendable {
    private let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// Makes the owner's account, a personal workspace and a token.
    ///
    /// - Returns: the token; nil if the database was set up before.
    package func run() async throws -> TokenSecret? {
        try await storage.database.write { [storage] connection in
            guard try UserStore.owner(in: connection) == nil else { return nil }
            let owner = try UserStore(storage: storage).add(userName: "owner", nickName: "Owner", in: connection)
            return try TokenStore(storage: storage).create(
                NewToken(
                    .personal, user: owner, name: "owner", permissions: [PermissionPoint.everything], lifetime: nil),
                in: connection
            ).secret
        }
    }
}
