import APIKit

/// What apps send, as JSON or as a form, and what they get.
extension OAuthTokens {
    struct TokenInput: Decodable, Sendable {
        /// What is exchanged: `authorization_code`, `refresh_token`, `urn:ietf:params:oauth:grant-type:device_code` or
        /// `urn:ietf:params:oauth:grant-type:jwt-bearer`.
        var grantType: String?
        /// What the app calls itself. Not needed with a JWT, which says it.
        var clientID: String?
        /// The code that the person's browser brought.
        var code: String?
        /// The address the code was brought to; the same as the one it was asked for with.
        var redirectURI: String?
        /// What the code's challenge was made of.
        var codeVerifier: String?
        /// The refresh token that came with the last access token.
        var refreshToken: String?
        /// The device's code.
        var deviceCode: String?
        /// How long a token for a JWT lasts, in seconds, 1 to 86399; 900 if absent.
        var durationSeconds: LenientInteger?
        /// What a token for a JWT is for, if that is less than the app may.
        var scope: ScopeInput?

        enum CodingKeys: String, CodingKey {
            case grantType = "grant_type"
            case clientID = "client_id"
            case code
            case redirectURI = "redirect_uri"
            case codeVerifier = "code_verifier"
            case refreshToken = "refresh_token"
            case deviceCode = "device_code"
            case durationSeconds = "duration_seconds"
            case scope
        }
    }

    struct AccountTokenInput: Decodable, Sendable {
        /// The account that the token stands for.
        var accountID: String
        /// `urn:ietf:params:oauth:grant-type:jwt-bearer`.
        var grantType: String?
        /// How long the token lasts, in seconds, 1 to 86399; 900 if absent.
        var durationSeconds: LenientInteger?
        /// What the token is for, if that is less than the app may.
        var scope: ScopeInput?

        enum CodingKeys: String, CodingKey {
            case accountID = "account_id"
            case grantType = "grant_type"
            case durationSeconds = "duration_seconds"
            case scope
        }
    }

    struct EnterpriseTokenInput: Decodable, Sendable {
        /// The enterprise that the token reaches.
        var enterpriseID: String
        /// `urn:ietf:params:oauth:grant-type:jwt-bearer`.
        var grantType: String?
        /// How long the token lasts, in seconds, 1 to 86399; 900 if absent.
        var durationSeconds: LenientInteger?
        /// What the token is for, if that is less than the app may.
        var scope: ScopeInput?

        enum CodingKeys: String, CodingKey {
            case enterpriseID = "enterprise_id"
            case grantType = "grant_type"
            case durationSeconds = "duration_seconds"
            case scope
        }
    }

    struct DeviceInput: Decodable, Sendable {
        /// What the app calls itself.
        var clientID: String?

        enum CodingKeys: String, CodingKey { case clientID = "client_id" }
    }

    struct WorkspaceDeviceInput: Decodable, Sendable {
        /// The workspace that the device is to reach.
        var workspaceID: ID
        /// What the app calls itself.
        var clientID: String?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case clientID = "client_id"
        }
    }

    struct TokenReply: Codable, Sendable {
        /// What requests carry in their header `Authorization`, after `Bearer`.
        var accessToken: String
        /// When the access token ends, in Unix seconds.
        var expiresIn: Int64
        /// What is exchanged for the next access token, within 30 days; absent if it came for a JWT.
        var refreshToken: String?
        /// Always `Bearer`.
        var tokenType: String

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
            case refreshToken = "refresh_token"
            case tokenType = "token_type"
        }
    }

    struct DeviceReply: Codable, Sendable {
        /// What the device asks for its token with.
        var deviceCode: String
        /// What a person types in.
        var userCode: String
        /// Where a person types it in.
        var verificationURI: String
        /// Seconds in which that must happen.
        var expiresIn: Int64
        /// Seconds that the device must leave between two questions.
        var interval: Int64

        enum CodingKeys: String, CodingKey {
            case deviceCode = "device_code"
            case userCode = "user_code"
            case verificationURI = "verification_uri"
            case expiresIn = "expires_in"
            case interval
        }
    }
}

extension OAuthTokens.TokenReply {
    init(_ issued: IssuedToken, refreshToken: String?) {
        self.init(
            accessToken: issued.secret.text, expiresIn: issued.expiresAt ?? 0, refreshToken: refreshToken,
            tokenType: "Bearer")
    }
}

/// An integer that a form writes as text.
struct LenientInteger: Decodable, Sendable {
    let value: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            value = try container.decode(Int.self)
        } catch {
            guard let text = try? container.decode(String.self), let value = Int(text) else { throw error }
            self.value = value
        }
    }
}

/// The scope of a JWT's token. Other flows have none, and what libraries send for one, a list of words, is let pass.
struct ScopeInput: Decodable, Sendable {
    /// Nil if it is such a list.
    let scope: JWTScope?

    init(from decoder: any Decoder) throws {
        do {
            scope = try JWTScope(from: decoder)
        } catch {
            guard (try? decoder.singleValueContainer().decode(String.self)) != nil else { throw error }
            scope = nil
        }
    }
}
