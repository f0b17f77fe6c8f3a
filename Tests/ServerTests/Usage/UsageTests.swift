import APIKit
import Database
import NIOHTTP1
import TestSupport
import Testing

@testable import Platform
@testable import Server

@Suite struct UsageTests {
    /// 2024-02-01 00:00:00 UTC.
    private static let midnight: Int64 = 1_706_745_600

    private static func key(
        _ workspace: ID, _ hour: Int64, bot: ID = 1, model: String = "m", connector: String = "1024"
    ) -> ChatUsage.Key {
        ChatUsage.Key(
            workspace: workspace, hour: midnight + hour * 3_600, bot: bot, model: model, connector: connector)
    }

    private static func usage(_ chats: Int64) -> ChatUsage {
        var usage = ChatUsage()
        (usage.chats, usage.completed, usage.inputTokens) = (chats, chats, 10 * chats)
        return usage
    }

    /// Adds counters as if chats had ended then.
    private static func store(_ chats: [ChatUsage.Key: ChatUsage], _ server: TestServer) async throws {
        try await UsageStore(storage: server.application.storage).add(UsageMeter.Batch(chats: chats))
    }

    private static func rows(_ server: TestServer) async throws -> Int {
        try await server.count("SELECT COUNT(*) FROM usage_chat")
    }

