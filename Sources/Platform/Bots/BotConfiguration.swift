import APIKit

/// All that is configured of a bot: its draft, and the copy that each published version keeps.
struct BotConfiguration: Codable, Sendable {
    var name: String
    var description: String
    var prompt: PromptInfo?
    var onboarding: OnboardingInfo?
    var model: ModelConfiguration?
    var suggestReply: SuggestReplyInfo?
    var knowledge: KnowledgeConfiguration?
    var plugins: [PluginReference]?
    var workflows: [WorkflowReference]?
    var media: MediaConfiguration?
}

/// The persona and instructions of a bot.
struct PromptInfo: Codable, Sendable {
    /// The prompt, up to 20000 characters.
    var prompt: String?
    /// standard or prefix.
    var promptMode: String?
    /// The prompt in two parts, for models that cache prefixes.
    var prefixPromptInfo: PrefixPromptInfo?

    enum CodingKeys: String, CodingKey {
        case prompt
        case promptMode = "prompt_mode"
        case prefixPromptInfo = "prefix_prompt_info"
    }
}

struct PrefixPromptInfo: Codable, Sendable {
    /// The part that stays the same.
    var prefixPrompt: String?
    /// The part that changes.
    var dynamicPrompt: String?

    enum CodingKeys: String, CodingKey {
        case prefixPrompt = "prefix_prompt"
        case dynamicPrompt = "dynamic_prompt"
    }
}

/// What a bot says first.
struct OnboardingInfo: Codable, Sendable {
    /// The opening words, up to 300 characters.
    var prologue: String?
    /// Questions to begin with, each up to 50 characters.
    var suggestedQuestions: [String]?

    enum CodingKeys: String, CodingKey {
        case prologue
        case suggestedQuestions = "suggested_questions"
    }
}

/// Whether a bot proposes what the user might ask next.
struct SuggestReplyInfo: Codable, Sendable {
    /// enable, disable or customized.
    var replyMode: ReplyMode
    /// How to find questions, for customized.
    var customizedPrompt: String?

    enum ReplyMode: String, Codable, Sendable, CaseIterable { case enable, disable, customized }

    enum CodingKeys: String, CodingKey {
        case replyMode = "reply_mode"
        case customizedPrompt = "customized_prompt"
    }
}

/// The model a bot thinks with.
struct ModelConfiguration: Codable, Sendable {
    /// Which of the server's models.
    var modelID: String
    var temperature: Double?
    var topP: Double?
    var topK: Int32?
    /// The most tokens of an answer.
    var maxTokens: Int32?
    /// How many rounds of the conversation the model sees.
    var contextRound: Int32?
    /// text, markdown or json.
    var responseFormat: ResponseFormat?
    var presencePenalty: Double?
    var frequencyPenalty: Double?
    /// Whether instructions against leaking the prompt are added.
    var spAntiLeak: Bool?
    /// Whether the prompt tells the current time.
    var spCurrentTime: Bool?
    /// closed or prefix.
    var cacheType: CacheType?
    /// chat_api or responses_api.
    var apiMode: APIMode?
    /// Parameters of the model's own, such as thinking_type.
    var parameters: [String: String]?

    enum ResponseFormat: String, Codable, Sendable, CaseIterable { case text, markdown, json }
    enum CacheType: String, Codable, Sendable, CaseIterable { case closed, prefix }
    enum APIMode: String, Codable, Sendable, CaseIterable {
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
struct KnowledgeConfiguration: Codable, Sendable {
    /// Datasets, at most 150.
    var datasetIDs: [ID]?
    /// Whether the datasets are searched in every turn.
    var autoCall: Bool?
    /// 0 semantic, 1 hybrid, 20 full text.
    var searchStrategy: Int?

    enum CodingKeys: String, CodingKey {
        case datasetIDs = "dataset_ids"
        case autoCall = "auto_call"
        case searchStrategy = "search_strategy"
    }
}

/// A plugin's tool that a bot may call.
struct PluginReference: Codable, Sendable {
    var pluginID: ID
    /// The tool.
    var apiID: ID

    enum CodingKeys: String, CodingKey {
        case pluginID = "plugin_id"
        case apiID = "api_id"
    }
}

/// A workflow that a bot may run.
struct WorkflowReference: Codable, Sendable {
    var id: ID
}

struct MediaConfiguration: Codable, Sendable {
    /// Whether the bot does not take voice calls.
    var isVoiceCallClosed: Bool?

    enum CodingKeys: String, CodingKey { case isVoiceCallClosed = "is_voice_call_closed" }
}
