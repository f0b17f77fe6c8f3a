import NIOCore

/// The sites whose pages may call the API from browsers, and show what is made to be shown in a frame.
package struct AllowedOrigins: Sendable, Equatable {
    /// As browsers write them: `https://shop.example`, `http://localhost:5173`. Only `*` if it is every site.
    package let origins: [String]

    /// None.
    package init() { origins = [] }

    /// - Parameter texts: schemes with hosts and ports, or `*` alone.
    /// - Throws: ``Settings/Fault`` for what is neither.
    init(_ texts: [String]) throws {
        if texts == ["*"] {
            origins = texts
            return
        }
        origins = try texts.map { text in
            if text == "*" { throw Settings.Fault(description: "allowed_origins must name no others beside *") }
            guard let origin = Self.origin(text) else {
                throw Settings.Fault(
                    description: "allowed_origins must be such as https://shop.example or http://localhost:5173, "
                        + "without a path, or *; not \(text)")
            }
            return origin
        }
    }

    package var isEmpty: Bool { origins.isEmpty }

    /// Whether a page with this origin may call the API.
    ///
    /// - Parameter origin: the header `Origin`.
    package func allows(_ origin: String) -> Bool {
        origins.contains(origin)
            // It is sent back, so that of what is no browser's not everything passes.
            || origins == ["*"] && origin.utf8.count <= 512 && origin.utf8.allSatisfy { 0x21...0x7e ~= $0 }
    }

    /// Who may show a page of this server in a frame, as `frame-ancestors` of a Content-Security-Policy has it: the
    /// server's own pages, and these sites.
    package var frameAncestors: String { origins == ["*"] ? "*" : (["'self'"] + origins).joined(separator: " ") }

    /// An address of a scheme, a host and perhaps a port as browsers write it: in small letters, and without the
    /// scheme's own port. Nil for anything else.
    private static func origin(_ text: String) -> String? {
        let text = text.lowercased()
        guard let (scheme, ownPort) = [("http://", 80), ("https://", 443)].first(where: { text.hasPrefix($0.0) }) else {
            return nil
        }
        let rest = text.dropFirst(scheme.count)
        // The colons of IPv6 stand in brackets.
        let colon = rest.lastIndex(of: ":").flatMap { rest[$0...].contains("]") ? nil : $0 }
        let host = rest[..<(colon ?? rest.endIndex)]
        guard isHost(host) else { return nil }
        guard let colon else { return scheme + host }
        let digits = rest[rest.index(after: colon)...]
        guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let port = Int(digits),
            1...65535 ~= port
        else { return nil }
        return port == ownPort ? scheme + host : "\(scheme)\(host):\(port)"
    }

    /// Names of other letters than these must be given in the letters that browsers put for them (`xn--…`).
    private static func isHost(_ host: Substring) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            return (try? SocketAddress(ipAddress: String(host.dropFirst().dropLast()), port: 0))?.protocol == .inet6
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
