/// The server that an address of a model names. A model's key is for this one alone.
struct ModelServer: Sendable, Equatable {
    private let scheme: String
    /// In lower case; with its brackets if it is an address of IPv6.
    private let host: String
    private let port: UInt16

    private static let schemes: [String: UInt16] = ["http://": 80, "https://": 443]

    /// Whether two addresses name the same server: their paths may differ.
    static func isSame(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        guard let one = ModelServer(one), let other = ModelServer(other) else { return false }
        return one == other
    }

    /// Nil unless the address begins with `http://` or `https://`, and names there a host and at most a port.
    init?(_ address: String) {
        guard let (scheme, usualPort) = Self.schemes.first(where: { address.hasPrefix($0.key) }) else { return nil }
        self.scheme = scheme
        let authority = address.dropFirst(scheme.count).prefix { $0 != "/" }
        guard let (host, rest) = Self.host(of: authority) else { return nil }
        self.host = host.lowercased()
        if rest.isEmpty {
            port = usualPort
            return
        }
        let digits = rest.dropFirst()
        guard rest.hasPrefix(":"), digits.utf8.allSatisfy(\.isDigit), let port = UInt16(digits), port > 0 else {
            return nil
        }
        self.port = port
    }

    /// The host, and what follows it.
    private static func host(of authority: Substring) -> (host: Substring, rest: Substring)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let address = authority[..<end].dropFirst()
            guard !address.isEmpty, address.utf8.allSatisfy({ $0.isAlphanumeric || ":.".utf8.contains($0) }) else {
                return nil
            }
            return (authority[...end], authority[end...].dropFirst())
        }
        let host = authority.prefix { $0 != ":" }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0.isAlphanumeric || "-._".utf8.contains($0) }) else { return nil }
        return (host, authority[host.endIndex...])
    }
}

extension UInt8 {
    /// Whether it is a letter or a digit of ASCII.
    var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: isDigit
        }
    }

    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
