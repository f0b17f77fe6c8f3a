/// The fields for a new account's name and password, in a form. Their page has `userName`, `nickName` and `email`: what
/// was typed in before.
enum AccountFields {
    static let template = #"""
        <div class="field">
        <label for="user_name">{{texts.userName}}</label>
        <input type="text" id="user_name" name="user_name" value="{{page.userName}}" required
        {{#page.focuses}}autofocus{{/page.focuses}} minlength="3"
        maxlength="64" pattern="[A-Za-z0-9._\-]+" autocomplete="username" autocapitalize="none" spellcheck="false"
        aria-describedby="user-name-hint">
        <p class="hint" id="user-name-hint">{{texts.userNameHint}}</p>
        </div>
        <div class="field">
        <label for="nick_name">{{texts.nickName}}</label>
        <input type="text" id="nick_name" name="nick_name" value="{{page.nickName}}" maxlength="100"
        autocomplete="name" aria-describedby="nick-name-hint">
        <p class="hint" id="nick-name-hint">{{texts.optional}}</p>
        </div>
        <div class="field">
        <label for="email">{{texts.email}}</label>
        <input type="email" id="email" name="email" value="{{page.email}}" maxlength="254" autocomplete="email"
        aria-describedby="email-hint">
        <p class="hint" id="email-hint">{{texts.optional}}</p>
        </div>
        <div class="field">
        <label for="password">{{texts.password}}</label>
        <input type="password" id="password" name="password" required minlength="8" maxlength="128"
        autocomplete="new-password" aria-describedby="password-hint">
        <p class="hint" id="password-hint">{{texts.passwordHint}}</p>
        </div>
        """#
}
