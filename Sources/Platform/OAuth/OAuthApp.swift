package import APIKit

/// A program that people, or its owner alone, let act for them.
package struct OAuthApp: Sendable {
    /// How an app comes by its tokens.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// With a code that a person's browser brings, and a secret.
        case web
        /// With a code that a person's browser brings, and a proof that it is the one who asked.
        case pkce
        /// With a code that a person types in elsewhere.
        case device
        /// With a JWT that it signs itself.
        case service
    }

    package let id: ID
    package let ownerID: ID
    /// The enterprise it belongs to; nil if it is its owner's alone.
    package let enterpriseID: ID?
    package let name: String
    package let description: String
    package let type: Kind
    /// What the app calls itself in requests.
    package let clientID: String
    /// The SHA-256 of the secret of a web app.
    package let secretHash: [UInt8]?
    package let redirectURIs: [String]
    /// Names of permission points; never `all`, and none of ``PermissionPoint/ungrantable``.
    package let permissions: [String]
    /// Whether it must prove who asked with SHA-256, and not with the plain text.
    package let isS256Only: Bool
    /// Whether it is the program behind a channel.
    package let isChannel: Bool
    /// Whether it may get tokens for its enterprise.
    package let isPrivileged: Bool
    /// The channel it belongs to.
    package let connectorID: String?
    package let isEnabled: Bool
    /// Unix seconds.
    package let createdAt: Int64
    /// Unix seconds.
    package let updatedAt: Int64

    /// What it asks people for. Points of enterprise level are for its enterprise's own tokens alone.
    ///
    /// - Parameter toOneWorkspace: whether the token reaches one workspace only, and nothing of the account.
    package func permissions(bound toOneWorkspace: Bool) -> [String] {
        permissions.filter { point in
            switch PermissionPoint.level(of: point) {
            case .workspace: true
            case .account: !toOneWorkspace
            case .enterprise: false
            }
        }
    }

    /// Whether this is the app's secret. It takes as long for every wrong one.
    package func accepts(secret: String) -> Bool {
        guard let secretHash else { return false }
        return ConstantTime.areEqual(TokenHash(of: secret).bytes, secretHash)
    }

    /// Whether the app may call itself so. Service apps may by either form of client ids: the bare id is what the
    /// documents have them write into their JWTs.
    func isNamed(_ clientID: String) -> Bool {
        clientID == self.clientID
            || type == .service && (clientID == id.description || clientID == id.description + Self.suffix)
    }

    /// What an app is called in requests.
    static func clientID(of id: ID, _ type: Kind) -> String {
        type == .service ? id.description : id.description + suffix
    }

    /// The id in an app's name; nil if it cannot be one.
    static func id(in clientID: String) -> ID? {
        ID(clientID.hasSuffix(suffix) ? String(clientID.dropLast(suffix.count)) : clientID)
    }

    private static let suffix = ".app.coze"
}

extension PermissionPoint {
    /// What an app asks for if its maker does not say: every point of the documented API.
    static let documented = names.filter { !$0.hasPrefix("Buckle.") }
}
