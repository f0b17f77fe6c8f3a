package import APIKit

/// The bots of a workspace.
package struct BotList: Resource {
    package static let tag = "Bots"
    let bots: BotListStore

    package init(bots: BotListStore) { self.bots = bots }

    package var endpoints: [AnyEndpoint] {
        list
        listPublished
    }

    /// Which bots to list, and whether as published or as drafts.
    enum PublishStatus: String, Codable, Sendable, CaseIterable {
        /// Every bot, with its draft.
        case all
        /// Bots that are online, as they are online.
        case publishedOnline = "published_online"
        /// Bots that are online, with their drafts.
        case publishedDraft = "published_draft"
        /// Bots that are online nowhere, with their drafts.
        case unpublishedDraft = "unpublished_draft"
    }

    struct ListInput: Decodable, Sendable {
        /// The workspace.
        var workspaceID: ID
        /// all, published_online, published_draft or unpublished_draft; published_online if absent.
        var publishStatus: PublishStatus?
        /// The channel that counts as published: 1024, the API, if absent.
        var connectorID: String?
        /// The page, from 1.
        var pageNum: Int?
        /// Another name of `page_num`, which the Python SDK uses.
        var pageIndex: Int?
        /// Bots on a page, 1 to 100; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case publishStatus = "publish_status"
            case connectorID = "connector_id"
            case pageNum = "page_num"
            case pageIndex = "page_index"
            case pageSize = "page_size"
        }
    }

    struct Item: Codable, Sendable {
        /// The bot's id.
        var id: ID
        var name: String
        var description: String
        /// A link to its picture; empty if there is none.
        var iconURL: String
        /// Whether it is online.
        var isPublished: Bool
        /// When it was last changed, in Unix seconds.
        var updatedAt: Int64
        /// When the version that is online was published, in Unix seconds.
        var publishedAt: Int64?
        /// The user who owns it.
        var ownerUserID: ID
        /// The folder it lies in; absent for none.
        var folderID: ID?

        enum CodingKeys: String, CodingKey {
            case id, name, description
            case iconURL = "icon_url"
            case isPublished = "is_published"
            case updatedAt = "updated_at"
            case publishedAt = "published_at"
            case ownerUserID = "owner_user_id"
            case folderID = "folder_id"
        }
    }

    struct Page: Codable, Sendable {
        /// The bots, latest change first.
        var items: [Item]
        /// How many there are on all pages.
        var total: Int
    }

    var list: Endpoint<ListInput, Page> {
        Endpoint(.get, "/v1/bots", "List the bots of a workspace", access: .permission("listBot")) { input, call in
            let page = try PageRequest(
                number: input.pageNum ?? input.pageIndex, size: input.pageSize, standardSize: 20, maximumSize: 100)
            let (items, total) = try await bots.list(
                input.publishStatus ?? .publishedOnline, of: input.workspaceID,
                connector: input.connectorID ?? Connector.api, member: call.member, page)
            return Page(items: items, total: total)
        }
    }

    struct ListPublishedInput: Decodable, Sendable {
        /// The workspace.
        var spaceID: ID
        /// The page, from 1.
        var pageIndex: Int?
        /// Bots on a page, 1 to 100; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case spaceID = "space_id"
            case pageIndex = "page_index"
            case pageSize = "page_size"
        }
    }

    struct PublishedItem: Codable, Sendable {
        /// The bot's id.
        var botID: ID
        var botName: String
        var description: String
        /// A link to its picture; empty if there is none.
        var iconURL: String
        /// When it was published, in Unix seconds.
        var publishTime: String

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case botName = "bot_name"
            case description
            case iconURL = "icon_url"
            case publishTime = "publish_time"
        }
    }

    struct PublishedPage: Codable, Sendable {
        /// The bots, last published first.
        var spaceBots: [PublishedItem]
        /// How many there are on all pages.
        var total: Int

        enum CodingKeys: String, CodingKey {
            case spaceBots = "space_bots"
            case total
        }
    }

    var listPublished: Endpoint<ListPublishedInput, PublishedPage> {
        Endpoint(
            .get, "/v1/space/published_bots_list", "List the published bots of a workspace",
            access: .permission("getPublishedBot"), isDeprecated: true
        ) { input, call in
            let page = try PageRequest(
                number: input.pageIndex, size: input.pageSize, standardSize: 20, maximumSize: 100)
            let (items, total) = try await bots.list(
                .publishedOnline, of: input.spaceID, connector: Connector.api, member: call.member, page)
            return PublishedPage(
                spaceBots: items.map {
                    PublishedItem(
                        botID: $0.id, botName: $0.name, description: $0.description, iconURL: $0.iconURL,
                        publishTime: String($0.publishedAt ?? $0.updatedAt))
                }, total: total)
        }
    }
}
