extension BotConfiguration {
    /// The same configuration without anything that means the same as its absence: an empty text, an empty list, a
    /// setting that is what it would be anyway. Two bots behave the same if these are equal.
    var normalized: BotConfiguration {
        var normal = self
        normal.prompt = prompt?.normalized
        normal.onboarding = onboarding?.normalized
        normal.model?.parameters = model?.parameters?.nonEmpty
        normal.suggestReply = suggestReply?.normalized
        normal.knowledge = knowledge?.normalized
        normal.plugins = plugins?.nonEmpty
        normal.workflows = workflows?.nonEmpty
        normal.media = media?.isVoiceCallClosed == true ? media : nil
        normal.tools = tools?.nonEmpty
        normal.variables = variables?.nonEmpty
        normal.shortcutCommands = shortcutCommands?.nonEmpty
        return normal
    }
}

extension PromptInfo {
    fileprivate var normalized: PromptInfo? {
        let prefix = PrefixPromptInfo(
            prefixPrompt: prefixPromptInfo?.prefixPrompt?.nonEmpty,
            dynamicPrompt: prefixPromptInfo?.dynamicPrompt?.nonEmpty)
        let isPrefixed = prefix.prefixPrompt != nil || prefix.dynamicPrompt != nil
        let normal = PromptInfo(
            prompt: prompt?.nonEmpty, promptMode: promptMode == "standard" ? nil : promptMode?.nonEmpty,
            prefixPromptInfo: isPrefixed ? prefix : nil)
        let isEmpty = normal.prompt == nil && normal.promptMode == nil && normal.prefixPromptInfo == nil
        return isEmpty ? nil : normal
    }
}

extension OnboardingInfo {
    fileprivate var normalized: OnboardingInfo? {
        let normal = OnboardingInfo(
            prologue: prologue?.nonEmpty, suggestedQuestions: suggestedQuestions?.nonEmpty)
        return normal.prologue == nil && normal.suggestedQuestions == nil ? nil : normal
    }
}

extension SuggestReplyInfo {
    fileprivate var normalized: SuggestReplyInfo? {
        let normal = SuggestReplyInfo(replyMode: replyMode, customizedPrompt: customizedPrompt?.nonEmpty)
        return normal.replyMode == .disable && normal.customizedPrompt == nil ? nil : normal
    }
}

extension KnowledgeConfiguration {
    fileprivate var normalized: KnowledgeConfiguration? {
        let normal = KnowledgeConfiguration(
            datasetIDs: datasetIDs?.nonEmpty, autoCall: autoCall == false ? false : nil,
            searchStrategy: searchStrategy == 0 ? nil : searchStrategy)
        let isEmpty = normal.datasetIDs == nil && normal.autoCall == nil && normal.searchStrategy == nil
        return isEmpty ? nil : normal
    }
}

extension Collection {
    fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
