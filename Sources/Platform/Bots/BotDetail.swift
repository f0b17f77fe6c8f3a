import APIKit

/// All that a console edits of a bot, of a draft and of a published version in the same shape: what
/// ``BotInfo`` tells of it, and what that lacks.
struct BotDetail: Codable, Sendable {
    let info: BotInfo
    /// The workspace the bot lies in.
    let workspaceID: ID
    /// The upload that is its picture; absent for none.
    let iconFileID: ID?
    /// The functions that the bot's clients carry out.
    let tools: [FunctionTool]

    enum CodingKeys: String, CodingKey {
        case workspaceID = "workspace_id"
        case iconFileID = "icon_file_id"
        case tools
    }

    init(_ bot: StoredBot, _ configuration: BotConfiguration, version: String, _ links: LinkSigner) {
        info = BotInfo(bot, configuration, version: version, iconURL: links.icon(configuration.iconFileID))
        workspaceID = bot.workspaceID
        iconFileID = configuration.iconFileID
        tools = configuration.tools ?? []
    }

    init(from decoder: any Decoder) throws {
        info = try BotInfo(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        workspaceID = try container.decode(ID.self, forKey: .workspaceID)
        iconFileID = try container.decodeIfPresent(ID.self, forKey: .iconFileID)
        tools = try container.decode([FunctionTool].self, forKey: .tools)
    }

    func encode(to encoder: any Encoder) throws {
        try info.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(workspaceID, forKey: .workspaceID)
        try container.encodeIfPresent(iconFileID, forKey: .iconFileID)
        try container.encode(tools, forKey: .tools)
    }
}

/// A bot's draft, and how it stands to what is published.
struct BotDraft: Codable, Sendable {
    let detail: BotDetail
    /// Names this state of the draft. A change that gives it is refused once somebody else has changed the draft.
    let revision: String
    /// Whether the draft differs from the latest version, or there is none.
    let hasUnpublishedChanges: Bool
    /// The latest version, online or not; empty if there is none.
    let latestVersion: String
    /// The channels in which a version is online.
    let onlineChannels: [OnlineChannel]
    /// single or collaboration.
    let collaborationMode: CollaborationMode
    /// Whether the caller may change the draft and publish it.
    let canEdit: Bool
    /// Whether the caller may delete the bot.
    let canDelete: Bool

    struct OnlineChannel: Codable, Sendable {
        /// The channel: 1024 is the API.
        var connectorID: String
        /// The version that is online there.
        var version: String

        enum CodingKeys: String, CodingKey {
            case connectorID = "connector_id"
            case version
        }
    }

    enum CodingKeys: String, CodingKey {
        case revision
        case hasUnpublishedChanges = "has_unpublished_changes"
        case latestVersion = "latest_version"
        case onlineChannels = "online_channels"
        case collaborationMode = "collaboration_mode"
        case canEdit = "can_edit"
        case canDelete = "can_delete"
    }

    init(_ stored: StoredDraft, _ links: LinkSigner) {
        detail = BotDetail(stored.bot, stored.bot.draft, version: "", links)
        revision = stored.revision
        hasUnpublishedChanges = stored.latest?.configuration.normalized != stored.bot.draft.normalized
        latestVersion = stored.latest.map { String($0.version) } ?? ""
        onlineChannels = stored.online
        collaborationMode = CollaborationMode(rawValue: stored.bot.collaborationMode) ?? .single
        canEdit = stored.canEdit
        canDelete = stored.canDelete
    }

    init(from decoder: any Decoder) throws {
        detail = try BotDetail(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        revision = try container.decode(String.self, forKey: .revision)
        hasUnpublishedChanges = try container.decode(Bool.self, forKey: .hasUnpublishedChanges)
        latestVersion = try container.decode(String.self, forKey: .latestVersion)
        onlineChannels = try container.decode([OnlineChannel].self, forKey: .onlineChannels)
        collaborationMode = try container.decode(CollaborationMode.self, forKey: .collaborationMode)
        canEdit = try container.decode(Bool.self, forKey: .canEdit)
        canDelete = try container.decode(Bool.self, forKey: .canDelete)
    }

    func encode(to encoder: any Encoder) throws {
        try detail.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(revision, forKey: .revision)
        try container.encode(hasUnpublishedChanges, forKey: .hasUnpublishedChanges)
        try container.encode(latestVersion, forKey: .latestVersion)
        try container.encode(onlineChannels, forKey: .onlineChannels)
        try container.encode(collaborationMode, forKey: .collaborationMode)
        try container.encode(canEdit, forKey: .canEdit)
        try container.encode(canDelete, forKey: .canDelete)
    }
}

/// A published version of a bot with all that it is.
struct BotVersionDetail: Codable, Sendable {
    let detail: BotDetail
    /// What changed in it, as its publisher noted; empty if nothing was noted.
    let changelog: String
    /// When it was published, in Unix seconds.
    let publishedAt: Int64
    /// Who published it.
    let publisher: Bots.Version.Creator
    /// The channels in which it is online now.
    let connectorIDs: [String]

    enum CodingKeys: String, CodingKey {
        case changelog
        case publishedAt = "published_at"
        case publisher
        case connectorIDs = "connector_ids"
    }

    init(_ stored: StoredVersion, _ links: LinkSigner) {
        detail = BotDetail(stored.bot, stored.configuration, version: String(stored.version), links)
        changelog = stored.changelog
        publishedAt = stored.publishedAt
        publisher = stored.publisher
        connectorIDs = stored.connectorIDs
    }

    init(from decoder: any Decoder) throws {
        detail = try BotDetail(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        changelog = try container.decode(String.self, forKey: .changelog)
        publishedAt = try container.decode(Int64.self, forKey: .publishedAt)
        publisher = try container.decode(Bots.Version.Creator.self, forKey: .publisher)
        connectorIDs = try container.decode([String].self, forKey: .connectorIDs)
    }

    func encode(to encoder: any Encoder) throws {
        try detail.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(changelog, forKey: .changelog)
        try container.encode(publishedAt, forKey: .publishedAt)
        try container.encode(publisher, forKey: .publisher)
        try container.encode(connectorIDs, forKey: .connectorIDs)
    }
}
