package import APIKit

/// What can be wrong with what an account shall be like.
///
/// It is the cause of the API's error, so that pages can say it in their reader's language.
package enum AccountFault: Error, CaseIterable {
    case userNameLength
    case userNameCharacters
    case userNameTaken
    case nickNameBlank
    case nickNameLength
    case nickNameCharacters
    case emailMalformed
    case emailLength
    case emailTaken
    case passwordLength
    case passwordIsName

    /// The 4000 that names `field`, as the one who asked calls it.
    package func error(at field: String) -> APIError { .invalid(field, reason, cause: self) }

    private var reason: String {
        switch self {
        case .userNameLength, .userNameCharacters:
            "must have 3 to 64 characters of A-Z, a-z, 0-9, period, underscore and hyphen"
        case .nickNameBlank: "must not be blank"
        case .nickNameLength: "must have at most 100 characters"
        case .nickNameCharacters: "must not contain control characters"
        case .emailMalformed: "must be an e-mail address"
        case .emailLength: "must have at most 254 characters"
        case .passwordLength: "must have 8 to 128 characters"
        case .passwordIsName: "must not be the user name or the e-mail address"
        case .userNameTaken, .emailTaken: "is taken"
        }
    }
}
