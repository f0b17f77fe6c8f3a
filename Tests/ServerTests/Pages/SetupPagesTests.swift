import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct SetupPagesTests {
    private static let right = [
        "user_name": "ada", "nick_name": "Ada", "password": "correct horse", "password_again": "correct horse",
    ]
    private static let link = #"href="/setup""#

    /// Sends the form as a browser does that was shown it.
    private func send(
        _ server: TestServer, _ form: [String: String], formToken: String? = nil, language: String = "en"
    ) async -> HTTPReply {
        let cookie = String(repeating: "0", count: 64)
        let fields = form.merging(["form_token": formToken ?? cookie]) { field, _ in field }
        let body = fields.map { "\($0)=\(PercentDecoding.encoded($1))" }.joined(separator: "&")
        return await server.application.answer(
            .POST, "/setup",
            [
                ("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", "buckle_form=\(cookie)"),
                ("Accept-Language", language),
            ], body: body)
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
                (["token": token, "user_name": "a\"b"], 400, "A user name has only"),
                (["token": token, "password": "short", "password_again": "short"], 400, "A password has 8 to 128"),
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

    private struct Slip {
        let change: [String: String]
        let field: String
        let text: @Sendable (Texts) -> String

        init(_ change: [String: String], at field: String, _ text: @escaping @Sendable (Texts) -> String) {
            self.change = change
            self.field = field
            self.text = text
        }

        func with(_ more: [String: String]) -> Slip { Slip(change.merging(more) { $1 }, at: field, text) }
    }

    private static func slip(_ fault: AccountFault) -> Slip {
        let long = String(repeating: "x", count: 300)
        return switch fault {
        case .userNameLength: Slip(["user_name": "ab"], at: "user_name", \.userNameLength)
        case .userNameCharacters: Slip(["user_name": "ada l"], at: "user_name", \.userNameCharacters)
        case .userNameTaken: Slip(["user_name": "BOB"], at: "user_name", \.userNameTaken)
        case .nickNameBlank: Slip(["nick_name": " "], at: "nick_name", \.nickNameBlank)
        case .nickNameLength: Slip(["nick_name": long], at: "nick_name", \.nickNameLength)
        case .nickNameCharacters: Slip(["nick_name": "A\u{7}da"], at: "nick_name", \.nickNameCharacters)
        case .emailMalformed: Slip(["email": "ada"], at: "email", \.emailMalformed)
        case .emailLength: Slip(["email": "a@\(long)"], at: "email", \.emailLength)
        case .emailTaken: Slip(["email": "BOB@example.com"], at: "email", \.emailTaken)
        case .passwordLength: Slip(["password": "short", "password_again": "short"], at: "password", \.passwordLength)
        case .passwordIsName:
            Slip(
                ["user_name": "AdaLovelace", "password": "adalovelace", "password_again": "adalovelace"],
                at: "password", \.passwordIsName)
        }
    }

    @Test(arguments: Texts.all)
    func `each fault is told at its field, in the reader's language`(_ texts: Texts) async throws {
        try await TestServer.with(.sqlite) { server in
            _ = try await server.send(
                .POST, "/buckle/v1/accounts", ["user_name": "bob", "email": "bob@example.com"],
                token: server.owner.token)
            let known = ["token": server.owner.token]
            let slips =
                AccountFault.allCases.map { Self.slip($0).with(known) } + [
                    Slip(known.merging(["password_again": "other"]) { $1 }, at: "password_again", \.passwordsDiffer),
                    Slip(["token": "pat_wrong"], at: "token", \.setupWrongToken),
                ]
            for slip in slips {
                let reply = await send(server, Self.right.merging(slip.change) { $1 }, language: texts.language)
                let id = slip.field.replacing("_", with: "-") + "-fault"
                let fault = "<p class=\"field-error\" id=\"\(id)\">\(slip.text(texts))</p>"
                #expect(reply.text.contains(fault), "\(reply.text)")
                let input = reply.text.split(separator: "<").first { $0.contains("id=\"\(slip.field)\"") } ?? ""
                for mark in ["aria-invalid=\"true\"", "autofocus", "aria-describedby=\"\(id)"] {
                    #expect(input.contains(mark), "\(mark) in \(input)")
                    #expect(reply.text.split(separator: mark).count == 2, "\(mark) at one field alone")
                }
                #expect(!reply.text.contains("Request parameter error") && !reply.text.contains("role=\"alert\""))
            }
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
