import Platform

/// What an app asks for, by where it counts.
struct PermissionList {
    struct Group {
        let heading: String
        let isOpen: Bool
        let items: [Item]
    }

    struct Item {
        let point: String
        /// What the point allows, in words; nil for the less common ones.
        let phrase: String?
    }

    let groups: [Group]

    /// Longer groups are folded.
    private static let openLimit = 12

    init(_ points: [String], _ texts: Texts) {
        let levels: [(PermissionPoint.Level, String)] = [
            (.account, texts.accountLevel), (.workspace, texts.workspaceLevel), (.enterprise, texts.enterpriseLevel),
        ]
        groups = levels.compactMap { level, heading in
            let items = points.filter { PermissionPoint.level(of: $0) == level }.map {
                Item(point: $0, phrase: texts.permissions[$0])
            }
            return items.isEmpty
                ? nil
                : Group(
                    heading: heading.filled("count", items.count), isOpen: items.count <= Self.openLimit,
                    // Those that say something come first.
                    items: items.filter { $0.phrase != nil } + items.filter { $0.phrase == nil })
        }
    }

    static let template = #"""
        <h2>{{texts.permissionsTitle}}</h2>
        {{#page.permissions.groups}}
        <details{{#isOpen}} open{{/isOpen}}>
        <summary>{{heading}}</summary>
        <ul>
        {{#items}}
        <li>{{#phrase}}{{.}} {{/phrase}}<code>{{point}}</code></li>
        {{/items}}
        </ul>
        </details>
        {{/page.permissions.groups}}
        {{^page.permissions.groups}}
        <p>{{texts.noPermissions}}</p>
        {{/page.permissions.groups}}
        """#
}
