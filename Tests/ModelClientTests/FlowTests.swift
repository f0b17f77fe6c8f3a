import Glibc
import JSONKit
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ModelClient

/// Cancellation and back-pressure.
@Suite struct FlowTests {
    /// Lets something close the upstream's connection and measures how long that takes. As another process may keep
    /// the machine busy, the shortest of several times counts.
    private func expectClosed(
        _ upstream: Upstream, within limit: Duration, _ close: () async throws -> (ContinuousClock.Instant)
    ) async throws {
        var shortest = Duration.seconds(60)
        for _ in 0..<8 {
            let begin = try await close()
            #expect(await eventually { upstream.openCount == 0 })
            shortest = min(shortest, ContinuousClock().now - begin)
            if shortest < limit { break }
        }
        #expect(shortest < limit)
    }

    @Test func `cancelling the task closes the connection at once`() async throws {
        try await Upstream.with(.events(Event.content("Hi"), end: false)) { (upstream, endpoint, client) async throws in
            try await expectClosed(upstream, within: .milliseconds(100)) {
                let hasBegun = Mutex(false)
                let task = Task {
                    await client.ask(endpoint).failure { hasBegun.withLock { $0 = true } }.error
                }
                #expect(await eventually { hasBegun.withLock { $0 } })
                let begin = ContinuousClock().now
                task.cancel()
                #expect(await task.value?.kind == .cancelled)
                return begin
            }
        }
    }

    @Test func `cancelling the task before the reply closes the connection at once`() async throws {
        try await Upstream.with(.silence) { (upstream, endpoint, client) async throws in
            try await expectClosed(upstream, within: .milliseconds(100)) {
                let before = upstream.received.count
                let task = Task { await client.ask(endpoint).failure().error }
                #expect(await eventually { upstream.received.count > before })
                let begin = ContinuousClock().now
                task.cancel()
                #expect(await task.value?.kind == .cancelled)
                return begin
            }
        }
    }

    @Test func `a cancelled task does not wait for the next attempt`() async throws {
        try await Upstream.with(.reply("429 Too Many Requests", "", headers: "Retry-After: 2\r\n")) {
            (upstream, endpoint, client) async throws in
            let task = Task { await client.ask(endpoint).failure().error }
            #expect(await eventually { upstream.received.count == 1 })
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            #expect(upstream.received.count == 1)
        }
    }

    @Test func `a task that was cancelled before sends nothing`() async throws {
        try await Upstream.with(.events(Event.content("Hi"), Event.stop)) { (upstream, endpoint, client) async throws in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await client.ask(endpoint).failure().error
            }
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            #expect(upstream.received.isEmpty)
        }
    }

    @Test func `dropping the iterator closes the connection at once`() async throws {
        try await Upstream.with(.events(Event.content("Hi"), end: false)) { (upstream, endpoint, client) async throws in
            try await expectClosed(upstream, within: .milliseconds(100)) {
                for try await chunks in client.ask(endpoint) {
                    #expect(chunks == [.content("Hi")])
                    break
                }
                return ContinuousClock().now
            }
        }
    }

    @Test func `shutting the client down ends what is running`() async throws {
        try await Upstream.with(.events(Event.content("Hi"), end: false)) { (upstream, endpoint, client) async throws in
            let hasBegun = Mutex(false)
            let task = Task {
                await client.ask(endpoint).failure { hasBegun.withLock { $0 = true } }.error
            }
            #expect(await eventually { hasBegun.withLock { $0 } })
            await client.shutdown()
            #expect(await task.value?.kind == .cancelled)
            #expect(await client.ask(endpoint).failure().error?.kind == .cancelled)
            await client.shutdown()
        }
    }

    @Test func `an upstream is stopped by a reader that does not read`() async throws {
        // 64 MB; sockets of both sides keep some megabytes between them.
        let event = Event.content(String(repeating: "x", count: 60_000))
        let total = 64 << 20
        let script = Script.head().flood(event, times: total / event.utf8.count)
        try await Upstream.with(script) { (upstream, endpoint, client) async throws in
            var iterator = client.ask(endpoint).makeAsyncIterator()
            #expect(try await iterator.next() != nil)
            var written = 0
            while upstream.written > written {
                written = upstream.written
                try await Task.sleep(for: .milliseconds(500))
            }
            try #require(written < total / 2)
            // It goes on when it is read again.
            while upstream.written <= written { #expect(try await iterator.next() != nil) }
        }
    }
}

/// Runs a test with a port of this machine on which connections are neither accepted nor refused.
func withFullBacklog(_ test: (Int) async throws -> Void) async throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port =
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Int in
                guard bind(listener, pointer, length) == 0, listen(listener, 0) == 0 else { return 0 }
                guard getsockname(listener, pointer, &length) == 0 else { return 0 }
                return 1
            }
        } == 1 ? Int(UInt16(bigEndian: address.sin_port)) : 0
    try #require(port != 0)
    var fillers: [Int32] = []
    defer { for filler in fillers { close(filler) } }
    for _ in 0..<4 {
        let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        fillers.append(filler)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(filler, $0, length) }
        }
    }
    try await Task.sleep(for: .milliseconds(50))
    try await test(port)
}
