import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

@testable import Server

@Suite struct FormTests {
    private func send(_ server: TestServer, _ body: String) async -> (status: Int, text: String) {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/api/permission/oauth2/token")
        head.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let reply = await server.application.responder.respond(
            to: head, body: .whole(ByteBuffer(string: body)),
            executor: LoopExecutor(MultiThreadedEventLoopGroup.singleton.any()))
        guard case .whole(let bytes) = reply.body else { return (Int(reply.status.code), "") }
        return (Int(reply.status.code), String(buffer: bytes))
    }

    @Test func `a form has so many fields and bytes at most`() async throws {
        try await TestServer.with(.sqlite) { server in
            let fields = (1...9_999).map { "f\($0)=" }.joined(separator: "&")
            let right = await send(server, fields + "&grant_type=nonsense")
            #expect(right.status == 400 && right.text.contains("unsupported_grant_type"))
            let many = await send(server, fields + "&x=&grant_type=nonsense")
            #expect(many.status == 400 && many.text.contains("10000 fields"))
            let long = await send(server, "grant_type=nonsense&x=" + String(repeating: "y", count: 1 << 20))
            #expect(long.status == 400 && long.text.contains("1048576 bytes"))
        }
    }
}
