import APIKit
import Platform

/// The console: pages whose scripts call the same API as everybody.
///
/// The server sends a page's frame, in the reader's language, and the script of `web/pages` with the page's name fills
/// it. Whatever is in the path beside the page's name is read by that script.
struct ConsolePages: Resource {
    static let tag = "Pages"
    let site: Site

    var endpoints: [AnyEndpoint] {
        home
        for page in Self.pages { show(page) }
        agent
        conversation
        chat
        chatInConversation
    }

    /// A page that the menu leads to.
    struct PlainPage: Sendable {
        let name: String
        /// The group of the menu; nil if the menu does not list it.
        let group: Int?
        let isForOperators: Bool

        init(_ name: String, group: Int?, isForOperators: Bool = false) {
            self.name = name
            self.group = group
            self.isForOperators = isForOperators
        }

        var path: String { "/" + name }
    }

    /// In the order of the menu.
    static let pages = [
        PlainPage("agents", group: 0), PlainPage("conversations", group: 0), PlainPage("models", group: 0),
        PlainPage("tokens", group: 1), PlainPage("oauth-apps", group: 1), PlainPage("members", group: 1),
        PlainPage("enterprises", group: 1), PlainPage("accounts", group: 1, isForOperators: true),
        PlainPage("usage", group: 2), PlainPage("audit", group: 2),
        PlainPage("system", group: 2, isForOperators: true),
        PlainPage("playground", group: 3), PlainPage("embedding", group: 3),
        PlainPage("welcome", group: nil), PlainPage("account", group: nil),
    ]

    struct NoInput: Decodable, Sendable {}

    var home: Endpoint<NoInput, WebPage> {
        Endpoint(.get, "/", "Go to the first page of the console", access: .open) { _, call in
            try await site.page(call, at: "/") { _, _ in WebPage(redirectTo: "/agents") }
        }
    }

    private func show(_ page: PlainPage) -> Endpoint<NoInput, WebPage> {
        Endpoint(.get, page.path, "Show the page \(page.name)", access: .open) { _, call in
            try await html(call, page.name, at: page.path, isForOperators: page.isForOperators)
        }
    }

    struct AgentInput: Decodable, Sendable {
        /// The bot.
        var botID: String

        enum CodingKeys: String, CodingKey { case botID = "bot_id" }
    }

    struct ConversationInput: Decodable, Sendable {
        /// The conversation.
        var conversationID: String

        enum CodingKeys: String, CodingKey { case conversationID = "conversation_id" }
    }

