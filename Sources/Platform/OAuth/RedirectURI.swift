import APIKit

/// Where an app has browsers sent back to. It is compared with what a request says letter by letter.
enum RedirectURI {
    private static let maximumLength = 1024

    /// Schemes that make a browser run, read or show what it should not, or that belong to others.
    private static let refusedSchemes: Set<String> = [
        "about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript",
        "mailto", "resource", "sms", "tel", "vbscript", "view-source", "ws", "wss",
    ]

    /// - Parameter mayBePrivate: whether it may have a scheme of the app's own, as apps on phones and desktops do.
    /// - Throws: 4000 naming `redirect_uris`.
    static func check(_ text: String, mayBePrivate: Bool) throws(APIError) {
        guard text.utf8.count <= maximumLength else {
            throw .invalid("redirect_uris", "must have at most \(maximumLength) characters")
        }
        guard text.utf8.allSatisfy(isAllowed) else {
            throw .invalid("redirect_uris", "must be URIs without fragments: other characters must be percent-encoded")
        }
        guard let colon = text.firstIndex(of: ":"), isScheme(text[..<colon]) else {
            throw .invalid("redirect_uris", "must be absolute URIs, such as https://example.com/callback")
        }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon].lowercased() {
        case "https":
            guard host(rest) != nil else { throw .invalid("redirect_uris", "must name a host and no user") }
        case "http":
            guard let host = host(rest), ["localhost", "127.0.0.1", "[::1]"].contains(host) else {
                throw .invalid("redirect_uris", "must begin with https://, save for addresses of the app's own machine")
            }
        case let scheme where refusedSchemes.contains(scheme):
            throw .invalid("redirect_uris", "must not have the scheme \(scheme)")
        default:
            guard mayBePrivate else {
                throw .invalid("redirect_uris", "must begin with https://; only apps of type pkce have other schemes")
            }
            guard rest.utf8.count > 1, rest.hasPrefix("/") else {
                throw .invalid("redirect_uris", "must go on with / after their scheme, such as myapp://callback")
            }
        }
    }

    /// The characters of URIs (RFC 3986), but for the one that begins a fragment.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~:/?[]@!$&'()*+,;=%".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), first > UInt8(ascii: "9") else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
    }

    /// The host in what follows a scheme, in lower case; nil if there is none, or more than a host and a port.
    private static func host(_ rest: Substring) -> String? {
        guard rest.hasPrefix("//") else { return nil }
        let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        let host: Substring
        let port: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[...end]
            port = authority[end...].dropFirst()
            guard host.dropFirst().dropLast().utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: ":") })
            else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            port = authority[host.endIndex...]
            guard !host.isEmpty, host.utf8.allSatisfy({ isAlphanumeric($0) || "-._".utf8.contains($0) }) else {
                return nil
            }
        }
        let digits = port.dropFirst()
        guard port.isEmpty || port.hasPrefix(":") && UInt16(digits) != nil && !digits.hasPrefix("+") else { return nil }
        return host.lowercased()
    }
}
