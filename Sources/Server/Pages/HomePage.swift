import APIKit
import Platform

/// The start: who is signed in.
struct HomePage: Resource {
    static let tag = "Pages"
    let site: Site

    var endpoints: [AnyEndpoint] {
        show
    }

    struct ShowInput: Decodable, Sendable {}

    var show: Endpoint<ShowInput, WebPage> {
        Endpoint(.get, "/", "Show the start page", access: .open) { _, call in
            try await site.page(call, at: "/") { visitor, session in
                let account = try await site.name(session.bearer.user)
                return try await site.html("home", visitor.texts.homeTitle, View(account: account), visitor)
            }
        }
    }

    struct View {
        let account: String
    }

    static let template = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        <dl><dt>{{texts.yourAccount}}</dt><dd>{{page.account}}</dd></dl>
        <p>{{texts.homeText}}</p>
        <ul>
        <li><a href="/openapi.json">{{texts.documentation}}</a></li>
        <li><a href="/oauth/device">{{texts.deviceTitle}}</a></li>
        </ul>
        {{/content}}{{/layout}}
        """#
}
