import APIKit
import Database
import NIOCore
import NIOHTTP1
import NIOPosix
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct DeviceFlowTests {
    private func start(_ server: TestServer, _ app: TestServer.App, workspace: ID? = nil) async throws
        -> TestServer.Reply
    {
        let place = workspace.map { "workspace_id/\($0)/" } ?? ""
        return try await server.send(
            .POST, "/api/permission/oauth2/\(place)device/code", ["client_id": .string(app.clientID)], token: nil)
    }

    private func poll(_ server: TestServer, _ app: TestServer.App, _ code: String) async throws -> TestServer.Reply {
        try await server.tokens(
            app, ["grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code])
    }

    private func approve(_ server: TestServer, _ device: DeviceRequest, by caller: TestServer.Caller) async throws {
        try await server.consent.approve(
            device, by: server.session(caller), workspaces: nil,
            actor: AuditActor(user: caller.user, address: "", logID: ""))
    }

    @Test(arguments: DatabaseKind.available)
    func `a device waits, is let, and gets tokens once`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (app, other) = (try await server.makeApp(.device), try await server.makeApp(.device))
            let started = try await start(server, app)
            let code = started.json["device_code"]!.text
            let userCode = started.json["user_code"]!.text
            #expect(userCode.wholeMatch(of: /[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}/) != nil)
            #expect(started.json["verification_uri"]?.text == "http://localhost/oauth/device")
            #expect(started.json["interval"] == .integer(5) && started.json["expires_in"] == .integer(300))
            #expect(try await poll(server, app, code).error == "authorization_pending")
            #expect(try await poll(server, other, code).error == "invalid_request")

            let session = server.session(server.owner)
            let typed = " " + userCode.lowercased().split(separator: "-").joined(separator: " ")
            let device = try #require(try await server.consent.device(userCode: typed, by: session))
            #expect(device.userCode == userCode && device.app.id == app.id && device.workspace == nil)
            try await approve(server, device, by: server.owner)
            await #expect(throws: OAuthRequestFault.self) { try await approve(server, device, by: server.stranger) }
            await #expect(throws: OAuthRequestFault.self) { try await server.consent.deny(device) }
            #expect(try await server.consent.device(userCode: userCode, by: session) == nil)

            let replies = try await withThrowingTaskGroup(of: TestServer.Reply.self) { group in
                for _ in 1...8 { group.addTask { try await poll(server, app, code) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let tokens = replies.filter { $0.status == 200 }
            #expect(tokens.count == 1 && replies.count { $0.error == "invalid_request" } == 7)
            #expect(try await server.isGood(tokens[0].access))
            #expect(try await server.refresh(app, tokens[0].refresh).status == 200)
        }
    }

    @Test func `a device that asks too often must leave more time`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.device)
            let code = try await start(server, app).json["device_code"]!.text
            #expect(try await poll(server, app, code).error == "authorization_pending")
            for interval: Int64 in [10, 15, 20, 25, 30, 30] {
                #expect(try await poll(server, app, code).error == "slow_down")
                #expect(try await server.number("SELECT poll_interval FROM oauth_device") == interval)
            }
            try await server.execute("UPDATE oauth_device SET polled_at = polled_at - 25")
            #expect(try await poll(server, app, code).error == "slow_down")
            try await server.execute("UPDATE oauth_device SET polled_at = polled_at - 30")
            #expect(try await poll(server, app, code).error == "authorization_pending")
        }
    }

    @Test func `a device is denied, or its time is over`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.device)
            let session = server.session(server.owner)
            let denied = try await start(server, app)
            let device = try #require(
                try await server.consent.device(userCode: denied.json["user_code"]!.text, by: session))
            try await server.consent.deny(device)
            for _ in 1...2 {
                let reply = try await poll(server, app, denied.json["device_code"]!.text)
                #expect(reply.status == 400 && reply.error == "access_denied")
            }
            let late = try await start(server, app)
            let waiting = try #require(
                try await server.consent.device(userCode: late.json["user_code"]!.text, by: session))
            try await server.execute("UPDATE oauth_device SET expires_at = \(Clock.system.now())")
            #expect(try await poll(server, app, late.json["device_code"]!.text).error == "expired_token")
            #expect(try await server.consent.device(userCode: late.json["user_code"]!.text, by: session) == nil)
            await #expect(throws: OAuthRequestFault.self) { try await approve(server, waiting, by: server.owner) }
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_grant") == 0)
        }
    }

    @Test func `a device may be for one workspace`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.device)
            let started = try await start(server, app, workspace: server.owner.workspace)
            let code = started.json["user_code"]!.text
            let device = try #require(
                try await server.consent.device(userCode: code, by: server.session(server.stranger)))
            // Whoever is no member cannot let it, and it goes on waiting.
            await #expect(throws: OAuthRequestFault.self) { try await approve(server, device, by: server.stranger) }
            try await approve(server, device, by: server.owner)
            let token = try await poll(server, app, started.json["device_code"]!.text).access
            #expect(try await server.send(.POST, "/v1/conversation/create", [:], token: token).code == 4101)
            #expect(
                try await server.send(.GET, "/v1/bots?workspace_id=\(server.owner.workspace)", token: token).code == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `nobody learns whether a workspace exists`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let app = try await server.makeApp(.device)
            let session = server.session(server.stranger)
            var seen: [[String]] = []
            for workspace: ID in [server.owner.workspace, 5] {
                let started = try await start(server, app, workspace: workspace)
                let (code, userCode) = (started.json["device_code"]!.text, started.json["user_code"]!.text)
                var told = ["\(started.status)", try await poll(server, app, code).error]
                let device = try #require(try await server.consent.device(userCode: userCode, by: session))
                #expect(device.userCode == userCode && device.workspace != nil)
                for body: () async throws -> Void in [
                    { _ = try await server.consent.details(of: device, for: session) },
                    { try await approve(server, device, by: server.stranger) },
                ] {
                    do {
                        try await body()
                        Issue.record("let")
                    } catch OAuthRequestFault.page(let error) {
                        told.append("\(error.status) \(error.code) \(error.message)")
                    }
                }
                try await server.execute("UPDATE oauth_device SET polled_at = NULL")
                told.append(try await poll(server, app, code).error)
                try await server.consent.deny(device)
                told.append(try await poll(server, app, code).error)
                seen.append(told)
            }
            #expect(seen[0] == seen[1])
            #expect(seen[0].first == "200" && seen[0].last == "access_denied")
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_grant") == 0)
        }
    }

    @Test func `one address gets so many codes, and others go on`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.device)
            func ask(_ address: String) async throws -> Int {
                var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/api/permission/oauth2/device/code")
                head.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
                let reply = await server.application.responder.respond(
                    to: head, body: .whole(ByteBuffer(string: "client_id=\(app.clientID)")),
                    executor: LoopExecutor(MultiThreadedEventLoopGroup.singleton.any()),
                    peer: try SocketAddress(ipAddress: address, port: 1))
                return Int(reply.status.code)
            }
            var statuses: [Int] = []
            while statuses.count < 500, statuses.last != 429 { statuses.append(try await ask("10.0.0.1")) }
            #expect(statuses.count > 100 && statuses.last == 429)
            #expect(try await ask("10.0.0.2") == 200)
        }
    }

    @Test func `so many devices of an app wait at a time, and those of long ago go`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (app, other) = (try await server.makeApp(.device), try await server.makeApp(.device))
            let end = Clock.system.now() + 300
            func fill(_ first: Int64, _ last: Int64, end: Int64) async throws {
                try await server.execute(
                    """
                    WITH RECURSIVE n (n) AS (SELECT \(first) UNION ALL SELECT n + 1 FROM n WHERE n < \(last))
                    INSERT INTO oauth_device (device_hash, user_code, app_id, status, poll_interval, expires_at)
                    SELECT CAST(n AS BLOB), CAST(n AS TEXT), \(app.id), 'pending', 5, \(end) FROM n
                    """)
            }
            try await fill(1, 30, end: end - 300 - 3601)
            #expect(try await start(server, app).status == 200)
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_device") == 11)
            try await fill(31, 31 + 9998, end: end)
            let refused = try await start(server, app)
            #expect(refused.status == 429 && refused.error == "slow_down")
            #expect(try await start(server, other).status == 200)
            try await server.execute("UPDATE oauth_device SET status = 'used' WHERE user_code = '40'")
            #expect(try await start(server, app).status == 200)
        }
    }

    @Test func `nobody can go through the codes of others`() async throws {
        try await TestServer.with(.sqlite) { server in
            let app = try await server.makeApp(.device)
            let code = try await start(server, app).json["user_code"]!.text
            let consent = server.consent
            let wrong = code == "BBBB-BBBB" ? "CCCC-CCCC" : "BBBB-BBBB"
            for _ in 1...10 {
                #expect(try await consent.device(userCode: wrong, by: server.session(server.stranger)) == nil)
            }
            do {
                _ = try await consent.device(userCode: code, by: server.session(server.stranger))
                Issue.record("the right code was still taken")
            } catch OAuthRequestFault.page(let error) {
                #expect(error.code == "slow_down" && error.status == 429 && error.retryAfter != nil)
            }
            #expect(try await consent.device(userCode: code, by: server.session(server.owner)) != nil)
        }
    }

    @Test func `only apps for devices get codes for them`() async throws {
        try await TestServer.with(.sqlite) { server in
            let (app, web) = (try await server.makeApp(.device), try await server.makeApp(.web))
            #expect(try await start(server, web).error == "access_deny")
            let uri = "/api/permission/oauth2/device/code"
            #expect(try await server.send(.POST, uri, [:], token: nil).error == "invalid_request")
            #expect(try await server.send(.POST, uri, ["client_id": "1"], token: nil).error == "invalid_client")
            try await server.execute("UPDATE oauth_app SET is_enabled = 0")
            #expect(try await start(server, app).error == "access_deny")
            #expect(try await server.number("SELECT COUNT(*) FROM oauth_device") == 0)
        }
    }
}
