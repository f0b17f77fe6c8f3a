package import APIKit

/// The apps of a workspace.
package struct AppList: Resource {
    package static let tag = "Apps"
    let apps: AppStore

    package init(apps: AppStore) { self.apps = apps }

    package var endpoints: [AnyEndpoint] { list }

    /// Which apps to list, and whether as published or as drafts.
    enum PublishStatus: String, Codable, Sendable, CaseIterable {
        /// Every app, with its draft.
        case all
        /// Apps that are published, as they were published.
        case publishedOnline = "published_online"
        /// Apps that are published, with their drafts.
        case publishedDraft = "published_draft"
        /// Apps that are published nowhere, with their drafts.
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
        /// Apps on a page, 1 to 100; 20 if absent.
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
        /// The app's id.
        var id: ID
        var name: String
        var description: String
        /// A link to its picture; empty if there is none.
        var iconURL: String
        /// Whether it is published.
        var isPublished: Bool
        /// When it was last changed, in Unix seconds.
        var updatedAt: Int64
        /// When it was published, in Unix seconds.
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
        /// The apps, latest change first.
        var items: [Item]
        /// How many there are on all pages.
        var total: Int
    }

    var list: Endpoint<ListInput, Page> {
        Endpoint(.get, "/v1/apps", "List the apps of a workspace", access: .permission("listApp")) { input, call in
            let page = try PageRequest(
                number: input.pageNum ?? input.pageIndex, size: input.pageSize, standardSize: 20, maximumSize: 100)
            let (items, total) = try await apps.list(
                input.publishStatus ?? .publishedOnline, of: input.workspaceID,
                connector: input.connectorID ?? Connector.api, member: call.member, page)
            return Page(items: items, total: total)
        }
    }
}
