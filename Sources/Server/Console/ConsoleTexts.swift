/// What the console's frame says, in one language. What its pages say stands in their scripts.
struct ConsoleTexts: Sendable {
    let skip: String
    let menu: String
    let account: String
    /// The language that the other choice leads to, in that language.
    let otherLanguage: String
    let otherLanguageTag: String
    let loading: String
    let needsScript: String
    let groups: [String]
    /// By page.
    let titles: [String: String]

    static func of(_ texts: Texts) -> ConsoleTexts { texts.language == chineseTag ? chinese : english }

    private static let chineseTag = "zh-CN"

    static let english = ConsoleTexts(
        skip: "Skip to content",
        menu: "Menu",
        account: "Your account",
        otherLanguage: "中文",
        otherLanguageTag: chineseTag,
        loading: "Loading…",
        needsScript: "This page needs JavaScript, which your browser does not run.",
        groups: ["Build", "Access", "Operate", "Develop"],
        titles: [
            "welcome": "Welcome", "agents": "Agents", "agent": "Agent", "conversations": "Conversations",
            "models": "Models", "tokens": "Tokens", "oauth-apps": "OAuth apps", "members": "Workspaces and members",
            "enterprises": "Enterprises", "accounts": "People", "usage": "Usage", "audit": "Audit log",
            "system": "System", "playground": "Playground", "embedding": "Embed a chat", "account": "Your account",
            "chat": "Chat",
        ])

    static let chinese = ConsoleTexts(
        skip: "跳到正文",
        menu: "菜单",
        account: "我的账号",
        otherLanguage: "English",
        otherLanguageTag: "en",
        loading: "正在加载…",
        needsScript: "此页面需要 JavaScript，而您的浏览器未启用。",
        groups: ["构建", "访问", "运维", "开发"],
        titles: [
            "welcome": "欢迎", "agents": "智能体", "agent": "智能体", "conversations": "会话", "models": "模型",
            "tokens": "令牌", "oauth-apps": "OAuth 应用", "members": "工作空间与成员", "enterprises": "企业",
            "accounts": "用户", "usage": "用量", "audit": "操作记录", "system": "系统", "playground": "API 调试",
            "embedding": "嵌入聊天", "account": "我的账号", "chat": "对话",
        ])
}
