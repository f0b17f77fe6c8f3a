import Glibc
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct LimitSettingsTests {
    /// What a configuration file with these lines under `rate_limits` says.
    private func rules(_ lines: [String]) async throws -> RateLimitRules {
        try await withScratchDirectory { directory in
            let path = directory + "/buckle.yaml"
            let file = try #require(fopen(path, "w"))
            fputs("rate_limits:\n" + lines.map { "  \($0)\n" }.joined(), file)
            fclose(file)
            return try Settings(commandLine: Settings.Source(), file: path, environment: [:]).rateLimits
        }
    }

    @Test func `every key sets its rule`() async throws {
        let found = try await rules([
            "plan: team", "token_per_second: 50", "token_burst: 80", "user_per_minute: 30", "address_per_minute: 600",
            "address_burst: 100", "system_per_second: 2000",
        ])
        var expected = RateLimitRules()
        expected.plan = .team
        expected.token = .perSecond(50, burst: 80)
        expected.endUser = .perMinute(30, burst: 30)
        expected.address = .perMinute(600, burst: 100)
        expected.system = .perSecond(2000, burst: 2000)
        #expect(found == expected)
    }

    @Test func `nothing is limited that the file does not name`() async throws {
        #expect(try await rules(["plan:", "token_per_second: ~"]).isEmpty)
        #expect(try await rules([]).isEmpty)
        #expect(try Settings(commandLine: Settings.Source(), file: nil, environment: [:]).rateLimits.isEmpty)
    }

    @Test(arguments: [
        ("plan: gold", "plan must be one of free, paid, team, enterprise, is gold"),
        ("tokens_per_second: 5", "tokens_per_second is not known"), ("token_per_second: 0", "token_per_second must be"),
        ("token_per_second: 1.5", "token_per_second must be"), ("user_per_minute: many", "user_per_minute must be"),
        ("system_per_second: 1000001", "system_per_second must be"), ("address_per_minute: -1", "address_per_minute"),
        ("user_burst: 5", "user_burst needs user_per_minute"), ("plan: [free]", "plan must be a single value"),
        ("- plan", "must hold keys and values"),
    ])
    func `a slip is a fault that names the key`(_ line: String, _ sentence: String) async throws {
        let fault = await #expect(throws: Settings.Fault.self) { try await rules([line]) }
        #expect(fault?.description.contains("buckle.yaml: rate_limits ") == true)
        #expect(fault?.description.contains(sentence) == true, "\(fault?.description ?? "")")
    }
}
