package import APIKit

/// The person a token belongs to.
package struct Users: Resource {
    package static let tag = "Users"
    let users: UserStore

    package init(users: UserStore) { self.users = users }

    package var endpoints: [AnyEndpoint] {
        me
    }

    struct MeInput: Decodable, Sendable {}

    var me: Endpoint<MeInput, User> {
        Endpoint(.get, "/v1/users/me", "Get the token's user", access: .anyToken) { _, call in
            try await users.find(call.user)
        }
    }
}

/// A user of the server.
package struct User: Codable, Sendable {
    /// The user's id.
    var id: ID
    /// The unique name.
    var userName: String
    /// The name that is shown.
    var nickName: String
    /// A link to the user's picture; empty if there is none.
    var avatarURL: String

    enum CodingKeys: String, CodingKey {
        case id = "user_id"
        case userName = "user_name"
        case nickName = "nick_name"
        case avatarURL = "avatar_url"
    }
}