    struct ChatInput: Decodable, Sendable {
        /// The bot.
        var botID: String
        /// The conversation that is open.
        var conversationID: String

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case conversationID = "conversation_id"
        }
    }

    var agent: Endpoint<AgentInput, WebPage> {
        Endpoint(.get, "/agents/{bot_id}", "Show the page of a bot", access: .open) { input, call in
            try await html(call, "agent", at: "/agents/\(PercentDecoding.encoded(input.botID))", in: "agents")
        }
    }

    var conversation: Endpoint<ConversationInput, WebPage> {
        Endpoint(.get, "/conversations/{conversation_id}", "Show the page of a conversation", access: .open) {
            input, call in
            try await html(
                call, "conversations", at: "/conversations/\(PercentDecoding.encoded(input.conversationID))")
        }
    }

    /// For people who only talk: without the menu.
    var chat: Endpoint<AgentInput, WebPage> {
        Endpoint(.get, "/chat/{bot_id}", "Show the page to chat with a bot", access: .open) { input, call in
            try await html(call, "chat", at: "/chat/\(PercentDecoding.encoded(input.botID))", isBare: true)
        }
    }

    var chatInConversation: Endpoint<ChatInput, WebPage> {
        Endpoint(
            .get, "/chat/{bot_id}/{conversation_id}", "Show the page to chat in a conversation", access: .open
        ) { input, call in
            let path = [input.botID, input.conversationID].map(PercentDecoding.encoded).joined(separator: "/")
            return try await html(call, "chat", at: "/chat/\(path)", isBare: true)
        }
    }

    /// - Parameters:
    ///   - name: names the page's script and its title.
    ///   - path: where somebody who signs in first comes back to.
    ///   - section: the entry of the menu that the page belongs to; nil for its own.
    ///   - isBare: whether there is no menu.
    private func html(
        _ call: Call, _ name: String, at path: String, in section: String? = nil, isBare: Bool = false,
        isForOperators: Bool = false
    ) async throws -> WebPage {
        try await site.page(call, at: path) { visitor, session in
            let account = try await site.accounts.find(session.bearer.user)
            guard account.isOperator || !isForOperators else { throw PageError(\.notHere, status: 404) }
            let console = ConsoleTexts.of(visitor.texts)
            let view = View(
                texts: visitor.texts, console: console, title: console.titles[name] ?? name, page: name, path: path,
                csrfToken: session.csrfToken, userID: account.id.description, name: account.nickName,
                isOperator: account.isOperator, isBare: isBare,
                stylesheets: styles(name).map(site.files.path),
                script: name == "embedding" ? EmbedPages.scriptPath : nil, module: site.files.path("pages/\(name).js"),
                preloads: ["lib/api.js", "lib/dom.js", "lib/text.js", "lib/page.js"].map(site.files.path),
                groups: Self.groups(console, section ?? name, isOperator: account.isOperator))
            return WebPage(html: Templates.render("console", view), policy: .console)
        }
    }

    /// The pages whose look has parts of others.
    private static let parts = ["agent": ["chat"], "conversations": ["chat"], "welcome": ["chat"]]

    private func styles(_ name: String) -> [String] {
        ["styles/base.css", "styles/console.css"]
            + ((Self.parts[name] ?? []) + [name]).map { "styles/\($0).css" }.filter(site.files.has)
    }

    private static func groups(_ texts: ConsoleTexts, _ current: String, isOperator: Bool) -> [View.Group] {
        texts.groups.enumerated().map { number, title in
            View.Group(
                title: title,
                entries: pages.filter { $0.group == number && (isOperator || !$0.isForOperators) }.map {
                    View.Entry(
                        path: $0.path, title: texts.titles[$0.name] ?? $0.name, isCurrent: $0.name == current)
                })
        }
    }

    struct View {
        struct Group {
            let title: String
            let entries: [Entry]
        }

        struct Entry {
            let path: String
            let title: String
            let isCurrent: Bool
        }

        let texts: Texts
        let console: ConsoleTexts
        let title: String
        let page: String
        let path: String
        let csrfToken: String
        let userID: String
        let name: String
        let isOperator: Bool
        let isBare: Bool
        let stylesheets: [String]
        /// A script that runs before the page's own; nil for most.
        let script: String?
        let module: String
        let preloads: [String]
        let groups: [Group]
    }

    static let template = #"""
        <!doctype html>
        <html lang="{{texts.language}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
        <meta name="csrf-token" content="{{csrfToken}}">
        <meta name="user" content="{{userID}}"{{#isOperator}} data-operator{{/isOperator}}>
        <title>{{title}} – Buckle</title>
        <link rel="icon" href="data:,">
        {{#stylesheets}}<link rel="stylesheet" href="{{.}}">
        {{/stylesheets}}
        {{#preloads}}<link rel="modulepreload" href="{{.}}">
        {{/preloads}}
        {{#script}}<script src="{{.}}"></script>{{/script}}
        <script type="module" src="{{module}}"></script>
        </head>
        <body class="{{#isBare}}bare {{/isBare}}page-{{page}}">
        <a class="skip" href="#main">{{console.skip}}</a>
        <header class="top">
        <a class="brand" href="/">Buckle</a>
        <div id="place"></div>
        <form class="language" method="post" action="/language">
        <input type="hidden" name="language" value="{{console.otherLanguageTag}}">
        <input type="hidden" name="return_to" value="{{path}}">
        <button class="plain" type="submit" lang="{{console.otherLanguageTag}}">{{console.otherLanguage}}</button>
        </form>
        <a class="person" href="/account">{{name}}</a>
        <form class="sign-out" method="post" action="/sign-out">
        <input type="hidden" name="csrf_token" value="{{csrfToken}}">
        <button class="plain" type="submit">{{texts.signOut}}</button>
        </form>
        </header>
        <div class="frame">
        {{^isBare}}
        <nav class="menu" aria-label="{{console.menu}}">
        <button class="plain menu-button" type="button" aria-expanded="false" aria-controls="menu">{{console.menu}}</button>
        <div id="menu">
        {{#groups}}
        <h2>{{title}}</h2>
        <ul>
        {{#entries}}
        <li><a href="{{path}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}>{{title}}</a></li>
        {{/entries}}
        </ul>
        {{/groups}}
        </div>
        </nav>
        {{/isBare}}
        <main id="main" tabindex="-1">
        <h1>{{title}}</h1>
        <div id="view"><p class="muted" role="status">{{console.loading}}</p></div>
        <noscript><p class="alert">{{console.needsScript}}</p></noscript>
        </main>
        </div>
        </body>
        </html>
        """#
}
