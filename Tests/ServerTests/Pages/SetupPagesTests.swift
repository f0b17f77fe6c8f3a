import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Server

@Suite struct SetupPagesTests {
    private static let right = [
        "user_name": "ada", "nick_name": "Ada", "password": "correct horse", "password_again": "correct horse",
    ]
    private static let link = #"href="/setup""#

    /// Sends the form as a browser does that was shown it.
    private func send(_ server: TestServer, _ form: [String: String], formToken: String? = nil) async -> HTTPReply {
        let cookie = String(repeating: "0", count: 64)
        let fields = form.merging(["form_token": formToken ?? cookie]) { field, _ in field }
        let body = fields.map { "\($0)=\(PercentDecoding.encoded($1))" }.joined(separator: "&")
        return await server.application.answer(
            .POST, "/setup",
            [("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", "buckle_form=\(cookie)")], body: body)
    }

    @Test func `the form names its account and signs in, and the sign-in page leads to it until then`() async throws {
        try await TestServer.with(.sqlite) { server in
            #expect(await server.application.answer(.GET, "/sign-in").text.contains(Self.link))
            let page = await server.application.answer(.GET, "/setup")
            #expect(page.status == .ok && page.text.contains("name=\"token\""))
            #expect(page.text.contains("/pages/setup.js"))
            #expect(page.header("Cache-Control") == "no-store" && page.header("Referrer-Policy") == "no-referrer")
            #expect(page.header("Set-Cookie")?.hasPrefix("buckle_form=") == true)

            let done = await send(server, Self.right.merging(["token": server.owner.token]) { $1 })
            #expect(done.status == .seeOther && done.header("Location") == "/welcome", "\(done.text)")
            let cookie = try #require(done.header("Set-Cookie"))
            #expect(cookie.hasPrefix("buckle_session=ses_"))
            let me = await server.application.answer(
                .GET, "/buckle/v1/users/me", [("Cookie", String(cookie.prefix { $0 != ";" }))])
            #expect(me.text.contains(#""user_name":"ada""#), "\(me.text)")

            #expect(await !server.application.answer(.GET, "/sign-in").text.contains(Self.link))
            let again = await send(server, Self.right.merging(["token": server.owner.token]) { $1 })
            #expect(again.status == .badRequest && again.text.contains("has a password already"))
            #expect(again.header("Set-Cookie")?.contains("buckle_session") == false)
        }
    }

    @Test func `what is wrong is told, and what was typed is kept but for passwords`() async throws {
        try await TestServer.with(.sqlite) { server in
            let token = server.owner.token
            for (change, status, fault) in [
                (["token": "pat_wrong"], 401, "This token is wrong"),
                (["token": token, "password_again": "correct house"], 400, "not the same"),
                (["token": token, "user_name": "a\"b"], 400, "must have 3 to 64 characters"),
                (["token": token, "password": "short", "password_again": "short"], 400, "must have 8 to 128"),
            ] {
                let reply = await send(server, Self.right.merging(change) { $1 })
                #expect(reply.status.code == UInt(status) && reply.text.contains(fault), "\(reply.text)")
                #expect(reply.text.contains("value=\"\(change["token"]!)\""))
                #expect(reply.text.contains(change["user_name"] == nil ? "value=\"ada\"" : "value=\"a&quot;b\""))
                #expect(!reply.text.contains("correct horse"))
                #expect(reply.header("Set-Cookie")?.contains("buckle_session") == false)
            }
            let empty = await send(server, [:])
            #expect(empty.status == .unauthorized)
            #expect(await server.application.answer(.GET, "/sign-in").text.contains(Self.link))
        }
    }

    @Test func `a form of another site is refused before its token is looked at`() async throws {
        try await TestServer.with(.sqlite) { server in
            for formToken in ["", "x", String(repeating: "1", count: 64)] {
                let reply = await send(
                    server, Self.right.merging(["token": server.owner.token]) { $1 }, formToken: formToken)
                #expect(reply.status == .forbidden)
            }
            let count = try await server.count("SELECT COUNT(*) FROM account WHERE password IS NOT NULL")
            #expect(count == 0)
        }
    }

    @Test func `who guesses is made to wait`() async throws {
        try await TestServer.with(.sqlite) { server in
            for _ in 1...5 { #expect(await send(server, ["token": "pat_guess"]).status == .unauthorized) }
            let reply = await send(server, Self.right.merging(["token": server.owner.token]) { $1 })
            #expect(reply.status == .tooManyRequests && reply.header("Retry-After") == "1")
            #expect(reply.text.contains("Try again in 1 min"))
        }
    }
}
