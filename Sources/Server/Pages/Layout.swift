/// What is around the content of every page.
struct Layout<Content> {
    /// Who is signed in; nil for nobody.
    struct Person {
        let name: String
        let csrfToken: String
        /// The path to come back to after a sign-in with another account; nil for the start.
        let returnTo: String?
    }

    let texts: Texts
    let console: ConsoleTexts
    let title: String
    /// The page's own path with its query, to come back to in another language; nil for the start.
    let path: String?
    let person: Person?
    /// What the page's own template shows.
    let page: Content
    let stylesheets: [String]
    /// The page's script; nil if it has none.
    let module: String?
}

extension Layout<Never> {
    static var template: String {
        #"""
        <!doctype html>
        <html lang="{{texts.language}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}} – Buckle</title>
        <link rel="icon" href="data:,">
        {{#stylesheets}}<link rel="stylesheet" href="{{.}}">
        {{/stylesheets}}
        {{#module}}<script type="module" src="{{.}}"></script>{{/module}}
        </head>
        <body>
        <header>
        <a class="brand" href="/">Buckle</a>
        <form class="language" method="post" action="/language">
        <input type="hidden" name="language" value="{{console.otherLanguageTag}}">
        {{#path}}<input type="hidden" name="return_to" value="{{.}}">{{/path}}
        <button class="plain" type="submit" lang="{{console.otherLanguageTag}}">{{console.otherLanguage}}</button>
        </form>
        {{#person}}
        <form class="person" method="post" action="/sign-out">
        <input type="hidden" name="csrf_token" value="{{person.csrfToken}}">
        {{#person.returnTo}}<input type="hidden" name="return_to" value="{{.}}">{{/person.returnTo}}
        <span class="name">{{person.name}}</span>
        <button class="plain" type="submit">{{texts.signOut}}</button>
        </form>
        {{/person}}
        </header>
        <main>
        {{$content}}{{/content}}
        </main>
        </body>
        </html>
        """#
    }
}
