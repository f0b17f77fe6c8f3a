package import APIKit

/// Bots (agents): their configuration, of which the draft is edited and copies are published.
package struct Bots: Resource {
    package static let tag = "Bots"
    let bots: BotStore
    let versions: BotVersionStore
    let files: FileStore
    let links: LinkSigner

    package init(bots: BotStore, versions: BotVersionStore, files: FileStore, links: LinkSigner) {
        self.bots = bots
        self.versions = versions
        self.files = files
        self.links = links
    }

    package var endpoints: [AnyEndpoint] {
        create
        update
        publish
        unpublish
        delete
        retrieve
        listVersions
        retrieveVersion
        draft
        replaceDraft
        revertDraft
        onlineInfo
    }

    struct CreateInput: Decodable, Sendable {
        /// The workspace to make it in.
        var spaceID: ID
        /// Its name, 1 to 20 characters.
        var name: String
        var settings: BotSettings

        enum CodingKeys: String, CodingKey {
            case spaceID = "space_id"
            case name
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            spaceID = try container.decode(ID.self, forKey: .spaceID)
            name = try container.decode(String.self, forKey: .name)
            settings = try BotSettings(from: decoder)
        }
    }

    struct CreatedBot: Codable, Sendable {
        /// The new bot.
        var botID: ID

        enum CodingKeys: String, CodingKey { case botID = "bot_id" }
    }

    var create: Endpoint<CreateInput, CreatedBot> {
        Endpoint(.post, "/v1/bot/create", "Create a bot", access: .permission("createBot")) { input, call in
            try Limits.check(input.name, 1...20, "name")
            try await check(input.settings, call)
            var configuration = BotConfiguration(name: input.name, description: "")
            input.settings.apply(to: &configuration)
            return CreatedBot(botID: try await bots.create(configuration, in: input.spaceID, by: call))
        }
    }

    struct UpdateInput: Decodable, Sendable {
        /// The bot to update.
        var botID: ID
        var settings: BotSettings

        enum CodingKeys: String, CodingKey { case botID = "bot_id" }

        init(from decoder: any Decoder) throws {
            botID = try decoder.container(keyedBy: CodingKeys.self).decode(ID.self, forKey: .botID)
            settings = try BotSettings(from: decoder)
        }
    }

    var update: Endpoint<UpdateInput, NoData> {
        Endpoint(.post, "/v1/bot/update", "Update a bot's draft", access: .permission("edit")) { input, call in
            try await check(input.settings, call)
            try await bots.update(input.botID, by: call) { input.settings.apply(to: &$0) }
            return NoData()
        }
    }

    /// - Throws: 4000 naming the field that is out of its limits, 4200 for a picture that is not the caller's.
    private func check(_ settings: BotSettings, _ call: Call) async throws {
        try settings.check()
        if let icon = settings.iconFileID { try await files.requirePicture(icon, owner: call.user, "icon_file_id") }
    }

    struct PublishInput: Decodable, Sendable {
        /// The bot whose draft to publish.
        var botID: ID
        /// The channels to publish to; 1024 is the API.
        var connectorIDs: [String]
        /// Settings of single channels.
        var connectors: [String: [String: String]]?
        /// What has changed, up to 2000 characters. The bot's versions are listed with it.
        var changelog: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case connectorIDs = "connector_ids"
            case connectors, changelog
        }
    }

    struct PublishedBot: Codable, Sendable {
        /// The bot that was published.
        var botID: ID
        /// The new version.
        var version: String

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case version
        }
    }

    var publish: Endpoint<PublishInput, PublishedBot> {
        Endpoint(.post, "/v1/bot/publish", "Publish a bot", access: .permission("publish")) { input, call in
            try Limits.check(count: input.connectorIDs.count, atMost: 100, "connector_ids")
            try Limits.check(count: input.connectors?.count, atMost: 100, "connectors")
            try Limits.check(input.changelog ?? "", 0...2000, "changelog")
            let connectors = Set(input.connectorIDs).sorted()
            if connectors.isEmpty { throw APIError.invalid("connector_ids", "must have at least one item") }
            for connector in connectors {
                guard ID(connector) != nil else { throw APIError.invalid("connector_ids", "must be decimal ids") }
            }
            if !connectors.contains(Connector.api), !Connector.official.isSuperset(of: connectors) {
                throw APIError.invalid(
                    "connector_ids", "must have \(Connector.api), the API, beside a channel of one's own")
            }
            let version = try await versions.publish(
                input.botID, to: connectors, changelog: input.changelog ?? "", by: call)
            return PublishedBot(botID: input.botID, version: String(version))
        }
    }

    struct UnpublishInput: Decodable, Sendable {
        /// The bot to take offline.
        var botID: ID
        /// The channel to take it offline in.
        var connectorID: String
        /// Why, up to 1024 characters.
        var unpublishReason: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case connectorID = "connector_id"
            case unpublishReason = "unpublish_reason"
        }
    }

    var unpublish: Endpoint<UnpublishInput, NoData> {
        Endpoint(
            .post, "/v1/bots/{bot_id}/unpublish", "Take a bot offline",
            access: .permissions(["disconnectBot", "Connector.disconnectBot"])
        ) { input, call in
            try Limits.check(input.connectorID, 1...64, "connector_id")
            try Limits.check(input.unpublishReason ?? "", 0...1024, "unpublish_reason")
            try await versions.unpublish(
                input.botID, from: input.connectorID, reason: input.unpublishReason, by: call)
            return NoData()
        }
    }

    struct RetrieveInput: Decodable, Sendable {
        /// The bot to retrieve.
        var botID: ID
        /// true, or absent, for the version that is online; false for the draft.
        var isPublished: Bool?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case isPublished = "is_published"
        }
    }

    var retrieve: Endpoint<RetrieveInput, BotInfo> {
        Endpoint(
            .get, "/v1/bots/{bot_id}", "Retrieve a bot's configuration", access: .permission("getMetadata")
        ) { input, call in
            if input.isPublished ?? true {
                return try await versions.online(input.botID, in: nil, visibleTo: call.member)
            }
            let bot = try await bots.find(input.botID, visibleTo: call.member)
            return BotInfo(bot, bot.draft, version: "", iconURL: links.icon(bot.draft.iconFileID))
        }
    }

    struct OnlineInfoInput: Decodable, Sendable {
        /// The bot to retrieve; it must be published to the API.
        var botID: ID

        enum CodingKeys: String, CodingKey { case botID = "bot_id" }
    }

    var onlineInfo: Endpoint<OnlineInfoInput, BotInfo> {
        Endpoint(
            .get, "/v1/bot/get_online_info", "Retrieve a published bot's configuration",
            access: .permission("getMetadata"), isDeprecated: true
        ) { input, call in
            try await versions.online(input.botID, in: Connector.api, visibleTo: call.member)
        }
    }
}
