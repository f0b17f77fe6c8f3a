import APIKit

/// A bot's configuration as clients read it.
struct BotInfo: Codable, Sendable {
    /// The bot's id.
    var botID: ID
    var name: String
    var description: String
    /// A link to its picture; empty if there is none.
    var iconURL: String
    /// When it was made, in Unix seconds.
    var createTime: Int64
    /// When it was last changed, in Unix seconds.
    var updateTime: Int64
    /// The published version; empty for a draft.
    var version: String
    var promptInfo: Prompt
    var onboardingInfo: Onboarding
    /// 0: a single agent.
    var botMode: Int
    var pluginInfoList: [Plugin]
    var modelInfo: Model?
    var knowledge: Knowledge
    /// The folder it lies in; empty for none.
    var folderID: String
    /// Variables of the bot's users.
    var variables: [Variable]
    var mediaConfig: MediaConfiguration
    /// The user who owns it.
    var ownerUserID: ID
    var voiceInfoList: [Voice]
    var shortcutCommands: [ShortcutCommand]
    var workflowInfoList: [Workflow]
    var backgroundImageInfo: BackgroundImages?
    /// text, voice or call.
    var defaultUserInputType: String
    var suggestReplyInfo: SuggestReplyInfo

    enum CodingKeys: String, CodingKey {
        case botID = "bot_id"
        case name, description, version, knowledge, variables
        case iconURL = "icon_url"
        case createTime = "create_time"
        case updateTime = "update_time"
        case promptInfo = "prompt_info"
        case onboardingInfo = "onboarding_info"
        case botMode = "bot_mode"
        case pluginInfoList = "plugin_info_list"
        case modelInfo = "model_info"
        case folderID = "folder_id"
        case mediaConfig = "media_config"
        case ownerUserID = "owner_user_id"
        case voiceInfoList = "voice_info_list"
        case shortcutCommands = "shortcut_commands"
        case workflowInfoList = "workflow_info_list"
        case backgroundImageInfo = "background_image_info"
        case defaultUserInputType = "default_user_input_type"
        case suggestReplyInfo = "suggest_reply_info"
    }

    struct Prompt: Codable, Sendable {
        var prompt: String
        /// standard or prefix.
        var promptMode: String
        var prefixPromptInfo: PrefixPromptInfo?

        enum CodingKeys: String, CodingKey {
            case prompt
            case promptMode = "prompt_mode"
            case prefixPromptInfo = "prefix_prompt_info"
        }
    }

    struct Onboarding: Codable, Sendable {
        var prologue: String
        var suggestedQuestions: [String]

        enum CodingKeys: String, CodingKey {
            case prologue
            case suggestedQuestions = "suggested_questions"
        }
    }

    struct Knowledge: Codable, Sendable {
        var knowledgeInfos: [Dataset]
        /// The datasets' ids.
        var datasetIDs: [ID]
        var autoCall: Bool
        /// 0 semantic, 1 hybrid, 20 full text.
        var searchStrategy: Int

        enum CodingKeys: String, CodingKey {
            case knowledgeInfos = "knowledge_infos"
            case datasetIDs = "dataset_ids"
            case autoCall = "auto_call"
            case searchStrategy = "search_strategy"
        }
    }
}
