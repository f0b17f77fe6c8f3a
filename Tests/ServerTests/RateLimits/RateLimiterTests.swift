import APIKit
import Platform
import Synchronization
import Testing

/// A clock that stands still until it is told otherwise.
private final class StoppedClock: Sendable {
    private let time = Atomic<Int64>(1_000_000_000_000)

    var clock: Clock { Clock { self.time.load(ordering: .relaxed) } }

    func advance(milliseconds: Int64) { time.add(milliseconds * 1_000_000, ordering: .relaxed) }
}

@Suite struct RateLimiterTests {
    private let time = StoppedClock()

    private func limiter(_ rate: Rate, memory: Int = 131_072) -> RateLimiter {
        RateLimiter(rate, refusal: .overUserLimit, of: "requests", clock: time.clock, memory: memory)
    }

    /// How many of some attempts are let through.
    private func passed(_ attempts: Int, _ limiter: RateLimiter, _ key: RateLimiter.Key) -> Int {
        (0..<attempts).count { _ in (try? limiter.take(key)) != nil }
    }

    @Test(arguments: [
        (Rate.perSecond(3), 3), (.perSecond(20), 20), (.perSecond(5, burst: 40), 40), (.perMinute(7), 7),
        (.perMinute(60, burst: 1), 1), (.perSecond(1_000_000, burst: 500), 500),
    ])
    func `a full bucket lets its burst through and nothing more`(_ rate: Rate, _ burst: Int) {
        #expect(passed(burst + 100, limiter(rate), .init(1)) == burst)
    }

    @Test(arguments: [3, 7, 20, 100, 999])
    func `after a second there are as many again as the rate says, never more than the burst`(_ rate: Int) {
        let limiter = limiter(.perSecond(rate))
        #expect(passed(rate + 1, limiter, .init(1)) == rate)
        time.advance(milliseconds: 1000)
        #expect(passed(rate + 1, limiter, .init(1)) == rate)
        time.advance(milliseconds: 60_000)
        #expect(passed(2 * rate, limiter, .init(1)) == rate)
    }

    @Test func `buckets fill evenly`() {
        let limiter = limiter(.perSecond(10))
        #expect(passed(11, limiter, .init(1)) == 10)
        for _ in 1...30 {
            time.advance(milliseconds: 99)
            time.advance(milliseconds: 1)
            #expect(passed(3, limiter, .init(1)) == 1)
        }
        time.advance(milliseconds: 50)
        #expect(passed(1, limiter, .init(1)) == 0)
        time.advance(milliseconds: 50)
        #expect(passed(2, limiter, .init(1)) == 1)
    }

    @Test func `what is refused takes nothing out of the bucket`() {
        let limiter = limiter(.perSecond(1))
        #expect(passed(1000, limiter, .init(1)) == 1)
        time.advance(milliseconds: 1000)
        #expect(passed(1, limiter, .init(1)) == 1)
    }

    @Test(arguments: [
        (Rate.perSecond(5), 0, 1), (.perMinute(1), 0, 60), (.perMinute(1), 30_500, 30), (.perMinute(1), 59_999, 1),
        (.perMinute(4), 0, 15),
    ])
    func `a refusal says when it is worth while to come again`(_ rate: Rate, _ later: Int64, _ seconds: Int) throws {
        let limiter = limiter(rate)
        _ = passed(rate.burst, limiter, .init(1))
        time.advance(milliseconds: later)
        let error = #expect(throws: APIError.self) { try limiter.take(.init(1)) }
        #expect(error?.code == .overUserLimit && error?.code.status == 429)
        #expect(error?.retryAfter == seconds)
        #expect(error?.message.contains(seconds == 1 ? "a second" : "\(seconds) seconds") == true)
        time.advance(milliseconds: Int64(seconds) * 1000)
        #expect(passed(1, limiter, .init(1)) == 1)
    }

    @Test func `each has a bucket of their own`() {
        let limiter = limiter(.perSecond(2))
        for number in 1...200 as ClosedRange<Int64> {
            #expect(passed(3, limiter, .init(number)) == 2)
            #expect(passed(3, limiter, .init(number, 1)) == 2)
            #expect(passed(3, limiter, .init(ID(number), text: "someone")) == 2)
            #expect(passed(3, limiter, .init(ID(number), text: "someone else")) == 2)
        }
    }

    @Test func `eight at once get exactly the burst between them`() async {
        for burst in [1, 100, 5000] {
            let limiter = limiter(.perSecond(1, burst: burst))
            let total = await withTaskGroup(of: Int.self) { group in
                for _ in 1...8 {
                    group.addTask { (0..<2000).count { _ in (try? limiter.take(.init(7))) != nil } }
                }
                return await group.reduce(0, +)
            }
            #expect(total == burst)
        }
    }

    @Test func `full buckets are forgotten, and others only beyond the bound`() {
        let limiter = limiter(.perSecond(1), memory: 16_000)
        for number in 0..<100_000 as Range<Int64> { _ = passed(1, limiter, .init(number)) }
        #expect(limiter.count <= 16_016)
        #expect(limiter.count >= 7000)
        // All are full now, so those who come find room without anybody else being forgotten.
        time.advance(milliseconds: 2000)
        for number in 0..<4000 as Range<Int64> { _ = passed(1, limiter, .init(-1 - number)) }
        for number in 0..<4000 as Range<Int64> { #expect(passed(1, limiter, .init(-1 - number)) == 0) }
    }

    @Test func `those who are nearest to full are forgotten first`() {
        let limiter = limiter(.perMinute(1, burst: 10), memory: 1600)
        #expect(passed(20, limiter, .init(1)) == 10)
        for number in 2..<20_000 as Range<Int64> { _ = passed(1, limiter, .init(number)) }
        #expect(limiter.count <= 1616)
        #expect(passed(1, limiter, .init(1)) == 0)
    }
}