    @Test(arguments: DatabaseKind.available)
    func `chats are counted with their tokens, by whatever is asked for`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let bots = [try await server.makeBot(owner), try await server.makeBot(owner)]
            var (input, output) = (0, 0)
            for bot in [bots[0], bots[0], bots[1]] {
                let chat = try await server.makeChat(owner, bot: bot)
                let uri = "/v3/chat/retrieve?conversation_id=\(chat.conversation)&chat_id=\(chat.id)"
                let usage = try await server.send(.GET, uri, token: owner.token)["data", "usage"]
                input += usage?["input_count"]?.number ?? -1
                output += usage?["output_count"]?.number ?? -1
            }
            let place = "workspace_id=\(owner.workspace)"
            let all = try await server.usage(place, after: 3)
            #expect(all["total", "completed"]?.number == 3 && all["total", "failed"]?.number == 0)
            #expect(input > 0 && all["total", "input_tokens"]?.number == input)
            #expect(output > 0 && all["total", "output_tokens"]?.number == output)
            for times in ["first_token_ms", "duration_ms"] {
                for figure in ["average", "p50", "p95"] { #expect(all["total", times, figure] != nil) }
            }
            let byBot = try await server.usage("\(place)&group_by=bot")
            #expect(byBot["items"]?.elements.map { $0["bot_id"]?.text ?? "" } == bots)
            #expect(byBot["items"]?.elements.map { $0["chats"]?.number ?? 0 } == [2, 1])
            #expect(byBot["items"]?.elements.map { $0["bot_name"]?.text ?? "" } == ["helper", "helper"])
            for (grouping, field, value) in [("model", "model_id", "demo"), ("channel", "connector_id", "1024")] {
                let items = try await server.usage("\(place)&group_by=\(grouping)")["items"]?.elements ?? []
                #expect(items.count == 1 && items[0][field]?.text == value && items[0]["chats"]?.number == 3)
                #expect(items.first?["time"] == nil && items.first?["bot_id"] == nil)
            }
            let none = try await server.usage("\(place)&group_by=none")
            #expect(none["items"] == [] && none["total"] == all["total"])
            #expect(try await server.usage("\(place)&bot_id=\(bots[1])")["total", "chats"]?.number == 1)
            #expect(try await server.usage("\(place)&model_id=demo")["total", "chats"]?.number == 3)
            #expect(try await server.usage("\(place)&model_id=other")["total", "chats"]?.number == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `hours and days come in their order, cut where the reader's days begin`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let workspace = server.owner.workspace
            try await Self.store(
                [
                    Self.key(workspace, 0): Self.usage(1), Self.key(workspace, 18): Self.usage(2),
                    Self.key(workspace, 18, bot: 2): Self.usage(4), Self.key(workspace, 23): Self.usage(8),
                ], server)
            let (from, to) = (Self.midnight - 86_400, Self.midnight + 2 * 86_400)
            func items(_ query: String) async throws -> [[Int64]] {
                let uri = "workspace_id=\(workspace)&from=\(from)&to=\(to)&\(query)"
                return try await server.usage(uri)["items"]!.elements.map { item in
                    ["time", "chats"].map { Int64(item[$0]?.number ?? -1) }
                }
            }
            let hours = [0, 18, 23].map { Self.midnight + $0 * 3_600 }
            #expect(try await items("group_by=hour") == [[hours[0], 1], [hours[1], 6], [hours[2], 8]])
            #expect(try await items("group_by=day") == [[Self.midnight, 15]])
            // In China the last hours are in the next day, in India also the one that begins at half past eleven.
            let (china, india) = (Self.midnight - 28_800, Self.midnight - 19_800)
            #expect(try await items("utc_offset=28800") == [[china, 1], [china + 86_400, 14]])
            #expect(try await items("utc_offset=19800") == [[india, 1], [india + 86_400, 14]])
            let west = Self.midnight + 18_000
            #expect(try await items("utc_offset=-18000") == [[west - 86_400, 1], [west, 14]])
            for (from, to, chats) in [(0, 18, 1), (0, 19, 7), (18, 23, 6), (18, 24, 14), (24, 25, 0)]
                as [(Int64, Int64, Int)]
            {
                let (from, to) = (Self.midnight + from * 3_600, Self.midnight + to * 3_600)
                let uri = "workspace_id=\(workspace)&from=\(from)&to=\(to)&group_by=none"
                #expect(try await server.usage(uri)["total", "chats"]?.number == chats, "\(from) \(to)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `only members see what a workspace's chats came to`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, member) = (server.owner, try await server.newcomer("member"))
            let team = try await server.makeTeam(owner)
            try await Self.store([Self.key(ID(team)!, 0): Self.usage(3)], server)
            let query = "workspace_id=\(team)&from=\(Self.midnight)&to=\(Self.midnight + 7_200)"
            let uri = "/buckle/v1/usage?\(query)"
            let refused = try await server.send(.GET, uri, token: member.token)
            let unknown = try await server.send(
                .GET, uri.replacing(team, with: "7300000000000000099"), token: member.token)
            #expect(refused.code == 4200 && unknown.code == 4200)
            #expect(
                refused.message.replacing(team, with: "") == unknown.message.replacing("7300000000000000099", with: ""))
            try await server.admit(member, to: team, by: owner)
            let seen = try await server.send(.GET, uri, token: member.token)
            #expect(seen["data", "total", "chats"]?.number == 3)
            let scoped = try await server.scopedToken(owner, [owner.workspace])
            #expect(try await server.send(.GET, uri, token: scoped).code == 4200)
            let narrow = try await TestServer.token(
                for: owner.user, permissions: ["Buckle.readAudit"], server.application.storage)
            #expect(try await server.send(.GET, uri, token: narrow).code == 4101)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `servers add to each other's counters`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let recorders = (0..<4).map { _ in UsageRecorder(storage: storage, retention: 0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for recorder in recorders {
                    group.addTask {
                        for _ in 0..<5 {
                            for bot in 1...20 {
                                var run = EndedRun(
                                    workspace: server.owner.workspace, bot: ID(Int64(bot)), model: "m",
                                    connector: "1024", isFirst: true, end: .completed)
                                (run.inputTokens, run.firstToken, run.duration) = (3, .milliseconds(1), .seconds(1))
                                recorder.meter.count(run)
                            }
                            try await recorder.flush([])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let total = try await server.usage("workspace_id=\(server.owner.workspace)&group_by=none")["total"]
            #expect(total?["chats"]?.number == 400 && total?["input_tokens"]?.number == 1_200)
            let times = try await server.count("SELECT SUM(first_token_1) FROM usage_chat")
            #expect(times == 400)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a bot's counters outlive it, a workspace's go with it`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let team = try await server.makeTeam(server.owner)
            let bot = try await server.makeBot(server.owner, in: team)
            let chat = try await server.makeChat(server.owner, bot: bot)
            #expect(try await server.usage("workspace_id=\(team)", after: 1)["total", "chats"]?.number == 1)
            let (id, conversation) = (ID(bot)!, chat.conversation)
            _ = try await server.send(.DELETE, "/v1/conversations/\(conversation)", token: server.owner.token)
            try await storage.database.write { connection in
                _ = try connection.execute("DELETE FROM bot WHERE id = \(id)")
            }
            let left = try await server.usage("workspace_id=\(team)&group_by=bot")["items"]!.elements
            #expect(left.count == 1 && left[0]["bot_id"]?.text == bot && left[0]["bot_name"] == nil)

            // What is counted after the workspace was deleted is counted for nobody, and holds up nothing else.
            let recorder = UsageRecorder(storage: storage, retention: 0)
            for workspace in [ID(team)!, server.owner.workspace] {
                recorder.meter.count(
                    EndedRun(
                        workspace: workspace, bot: 5, model: "m", connector: "c", isFirst: true, end: .canceled))
            }
            let deleted = try await server.send(.DELETE, "/buckle/v1/workspaces/\(team)", token: server.owner.token)
            #expect(deleted.code == 0, "\(deleted.json)")
            #expect(try await Self.rows(server) == 0)
            try await recorder.flush([])
            #expect(try await Self.rows(server) == 1)
        }
    }

    @Test func `what cannot be stored is kept, and stored with what follows`() async throws {
        try await TestServer.with(.sqlite) { server in
            let storage = server.application.storage
            let recorder = UsageRecorder(storage: storage, retention: 0)
            func count() {
                recorder.meter.count(
                    EndedRun(
                        workspace: server.owner.workspace, bot: 5, model: "m", connector: "c", isFirst: true,
                        end: .completed))
            }
            var asked = RequestUsage()
            asked.requests = 4
            let total = { (usage: RequestUsage) in [RouteTotal(route: "GET /x", usage: usage)] }
            try await storage.database.write { try $0.script("ALTER TABLE usage_request RENAME TO away") }
            count()
            await #expect(throws: (any Error).self) { try await recorder.flush(total(asked)) }
            #expect(try await Self.rows(server) == 0)
            try await storage.database.write { try $0.script("ALTER TABLE away RENAME TO usage_request") }
            count()
            asked.requests = 9
            try await recorder.flush(total(asked))
            try await recorder.flush(total(asked))
            #expect(try await server.count("SELECT SUM(chats) FROM usage_chat") == 2)
            #expect(try await server.count("SELECT SUM(requests) FROM usage_request") == 9)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is too old goes, hour by hour`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let storage = server.application.storage
            let store = UsageStore(storage: storage)
            let now = storage.clock.now()
            let hour = now - now % 3_600
            var batch = UsageMeter.Batch()
            for days in [Int64(0), 9, 10, 11, 500] {
                for bot in 1...3 {
                    let key = ChatUsage.Key(
                        workspace: server.owner.workspace, hour: hour - days * 86_400, bot: ID(Int64(bot)), model: "m",
                        connector: "c")
                    batch.chats[key] = Self.usage(1)
                }
                var usage = RequestUsage()
                usage.requests = 1
                batch.requests[RequestUsage.Key(hour: hour - days * 86_400, route: "GET /x")] = usage
            }
            try await store.add(batch)
            for (days, left) in [(0, 5), (400, 4), (10, 3), (1, 1)] {
                try await store.removeOlder(than: days)
                #expect(try await Self.rows(server) == 3 * left, "\(days)")
                #expect(try await server.count("SELECT COUNT(*) FROM usage_request") == left, "\(days)")
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `requests are counted by their route, for operators`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let token = server.owner.token
            for _ in 0..<5 { _ = try await server.send(.GET, "/v1/users/me", token: token) }
            for _ in 0..<2 { _ = try await server.send(.GET, "/v1/users/me", token: "nonsense") }
            _ = try await server.send(.GET, "/v1/bots/99", token: token)
            _ = try await server.send(.GET, "/nowhere", token: token)
            _ = try await server.send(.GET, "/health/live", token: nil)
            try await server.application.storeCounters()
            // What was counted is not counted again.
            try await server.application.storeCounters()
            let uri = "/buckle/v1/usage/requests?group_by=route"
            let report = try await server.send(.GET, uri, token: token)["data"]!
            var routes: [String: JSON] = [:]
            for item in report["items"]!.elements { routes[item["route"]!.text] = item }
            let me = try #require(routes["GET /v1/users/me"])
            #expect(me["requests"]?.number == 7 && me["errors"]?.number == 2 && me["server_errors"]?.number == 0)
            #expect(me["duration_ms"]?["p95"] != nil)
            #expect(routes["GET /v1/bots/{bot_id}"]?["errors"]?.number == 1)
            #expect(routes[""]?["requests"]?.number == 1)
            #expect(routes.keys.allSatisfy { !$0.contains("health") })
            #expect(report["total"]?["requests"]?.number == 9 && report["total"]?["errors"]?.number == 4)
            for (grouping, count) in [("day", 1), ("hour", 1), ("none", 0)] {
                let by = try await server.send(
                    .GET, "/buckle/v1/usage/requests?group_by=\(grouping)", token: token)["data"]!
                #expect(by["items"]!.elements.count == count && by["total"] == report["total"])
            }
            #expect(try await server.send(.GET, uri, token: server.stranger.token).code == 4101)
            let scoped = try await server.scopedToken(server.owner, [server.owner.workspace])
            #expect(try await server.send(.GET, uri, token: scoped).code == 4101)
        }
    }
}

extension TestServer {
    /// What is told of usage, when so many chats are counted: a chat is counted just after its readers see its end.
    fileprivate func usage(_ query: String, after chats: Int? = nil) async throws -> JSON {
        for _ in 0..<500 {
            if chats != nil { try await application.storeCounters() }
            let reply = try await send(.GET, "/buckle/v1/usage?\(query)", token: owner.token)
            #expect(reply.code == 0, "\(reply.json)")
            let data = reply.json["data"]!
            if chats == nil || data["total"]?["chats"]?.number == chats { return data }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("not counted: \(query)")
        return .null
    }
}

extension JSON {
    fileprivate var number: Int? { if case .integer(let number) = self { Int(number) } else { nil } }

    fileprivate subscript(_ path: String...) -> JSON? { path.reduce(self) { $0?[$1] } }
}
