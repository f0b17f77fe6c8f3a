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

    var list: Endpoint<WorkspaceItems.ListInput, WorkspaceItems.Page> {
        WorkspaceItems.list("/v1/bots", "List the bots of a workspace", access: .permission("listBot")) {
            try await bots.list($0, of: $1, connector: $2, member: $3, $4)
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
