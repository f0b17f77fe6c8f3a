import APIKit
import Database
import Logging
import NIOCore
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct CrossOriginTests {
    private static let shop = "https://shop.example"
    private static let answers = [
        "access-control-allow-origin": shop, "vary": "Origin",
        "access-control-expose-headers": "X-Tt-Logid, Retry-After, Content-Disposition",
    ]

    /// The application of a test server's database, with pages of the shop allowed.
    private func withShop(_ body: (TestServer, Application) async throws -> Void) async throws {
        try await TestServer.with(.sqlite) { server in
            try await withScratchDirectory { directory in
                var logger = Logger(label: "test")
                logger.logLevel = .critical
                let application = try await Application(
                    storage: server.application.storage, dataDirectory: directory,
                    publicURL: PublicURL("https://bots.example/coze"),
                    allowedOrigins: try AllowedOrigins([Self.shop, "http://localhost:5173"]), logger: logger)
                try await body(server, application)
            }
        }
    }

    private func preflight(_ method: String, from origin: String = shop) -> [(String, String)] {
        [("Origin", origin), ("Access-Control-Request-Method", method)]
    }

    @Test func `without the setting nothing is said, and OPTIONS is a wrong method as ever`() async throws {
        try await TestServer.with(.sqlite) { server in
            let token = ("Authorization", "Bearer \(server.owner.token)")
            for (method, path, headers) in [
                (HTTPMethod.GET, "/v1/users/me", [token, ("Origin", Self.shop)]),
                (.GET, "/v1/users/me", [("Origin", Self.shop)]), (.GET, "/v1/nothing", [("Origin", Self.shop)]),
                (.OPTIONS, "/v1/users/me", preflight("GET")),
            ] {
                let reply = await server.application.answer(method, path, headers)
                #expect(reply.crossOrigin.isEmpty, "\(method) \(path)")
                if method == .OPTIONS { #expect(reply.status == .methodNotAllowed) }
            }
        }
    }

    @Test func `every operation of the API may be called, and no page with a form`() async throws {
        try await withShop { _, application in
            for operation in application.resources.flatMap(\.endpoints).map(\.operation) {
                let route = "\(operation.verb.rawValue) \(operation.path)"
                let asked = await application.answer(
                    .OPTIONS, operation.samplePath, preflight(operation.verb.rawValue))
                let got = await application.answer(operation.method, operation.samplePath, [("Origin", Self.shop)])
                switch operation.layout {
                case .page, .dataWithCookie:
                    #expect(asked.status == .methodNotAllowed && asked.crossOrigin.isEmpty, "\(route)")
                    #expect(got.crossOrigin.isEmpty, "\(route)")
                default:
                    #expect(asked.status == .noContent, "\(route)")
                    #expect(asked.crossOrigin["access-control-allow-origin"] == Self.shop, "\(route)")
                    #expect(got.crossOrigin == Self.answers, "\(route)")
                }
            }
            for path in ["/health/live", "/metrics", "/openapi.json"] {
                let asked = await application.answer(.OPTIONS, path, preflight("GET"))
                #expect(asked.status == .methodNotAllowed && asked.crossOrigin.isEmpty)
                #expect(await application.answer(.GET, path, [("Origin", Self.shop)]).crossOrigin.isEmpty)
            }
        }
    }

    @Test func `a browser is told what it may send`() async throws {
        try await withShop { _, application in
            // That there is no such operation is told in the answer to the request itself.
            for (method, path) in [("GET", "/v1/nothing"), ("PATCH", "/v1/users/me"), ("BREW", "/v1/users/me")] {
                let reply = await application.answer(.OPTIONS, path, preflight(method))
                #expect(reply.status == .noContent && reply.crossOrigin["access-control-allow-origin"] == Self.shop)
            }
            let plain = await application.answer(.OPTIONS, "/v3/chat", preflight("POST"))
            #expect(plain.text.isEmpty)
            let standard = "Authorization, Content-Type, Accept, Accept-Language, Last-Event-ID, Agw-Js-Conv"
            #expect(
                plain.crossOrigin == [
                    "access-control-allow-origin": Self.shop, "vary": "Origin", "access-control-max-age": "600",
                    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
                    "access-control-allow-headers": standard,
                ])
            let asked = "authorization,x-coze-client-user-agent, X-Mine,cookie, x-, y-x, x-\u{e4}, x-a_b, x-"
            let own = await application.answer(
                .OPTIONS, "/v3/chat",
                preflight("POST") + [
                    ("Access-Control-Request-Headers", asked + String(repeating: "y", count: 70)),
                    ("Access-Control-Request-Headers", "X-Second"),
                ])
            #expect(
                own.crossOrigin["access-control-allow-headers"]
                    == standard + ", x-coze-client-user-agent, X-Mine, X-Second")
            let many = (1...500).map { "x-\($0)" }.joined(separator: ",")
            let bounded = await application.answer(
                .OPTIONS, "/v3/chat", preflight("POST") + [("Access-Control-Request-Headers", many)])
            #expect(bounded.crossOrigin["access-control-allow-headers"]?.hasSuffix(", x-32") == true)
        }
    }

    @Test func `a page of any other site gets nothing`() async throws {
        try await withShop { server, application in
            let token = ("Authorization", "Bearer \(server.owner.token)")
            for origin in [
                "https://evil.example", "http://shop.example", "https://shop.example:444", "null", "",
                "https://shop.example.evil.example", "https://bots.example",
            ] {
                let got = await application.answer(.GET, "/v1/users/me", [token, ("Origin", origin)])
                #expect(got.status == .ok && got.crossOrigin.isEmpty, "\(origin)")
                let asked = await application.answer(.OPTIONS, "/v1/users/me", preflight("GET", from: origin))
                #expect(asked.status == .methodNotAllowed && asked.crossOrigin.isEmpty, "\(origin)")
            }
            let without = await application.answer(.GET, "/v1/users/me", [token])
            #expect(without.status == .ok && without.crossOrigin.isEmpty)
            // No browser's question.
            let bare = await application.answer(.OPTIONS, "/v1/users/me", [("Origin", Self.shop)])
            #expect(bare.status == .methodNotAllowed && bare.crossOrigin == Self.answers)
        }
    }

    @Test func `errors, streams and downloads can be read as well`() async throws {
        try await withShop { server, application in
            let origin = ("Origin", Self.shop)
            let token = ("Authorization", "Bearer \(server.owner.token)")
            let json = ("Content-Type", "application/json")
            let bot = try await server.makeBot(server.owner)
            let chat = """
                {"bot_id":"\(bot)","user_id":"u","stream":true,"publish_status":"unpublished_draft",
                "additional_messages":[{"role":"user","content":"hi","content_type":"text"}]}
                """
            for (method, path, headers, body, status) in [
                (HTTPMethod.GET, "/v1/users/me", [token], nil as String?, 200),
                (.HEAD, "/v1/users/me", [token], nil, 200),
                (.GET, "/v1/users/me", [], nil, 401), (.GET, "/v1/nothing", [token], nil, 404),
                (.PATCH, "/v1/users/me", [token], nil, 405), (.POST, "/v1/bot/create", [token, json], "{", 200),
                (.POST, "/api/permission/oauth2/token", [json], "{}", 400),
                (.POST, "/v3/chat", [token, json], chat, 200),
            ] {
                let reply = await application.answer(method, path, headers + [origin], body: body)
                #expect(reply.status.code == UInt(status), "\(method) \(path)")
                #expect(reply.crossOrigin == Self.answers, "\(method) \(path)")
                if body == chat {
                    guard case .events(let stream) = reply.body else {
                        Issue.record("the chat is no stream: \(reply.text)")
                        continue
                    }
                    try await stream.run(EventStream.Sink { _ in })
                }
            }
            let conversation = try await server.makeConversation(server.owner)
            let path = "/buckle/v1/conversations/\(conversation.id)/export"
            let file = await application.answer(.GET, path, [token, origin])
            #expect(file.header("Content-Disposition") != nil, "\(file.text)")
            #expect(file.crossOrigin == Self.answers)
            let head = HTTPRequestHead(
                version: .http1_1, method: .POST, uri: "/v3/chat", headers: HTTPHeaders([origin]))
            let large = application.responder.refuse(APIError(.bodyTooLarge), to: head)
            #expect(large.status == .payloadTooLarge && large.crossOrigin == Self.answers)
        }
    }

    @Test func `a session is of no use to another site's page, allowed or not`() async throws {
        try await withShop { server, application in
            let secret = try await server.application.storage.database.write { connection in
                try TokenStore(storage: server.application.storage).create(
                    NewToken(.session, user: server.owner.user, name: "browser", permissions: ["all"], lifetime: 1000),
                    in: connection)
            }.secret
            let cookie = ("Cookie", "buckle_session=\(secret.text)")
            let host = ("Host", "10.0.0.7:8080")
            func status(_ application: Application, _ headers: (String, String)...) async -> UInt {
                await application.answer(.GET, "/v1/users/me", [cookie, host] + headers).status.code
            }
            for application in [application, server.application] {
                #expect(await status(application) == 200)
                #expect(await status(application, ("Origin", "http://10.0.0.7:8080")) == 200)
                for other in [
                    Self.shop, "http://localhost:5173", "http://10.0.0.7", "null", "https://evil.example", "",
                ] {
                    #expect(await status(application, ("Origin", other)) == 401, "\(other)")
                }
                // A token beside it counts as ever.
                #expect(
                    await status(
                        application, ("Origin", Self.shop), ("Authorization", "Bearer \(server.owner.token)")) == 200)
                // Behind a proxy that does not pass the host on.
                #expect(
                    await status(
                        application, ("Origin", "https://proxy.example"), ("Sec-Fetch-Site", "same-origin")) == 200)
                #expect(
                    await status(
                        application, ("Origin", "https://proxy.example"), ("Sec-Fetch-Site", "same-site")) == 401)
            }
            #expect(await status(application, ("Origin", "https://bots.example")) == 200)
            #expect(await status(server.application, ("Origin", "https://bots.example")) == 401)

            let session = BrowserSession(
                secret: secret, bearer: Bearer(user: 0, token: 0, kind: .session, permissions: .all))
            for (origin, expected) in [("https://bots.example", UInt(200)), (Self.shop, 401)] {
                let reply = await application.answer(
                    .PUT, "/buckle/v1/users/me",
                    [
                        cookie, ("Origin", origin), ("X-CSRF-Token", session.csrfToken),
                        ("Content-Type", "application/json"),
                    ], body: #"{"nick_name":"Grace"}"#)
                #expect(reply.status.code == expected, "\(origin): \(reply.text)")
            }
        }
    }
}
