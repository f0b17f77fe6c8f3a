import APIKit
import CryptoExtras
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct JWTTests {
    @Test(arguments: DatabaseKind.available)
    func `a JWT gives one token, which lasts as long as it was asked to`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server)
            for (asked, seconds) in [(JSON?.none, Int64(900)), (1, 1), (86399, 86399)] {
                let before = Clock.system.now()
                let jwt = try await app.jwt()
                let reply = try await app.exchange(jwt, duration: asked)
                #expect(reply.status == 200 && reply.access.hasPrefix("czs_"), "\(reply.json)")
                #expect(reply.json["refresh_token"] == nil)
                guard case .integer(let end)? = reply.json["expires_in"] else { return #expect(Bool(false)) }
                #expect((before + seconds...before + seconds + 3).contains(end))
                let again = try await app.exchange(jwt)
                #expect(again.status == 400 && again.error == "invalid_request" && again.errorMessage.contains("jti"))
            }
            let bearer = try await app.bearer(try await app.exchange())
            #expect(bearer.user == server.owner.user && bearer.owner == bearer.user && bearer.kind == .jwt)
            #expect(bearer.app == app.id && bearer.bots == nil && bearer.connector == nil)
            #expect(bearer.member.workspaces == .all)
            for wrong: JSON in [0, -1, 86400, .integer(.max)] {
                #expect(try await app.exchange(duration: wrong).error == "invalid_request", "\(wrong)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `of exchanges of one JWT that race, one succeeds`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await ServiceApp.make(server)
            let jwt = try await app.jwt(claims: ["session_name": "racer"])
            let replies = try await withThrowingTaskGroup(of: TestServer.Reply.self) { group in
                for _ in 1...16 { group.addTask { try await app.exchange(jwt) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.count { $0.status == 200 } == 1)
            #expect(replies.count { $0.error == "invalid_request" } == 15)
            #expect(try await server.count("SELECT COUNT(*) FROM token WHERE kind = 'jwt'") == 1)
        }
    }

    @Test func `a JWT that is wrong in any respect is refused and gives nothing`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await ServiceApp.make(server)
            let now = Clock.system.now()
            let headers: [JSON] = [
                ["alg": "none"], ["alg": "RS512"], ["alg": "rs256"], ["alg": "HS256"], ["alg": .null], ["alg": 256],
                ["kid": "unknown"], ["kid": .null], ["crit": ["b64"]], ["kid": .string(app.kid + "A")],
            ]
            var jwts: [String] = []
            for header in headers { jwts.append(try await app.jwt(header: header)) }
            let claims: [JSON] = [
                ["aud": "api.example.com"], ["aud": .null], ["aud": []], ["aud": ["a", "b"]], ["aud": 7],
                ["exp": .integer(now - 61)], ["exp": .null], ["exp": "soon"], ["exp": .integer(.max)],
                ["iat": .integer(now + 120)], ["iat": .null], ["iat": .integer(.min)], ["iat": .integer(now + 3600)],
                ["iat": .integer(now - 90_000)], ["nbf": .integer(now + 120)], ["jti": .null], ["jti": ""],
                ["jti": .string(String(repeating: "x", count: 129))], ["iat": .number(1e300)], ["iss": .null],
                ["session_name": .string(String(repeating: "x", count: 257))], ["session_name": 7],
            ]
            for claim in claims { jwts.append(try await app.jwt(claims: claim)) }
            jwts.append(try await app.jwt(pair: 1))
            let good = try await app.jwt()
            let parts = good.split(separator: ".").map(String.init)
            let other = try await app.jwt(claims: ["session_name": "admin"]).split(separator: ".").map(String.init)
            jwts += [
                "\(parts[0]).\(other[1]).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])",
                "\(parts[0])..\(parts[2])", "..", good + ".x", good + "=", String(good.dropLast()), "x" + good,
                String(repeating: "x", count: 20_000), "\(parts[0]).\(parts[1]).\(String(repeating: "A", count: 342))",
            ]
            for (index, jwt) in jwts.enumerated() {
                let reply = try await app.exchange(jwt)
                #expect(reply.status == 400 && reply.error == "invalid_request", "\(index): \(reply.json)")
                #expect(!reply.errorMessage.isEmpty && reply.access.isEmpty)
            }
            for issuer: JSON in ["7", "text", .string("\(app.id).app.example"), .string(" \(app.id)")] {
                let reply = try await app.exchange(claims: ["iss": issuer])
                #expect(reply.status == 401 && reply.error == "invalid_client", "\(issuer): \(reply.json)")
            }
            #expect(try await server.count("SELECT COUNT(*) FROM token WHERE kind = 'jwt'") == 0)
            #expect(try await server.count("SELECT COUNT(*) FROM oauth_jwt_id") == 0)
            #expect(try await app.exchange(good).status == 200)
            #expect(try await app.exchange(claims: ["iss": .string("\(app.id).app.coze")]).status == 200)
        }
    }

    @Test func `another app's key does not do`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await ServiceApp.make(server)
            let made = try await server.send(
                .POST, "/buckle/v1/oauth_apps", ["name": "other", "app_type": "service"], token: server.stranger.token)
            let other = made["data", "app_id"]!.text
            let pem = try await ServiceApp.pairs.value[1].publicKey.pem
            let added = try await server.send(
                .POST, "/buckle/v1/oauth_apps/\(other)/keys", ["public_key": .string(pem)],
                token: server.stranger.token)
            let kid = added["data", "kid"]!
            // Signed by the stranger's app in the name of the owner's, and the other way round.
            #expect(try await app.exchange(app.jwt(header: ["kid": kid], pair: 1)).error == "invalid_request")
            #expect(try await app.exchange(claims: ["iss": .string(other)]).error == "invalid_request")
            let own = try await app.jwt(header: ["kid": kid], claims: ["iss": .string(other)], pair: 1)
            #expect(try await app.bearer(app.exchange(own)).user == server.stranger.user)
        }
    }

    @Test func `clocks may differ by a minute and a JWT may last a day`() async throws {
        let now: Int64 = 1_800_000_000
        let verifier = JWTVerifier(
            publicURL: PublicURL("http://localhost:8080"), audiences: [], clock: Clock { now * 1_000_000_000 })
        let pair = try await ServiceApp.pairs.value[0]
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: pair.privateKey)
        for (start, end, isGood) in [
            (0, 3600, true), (60, 3600, true), (61, 3600, false), (-3600, -59, true), (-3600, -60, false),
            (0, 86400, true), (0, 86401, false), (-86400, 0, true), (10, 10, false), (10, 9, false),
        ] as [(Int64, Int64, Bool)] {
            let parts: [JSON] = [
                ["alg": "RS256", "kid": .string(pair.publicKey.id)],
                [
                    "iss": "7", "aud": "LocalHost:8080", "iat": .integer(now + start), "exp": .integer(now + end),
                    "jti": "1",
                ],
            ]
            let signed = try parts.map { Base64URL.text(try JSONOutput.bytes($0)) }.joined(separator: ".")
            let signature = try key.signature(for: Array(signed.utf8), padding: .insecurePKCS1v1_5)
            let assertion = try JWTAssertion(signed + "." + Base64URL.text(Array(signature.rawRepresentation)))
            let keys = [pair.publicKey.id: pair.publicKey.pem]
            do {
                try await verifier.verify(assertion, publicKeys: keys)
                #expect(isGood, "\(start) \(end)")
            } catch is OAuthError {
                #expect(!isGood, "\(start) \(end)")
            }
        }
    }

    @Test(arguments: [
        ("https://Bots.example.com", ["bots.example.com", "bots.example.com:443"]),
        ("https://bots.example.com:443/", ["bots.example.com:443", "bots.example.com"]),
        ("https://bots.example.com:8443/api", ["bots.example.com:8443"]),
        ("http://0.0.0.0:8080", ["0.0.0.0:8080", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"]),
        ("http://127.0.0.1:80", ["127.0.0.1:80", "127.0.0.1", "localhost:80", "localhost", "[::1]:80", "[::1]"]),
        ("http://[2001:db8::1]:8080", ["[2001:db8::1]:8080"]),
    ])
    func `JWTs are meant for the host and port that clients know`(address: String, accepted: [String]) {
        let verifier = JWTVerifier(publicURL: PublicURL(address), audiences: ["API.coze.cn"], clock: .system)
        #expect(verifier.acceptedAudiences == accepted + ["api.coze.cn"])
    }

    @Test func `base64url has one way to write each value`() {
        for count in 0...40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 89 + count * 31) }
            let text = Base64URL.text(bytes)
            #expect(Base64URL.bytes(text.utf8) == bytes && !text.contains("="))
        }
        #expect(Base64URL.text([0xfb, 0xff, 0xfe]) == "-__-")
        for wrong in ["A", "AB", "AAB", "AA==", "AA+A", "AA/A", "AA A", "AAé"] {
            #expect(Base64URL.bytes(wrong.utf8) == nil, "\(wrong)")
        }
        #expect(Base64URL.bytes("AA".utf8) == [0])
    }
}
