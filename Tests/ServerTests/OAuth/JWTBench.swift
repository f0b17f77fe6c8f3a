import Platform
import Testing

@Suite struct JWTBench {
    /// In a release build one core checks some thousands a second; this bound is for debug builds and busy machines.
    @Test func `JWTs are checked fast enough that checking them is not what limits the server`() async throws {
        let measure = try JWTMeasure()
        try await measure.verify()
        let count = 500
        let elapsed = try await ContinuousClock().measure {
            for _ in 1...count { try await measure.verify() }
        }
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = Double(count) / seconds
        print("JWTs checked: \(Int(rate)) a second")
        #expect(rate >= 200)
    }
}
