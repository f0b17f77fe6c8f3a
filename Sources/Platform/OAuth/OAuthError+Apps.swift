import APIKit
import Database

/// The errors of apps, in the words that the platform has for them.
extension OAuthError {
    /// - Parameter reason: the name of the field at fault, and what is wrong with it if that needs saying.
    static func invalid(_ reason: String) -> OAuthError { OAuthError("invalid_request", "invalid request: \(reason)") }

    static let unknownClient = OAuthError("invalid_client", "invalid client: there is no such app", status: 401)
    static let wrongSecret = OAuthError("invalid_client", "invalid client: the client secret is wrong", status: 401)
    static let wrongType = OAuthError("access_deny", "invalid app type")
    static let disabledAccount = OAuthError("access_deny", "the account is disabled")

    /// - Throws: ``disabledAccount`` if one of the accounts is, or is gone.
    static func requireEnabled(_ accounts: Set<ID>, in connection: any Connection) throws {
        for account in accounts {
            let isEnabled = try connection.first(
                "SELECT 1 FROM account WHERE id = \(account) AND disabled_at IS NULL"
            ) { _ in true }
            guard isEnabled != nil else { throw disabledAccount }
        }
    }

    static func disabled(_ app: OAuthApp) -> OAuthError {
        OAuthError("access_deny", "app: \(app.name) is currently deactivated by the owner")
    }
}
