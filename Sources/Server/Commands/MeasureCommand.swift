import APIKit
import ArgumentParser
import Database
import Glibc
import Platform

/// Measures parts of the server that are too quick to be seen from outside, for the benchmark.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Measure parts of the server by themselves.", shouldDisplay: false)

    @Option(help: "A directory to work in.")
    var directory: String

    @Option(help: "How often each part is run.")
    var count = 1_000_000

    /// Nanoseconds of the processor's time that one run takes.
    private struct Figures: Encodable {
        let token: Double
        let jwt: Double
    }

    func run() async throws {
        let storage = try await Storage.open(.file(directory + "/measure.sqlite"))
        defer { storage.database.close() }
        guard let secret = try await FirstStart(storage: storage).run() else {
            throw Settings.Fault(description: "\(directory) has been measured in before")
        }
        let authority = TokenAuthority(tokens: TokenStore(storage: storage), clock: storage.clock)
        let header = "Bearer " + secret.text
        var users: Int64 = 0
        let token = try await Self.nanoseconds(count) { users &+= try await authority.authenticate(header).user.value }
        let assertions = try JWTMeasure()
        let jwt = try await Self.nanoseconds(max(1, count / 100)) { try await assertions.verify() }
        print(try JSONOutput.text(Figures(token: token, jwt: jwt)))
        if users == 0 { throw Settings.Fault(description: "no token was checked") }
    }

    private static func nanoseconds(_ count: Int, _ work: () async throws -> Void) async throws -> Double {
        for _ in 0..<min(count, 1000) { try await work() }
        let start = clock()
        for _ in 0..<count { try await work() }
        return Double(clock() - start) / Double(CLOCKS_PER_SEC) / Double(count) * 1e9
    }
}
