import APIKit

extension Bots {
    struct VersionsInput: Decodable, Sendable {
        /// The bot whose versions to list.
        var botID: ID
        /// The page, from 1.
        var pageNum: Int?
        /// Versions on a page, 1 to 30; 10 if absent.
        var pageSize: Int?
        /// published_online if absent; drafts have no versions of their own.
        var publishStatus: VersionStatus?
        /// Only versions published to this channel.
        var connectorID: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
            case publishStatus = "publish_status"
            case connectorID = "connector_id"
        }
    }

    enum VersionStatus: String, Codable, Sendable, CaseIterable {
        case publishedOnline = "published_online"
        case unpublishedDraft = "unpublished_draft"
    }

    /// A published version of a bot. The reference types the times as integers, the Python SDK demands strings.
    struct Version: Codable, Sendable {
        /// The version: the Unix millisecond of its publication.
        var version: String
        /// What changed in it, as its publisher noted; empty if nothing was noted.
        var changelog: String
        /// The same as `changelog`.
        var description: String
        /// When it was published, in Unix seconds.
        var createdAt: String
        var updatedAt: String
        var publishStatus = VersionStatus.publishedOnline.rawValue
        /// Who published it.
        var creator: Creator

        struct Creator: Codable, Sendable {
            var id: ID
            var name: String
        }

        init(version: String, changelog: String, createdAt: String, creator: Creator) {
            self.version = version
            self.changelog = changelog
            description = changelog
            self.createdAt = createdAt
            updatedAt = createdAt
            self.creator = creator
        }

        enum CodingKeys: String, CodingKey {
            case version, changelog, description, creator
            case createdAt = "created_at"
            case updatedAt = "updated_at"
            case publishStatus = "publish_status"
        }
    }

    struct VersionPage: Codable, Sendable {
        /// The versions, latest first.
        var items: [Version]
        /// Whether there are more on the next page.
        var hasMore: Bool
        /// How many there are on all pages.
        var total: Int

        enum CodingKeys: String, CodingKey {
            case items, total
            case hasMore = "has_more"
        }
    }

    var listVersions: Endpoint<VersionsInput, VersionPage> {
        Endpoint(
            .get, "/v1/bots/{bot_id}/versions", "List a bot's versions", access: .permission("Bot.listVersion")
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 10, maximumSize: 30)
            let (found, total) = try await versions.list(
                input.botID, connector: input.connectorID, visibleTo: call.member, page)
            if input.publishStatus == .unpublishedDraft { return VersionPage(items: [], hasMore: false, total: 0) }
            return VersionPage(items: found, hasMore: total > page.offset + found.count, total: total)
        }
    }
}
