import APIKit
import Platform

/// Keeps other sites from sending the forms that are filled in before there is a session: one that made a browser sign
/// in to an account of its own would see what the browser's owner then does.
///
/// The page sets a cookie with a random value, and its form carries the same value. Another site can neither read the
/// cookie nor make a browser send it along with a form. It might set one where it shares a parent domain with this
/// server; so a request that the browser itself says comes from elsewhere is refused too. Browsers say so
/// (`Sec-Fetch-Site`) over HTTPS and to the local machine only, which is why that alone would not do, and `Origin` is
/// no help, since it is `null` under the pages' referrer policy.
struct FormToken {
    private static let cookieName = "buckle_form"
    private static let length = 64

    let text: String

    /// The browser's token, or a new one: pages that are open side by side share it.
    init(_ client: Client) {
        text = Self.sent(by: client) ?? TokenSecret(prefix: "").text
    }

    func cookie(isSecure: Bool) -> Cookie {
        Cookie(name: Self.cookieName, value: text, lifetime: nil, isSecure: isSecure)
    }

    /// Whether a form with this token came from a page that this browser was shown.
    static func accepts(_ text: String?, _ client: Client) -> Bool {
        if let site = client.header("Sec-Fetch-Site"), site != "same-origin", site != "none" { return false }
        return text != nil && text == sent(by: client)
    }

    private static func sent(by client: Client) -> String? {
        guard let header = client.header("Cookie"), let value = Cookie.value(of: cookieName, in: header),
            value.utf8.count == length, value.allSatisfy(\.isHexDigit)
        else { return nil }
        return String(value)
    }
}

/// A path of this server that a browser can be sent to; `/` for anything that could lead elsewhere.
struct LocalPath {
    let text: String

    init(_ text: String?) {
        let bytes = Array((text ?? "").utf8)
        // "//host" and, since browsers take a backslash for a slash, "/\host" are addresses of other servers. Browsers
        // skip tabs and line breaks in addresses, so "/\t/host" is one as well.
        let isLocal =
            bytes.first == UInt8(ascii: "/")
            && ![UInt8(ascii: "/"), UInt8(ascii: "\\")].contains(bytes.dropFirst().first)
            && bytes.allSatisfy { 0x21...0x7e ~= $0 } && bytes.count <= 16_384
        self.text = isLocal ? text ?? "/" : "/"
    }
}
