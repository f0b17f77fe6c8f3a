import Mustache

/// The pages' templates. Those of whole pages fill the block `content` of the layout.
enum Templates {
    private static let texts = [
        "layout": Layout<Never>.template, "notice": Notice.template,
        "console": ConsolePages.template, "embed": EmbedPages.template,
        "sign-in": SignInPages.template, "register": RegisterPages.template, "setup": SetupPages.template,
        "consent": ConsentForm.template,
        "permissions": PermissionList.template, "account-fields": AccountFields.template,
        "device-code": DevicePages.codeTemplate,
    ]

    private static let library: MustacheLibrary = {
        MustacheContentTypes.register(HTMLText(), named: HTMLText.name)
        var library = MustacheLibrary()
        for (name, text) in texts {
            do {
                // Said in every template, since a partial does not take it over from where it is used.
                try library.register("{{% CONTENT_TYPE:\(HTMLText.name)}}" + text, named: name)
            } catch {
                fatalError("the template \(name) cannot be read: \(error)")
            }
        }
        return library
    }()

    static func render(_ name: String, _ view: Any) -> String {
        guard let html = library.render(view, withTemplate: name) else {
            fatalError("there is no template \(name)")
        }
        return html
    }
}

/// Escapes by code points. Mustache's own way looks at whole characters, and takes a quotation mark with a combining
/// accent for one that needs no escape; browsers do not.
private struct HTMLText: MustacheContentType {
    static let name = "PAGE"

    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
