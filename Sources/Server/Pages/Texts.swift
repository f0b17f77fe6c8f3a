import APIKit

/// What the pages say, in one language. `{…}` stands for what is filled in.
struct Texts: Sendable {
    /// The language's tag.
    let language: String

    let signOut: String
    let account: String
    let password: String

    let signInTitle: String
    let signInButton: String
    let wrongPassword: String
    /// `{minutes}`.
    let tryAgainLater: String
    let formExpired: String
    let noAccount: String

    let registerTitle: String
    let userName: String
    let userNameHint: String
    let nickName: String
    let email: String
    let optional: String
    let passwordHint: String
    // What is wrong with an account's name, address or password.
    let userNameLength: String
    let userNameCharacters: String
    let userNameTaken: String
    let nickNameBlank: String
    let nickNameLength: String
    let nickNameCharacters: String
    let emailMalformed: String
    let emailLength: String
    let emailTaken: String
    let passwordLength: String
    let passwordIsName: String
    let registerButton: String
    let haveAccount: String

    let setupTitle: String
    let setupText: String
    let setupToken: String
    let setupTokenHint: String
    let passwordAgain: String
    let passwordsDiffer: String
    let setupButton: String
    let setupWrongToken: String
    let setupDone: String
    /// Leads from the sign-in to the setup.
    let setupFirst: String

    /// `{app}`.
    let consentTitle: String
    let madeBy: String
    let yourAccount: String
    let workspace: String
    let leadsTo: String
    let permissionsTitle: String
    /// Heads the permissions of a level; `{count}`.
    let accountLevel: String
    let workspaceLevel: String
    let enterpriseLevel: String
    let noPermissions: String
    let onlyThisWorkspace: String
    let whichWorkspaces: String
    let allWorkspaces: String
    let someWorkspaces: String
    let chooseWorkspace: String
    let consentOutdated: String
    let allow: String
    let deny: String

    let deviceTitle: String
    let deviceCode: String
    let deviceCodeHint: String
    let deviceNext: String
    let deviceUnknown: String
    let deviceWarning: String
    let deviceAllowedTitle: String
    let deviceAllowed: String
    let deviceDeniedTitle: String
    let deviceDenied: String

    let errorTitle: String
    let refused: String
    let failed: String
    let formRefused: String
    let expired: String
    let notHere: String
    let logID: String

    /// What permission points allow; the common ones.
    let permissions: [String: String]

    /// When to try again.
    func later(_ seconds: Int) -> String { tryAgainLater.filled("minutes", (seconds + 59) / 60) }

    /// One for each language.
    static let all = [english, chinese]

    /// The cookie that holds the language somebody has chosen.
    static let cookieName = "buckle_language"

    /// The texts in the language that somebody has chosen, else in the one that their browser asks for.
    static func best(for client: Client) -> Texts {
        if let header = client.header("Cookie"), let chosen = Cookie.value(of: cookieName, in: header),
            let texts = all.first(where: { $0.language == chosen })
        {
            return texts
        }
        return best(for: client.header("Accept-Language"))
    }

    /// The texts in the language that a browser asks for.
    ///
    /// - Parameter header: the header `Accept-Language`.
    static func best(for header: String?) -> Texts {
        var best = (texts: english, weight: 0.0)
        for range in (header ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard let language = parts.first?.split(separator: "-").first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            switch language {
            case "zh" where weight > best.weight: best = (chinese, weight)
            case "en" where weight > best.weight, "*" where weight > best.weight: best = (english, weight)
            default: break
            }
        }
        return best.texts
    }
}

extension String {
    /// The text with a value in the place of `{name}`.
    func filled(_ name: String, _ value: some CustomStringConvertible) -> String {
        replacing("{\(name)}", with: value.description)
    }
}
