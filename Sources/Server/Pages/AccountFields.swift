/// The fields for a new account's name and password, in a form. Their page has them as `fields`.
struct AccountFields {
    struct Field {
        /// What was typed in before.
        let value: String
        /// What was wrong with it; nil for nothing.
        let fault: String?
    }

    let userName: Field
    let nickName: Field
    let email: Field
    /// A password is never sent back.
    let password: Field
    /// Whether the first field has the focus when the page is shown. A field with a fault has it in any case.
    let focuses: Bool

    /// - Parameter focuses: whether the first field has the focus if nothing was wrong.
    init(userName: String?, nickName: String?, email: String?, fault: FormFault?, focuses: Bool) {
        self.userName = Field(value: userName ?? "", fault: fault?.text(at: .userName))
        self.nickName = Field(value: nickName ?? "", fault: fault?.text(at: .nickName))
        self.email = Field(value: email ?? "", fault: fault?.text(at: .email))
        password = Field(value: "", fault: fault?.text(at: .password))
        self.focuses = focuses && fault?.field == nil
    }

    static let template = #"""
        <div class="field">
        <label for="user_name">{{texts.userName}}</label>
        <input type="text" id="user_name" name="user_name" value="{{page.fields.userName.value}}" required
        {{#page.fields.focuses}}autofocus{{/page.fields.focuses}}
        {{#page.fields.userName.fault}}aria-invalid="true" autofocus{{/page.fields.userName.fault}} minlength="3"
        maxlength="64" pattern="[A-Za-z0-9._\-]+" autocomplete="username" autocapitalize="none" spellcheck="false"
        aria-describedby="{{#page.fields.userName.fault}}user-name-fault {{/page.fields.userName.fault}}user-name-hint">
        <p class="hint" id="user-name-hint">{{texts.userNameHint}}</p>
        {{#page.fields.userName.fault}}
        <p class="field-error" id="user-name-fault">{{.}}</p>
        {{/page.fields.userName.fault}}
        </div>
        <div class="field">
        <label for="nick_name">{{texts.nickName}}</label>
        <input type="text" id="nick_name" name="nick_name" value="{{page.fields.nickName.value}}" maxlength="100"
        {{#page.fields.nickName.fault}}aria-invalid="true" autofocus{{/page.fields.nickName.fault}}
        autocomplete="name"
        aria-describedby="{{#page.fields.nickName.fault}}nick-name-fault {{/page.fields.nickName.fault}}nick-name-hint">
        <p class="hint" id="nick-name-hint">{{texts.optional}}</p>
        {{#page.fields.nickName.fault}}
        <p class="field-error" id="nick-name-fault">{{.}}</p>
        {{/page.fields.nickName.fault}}
        </div>
        <div class="field">
        <label for="email">{{texts.email}}</label>
        <input type="email" id="email" name="email" value="{{page.fields.email.value}}" maxlength="254"
        {{#page.fields.email.fault}}aria-invalid="true" autofocus{{/page.fields.email.fault}} autocomplete="email"
        aria-describedby="{{#page.fields.email.fault}}email-fault {{/page.fields.email.fault}}email-hint">
        <p class="hint" id="email-hint">{{texts.optional}}</p>
        {{#page.fields.email.fault}}<p class="field-error" id="email-fault">{{.}}</p>{{/page.fields.email.fault}}
        </div>
        <div class="field">
        <label for="password">{{texts.password}}</label>
        <input type="password" id="password" name="password" required minlength="8" maxlength="128"
        {{#page.fields.password.fault}}aria-invalid="true" autofocus{{/page.fields.password.fault}}
        autocomplete="new-password"
        aria-describedby="{{#page.fields.password.fault}}password-fault {{/page.fields.password.fault}}password-hint">
        <p class="hint" id="password-hint">{{texts.passwordHint}}</p>
        {{#page.fields.password.fault}}
        <p class="field-error" id="password-fault">{{.}}</p>
        {{/page.fields.password.fault}}
        </div>
        """#
}
