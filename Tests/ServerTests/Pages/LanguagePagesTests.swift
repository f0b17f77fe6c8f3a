import APIKit
import NIOHTTP1
import TestSupport
import Testing

@testable import Server

@Suite struct LanguagePagesTests {
    private func choose(_ server: TestServer, _ body: String) async -> HTTPReply {
        await server.application.answer(
            .POST, "/language", [("Content-Type", "application/x-www-form-urlencoded")], body: body)
    }

    @Test func `a choice is kept for a year, and leads back`() async throws {
        try await TestServer.with(.sqlite) { server in
            let reply = await choose(server, "language=zh-CN&return_to=%2Fsign-in%3Freturn_to%3D%252F")
            #expect(reply.status == .seeOther && reply.header("Location") == "/sign-in?return_to=%2F")
            #expect(
                reply.header("Set-Cookie")
                    == "buckle_language=zh-CN; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000")
            for elsewhere in [
                "", "&return_to=", "&return_to=%2F%2Fevil.example", "&return_to=https%3A%2F%2Fevil.example",
            ] {
                #expect(await choose(server, "language=en" + elsewhere).header("Location") == "/")
            }
        }
    }

    @Test(arguments: ["", "language=", "language=fr", "language=zh", "language=en%3B%20Domain%3Dx"])
    func `a language that there is none of is refused`(_ body: String) async throws {
        try await TestServer.with(.sqlite) { server in
            let reply = await choose(server, body)
            #expect(reply.status == .badRequest && reply.header("Set-Cookie") == nil)
            #expect(reply.text.contains("must be en or zh-CN"))
        }
    }

    @Test(arguments: [
        (nil, "zh-CN,zh", "zh-CN"), ("buckle_language=en", "zh-CN,zh", "en"),
        ("buckle_language=zh-CN", "en-US,en", "zh-CN"), ("a=b; buckle_language=zh-CN; c=d", "en", "zh-CN"),
        ("buckle_language=fr", "zh", "zh-CN"), ("buckle_language=", "zh", "zh-CN"), ("buckle_language=fr", "de", "en"),
        ("xbuckle_language=zh-CN", "en", "en"),
    ])
    func `a choice goes before what the browser asks for`(
        _ cookie: String?, _ header: String, _ language: String
    ) async throws {
        try await TestServer.with(.sqlite) { server in
            for path in ["/sign-in", "/setup", "/register"] {
                let reply = await server.application.answer(
                    .GET, path, [("Accept-Language", header)] + (cookie.map { [("Cookie", $0)] } ?? []))
                #expect(reply.text.contains("<html lang=\"\(language)\">"), "\(path)")
            }
        }
    }
}
