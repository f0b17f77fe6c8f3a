import Platform

/// What was wrong with a form for a new account's name and password, in its reader's language.
struct FormFault {
    enum Field { case token, userName, nickName, email, password, passwordAgain }

    let text: String
    /// The field that it is told at; nil for the form as a whole.
    var field: Field?

    /// The text, if it is told at `field`.
    func text(at field: Field?) -> String? { self.field == field ? text : nil }
}

extension FormFault {
    init(_ fault: AccountFault, _ texts: Texts) {
        switch fault {
        case .userNameLength: self.init(text: texts.userNameLength, field: .userName)
        case .userNameCharacters: self.init(text: texts.userNameCharacters, field: .userName)
        case .userNameTaken: self.init(text: texts.userNameTaken, field: .userName)
        case .nickNameBlank: self.init(text: texts.nickNameBlank, field: .nickName)
        case .nickNameLength: self.init(text: texts.nickNameLength, field: .nickName)
        case .nickNameCharacters: self.init(text: texts.nickNameCharacters, field: .nickName)
        case .emailMalformed: self.init(text: texts.emailMalformed, field: .email)
        case .emailLength: self.init(text: texts.emailLength, field: .email)
        case .emailTaken: self.init(text: texts.emailTaken, field: .email)
        case .passwordLength: self.init(text: texts.passwordLength, field: .password)
        case .passwordIsName: self.init(text: texts.passwordIsName, field: .password)
        }
    }
}
