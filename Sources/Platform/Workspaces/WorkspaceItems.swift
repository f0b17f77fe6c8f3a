import APIKit

/// What the lists of a workspace's bots and of its apps have in common: all but the store that is asked.
enum WorkspaceItems {
    /// Which things to list, and whether as published or as drafts.
    enum PublishStatus: String, Codable, Sendable, CaseIterable {
        /// Everything, with its draft.
        case all
        /// What is published, as it was published.
        case publishedOnline = "published_online"
        /// What is published, with its draft.
        case publishedDraft = "published_draft"
        /// What is published nowhere, with its draft.
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
        /// Items on a page, 1 to 100; 20 if absent.
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
        /// Its id.
        var id: ID
        var name: String
        var description: String
        /// A link to its picture; empty if there is none.
        var iconURL: String
        /// Whether it is published.
        var isPublished: Bool
        /// When it was last changed, in Unix seconds.
        var updatedAt: Int64
        /// When what is published was published, in Unix seconds.
        var publishedAt: Int64?
        /// The user who owns it.
        var ownerUserID: ID
        /// The folder it lies in; absent for none.
        var folderID: ID?
        /// Whether the draft differs from what is published, or nothing is. Of bots alone.
        var hasUnpublishedChanges: Bool?

        enum CodingKeys: String, CodingKey {
            case id, name, description
            case iconURL = "icon_url"
            case isPublished = "is_published"
            case updatedAt = "updated_at"
            case publishedAt = "published_at"
            case ownerUserID = "owner_user_id"
            case folderID = "folder_id"
            case hasUnpublishedChanges = "has_unpublished_changes"
        }
    }

    struct Page: Codable, Sendable {
        /// The items, latest change first.
        var items: [Item]
        /// How many there are on all pages.
        var total: Int
    }

    /// What a store is asked: which things, of which workspace, published to which channel, for whom, which page.
    typealias Search =
        @Sendable (PublishStatus, _ workspace: ID, _ connector: String, Member, PageRequest) async throws -> (
            items: [Item], total: Int
        )

    static func list(
        _ path: String, _ summary: String, access: Access, _ search: @escaping Search
    ) -> Endpoint<ListInput, Page> {
        Endpoint(.get, path, summary, access: access) { input, call in
            let page = try PageRequest(
                number: input.pageNum ?? input.pageIndex, size: input.pageSize, standardSize: 20, maximumSize: 100)
            let (items, total) = try await search(
                input.publishStatus ?? .publishedOnline, input.workspaceID, input.connectorID ?? Connector.api,
                call.member, page)
            return Page(items: items, total: total)
        }
    }
}
