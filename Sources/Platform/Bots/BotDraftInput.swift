import APIKit

/// A whole draft as a client sends it, in the names in which drafts are read. What is absent or empty is cleared, but
/// for datasets, plugins, workflows and voice, which stay as they are unless they are given.
struct BotDraftInput: Decodable, Sendable {
    /// The bot whose draft to replace.
    var botID: ID
    /// The revision of the draft that was read. If somebody has changed it since, nothing is replaced; if this is
    /// absent, whatever is there is.
    var revision: String?
    /// The name, 1 to 20 characters.
    var name: String
    /// The description, up to 500 characters.
    var description: String?
    /// The upload that is its picture.
    var iconFileID: ID?
    var promptInfo: PromptInfo?
    var onboardingInfo: OnboardingInfo?
    /// The model and its settings; the server's first model with its own settings if absent.
    var modelInfo: ModelConfiguration?
    var suggestReplyInfo: SuggestReplyInfo?
    /// The functions that the bot's clients carry out, at most 128.
    var tools: [FunctionTool]?
    /// Variables of the bot's users, at most 100.
    var variables: [BotVariable]?
    /// Commands that end users give at the press of a button, at most 100.
    var shortcutCommands: [ShortcutCommandInput]?
    /// The datasets; unchanged if absent.
    var knowledge: KnowledgeConfiguration?
    /// Tools of plugins; unchanged if absent.
    var pluginIDList: PluginIDList?
    /// Workflows; unchanged if absent.
    var workflowIDList: WorkflowIDList?
    /// Whether the bot takes calls; unchanged if absent.
    var mediaConfig: MediaConfiguration?

    enum CodingKeys: String, CodingKey {
        case botID = "bot_id"
        case revision, name, description, tools, variables, knowledge
        case iconFileID = "icon_file_id"
        case promptInfo = "prompt_info"
        case onboardingInfo = "onboarding_info"
        case modelInfo = "model_info"
        case suggestReplyInfo = "suggest_reply_info"
        case shortcutCommands = "shortcut_commands"
        case pluginIDList = "plugin_id_list"
        case workflowIDList = "workflow_id_list"
        case mediaConfig = "media_config"
    }

    /// - Throws: 4000 naming the field that is out of its limits.
    func check() throws {
        let settings = BotSettings(
            name: name, description: description, iconFileID: iconFileID, promptInfo: promptInfo,
            onboardingInfo: onboardingInfo, modelInfoConfig: modelInfo, suggestReplyInfo: suggestReplyInfo,
            knowledge: knowledge, pluginIDList: pluginIDList, workflowIDList: workflowIDList, mediaConfig: mediaConfig)
        try settings.check(model: "model_info")
        try FunctionTool.check(tools ?? [])
        try BotVariable.check(variables ?? [])
        try ShortcutCommandInput.check(shortcutCommands ?? [])
    }

    /// The draft with all this in place of what it was.
    func applied(to draft: BotConfiguration, newID: () -> ID) -> BotConfiguration {
        BotConfiguration(
            name: name, description: description ?? "", iconFileID: iconFileID, prompt: promptInfo,
            onboarding: onboardingInfo, model: modelInfo, suggestReply: suggestReplyInfo,
            knowledge: knowledge ?? draft.knowledge, plugins: pluginIDList.map { $0.idList ?? [] } ?? draft.plugins,
            workflows: workflowIDList.map { $0.ids ?? [] } ?? draft.workflows, media: mediaConfig ?? draft.media,
            tools: tools, variables: variables,
            shortcutCommands: ShortcutCommand.replacing(
                draft.shortcutCommands ?? [], with: shortcutCommands ?? [], newID: newID)
        ).normalized
    }
}
