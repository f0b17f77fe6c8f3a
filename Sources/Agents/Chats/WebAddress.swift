import Glibc

/// An address that a client wants a model to fetch.
///
/// The server itself fetches nothing. But a model may be served on this machine or in its network, and must not be made
/// to look around there: so addresses of private networks are refused, as far as they show.
struct WebAddress: Sendable {
    private let host: Substring

    /// Nil unless the text begins with `http://` or `https://` and names a host.
    init?(_ text: String) {
        guard let scheme = ["https://", "http://"].first(where: text.lowercased().hasPrefix) else { return nil }
        var rest = text.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
        } else {
            host = rest.prefix { $0 != ":" }
        }
        if host.isEmpty { return nil }
    }

    /// Whether the host is neither this machine nor one of a private network, by name or number.
    var isPublic: Bool {
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, name, &v6) == 1 {
            let bytes = withUnsafeBytes(of: v6) { Array($0) }
            // Only global unicast is public: 2000::/3. What maps an IPv4 address lies outside.
            return bytes[0] & 0xe0 == 0x20
        }
        var v4 = in_addr()
        // As browsers and libraries read it: 127.1, 2130706433 and 0x7f000001 are addresses too.
        if inet_aton(name, &v4) != 0 { return Self.isPublic(UInt32(bigEndian: v4.s_addr)) }
        // Of other letters, and of what is percent-encoded, browsers and libraries make other names: 127。0.0.1 too.
        let isPlain = name.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7a ~= $0 || "-._".utf8.contains($0) }
        return isPlain && name.contains(".")
            && ![".localhost", ".local", ".internal", ".home.arpa"].contains(where: name.hasSuffix)
    }

    /// Whether an IPv4 address is none of those set aside (RFC 6890).
    private static func isPublic(_ address: UInt32) -> Bool {
        let reserved: [(UInt32, UInt32)] = [
            (0x0000_0000, 8), (0x0a00_0000, 8), (0x6440_0000, 10), (0x7f00_0000, 8), (0xa9fe_0000, 16),
            (0xac10_0000, 12), (0xc000_0000, 24), (0xc000_0200, 24), (0xc0a8_0000, 16), (0xc612_0000, 15),
            (0xc633_6400, 24), (0xcb00_7100, 24), (0xe000_0000, 3),
        ]
        return !reserved.contains { network, bits in address >> (32 - bits) == network >> (32 - bits) }
    }
}
