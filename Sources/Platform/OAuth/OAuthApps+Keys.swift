import APIKit

/// The keys that service apps sign their JWTs with. The server keeps the public ones alone.
extension OAuthApps {
    struct AddKeyInput: Decodable, Sendable {
        /// The app.
        var appID: ID
        /// An RSA key of at least 2048 bits in PEM; if absent, the server makes a pair.
        var publicKey: String?

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case publicKey = "public_key"
        }
    }

    struct KeyInfo: Codable, Sendable {
        /// What JWTs name the key by: its fingerprint.
        var kid: String
        /// The public key in PEM.
        var publicKey: String
        /// The private key in PEM (PKCS #8); only in the reply that makes it.
        var privateKey: String?
        /// When it was added, in Unix seconds.
        var createdAt: Int64

        init(_ key: OAuthAppStore.Key, privateKey: String? = nil) {
            kid = key.id
            publicKey = key.publicKey
            self.privateKey = privateKey
            createdAt = key.createdAt
        }

        enum CodingKeys: String, CodingKey {
            case kid
            case publicKey = "public_key"
            case privateKey = "private_key"
            case createdAt = "created_at"
        }
    }

    var addKey: Endpoint<AddKeyInput, KeyInfo> {
        Endpoint(
            .post, "/buckle/v1/oauth_apps/{app_id}/keys", "Add a key to an OAuth app", access: Self.access
        ) { input, call in
            if let text = input.publicKey {
                let key = try RSAPublicKey(pem: text)
                return KeyInfo(try await apps.add(key, to: input.appID, by: call.bearer, call.actor))
            }
            // A pair costs much to make, so not for those who cannot have it.
            try await apps.checkKeyCanBeAdded(to: input.appID, by: call.bearer)
            let pair = try await RSAKeyPair.make()
            let key = try await apps.add(pair.publicKey, to: input.appID, by: call.bearer, call.actor)
            return KeyInfo(key, privateKey: pair.privateKey)
        }
    }

    struct KeyList: Codable, Sendable {
        /// The keys, oldest first.
        var items: [KeyInfo]
    }

    var listKeys: Endpoint<AppInput, KeyList> {
        Endpoint(
            .get, "/buckle/v1/oauth_apps/{app_id}/keys", "List the keys of an OAuth app", access: Self.access
        ) { input, call in
            KeyList(items: try await apps.keys(of: input.appID, user: call.user).map { KeyInfo($0) })
        }
    }

    struct KeyInput: Decodable, Sendable {
        /// The app.
        var appID: ID
        /// The key's fingerprint.
        var kid: String

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case kid
        }
    }

    var removeKey: Endpoint<KeyInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/oauth_apps/{app_id}/keys/{kid}", "Remove a key from an OAuth app", access: Self.access
        ) { input, call in
            try await apps.removeKey(input.kid, of: input.appID, user: call.user, by: call.actor)
            return NoData()
        }
    }
}
