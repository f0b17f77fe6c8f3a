package import APIKit
import Database
package import Platform

/// What a chat page shows of a bot before anything is said.
package struct ChatInfo: Resource {
    package static let tag = "Chat"
    let services: ChatServices
    let links: LinkSigner

    package init(runs: ChatRuns, links: LinkSigner) {
        services = runs.services
        self.links = links
    }

    package var endpoints: [AnyEndpoint] { retrieve }

    struct RetrieveInput: Decodable, Sendable {
        /// The bot to chat with.
        var botID: ID
        /// published_online, also if absent, or unpublished_draft.
        var publishStatus: Chats.CreateInput.PublishStatus?
        /// The channel: 1024, the API, if absent.
        var connectorID: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case publishStatus = "publish_status"
            case connectorID = "connector_id"
        }
    }

    struct Facts: Codable, Sendable {
        /// The bot.
        var botID: ID
        var name: String
        var description: String
        /// A link to its picture; empty if there is none.
        var iconURL: String
        /// The version that answers; empty for the draft.
        var version: String
        /// What the bot says first, with the defaults of its variables in it; empty for nothing.
        var prologue: String
        /// Questions to begin with.
        var suggestedQuestions: [String]
        /// Whether it proposes questions after each answer.
        var suggestsReplies: Bool
        /// Commands to be given at the press of a button.
        var shortcutCommands: [Command]
        /// Whether the server has the bot's model. Without one it answers nothing.
        var isModelAvailable: Bool
        /// What the model can do beyond text. tools: it calls functions; vision: it sees images.
        var capabilities: [String]
        /// Whether the caller's token may upload files.
        var canUpload: Bool

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case name, description, version, prologue, capabilities
            case iconURL = "icon_url"
            case suggestedQuestions = "suggested_questions"
            case suggestsReplies = "suggests_replies"
            case shortcutCommands = "shortcut_commands"
            case isModelAvailable = "is_model_available"
            case canUpload = "can_upload"
        }
    }

    /// A shortcut command as end users see it.
    struct Command: Codable, Sendable {
        /// The command's id, which chats name.
        var id: ID
        /// What the button says.
        var name: String
        /// What can be typed for it, such as /weather.
        var command: String
        var description: String
        /// The values that end users give with it. Those that are not asked for are left out.
        var components: [ShortcutCommand.Component]
    }

    /// For every token that may chat with the bot; nothing is told of what the bot is made of.
    var retrieve: Endpoint<RetrieveInput, Facts> {
        Endpoint(
            .get, "/buckle/v1/bots/{bot_id}/chat_info", "Retrieve what a chat page shows of a bot",
            access: .permission("chat")
        ) { input, call in
            try call.requireBot(input.botID)
            let connector = input.connectorID ?? Connector.standard(for: call)
            try Limits.check(connector, 1...64, "connector_id")
            let found = try await services.storage.database.read { connection in
                try BotVersionStore.configuration(
                    of: input.botID, version: nil, draft: input.publishStatus == .draft, connector: connector,
                    visibleTo: call.member, in: connection)
            }
            return facts(input.botID, found.configuration, version: found.version, call)
        }
    }

    private func facts(_ bot: ID, _ configuration: BotConfiguration, version: Int64?, _ call: Call) -> Facts {
        let model = try? services.model(of: configuration)
        let variables = (configuration.variables ?? []).filter { $0.enable && $0.promptEnable }
        let defaults = Dictionary(variables.map { ($0.keyword, $0.defaultValue) }) { first, _ in first }
        let commands = (configuration.shortcutCommands ?? []).map { command in
            Command(
                id: command.id, name: command.name, command: command.command, description: command.description,
                components: command.components.filter { !$0.isHide })
        }
        return Facts(
            botID: bot, name: configuration.name, description: configuration.description,
            iconURL: links.picture(of: configuration), version: version.map { String($0) } ?? "",
            prologue: PromptTemplate(configuration.onboarding?.prologue ?? "").render(defaults),
            suggestedQuestions: (configuration.onboarding?.suggestedQuestions ?? []).filter { !$0.isEmpty },
            suggestsReplies: configuration.suggestReply.map { $0.replyMode != .disable } ?? false,
            shortcutCommands: commands, isModelAvailable: model != nil,
            capabilities: model?.capabilities.map(\.rawValue).sorted() ?? [],
            canUpload: call.permissions.contains(["uploadFile"]))
    }
}
