import APIKit
import CryptoExtras
import Database
import NIOHTTP1

@testable import Platform
@testable import Server

/// A service app with a key, and the JWTs that it signs.
struct ServiceApp: Sendable {
    let server: TestServer
    let id: ID
    let kid: String

    /// Pairs take long to make, so all tests share these: the app's, and a stranger's.
    static let pairs = Task { [try await RSAKeyPair.make(), try await RSAKeyPair.make()] }

    /// An app of the owner's with a key.
    static func make(_ server: TestServer, _ more: JSON = [:]) async throws -> ServiceApp {
        var members = [JSON.Member(key: "name", value: "robot"), JSON.Member(key: "app_type", value: "service")]
        if case .object(let given) = more { members += given }
        let made = try await server.send(
            .POST, "/buckle/v1/oauth_apps", .object(members), token: server.owner.token)
        let id = made["data", "app_id"]?.text ?? "\(made.json)"
        let key: JSON = ["public_key": .string(try await pairs.value[0].publicKey.pem)]
        let added = try await server.send(
            .POST, "/buckle/v1/oauth_apps/\(id)/keys", key, token: server.owner.token)
        return ServiceApp(server: server, id: ID(id)!, kid: added["data", "kid"]?.text ?? "\(added.json)")
    }

    /// What is right in every respect, until some of it is replaced; null takes it away.
    func jwt(header: JSON = [:], claims: JSON = [:], pair: Int = 0) async throws -> String {
        let now = Clock.system.now()
        let parts = [
            Self.merged(["alg": "RS256", "typ": "JWT", "kid": .string(kid)], header),
            Self.merged(
                [
                    "iss": .string(id.description), "aud": "localhost", "iat": .integer(now),
                    "exp": .integer(now + 3600), "jti": .string(TokenSecret(prefix: "").text),
                ], claims),
        ]
        let signed = try parts.map { Base64URL.text(try JSONOutput.bytes($0)) }.joined(separator: ".")
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: try await Self.pairs.value[pair].privateKey)
        let signature = try key.signature(for: Array(signed.utf8), padding: .insecurePKCS1v1_5)
        return signed + "." + Base64URL.text(Array(signature.rawRepresentation))
    }

    private static func merged(_ base: JSON, _ changes: JSON) -> JSON {
        guard case .object(var members) = base, case .object(let changed) = changes else { return base }
        for change in changed {
            members.removeAll { $0.key == change.key }
            if change.value != .null { members.append(change) }
        }
        return .object(members)
    }

    /// Exchanges a JWT, or a new one.
    func exchange(
        _ jwt: String? = nil, claims: JSON = [:], scope: JSON? = nil, duration: JSON? = nil, at place: String = ""
    ) async throws -> TestServer.Reply {
        var body = [JSON.Member(key: "grant_type", value: "urn:ietf:params:oauth:grant-type:jwt-bearer")]
        if let scope { body.append(JSON.Member(key: "scope", value: scope)) }
        if let duration { body.append(JSON.Member(key: "duration_seconds", value: duration)) }
        let token: String
        if let jwt { token = jwt } else { token = try await self.jwt(claims: claims) }
        return try await server.send(
            .POST, "/api/permission/oauth2/\(place)token", .object(body), token: token)
    }

    /// Whom a token stands for.
    func bearer(_ reply: TestServer.Reply) async throws -> Bearer {
        let authority = TokenAuthority(tokens: TokenStore(storage: server.storage), clock: .system)
        return try await authority.authenticate("Bearer \(reply.access)")
    }

    func change(_ verb: String) async throws {
        let reply = try await server.send(.POST, "/buckle/v1/oauth_apps/\(id)/\(verb)", token: server.owner.token)
        guard reply.code == 0 else { throw APIError(.internalError, "\(reply.json)") }
    }
}
