package import APIKit

/// What Coze's own console configures of a bot, and its documented API has no call for. Like all of a draft, it is in
/// effect once the bot is published.
package struct BotExtras: Resource {
    package static let tag = "Bots"
    let bots: BotStore

    package init(bots: BotStore) { self.bots = bots }

    package var endpoints: [AnyEndpoint] {
        setTools
        tools
        setVariables
        variables
        setShortcutCommands
        shortcutCommands
    }

    struct BotInput: Decodable, Sendable {
        /// The bot whose draft to read.
        var botID: ID

        enum CodingKeys: String, CodingKey { case botID = "bot_id" }
    }

    struct ToolsInput: Decodable, Sendable {
        /// The bot whose draft to change.
        var botID: ID
        /// The tools in place of all earlier ones, at most 128.
        var tools: [FunctionTool]

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case tools
        }
    }

    struct Tools: Codable, Sendable {
        /// The draft's tools.
        var tools: [FunctionTool]
    }

    var setTools: Endpoint<ToolsInput, Tools> {
        Endpoint(
            .put, "/buckle/v1/bots/{bot_id}/tools", "Set the functions that a bot's clients carry out",
            access: .permission("edit")
        ) { input, call in
            try FunctionTool.check(input.tools)
            try await bots.update(input.botID, by: call) { $0.tools = input.tools }
            return Tools(tools: input.tools)
        }
    }

    var tools: Endpoint<BotInput, Tools> {
        Endpoint(
            .get, "/buckle/v1/bots/{bot_id}/tools", "List the functions that a bot's clients carry out",
            access: .permission("getMetadata")
        ) { input, call in
            Tools(tools: try await bots.find(input.botID, visibleTo: call.member).draft.tools ?? [])
        }
    }

    struct VariablesInput: Decodable, Sendable {
        /// The bot whose draft to change.
        var botID: ID
        /// The variables in place of all earlier ones, at most 100.
        var variables: [BotVariable]

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case variables
        }
    }

    struct Variables: Codable, Sendable {
        /// The draft's variables.
        var variables: [BotVariable]
    }

    var setVariables: Endpoint<VariablesInput, Variables> {
        Endpoint(
            .put, "/buckle/v1/bots/{bot_id}/variables", "Set a bot's variables", access: .permission("edit")
        ) { input, call in
            try BotVariable.check(input.variables)
            try await bots.update(input.botID, by: call) { $0.variables = input.variables }
            return Variables(variables: input.variables)
        }
    }

    var variables: Endpoint<BotInput, Variables> {
        Endpoint(
            .get, "/buckle/v1/bots/{bot_id}/variables", "List a bot's variables", access: .permission("getMetadata")
        ) { input, call in
            Variables(variables: try await bots.find(input.botID, visibleTo: call.member).draft.variables ?? [])
        }
    }

    struct ShortcutCommandsInput: Decodable, Sendable {
        /// The bot whose draft to change.
        var botID: ID
        /// The commands in place of all earlier ones, at most 100.
        var shortcutCommands: [ShortcutCommandInput]

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case shortcutCommands = "shortcut_commands"
        }
    }

    struct ShortcutCommands: Codable, Sendable {
        /// The draft's shortcut commands.
        var shortcutCommands: [ShortcutCommand]

        enum CodingKeys: String, CodingKey { case shortcutCommands = "shortcut_commands" }
    }

    var setShortcutCommands: Endpoint<ShortcutCommandsInput, ShortcutCommands> {
        Endpoint(
            .put, "/buckle/v1/bots/{bot_id}/shortcut_commands", "Set a bot's shortcut commands",
            access: .permission("edit")
        ) { input, call in
            try ShortcutCommandInput.check(input.shortcutCommands)
            return ShortcutCommands(
                shortcutCommands: try await bots.setShortcutCommands(
                    input.shortcutCommands, of: input.botID, by: call))
        }
    }

    var shortcutCommands: Endpoint<BotInput, ShortcutCommands> {
        Endpoint(
            .get, "/buckle/v1/bots/{bot_id}/shortcut_commands", "List a bot's shortcut commands",
            access: .permission("getMetadata")
        ) { input, call in
            ShortcutCommands(
                shortcutCommands: try await bots.find(input.botID, visibleTo: call.member).draft.shortcutCommands ?? [])
        }
    }
}
