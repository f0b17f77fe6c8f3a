import APIKit
import Platform

/// The chat in other sites' pages: a script that those pages load, and the page that it shows in a frame.
///
/// The page is nobody's: it holds no session, and calls the API with the token that the other site hands it.
struct EmbedPages: Resource {
    static let tag = "Pages"
    let site: Site
    /// The sites that may show it.
    let allowedOrigins: AllowedOrigins

    /// Where the script lies, in every version: other sites' pages name it.
    static let scriptPath = "/sdk/chat.js"

    var endpoints: [AnyEndpoint] {
        frame
    }

    struct FrameInput: Decodable, Sendable {
        /// The language of the page: en or zh-CN; if absent, the one that the browser likes best.
        var language: String?
    }

    var frame: Endpoint<FrameInput, WebPage> {
        Endpoint(.get, "/sdk/frame", "Show the chat that other sites' pages embed", access: .open) { input, call in
            let texts =
                Texts.all.first { $0.language == input.language }
                ?? Texts.best(for: call.client.header("Accept-Language"))
            let console = ConsoleTexts.of(texts)
            let view = View(
                texts: texts, console: console, title: console.titles["chat"] ?? "",
                stylesheets: ["base", "console", "chat", "embed"].map { site.files.path("styles/\($0).css") },
                module: site.files.path("embed/frame.js"))
            return WebPage(
                html: Templates.render("embed", view), policy: .framed(by: allowedOrigins.frameAncestors))
        }
    }

    struct View {
        let texts: Texts
        let console: ConsoleTexts
        let title: String
        let stylesheets: [String]
        let module: String
    }

    static let template = #"""
        <!doctype html>
        <html lang="{{texts.language}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
        <title>{{title}}</title>
        <link rel="icon" href="data:,">
        {{#stylesheets}}<link rel="stylesheet" href="{{.}}">
        {{/stylesheets}}
        <script type="module" src="{{module}}"></script>
        </head>
        <body class="embedded">
        <main id="main"><div id="view"><p class="muted" role="status">{{console.loading}}</p></div></main>
        </body>
        </html>
        """#
}
