import APIKit
import Platform
import Synchronization
import Testing

/// A clock that goes when it is told to.
final class FakeClock: Sendable {
    private let second = Mutex<Int64>(1000)
    var clock: Clock { Clock { self.second.withLock { $0 } * 1_000_000_000 } }

    func pass(_ seconds: Int) { second.withLock { $0 += Int64(seconds) } }
}

@Suite struct SignInThrottleTests {
    private let time = FakeClock()
    private let throttle: SignInThrottle

    init() { throttle = SignInThrottle(clock: time.clock) }

    /// Fails once, and returns how long the next try must wait.
    private func fail(_ account: String = "7", from address: String = "10.0.0.1") throws -> Int {
        throttle.fail(try throttle.signIn(account: account, address: address))
        return wait(account, from: address)
    }

    /// Seconds until a try is let through; it is not counted.
    private func wait(_ account: String = "7", from address: String = "10.0.0.1") -> Int {
        do {
            throttle.withdraw(try throttle.signIn(account: account, address: address))
            return 0
        } catch {
            let error = error as? APIError
            #expect(error?.code == .overUserLimit)
            return error?.retryAfter ?? -1
        }
    }

    @Test func `five failures are free, then each doubles the wait up to five minutes`() throws {
        for _ in 1...4 { #expect(try fail() == 0) }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            #expect(try fail() == expected)
            time.pass(expected - 1)
            #expect(wait() == 1)
            time.pass(1)
            #expect(wait() == 0)
        }
        #expect(wait(from: "10.0.0.2") == 0)
        #expect(wait("8") == 0)
    }

    @Test func `tries that are refused do not count`() throws {
        for _ in 1...5 { _ = try fail() }
        for _ in 1...100 { #expect(wait() == 1) }
        time.pass(1)
        #expect(try fail() == 2)
    }

    @Test func `tries that are not judged yet count, so that many at once are no way around`() throws {
        let begun = try (1...5).map { _ in try throttle.signIn(account: "7", address: "10.0.0.1") }
        #expect(wait() == 1)
        for attempt in begun { throttle.withdraw(attempt) }
        #expect(wait() == 0)
    }

    @Test func `the wait begins when the try was judged`() throws {
        for _ in 1...4 { _ = try fail() }
        let attempt = try throttle.signIn(account: "7", address: "10.0.0.1")
        time.pass(10)
        throttle.fail(attempt)
        #expect(wait() == 1)
    }

    @Test func `a success forgets the failures from its address`() throws {
        for _ in 1...4 { _ = try fail() }
        for _ in 1...4 { _ = try fail(from: "10.0.0.2") }
        throttle.succeed(try throttle.signIn(account: "7", address: "10.0.0.1"))
        for _ in 1...4 { #expect(try fail() == 0) }
        #expect(try fail() == 1)
        #expect(try fail(from: "10.0.0.2") == 1)
    }

    @Test func `failures from everywhere slow an account down, but not for long`() throws {
        for number in 1...19 { #expect(try fail(from: "10.0.1.\(number)") == 0) }
        #expect(try fail(from: "10.0.1.20") == 1)
        #expect(wait(from: "10.9.9.9") == 1)
        #expect(wait("8", from: "10.0.1.20") == 0)
        var last = 1
        for number in 1...20 {
            time.pass(last)
            last = try fail(from: "10.0.2.\(number)")
            #expect(last <= 30)
        }
        #expect(last == 30)
    }

    @Test func `failures of many names slow an address down`() throws {
        for number in 1...49 { #expect(try fail("name \(number)") == 0) }
        #expect(try fail("name 50") == 1)
        #expect(wait("another") == 1)
        #expect(wait("another", from: "10.0.0.2") == 0)
        // A success does not clear it: whoever guesses may have an account too.
        time.pass(1)
        throttle.succeed(try throttle.signIn(account: "own", address: "10.0.0.1"))
        #expect(try fail("name 51") == 2)
    }

    @Test func `failures are forgotten slowly`() throws {
        for _ in 1...8 {
            time.pass(wait())
            _ = try fail()
        }
        // Four of the eight.
        time.pass(2400)
        #expect(try fail() == 1)
    }

    @Test func `a network of IPv6 counts as one address`() throws {
        for number in 1...4 { #expect(try fail(from: "2001:db8::\(number)") == 0) }
        #expect(try fail(from: "2001:db8:0:0:ffff::1") == 1)
        #expect(wait(from: "2001:db8:0:1::1") == 0)
        for number in 1...5 { _ = try fail(from: "::ffff:10.0.0.\(number)") }
        #expect(wait(from: "::ffff:10.0.0.1") == 0)
    }

    @Test func `what was not tried for longest is forgotten first`() throws {
        let throttle = SignInThrottle(clock: time.clock, limit: 60)
        for _ in 1...5 { throttle.fail(try throttle.signIn(account: "7", address: "10.0.0.1")) }
        #expect(throws: APIError.self) { try throttle.signIn(account: "7", address: "10.0.0.1") }
        for number in 1...100 {
            throttle.fail(try throttle.signIn(account: "name \(number)", address: "10.1.1.\(number)"))
        }
        _ = try throttle.signIn(account: "7", address: "10.0.0.1")
    }
}
