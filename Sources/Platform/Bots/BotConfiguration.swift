package import APIKit

/// All that is configured of a bot: its draft, and the copy that each published version keeps.
package struct BotConfiguration: Codable, Sendable, Equatable {
    package var name: String
    package var description: String
    /// The upload that is its picture.
    package var iconFileID: ID?
    package var prompt: PromptInfo?
    package var onboarding: OnboardingInfo?
    package var model: ModelConfiguration?
    package var suggestReply: SuggestReplyInfo?
    package var knowledge: KnowledgeConfiguration?
    package var plugins: [PluginReference]?
    package var workflows: [WorkflowReference]?
    package var media: MediaConfiguration?
    package var tools: [FunctionTool]?
    package var variables: [BotVariable]?
    package var shortcutCommands: [ShortcutCommand]?
}

/// The persona and instructions of a bot.
package struct PromptInfo: Codable, Sendable, Equatable {
    /// The prompt, up to 20000 characters.
    package var prompt: String?
    /// standard or prefix.
    package var promptMode: String?
    /// The prompt in two parts, for models that cache prefixes.
    package var prefixPromptInfo: PrefixPromptInfo?

    enum CodingKeys: String, CodingKey {
        case prompt
        case promptMode = "prompt_mode"
        case prefixPromptInfo = "prefix_prompt_info"
    }
}

package struct PrefixPromptInfo: Codable, Sendable, Equatable {
    /// The part that stays the same.
    package var prefixPrompt: String?
    /// The part that changes.
    package var dynamicPrompt: String?

    enum CodingKeys: String, CodingKey {
        case prefixPrompt = "prefix_prompt"
        case dynamicPrompt = "dynamic_prompt"
    }
}

/// What a bot says first.
package struct OnboardingInfo: Codable, Sendable, Equatable {
    /// The opening words, up to 300 characters.
    package var prologue: String?
    /// Questions to begin with, each up to 50 characters.
    package var suggestedQuestions: [String]?

    enum CodingKeys: String, CodingKey {
        case prologue
        case suggestedQuestions = "suggested_questions"
    }
}

/// Whether a bot proposes what the user might ask next.
package struct SuggestReplyInfo: Codable, Sendable, Equatable {
    /// enable, disable or customized.
    package var replyMode: ReplyMode
    /// How to find questions, for customized.
    package var customizedPrompt: String?

    package enum ReplyMode: String, Codable, Sendable, CaseIterable { case enable, disable, customized }

    enum CodingKeys: String, CodingKey {
        case replyMode = "reply_mode"
        case customizedPrompt = "customized_prompt"
    }
}

/// The model a bot thinks with.
package struct ModelConfiguration: Codable, Sendable, Equatable {
    /// Which of the server's models.
    package var modelID: String
    package var temperature: Double?
    package var topP: Double?
    package var topK: Int32?
    /// The most tokens of an answer.
    package var maxTokens: Int32?
    /// How many rounds of the conversation the model sees.
    package var contextRound: Int32?
    /// text, markdown or json.
    package var responseFormat: ResponseFormat?
    package var presencePenalty: Double?
    package var frequencyPenalty: Double?
    /// Whether instructions against leaking the prompt are added.
    package var spAntiLeak: Bool?
    /// Whether the prompt tells the current time.
    package var spCurrentTime: Bool?
    /// closed or prefix.
    package var cacheType: CacheType?
    /// chat_api or responses_api.
    package var apiMode: APIMode?
    /// Parameters of the model's own, such as thinking_type.
    package var parameters: [String: String]?

    package enum ResponseFormat: String, Codable, Sendable, CaseIterable { case text, markdown, json }
    package enum CacheType: String, Codable, Sendable, CaseIterable { case closed, prefix }
    package enum APIMode: String, Codable, Sendable, CaseIterable {
        case chat = "chat_api"
        case responses = "responses_api"
    }

    enum CodingKeys: String, CodingKey {
        case modelID = "model_id"
        case temperature
        case topP = "top_p"
        case topK = "top_k"
        case maxTokens = "max_tokens"
        case contextRound = "context_round"
        case responseFormat = "response_format"
        case presencePenalty = "presence_penalty"
        case frequencyPenalty = "frequency_penalty"
        case spAntiLeak = "sp_anti_leak"
        case spCurrentTime = "sp_current_time"
        case cacheType = "cache_type"
        case apiMode = "api_mode"
        case parameters
    }
}

/// The datasets a bot draws on.
package struct KnowledgeConfiguration: Codable, Sendable, Equatable {
    /// Datasets, at most 150.
    package var datasetIDs: [ID]?
    /// Whether the datasets are searched in every turn.
    package var autoCall: Bool?
    /// 0 semantic, 1 hybrid, 20 full text.
    package var searchStrategy: Int?

    enum CodingKeys: String, CodingKey {
        case datasetIDs = "dataset_ids"
        case autoCall = "auto_call"
        case searchStrategy = "search_strategy"
    }
}

/// A plugin's tool that a bot may call.
package struct PluginReference: Codable, Sendable, Equatable {
    package var pluginID: ID
    /// The tool.
    package var apiID: ID

    enum CodingKeys: String, CodingKey {
        case pluginID = "plugin_id"
        case apiID = "api_id"
    }
}

/// A workflow that a bot may run.
package struct WorkflowReference: Codable, Sendable, Equatable {
    package var id: ID
}

package struct MediaConfiguration: Codable, Sendable, Equatable {
    /// Whether the bot does not take voice calls.
    package var isVoiceCallClosed: Bool?

    enum CodingKeys: String, CodingKey { case isVoiceCallClosed = "is_voice_call_closed" }
}
