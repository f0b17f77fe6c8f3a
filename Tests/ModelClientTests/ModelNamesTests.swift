import JSONKit
import Testing

@testable import ModelClient

@Suite struct ModelNamesTests {
    /// What comes of a script's reply: the names, or the error.
    private func names(
        _ script: Script, most: Int = 500, within limit: Duration = .seconds(20)
    ) async throws -> (names: [String]?, error: ModelError?, head: String) {
        try await Upstream.with(script) { (upstream, endpoint, client) async throws in
            var endpoint = endpoint
            endpoint.firstTokenTimeout = limit
            do throws(ModelError) {
                let names = try await client.modelNames(at: endpoint, most: most)
                return (names, nil, upstream.received[0].head)
            } catch {
                return (nil, error, upstream.received.first?.head ?? "")
            }
        }
    }

    @Test(
        arguments: [
            (#"{"object":"list","data":[{"id":"b","object":"model"},{"id":"a"},{"id":"b"}]}"#, ["b", "a"]),
            (#"{"data":[]}"#, []), (#"[{"id":"x"},{"name":"y"},"z",{"id":""},{"id":7},null]"#, ["x", "y", "z"]),
            (#"{"models":[{"name":"n"}]}"#, ["n"]),
        ] as [(String, [String])])
    func `names come in the upstream's order, each once`(_ body: String, _ expected: [String]) async throws {
        let reply = try await names(.reply("200 OK", body))
        #expect(reply.names == expected)
        #expect(reply.head.hasPrefix("GET /v1/models HTTP/1.1\r\n"))
        #expect(reply.head.lowercased().contains("authorization: bearer sk-secret"))
    }

    @Test func `no more names are told than are asked for`() async throws {
        let body = "[" + (1...50).map { "\"m\($0)\"" }.joined(separator: ",") + "]"
        #expect(try await names(.reply("200 OK", body), most: 3).names == ["m1", "m2", "m3"])
    }

    @Test(
        arguments: [
            (.reply("200 OK", "<html>"), .protocolViolation), (.reply("200 OK", #"{"data":{}}"#), .protocolViolation),
            (.reply("200 OK", "7"), .protocolViolation), (.reply("404 Not Found", "nothing"), .modelNotFound),
            (.reply("401 Unauthorized", #"{"error":"who are you?"}"#), .unauthorized), (.close, .unreachable),
            (.reply("302 Found", "", headers: "Location: http://127.0.0.1:1/\r\n"), .upstreamFailure(status: 302)),
            (.head().chunk("[").close(), .upstreamFailure(status: 200)),
        ] as [(Script, ModelError.Kind)])
    func `what is no list is an error that says why`(_ script: Script, _ kind: ModelError.Kind) async throws {
        let reply = try await names(script)
        #expect(reply.error?.kind == kind, "\(reply)")
    }

    @Test func `an error does not tell the key`() async throws {
        let script = Script.reply("403 Forbidden", #"{"error":{"message":"sk-secret may not"}}"#)
        let reply = try await names(script)
        #expect(reply.error?.detail.contains("may not") == true && reply.error?.detail.contains("sk-secret") == false)
    }

    @Test func `a list without end is read no further than 4 MB`() async throws {
        let flood = Script.head().flood(String(repeating: " ", count: 64 << 10), times: 4096)
        try await Upstream.with(flood) { (upstream, endpoint, client) async throws in
            await #expect(throws: ModelError.self) { try await client.modelNames(at: endpoint, most: 1) }
            #expect(await eventually { upstream.openCount == 0 })
            // What waited in the sockets was written as well.
            #expect(upstream.written < 32 << 20)
        }
    }

    @Test(arguments: [.silence, .head(), .head().chunk("[1,")] as [Script])
    func `who is silent is not waited for long`(_ script: Script) async throws {
        let begun = ContinuousClock.now
        #expect(try await names(script, within: .milliseconds(300)).error?.kind == .timedOut)
        #expect(begun.duration(to: .now) < .seconds(5))
    }
}
