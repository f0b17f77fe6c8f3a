import APIKit

extension BotInfo {
    init(_ bot: StoredBot, _ configuration: BotConfiguration, version: String, iconURL: String) {
        botID = bot.id
        name = configuration.name
        description = configuration.description
        self.iconURL = iconURL
        createTime = bot.createdAt
        updateTime = bot.updatedAt
        self.version = version
        promptInfo = Prompt(
            prompt: configuration.prompt?.prompt ?? "", promptMode: configuration.prompt?.promptMode ?? "standard",
            prefixPromptInfo: configuration.prompt?.prefixPromptInfo)
        onboardingInfo = Onboarding(
            prologue: configuration.onboarding?.prologue ?? "",
            suggestedQuestions: configuration.onboarding?.suggestedQuestions ?? [])
        botMode = 0
        pluginInfoList = Self.plugins(configuration.plugins ?? [])
        modelInfo = configuration.model.map(Model.init)
        let datasets = configuration.knowledge?.datasetIDs ?? []
        knowledge = Knowledge(
            knowledgeInfos: datasets.map { Dataset(id: $0, name: "") }, datasetIDs: datasets,
            autoCall: configuration.knowledge?.autoCall ?? true,
            searchStrategy: configuration.knowledge?.searchStrategy ?? 0)
        folderID = bot.folderID?.description ?? ""
        variables = (configuration.variables ?? []).map(Variable.init)
        mediaConfig = MediaConfiguration(isVoiceCallClosed: configuration.media?.isVoiceCallClosed ?? false)
        ownerUserID = bot.ownerID
        voiceInfoList = []
        shortcutCommands = (configuration.shortcutCommands ?? []).map(ShortcutCommand.init)
        workflowInfoList = (configuration.workflows ?? []).map {
            Workflow(id: $0.id, name: "", description: "", iconURL: "")
        }
        backgroundImageInfo = nil
        defaultUserInputType = "text"
        suggestReplyInfo = configuration.suggestReply ?? SuggestReplyInfo(replyMode: .disable, customizedPrompt: "")
    }

    /// One entry for each plugin, with all its tools.
    private static func plugins(_ references: [PluginReference]) -> [Plugin] {
        var plugins: [Plugin] = []
        var places: [ID: Int] = [:]
        for reference in references {
            let tool = PluginTool(apiID: reference.apiID, name: "", description: "")
            if let place = places[reference.pluginID] {
                plugins[place].apiInfoList.append(tool)
            } else {
                places[reference.pluginID] = plugins.count
                plugins.append(
                    Plugin(pluginID: reference.pluginID, name: "", description: "", iconURL: "", apiInfoList: [tool]))
            }
        }
        return plugins
    }
}

extension BotInfo.Model {
    init(_ model: ModelConfiguration) {
        modelID = model.modelID
        modelName = model.modelID
        temperature = model.temperature
        topP = model.topP
        topK = model.topK
        maxTokens = model.maxTokens
        contextRound = model.contextRound
        responseFormat = model.responseFormat?.rawValue
        presencePenalty = model.presencePenalty
        frequencyPenalty = model.frequencyPenalty
        parameters = model.parameters
        apiMode = model.apiMode?.rawValue
        cacheType = model.cacheType?.rawValue
        spAntiLeak = model.spAntiLeak
        spCurrentTime = model.spCurrentTime
    }
}

extension BotInfo.Variable {
    init(_ variable: BotVariable) {
        keyword = variable.keyword
        defaultValue = variable.defaultValue
        variableType = "KVVariable"
        channel = variable.channel.rawValue
        description = variable.description
        enable = variable.enable
        promptEnable = variable.promptEnable
    }
}

extension BotInfo.ShortcutCommand {
    init(_ command: ShortcutCommand) {
        id = command.id
        name = command.name
        tool = nil
        self.command = command.command
        agentID = ""
        iconURL = ""
        description = command.description
        queryTemplate = command.queryTemplate
        components = command.components
    }
}
