import APIKit

extension BotInfo {
    /// The model and its settings; those that were not set are left out.
    struct Model: Codable, Sendable {
        var modelID: String
        var modelName: String
        var temperature: Double?
        var topP: Double?
        var topK: Int32?
        var maxTokens: Int32?
        var contextRound: Int32?
        var responseFormat: String?
        var presencePenalty: Double?
        var frequencyPenalty: Double?
        var parameters: [String: String]?
        var apiMode: String?
        var cacheType: String?
        var spAntiLeak: Bool?
        var spCurrentTime: Bool?

        enum CodingKeys: String, CodingKey {
            case modelID = "model_id"
            case modelName = "model_name"
            case temperature, parameters
            case topP = "top_p"
            case topK = "top_k"
            case maxTokens = "max_tokens"
            case contextRound = "context_round"
            case responseFormat = "response_format"
            case presencePenalty = "presence_penalty"
            case frequencyPenalty = "frequency_penalty"
            case apiMode = "api_mode"
            case cacheType = "cache_type"
            case spAntiLeak = "sp_anti_leak"
            case spCurrentTime = "sp_current_time"
        }
    }

    /// A dataset the bot draws on.
    struct Dataset: Codable, Sendable {
        var id: ID
        var name: String
    }

    struct Plugin: Codable, Sendable {
        var pluginID: ID
        var name: String
        var description: String
        var iconURL: String
        /// The tools of the plugin that the bot may call.
        var apiInfoList: [PluginTool]

        enum CodingKeys: String, CodingKey {
            case pluginID = "plugin_id"
            case name, description
            case iconURL = "icon_url"
            case apiInfoList = "api_info_list"
        }
    }

    struct PluginTool: Codable, Sendable {
        var apiID: ID
        var name: String
        var description: String

        enum CodingKeys: String, CodingKey {
            case apiID = "api_id"
            case name, description
        }
    }

    struct Workflow: Codable, Sendable {
        var id: ID
        var name: String
        var description: String
        var iconURL: String

        enum CodingKeys: String, CodingKey {
            case id, name, description
            case iconURL = "icon_url"
        }
    }

    struct Variable: Codable, Sendable {
        var keyword: String
        var defaultValue: String
        /// KVVariable or ListVariable.
        var variableType: String
        /// custom or system, or the channel it comes from.
        var channel: String
        var description: String
        var enable: Bool
        var promptEnable: Bool

        enum CodingKeys: String, CodingKey {
            case keyword, channel, description, enable
            case defaultValue = "default_value"
            case variableType = "variable_type"
            case promptEnable = "prompt_enable"
        }
    }

    struct Voice: Codable, Sendable {
        var voiceID: String
        var languageCode: String

        enum CodingKeys: String, CodingKey {
            case voiceID = "voice_id"
            case languageCode = "language_code"
        }
    }

    struct ShortcutCommand: Codable, Sendable {
        var id: ID
        var name: String
        var tool: Tool?
        var command: String
        var agentID: String
        var iconURL: String
        var description: String
        /// What the bot is asked, with `{{name}}` for each component's value.
        var queryTemplate: String
        /// The values that go with it.
        var components: [Platform.ShortcutCommand.Component]

        struct Tool: Codable, Sendable {
            var name: String
            var type: String
        }

        enum CodingKeys: String, CodingKey {
            case id, name, tool, command, description, components
            case agentID = "agent_id"
            case iconURL = "icon_url"
            case queryTemplate = "query_template"
        }
    }

    struct BackgroundImages: Codable, Sendable {
        var webBackgroundImage: BackgroundImage?
        var mobileBackgroundImage: BackgroundImage?

        enum CodingKeys: String, CodingKey {
            case webBackgroundImage = "web_background_image"
            case mobileBackgroundImage = "mobile_background_image"
        }
    }

    struct BackgroundImage: Codable, Sendable {
        var imageURL: String
        var themeColor: String?
        var gradientPosition: GradientPosition?
        var canvasPosition: CanvasPosition?

        struct GradientPosition: Codable, Sendable {
            var left: Double?
            var right: Double?
        }

        struct CanvasPosition: Codable, Sendable {
            var width: Double?
            var height: Double?
            var left: Double?
            var top: Double?
        }

        enum CodingKeys: String, CodingKey {
            case imageURL = "image_url"
            case themeColor = "theme_color"
            case gradientPosition = "gradient_position"
            case canvasPosition = "canvas_position"
        }
    }
}
