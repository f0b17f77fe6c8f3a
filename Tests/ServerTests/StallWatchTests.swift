import Testing

@testable import Server

@Suite struct StallWatchTests {
    /// More than a long body must bring from one look to the next.
    private static let plenty = 1 << 20

    @Test func `a connection on which nothing comes is given up at the second look`() {
        var watch = StallWatch()
        watch.receive(1)
        check(!watch.isStalled(.request))
        check(watch.isStalled(.request))
    }

    @Test func `a connection is not given up right after a long answer`() {
        var watch = StallWatch()
        watch.receive(1)
        for _ in 1...100 { check(!watch.isStalled(.server)) }
        check(!watch.isStalled(.request))
        check(watch.isStalled(.request))
    }

    @Test func `a body in memory may trickle for four looks`() {
        var watch = StallWatch()
        watch.begin()
        for look in 1...5 {
            watch.receive(1)
            check(watch.isStalled(.body) == (look == 5))
        }
    }

    @Test func `a body of which nothing more comes is given up`() {
        var watch = StallWatch()
        watch.begin()
        watch.receive(Self.plenty)
        check(!watch.isStalled(.body))
        check(watch.isStalled(.body))
    }

    @Test func `a file may come for as long as it likes at a pace`() {
        var watch = StallWatch()
        watch.begin()
        for _ in 1...1_000 {
            watch.receive(64 << 10)
            check(!watch.isStalled(.longBody))
        }
    }

    @Test func `a file that trickles is given up, but not for what came of it before the first look`() {
        var watch = StallWatch()
        watch.begin()
        watch.receive(1)
        check(!watch.isStalled(.longBody))
        watch.receive((64 << 10) - 1)
        check(watch.isStalled(.longBody))
    }

    @Test func `what came before a look does not count for the next`() {
        var watch = StallWatch()
        watch.begin()
        watch.receive(100 * Self.plenty)
        check(!watch.isStalled(.longBody))
        check(watch.isStalled(.longBody))
    }

    @Test func `a file that the server does not take is not given up`() {
        var watch = StallWatch()
        watch.begin()
        watch.receive(Self.plenty)
        for _ in 1...100 { check(!watch.isStalled(.server)) }
        watch.receive(Self.plenty)
        check(!watch.isStalled(.longBody))
    }

    @Test func `a client that reads anything between two looks is not given up`() {
        var watch = StallWatch()
        for acknowledged in 0..<1_000 { check(!watch.isStalled(.reader(acknowledged: UInt64(acknowledged)))) }
    }

    @Test func `a client that reads nothing between two looks is given up`() {
        var watch = StallWatch()
        check(!watch.isStalled(.reader(acknowledged: 7)))
        check(!watch.isStalled(.reader(acknowledged: 8)))
        check(watch.isStalled(.reader(acknowledged: 8)))
    }

    @Test func `a client is not given up for what it did not read before it was waited for`() {
        var watch = StallWatch()
        check(!watch.isStalled(.reader(acknowledged: 7)))
        check(!watch.isStalled(.server))
        check(!watch.isStalled(.reader(acknowledged: 7)))
    }
}

/// `#expect` cannot call what changes a value.
private func check(_ condition: Bool, at place: SourceLocation = #_sourceLocation) {
    #expect(condition, sourceLocation: place)
}
