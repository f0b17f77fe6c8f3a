package import APIKit

/// A command that end users give a bot at the press of a button.
package struct ShortcutCommand: Codable, Sendable, Equatable {
    /// Its id, which chats name.
    package var id: ID
    /// What the button says.
    package var name: String
    /// What can be typed for it, such as /weather.
    package var command: String
    package var description: String
    /// What the bot is asked, with `{{name}}` for each component's value.
    package var queryTemplate: String
    package var components: [Component]

    /// A value that the end user gives with the command.
    package struct Component: Codable, Sendable, Equatable {
        /// Its name, 1 to 100 characters; no two components of a command share one.
        package var name: String
        /// What to enter, up to 500 characters.
        package var description: String
        /// How it is entered; text if absent.
        package var type: String
        /// The parameter of a plugin's tool or of a workflow that it fills.
        package var toolParameter: String
        /// Its value if none is given, up to 10000 characters.
        package var defaultValue: String
        /// Whether the end user is not asked for it; false if absent.
        package var isHide: Bool

        enum CodingKeys: String, CodingKey {
            case name, description, type
            case toolParameter = "tool_parameter"
            case defaultValue = "default_value"
            case isHide = "is_hide"
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            description = try container.decodeIfPresent(String.self, forKey: .description) ?? ""
            type = try container.decodeIfPresent(String.self, forKey: .type) ?? "text"
            toolParameter = try container.decodeIfPresent(String.self, forKey: .toolParameter) ?? ""
            defaultValue = try container.decodeIfPresent(String.self, forKey: .defaultValue) ?? ""
            isHide = try container.decodeIfPresent(Bool.self, forKey: .isHide) ?? false
        }
    }

    enum CodingKeys: String, CodingKey {
        case id, name, command, description
        case queryTemplate = "query_template"
        case components
    }
}

/// A shortcut command as clients send it.
struct ShortcutCommandInput: Decodable, Sendable {
    /// Its id. Without one a command keeps the id it has under its name, and a new one is given an id.
    var id: ID?
    /// What the button says, 1 to 100 characters.
    var name: String
    /// What can be typed for it, such as /weather; up to 100 characters.
    var command: String?
    /// Up to 500 characters.
    var description: String?
    /// What the bot is asked, up to 20000 characters, with `{{name}}` for each component's value.
    var queryTemplate: String?
    /// The values that go with it, at most 20.
    var components: [ShortcutCommand.Component]?

    enum CodingKeys: String, CodingKey {
        case id, name, command, description
        case queryTemplate = "query_template"
        case components
    }
}

extension ShortcutCommandInput {
    /// - Throws: 4000 naming what is out of its limits.
    static func check(_ commands: [ShortcutCommandInput]) throws(APIError) {
        try Limits.check(count: commands.count, atMost: 100, "shortcut_commands")
        var ids: Set<ID> = []
        for (index, command) in commands.enumerated() {
            let field = "shortcut_commands[\(index)]"
            try command.check(field)
            guard let id = command.id else { continue }
            guard ids.insert(id).inserted else { throw .invalid("\(field).id", "is the id of an earlier command") }
        }
    }

    private func check(_ field: String) throws(APIError) {
        try Limits.check(name, 1...100, "\(field).name")
        try Limits.checkNotBlank(name, "\(field).name")
        try Limits.check(command ?? "", 0...100, "\(field).command")
        try Limits.check(description ?? "", 0...500, "\(field).description")
        try Limits.check(queryTemplate ?? "", 0...20_000, "\(field).query_template")
        try Limits.check(count: components?.count, atMost: 20, "\(field).components")
        var names: Set<String> = []
        for (index, component) in (components ?? []).enumerated() {
            let field = "\(field).components[\(index)]"
            try Limits.check(component.name, 1...100, "\(field).name")
            try Limits.check(component.description, 0...500, "\(field).description")
            try Limits.check(component.type, 1...64, "\(field).type")
            try Limits.check(component.toolParameter, 0...100, "\(field).tool_parameter")
            try Limits.check(component.defaultValue, 0...10_000, "\(field).default_value")
            guard names.insert(component.name).inserted else {
                throw .invalid("\(field).name", "is the name of an earlier component")
            }
        }
    }
}

extension ShortcutCommand {
    init(_ input: ShortcutCommandInput, id: ID) {
        self.id = id
        name = input.name
        command = input.command ?? ""
        description = input.description ?? ""
        queryTemplate = input.queryTemplate ?? ""
        components = input.components ?? []
    }

    /// Commands in place of earlier ones. Sending the same list twice does not change an id, so that clients that
    /// know a command by its id still find it.
    static func replacing(
        _ earlier: [ShortcutCommand], with inputs: [ShortcutCommandInput], newID: () -> ID
    ) -> [ShortcutCommand] {
        var taken = Set(inputs.compactMap(\.id))
        return inputs.map { input in
            let kept = earlier.first { $0.name == input.name && !taken.contains($0.id) }?.id
            let id = input.id ?? kept ?? newID()
            taken.insert(id)
            return ShortcutCommand(input, id: id)
        }
    }
}
