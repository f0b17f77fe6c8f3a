import APIKit

/// Lets people choose the language of the pages.
struct LanguagePages: Resource {
    static let tag = "Pages"
    let site: Site

    var endpoints: [AnyEndpoint] {
        choose
    }

    struct ChooseInput: Decodable, Sendable {
        /// `en` or `zh-CN`.
        var language: String?
        /// The path of this server to go back to; the start if absent.
        var returnTo: String?

        enum CodingKeys: String, CodingKey {
            case language
            case returnTo = "return_to"
        }
    }

    var choose: Endpoint<ChooseInput, WebPage> {
        Endpoint(.post, "/language", "Choose the language of the pages", access: .open) { input, call in
            try await site.page(call) { _ in
                guard let texts = Texts.all.first(where: { $0.language == input.language }) else {
                    throw APIError.invalid(
                        "language", "must be \(Texts.all.map(\.language).joined(separator: " or "))")
                }
                return WebPage(redirectTo: LocalPath(input.returnTo).text).setting(
                    Cookie(
                        name: Texts.cookieName, value: texts.language, lifetime: Self.lifetime,
                        isSecure: site.isSecure))
            }
        }
    }

    /// Seconds that the choice is kept: a year.
    private static let lifetime: Int64 = 365 * 86_400
}
