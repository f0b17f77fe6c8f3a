import APIKit

/// A variable of a bot, of which each end user has a value of their own.
package struct BotVariable: Codable, Sendable, Equatable {
    /// Its name: 1 to 50 letters, digits and underscores, not beginning with a digit.
    package var keyword: String
    /// What it is for those without a value, up to 10000 characters; empty if absent.
    package var defaultValue: String
    /// What it means, up to 500 characters.
    package var description: String
    /// Whether it is in use; true if absent.
    package var enable: Bool
    /// Whether the prompt may use it; true if absent.
    package var promptEnable: Bool
    /// Where its values come from: custom (if absent) or app for values that clients set, else system, location, feishu.
    package var channel: Channel

    package enum Channel: String, Codable, Sendable, CaseIterable { case custom, system, location, feishu, app }

    enum CodingKeys: String, CodingKey {
        case keyword
        case defaultValue = "default_value"
        case description, enable
        case promptEnable = "prompt_enable"
        case channel
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        keyword = try container.decode(String.self, forKey: .keyword)
        defaultValue = try container.decodeIfPresent(String.self, forKey: .defaultValue) ?? ""
        description = try container.decodeIfPresent(String.self, forKey: .description) ?? ""
        enable = try container.decodeIfPresent(Bool.self, forKey: .enable) ?? true
        promptEnable = try container.decodeIfPresent(Bool.self, forKey: .promptEnable) ?? true
        channel = try container.decodeIfPresent(Channel.self, forKey: .channel) ?? .custom
    }
}

extension BotVariable {
    /// Whether clients may read and set values: the variable is in use, and its values do not come from elsewhere.
    package var isOpenToClients: Bool { enable && (channel == .custom || channel == .app) }

    /// - Throws: 4000 naming what is out of its limits.
    static func check(_ variables: [BotVariable]) throws(APIError) {
        try Limits.check(count: variables.count, atMost: 100, "variables")
        var keywords: Set<String> = []
        for (index, variable) in variables.enumerated() {
            let field = "variables[\(index)]"
            try check(keyword: variable.keyword, "\(field).keyword")
            try Limits.check(variable.defaultValue, 0...10_000, "\(field).default_value")
            try Limits.check(variable.description, 0...500, "\(field).description")
            guard keywords.insert(variable.keyword).inserted else {
                throw .invalid("\(field).keyword", "is the keyword of an earlier variable")
            }
        }
    }

    /// - Throws: 4000 naming `field`, unless the keyword is well formed.
    static func check(keyword: String, _ field: String) throws(APIError) {
        try Limits.check(keyword, 1...50, field)
        let first = keyword.utf8.first ?? 0
        guard keyword.utf8.allSatisfy(\.isWordCharacter), !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else {
            throw .invalid(field, "must have only letters, digits and underscores and not begin with a digit")
        }
    }
}
