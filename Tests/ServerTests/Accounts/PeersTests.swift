import NIOCore
import NIOHTTP1
import Testing

@testable import Server

@Suite struct PeersTests {
    private func address(_ peer: String, _ forwarded: [String]) throws -> String {
        let headers = HTTPHeaders(forwarded.map { ("X-Forwarded-For", $0) })
        return Peers(trusting: ["10.0.0.1", "10.0.0.2"]).address(
            of: try SocketAddress(ipAddress: peer, port: 1), headers)
    }

    @Test func `only proxies are believed, and only what they add themselves`() throws {
        for (peer, forwarded, expected) in [
            ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"), ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", ["6.6.6.6, 198.51.100.1 , 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            // A proxy that does not know whom it heard from says so, and what is before it may be made up.
            ("10.0.0.1", ["6.6.6.6, unknown"], "10.0.0.1"), ("10.0.0.1", ["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.1"),
            ("10.0.0.1", ["6.6.6.6, 198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", ["6.6.6.6, [2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", ["6.6.6.6, 2001:db8::1, 10.0.0.2:80"], "2001:db8::1"),
            ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"), ("::ffff:192.0.2.1", ["6.6.6.6"], "192.0.2.1"),
        ] {
            #expect(try address(peer, forwarded) == expected, "\(peer) \(forwarded)")
        }
        #expect(Peers(trusting: ["10.0.0.1"]).address(of: nil, ["X-Forwarded-For": "6.6.6.6"]) == "")
    }
}
