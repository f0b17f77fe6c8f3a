package import APIKit

/// Folders order what a workspace holds: bots and apps in one tree, workflows in another.
package struct Folders: Resource {
    package static let tag = "Folders"
    let folders: FolderStore

    package init(folders: FolderStore) { self.folders = folders }

    package var endpoints: [AnyEndpoint] {
        list
        retrieve
        create
        update
        delete
        put(BotKind.self, "/buckle/v1/bots/{bot_id}/folder", "Lay a bot into a folder")
        put(AppKind.self, "/buckle/v1/apps/{app_id}/folder", "Lay an app into a folder")
        put(WorkflowKind.self, "/buckle/v1/workflows/{workflow_id}/folder", "Lay a workflow into a folder")
    }

    struct ListInput: Decodable, Sendable {
        /// The workspace.
        var workspaceID: ID
        /// development or library.
        var folderType: FolderType
        /// The folder whose folders to list; those that lie in none if absent or 0.
        var parentFolderID: ID?
        /// The page, from 1.
        var pageNum: Int?
        /// Folders on a page, 1 to 50; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case folderType = "folder_type"
            case parentFolderID = "parent_folder_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct Page: Codable, Sendable {
        /// The folders, oldest first.
        var items: [Folder]
        /// Whether there are more pages.
        var hasMore: Bool
        /// How many there are on all pages.
        var totalCount: Int

        enum CodingKeys: String, CodingKey {
            case items
            case hasMore = "has_more"
            case totalCount = "total_count"
        }
    }

    var list: Endpoint<ListInput, Page> {
        Endpoint(.get, "/v1/folders", "List folders", access: .permission("listFolder")) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 50)
            let (found, total) = try await folders.list(
                input.folderType, of: input.workspaceID, in: input.parentFolderID, member: call.member, page)
            return Page(items: found, hasMore: total > page.offset + found.count, totalCount: total)
        }
    }

    struct FolderInput: Decodable, Sendable {
        /// The folder.
        var folderID: ID

        enum CodingKeys: String, CodingKey { case folderID = "folder_id" }
    }

    var retrieve: Endpoint<FolderInput, Folder> {
        Endpoint(.get, "/v1/folders/{folder_id}", "Retrieve a folder", access: .permission("readFolder")) {
            input, call in
            try await folders.find(input.folderID, visibleTo: call.member)
        }
    }

    struct CreateInput: Decodable, Sendable {
        /// The workspace it will belong to.
        var workspaceID: ID
        /// development for bots and apps, library for workflows.
        var folderType: FolderType
        /// Its name, 1 to 50 characters.
        var name: String
        /// Up to 500 characters.
        var description: String?
        /// The folder it will lie in, of the same type; none if absent or 0. At most 10 folders lie in each other.
        var parentFolderID: ID?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case folderType = "folder_type"
            case name, description
            case parentFolderID = "parent_folder_id"
        }
    }

    var create: Endpoint<CreateInput, Folder> {
        Endpoint(.post, "/buckle/v1/folders", "Create a folder", access: .permission("edit")) { input, call in
            try Limits.check(input.name, 1...50, "name")
            try Limits.checkNotBlank(input.name, "name")
            try Limits.check(input.description ?? "", 0...500, "description")
            return try await folders.create(
                input.folderType, name: input.name, description: input.description ?? "", of: input.workspaceID,
                in: input.parentFolderID, by: call.member, call.actor)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        var folderID: ID
        /// The new name, 1 to 50 characters; unchanged if absent.
        var name: String?
        /// The new description, up to 500 characters; unchanged if absent.
        var description: String?
        /// The folder it will lie in; 0 for none. Unchanged if absent.
        var parentFolderID: ID??

        enum CodingKeys: String, CodingKey {
            case folderID = "folder_id"
            case name, description
            case parentFolderID = "parent_folder_id"
        }
    }

    var update: Endpoint<UpdateInput, Folder> {
        Endpoint(.put, "/buckle/v1/folders/{folder_id}", "Rename or move a folder", access: .permission("edit")) {
            input, call in
            if let name = input.name {
                try Limits.check(name, 1...50, "name")
                try Limits.checkNotBlank(name, "name")
            }
            try Limits.check(input.description ?? "", 0...500, "description")
            return try await folders.update(
                input.folderID, name: input.name, description: input.description, parent: input.parentFolderID,
                by: call.member, call.actor)
        }
    }

    var delete: Endpoint<FolderInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/folders/{folder_id}", "Delete a folder and keep what lies in it",
            access: .permission("delete")
        ) { input, call in
            try await folders.delete(input.folderID, by: call.member, call.actor)
            return NoData()
        }
    }

    struct PutInput<Kind: EntityKind>: Decodable, Sendable {
        var entity: EntityReference<Kind>
        /// The folder, of the same workspace; 0 for none.
        var folderID: ID?

        enum CodingKeys: String, CodingKey { case folderID = "folder_id" }

        init(from decoder: any Decoder) throws {
            entity = try EntityReference(from: decoder)
            // Required: a body that forgot it must not take anything out of its folder.
            folderID = try decoder.container(keyedBy: CodingKeys.self).decode(Target.self, forKey: .folderID).folder
        }
    }

    /// A folder, or 0 for none. An optional id would take an absent field for none.
    struct Target: Decodable, Sendable {
        let folder: ID?

        init(from decoder: any Decoder) throws { folder = try decoder.singleValueContainer().decode(ID?.self) }
    }

    private func put<Kind: EntityKind>(
        _: Kind.Type, _ path: String, _ summary: String
    ) -> Endpoint<PutInput<Kind>, NoData> {
        Endpoint(.put, path, summary, access: .permission("edit")) { input, call in
            try await folders.put(Kind.type, input.entity.id, in: input.folderID, by: call.member, call.actor)
            return NoData()
        }
    }
}
