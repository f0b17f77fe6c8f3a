package import APIKit
import Crypto

/// A person who has signed in with a browser: a token of the kind `session`, whose secret is the browser's cookie.
package struct BrowserSession: Sendable {
    package static let cookieName = "buckle_session"

    package let secret: TokenSecret
    package let bearer: Bearer

    package init(secret: TokenSecret, bearer: Bearer) {
        self.secret = secret
        self.bearer = bearer
    }

    /// What forms and scripts of this server's pages send along, and no other site can know. It gives nothing away of
    /// the secret.
    package var csrfToken: String { Hexadecimal.text(SHA256.hash(data: Array("csrf \(secret.text)".utf8))) }

    /// Whether a form came from a page that this session was shown. It takes as long for every wrong token.
    package func accepts(csrfToken text: String?) -> Bool {
        guard let text else { return false }
        return ConstantTime.areEqual(Array(csrfToken.utf8), Array(text.utf8))
    }

    /// - Parameter isSecure: whether clients reach the server over HTTPS.
    package func cookie(lifetime: Int64, isSecure: Bool) -> Cookie {
        Cookie(name: Self.cookieName, value: secret.text, lifetime: lifetime, isSecure: isSecure)
    }

    /// The cookie that makes a browser forget its session.
    package static func endingCookie(isSecure: Bool) -> Cookie {
        Cookie(name: cookieName, value: "", lifetime: 0, isSecure: isSecure)
    }
}

extension TokenAuthority {
    /// The session whose cookie a request carries; nil if there is none or it has ended.
    package func browserSession(_ client: Client) async throws -> BrowserSession? {
        guard let header = client.header("Cookie"),
            let value = Cookie.value(of: BrowserSession.cookieName, in: header), !value.isEmpty
        else { return nil }
        let secret = TokenSecret(value)
        do {
            let bearer = try await authenticate(secret)
            return bearer.kind == .session ? BrowserSession(secret: secret, bearer: bearer) : nil
        } catch let error as APIError where [.invalidToken, .authenticationInvalid].contains(error.code) {
            return nil
        }
    }
}
