import APIKit
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct RateLimitsTests {
    /// Time stands still.
    private let clock = Clock { 1_000_000_000_000 }

    private func limits(_ set: (inout RateLimitRules) -> Void) -> RateLimits? {
        var rules = RateLimitRules()
        set(&rules)
        return RateLimits(rules, clock: clock)
    }

    private func bearer(user: ID, owner: ID? = nil, token: ID = 1) -> Bearer {
        Bearer(user: user, owner: owner, token: token, kind: .personal, permissions: .all)
    }

    private func client(_ address: String) -> Client { Client(header: { _ in nil }, address: { address }) }

    /// The codes of refusals among some attempts, 0 for each that passes.
    private func codes(_ attempts: Int, _ take: () throws -> Void) -> [Int] {
        (0..<attempts).map { _ in
            do {
                try take()
                return 0
            } catch {
                return (error as? APIError)?.code.number ?? -1
            }
        }
    }

    @Test func `without rules there are no limits at all`() {
        #expect(limits { _ in } == nil)
        #expect(limits { $0.plan = .free } != nil)
    }

    @Test(arguments: [
        (RateLimitPlan.free, 20, 10), (.paid, 100, 10), (.team, 200, 20), (.enterprise, 500, 20),
    ])
    func `a plan limits each account, whatever token it uses`(_ plan: RateLimitPlan, _ chats: Int, _ uploads: Int)
        throws
    {
        let limits = try #require(self.limits { $0.plan = plan })
        for user in [1, 2] as [ID] {
            for (kind, rate) in [
                (RateLimits.EndpointClass.chat, chats), (.upload, uploads), (.collaborator(1), 5),
                (.collaborator(2), 5),
            ] {
                var token: Int64 = 0
                let codes = codes(rate + 2) {
                    token += 1
                    try limits.admit(kind, bearer(user: user, token: ID(token)))
                }
                #expect(codes == Array(repeating: 0, count: rate) + [4008, 4008], "\(kind)")
            }
            #expect(codes(2000) { try limits.admit(.other, bearer(user: user)) }.allSatisfy { $0 == 0 })
        }
    }

    @Test func `a token's limit counts all it does, and no other token's`() throws {
        let limits = try #require(self.limits { $0.token = .perSecond(2, burst: 3) })
        let kinds: [RateLimits.EndpointClass] = [.chat, .other, .upload, .collaborator(1)]
        #expect(kinds.flatMap { kind in codes(1) { try limits.admit(kind, bearer(user: 1)) } } == [0, 0, 0, 4008])
        #expect(codes(1) { try limits.admit(.chat, bearer(user: 1, token: 2)) } == [0])
    }

    @Test func `an end user is known by the account and the name, one with a session by the session`() throws {
        let limits = try #require(self.limits { $0.endUser = .perMinute(2) })
        #expect(codes(3) { try limits.admitEndUser("ann", by: bearer(user: 1)) } == [0, 0, 4020])
        #expect(codes(1) { try limits.admitEndUser("ann", by: bearer(user: 1, token: 9)) } == [4020])
        #expect(codes(1) { try limits.admitEndUser("bob", by: bearer(user: 1)) } == [0])
        #expect(codes(1) { try limits.admitEndUser("ann", by: bearer(user: 2)) } == [0])
        var number = 0
        let names = codes(3) {
            number += 1
            try limits.admitEndUser("name \(number)", by: bearer(user: 1, owner: 77))
        }
        #expect(names == [0, 0, 4020])
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1", "::ffff:10.0.0.1", true),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("2001:DB8:1:2:0::1", "2001:db8:1:2::1", true), ("fe80::1%eth0", "fe80::2%eth0", false),
        ("0.0.0.0", "::", false),
    ])
    func `an address is one of IPv4, or a network of IPv6`(_ one: String, _ other: String, _ isSame: Bool) throws {
        let limits = try #require(self.limits { $0.address = .perMinute(1) })
        #expect(codes(2) { try limits.admit(from: client(one)) } == [0, 4020])
        #expect(codes(1) { try limits.admit(from: client(other)) } == [isSame ? 4020 : 0])
    }

    @Test func `without an address only the system's limit counts`() throws {
        let limits = try #require(
            self.limits {
                $0.address = .perMinute(1)
                $0.system = .perSecond(3)
            })
        #expect(codes(4) { try limits.admit(from: client("")) } == [0, 0, 0, 4009])
    }

    @Test func `what an address may not do is not counted against the whole system`() throws {
        let limits = try #require(
            self.limits {
                $0.address = .perMinute(1)
                $0.system = .perSecond(2)
            })
        #expect(codes(5) { try limits.admit(from: client("10.0.0.1")) } == [0, 4020, 4020, 4020, 4020])
        #expect(codes(1) { try limits.admit(from: client("10.0.0.2")) } == [0])
        #expect(codes(1) { try limits.admit(from: client("10.0.0.3")) } == [4009])
    }

    @Test func `only what makes a bot answer counts as chat, and looking at it never does`() async throws {
        try await TestServer.with(.sqlite) { server in
            var found: [RateLimits.EndpointClass: [String]] = [:]
            for operation in server.application.resources.flatMap(\.endpoints).map(\.operation) {
                found[RateLimits.EndpointClass(operation), default: []].append("\(operation.verb) \(operation.path)")
            }
            #expect(
                found[.chat]?.sorted() == [
                    "post /buckle/v1/chats/{chat_id}/regenerate", "post /v3/chat", "post /v3/chat/submit_tool_outputs",
                ])
            #expect(found[.upload] == ["post /v1/files/upload"])
            let others = try #require(found[.other])
            for path in ["get /v3/chat/retrieve", "post /v3/chat/retrieve", "post /v3/chat/cancel"] {
                #expect(others.contains(path))
            }
            let collaborators = found.filter { if case .collaborator = $0.key { true } else { false } }
            #expect(collaborators.count >= 2)
            for (_, operations) in collaborators {
                #expect(operations.count == 1)
                #expect(operations[0].contains("/collaborators"))
                #expect(!operations[0].hasPrefix("get "))
            }
        }
    }
}
