import APIKit

/// What clients may configure of a bot; whatever is absent stays as it is.
struct BotSettings: Sendable {
    var name: String?
    var description: String?
    var iconFileID: ID?
    var promptInfo: PromptInfo?
    var onboardingInfo: OnboardingInfo?
    var modelInfoConfig: ModelConfiguration?
    var suggestReplyInfo: SuggestReplyInfo?
    var knowledge: KnowledgeConfiguration?
    var pluginIDList: PluginIDList?
    var workflowIDList: WorkflowIDList?
    var mediaConfig: MediaConfiguration?

    /// - Parameter model: what the field with the model is called.
    /// - Throws: 4000 naming the field that is out of its limits.
    func check(model: String = "model_info_config") throws(APIError) {
        if let name {
            try Limits.check(name, 1...20, "name")
            try Limits.checkNotBlank(name, "name")
        }
        try Limits.check(description ?? "", 0...500, "description")
        try checkPrompt()
        try Limits.check(onboardingInfo?.prologue ?? "", 0...300, "onboarding_info.prologue")
        for (index, question) in (onboardingInfo?.suggestedQuestions ?? []).enumerated() {
            try Limits.check(question, 0...50, "onboarding_info.suggested_questions[\(index)]")
        }
        try modelInfoConfig?.check(model)
        if modelInfoConfig?.cacheType == .prefix, promptInfo?.prompt != nil {
            throw .invalid("prompt_info.prompt", "must be prefix_prompt_info when cache_type is prefix")
        }
        try Limits.check(suggestReplyInfo?.customizedPrompt ?? "", 0...20_000, "suggest_reply_info.customized_prompt")
        try Limits.check(count: knowledge?.datasetIDs?.count, atMost: 150, "knowledge.dataset_ids")
        try Limits.check(
            count: onboardingInfo?.suggestedQuestions?.count, atMost: 100, "onboarding_info.suggested_questions")
        try Limits.check(count: pluginIDList?.idList?.count, atMost: 500, "plugin_id_list.id_list")
        try Limits.check(count: workflowIDList?.ids?.count, atMost: 500, "workflow_id_list.ids")
        if let strategy = knowledge?.searchStrategy, ![0, 1, 20].contains(strategy) {
            throw .invalid("knowledge.search_strategy", "must be 0, 1 or 20")
        }
    }

    private func checkPrompt() throws(APIError) {
        guard let promptInfo else { return }
        let prefix = promptInfo.prefixPromptInfo
        try Limits.check(promptInfo.prompt ?? "", 0...20_000, "prompt_info.prompt")
        try Limits.check(prefix?.prefixPrompt ?? "", 0...20_000, "prompt_info.prefix_prompt_info.prefix_prompt")
        try Limits.check(prefix?.dynamicPrompt ?? "", 0...20_000, "prompt_info.prefix_prompt_info.dynamic_prompt")
        if let mode = promptInfo.promptMode, !["standard", "prefix"].contains(mode) {
            throw .invalid("prompt_info.prompt_mode", "must be standard or prefix")
        }
    }

    func apply(to configuration: inout BotConfiguration) {
        configuration.name = name ?? configuration.name
        configuration.description = description ?? configuration.description
        configuration.iconFileID = iconFileID ?? configuration.iconFileID
        configuration.prompt = promptInfo ?? configuration.prompt
        configuration.onboarding = onboardingInfo ?? configuration.onboarding
        configuration.model = modelInfoConfig ?? configuration.model
        configuration.suggestReply = suggestReplyInfo ?? configuration.suggestReply
        configuration.knowledge = knowledge ?? configuration.knowledge
        configuration.plugins = pluginIDList.map { $0.idList ?? [] } ?? configuration.plugins
        configuration.workflows = workflowIDList.map { $0.ids ?? [] } ?? configuration.workflows
        configuration.media = mediaConfig ?? configuration.media
    }
}

extension ModelConfiguration {
    /// - Parameter field: what it is called.
    /// - Throws: 4000 naming the field that is out of its limits.
    func check(_ field: String) throws(APIError) {
        try Limits.check(modelID, 1...64, "\(field).model_id")
        try Limits.check(count: parameters?.count, atMost: 64, "\(field).parameters")
        for (name, value) in parameters ?? [:] {
            try Limits.check(name, 1...64, "\(field).parameters")
            try Limits.check(value, 0...1024, "\(field).parameters.\(name)")
        }
        let numbers: [(Double?, ClosedRange<Double>, String)] = [
            (temperature, 0...2, "temperature"), (topP, 0...1, "top_p"), (presencePenalty, -2...2, "presence_penalty"),
            (frequencyPenalty, -2...2, "frequency_penalty"), (topK.map(Double.init), 0...2_147_483_647, "top_k"),
            (maxTokens.map(Double.init), 1...2_147_483_647, "max_tokens"),
            (contextRound.map(Double.init), 0...2_147_483_647, "context_round"),
        ]
        for case (let number?, let range, let name) in numbers where !range.contains(number) {
            throw .invalid("\(field).\(name)", "must be from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

struct PluginIDList: Codable, Sendable {
    var idList: [PluginReference]?

    enum CodingKeys: String, CodingKey { case idList = "id_list" }
}

struct WorkflowIDList: Codable, Sendable {
    var ids: [WorkflowReference]?
}

extension BotSettings: Decodable {
    enum CodingKeys: String, CodingKey {
        case name, description, knowledge
        case iconFileID = "icon_file_id"
        case promptInfo = "prompt_info"
        case onboardingInfo = "onboarding_info"
        case modelInfoConfig = "model_info_config"
        case suggestReplyInfo = "suggest_reply_info"
        case pluginIDList = "plugin_id_list"
        case workflowIDList = "workflow_id_list"
        case mediaConfig = "media_config"
    }
}
