import APIKit

/// A page that says one thing: that something went wrong, or how it ended.
struct Notice {
    let text: String
    /// What a maker of apps needs to know; nil for nothing.
    let detail: String?
    /// What names the call in the server's log; nil where nothing failed.
    let logID: String?

    static let template = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        <p>{{page.text}}</p>
        {{#page.detail}}<p class="note"><code>{{.}}</code></p>{{/page.detail}}
        {{#page.logID}}<p class="muted">{{texts.logID}} <code>{{.}}</code></p>{{/page.logID}}
        {{/content}}{{/layout}}
        """#
}

/// An error that its reader sees as a page in their language.
struct PageError: Error {
    /// Says it, from the texts of the reader's language.
    let text: @Sendable (Texts) -> String
    let status: Int

    init(_ text: @escaping @Sendable (Texts) -> String, status: Int = 400) {
        self.text = text
        self.status = status
    }
}
