package import APIKit

/// What accounts' names, e-mail addresses and passwords must be like.
package enum AccountRules {
    /// - Throws: 4000 unless it has 3 to 64 of the characters A–Z, a–z, 0–9, `.`, `_` and `-`.
    package static func checkUserName(_ name: String) throws(APIError) {
        guard (3...64).contains(name.unicodeScalars.count) else {
            throw AccountFault.userNameLength.error(at: "user_name")
        }
        let isKnown = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if !isKnown { throw AccountFault.userNameCharacters.error(at: "user_name") }
    }

    /// - Throws: 4000 unless it has 1 to 100 characters that can be seen.
    package static func checkNickName(_ name: String) throws(APIError) {
        let scalars = name.unicodeScalars
        if scalars.allSatisfy(\.properties.isWhitespace) { throw AccountFault.nickNameBlank.error(at: "nick_name") }
        if scalars.count > 100 { throw AccountFault.nickNameLength.error(at: "nick_name") }
        if scalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw AccountFault.nickNameCharacters.error(at: "nick_name")
        }
    }

    /// The address in lower case.
    ///
    /// - Throws: 4000 unless it has one @ between other characters, and at most 254.
    package static func email(_ text: String) throws(APIError) -> String {
        let lowered = text.lowercased()
        // Some letters become two in lower case.
        guard text.unicodeScalars.count <= 254, lowered.unicodeScalars.count <= 254 else {
            throw AccountFault.emailLength.error(at: "email")
        }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isClean = text.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0.properties.generalCategory != .control
        }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isClean else {
            throw AccountFault.emailMalformed.error(at: "email")
        }
        return lowered
    }

    /// - Throws: 4000 naming `field` unless it has 8 to 128 characters and is neither the name nor the address.
    package static func checkPassword(
        _ password: String, userName: String, email: String?, _ field: String
    ) throws(APIError) {
        guard (8...128).contains(password.unicodeScalars.count) else {
            throw AccountFault.passwordLength.error(at: field)
        }
        let lowered = password.lowercased()
        if lowered == userName.lowercased() || lowered == email?.lowercased() {
            throw AccountFault.passwordIsName.error(at: field)
        }
    }

    /// A password of 120 random bits, of characters that are not easily confused.
    package static func randomPassword() -> String {
        let characters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        let groups = (0..<6).map { _ in String((0..<4).map { _ in characters.randomElement()! }) }
        return groups.joined(separator: "-")
    }
}
