package import APIKit

/// The names and places of workflows: the workspace and the app they belong to, their folders, owners and
/// collaborators. What a workflow does, its graph, is not stored yet, and none of them can be run.
package struct WorkflowPlaces: Resource {
    package static let tag = "Workflows"
    let workflows: WorkflowPlaceStore

    package init(workflows: WorkflowPlaceStore) { self.workflows = workflows }

    package var endpoints: [AnyEndpoint] {
        list
        create
        retrieve
        update
        delete
    }

    struct ListInput: Decodable, Sendable {
        /// The workspace.
        var workspaceID: ID
        /// Only the workflows of this app.
        var appID: ID?
        /// The page, from 1.
        var pageNum: Int?
        /// Workflows on a page, 1 to 100; 20 if absent.
        var pageSize: Int?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case appID = "app_id"
            case pageNum = "page_num"
            case pageSize = "page_size"
        }
    }

    struct Page: Codable, Sendable {
        /// The workflows, oldest first.
        var items: [WorkflowPlace]
        /// Whether there are more pages.
        var hasMore: Bool
        /// How many there are on all pages.
        var total: Int

        enum CodingKeys: String, CodingKey {
            case items
            case hasMore = "has_more"
            case total
        }
    }

    var list: Endpoint<ListInput, Page> {
        Endpoint(
            .get, "/buckle/v1/workflows", "List the names and places of workflows", access: .permission("listWorkflow")
        ) { input, call in
            let page = try PageRequest(number: input.pageNum, size: input.pageSize, standardSize: 20, maximumSize: 100)
            let (items, total) = try await workflows.list(
                of: input.workspaceID, app: input.appID, member: call.member, page)
            return Page(items: items, hasMore: total > page.offset + items.count, total: total)
        }
    }

    struct CreateInput: Decodable, Sendable {
        /// The workspace it will belong to.
        var workspaceID: ID
        /// Its name, 1 to 50 characters.
        var name: String
        /// Up to 500 characters.
        var description: String?
        /// The app it will belong to; the workspace's library if absent or 0.
        var appID: ID?
        /// The folder it will lie in, of the type library; none if absent or 0, and in an app.
        var folderID: ID?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case name, description
            case appID = "app_id"
            case folderID = "folder_id"
        }
    }

    var create: Endpoint<CreateInput, WorkflowPlace> {
        Endpoint(
            .post, "/buckle/v1/workflows", "Name a workflow and give it its place",
            access: .permission("Workspace.createWorkflow")
        ) { input, call in
            try Self.check(name: input.name, description: input.description)
            if input.appID != nil, input.folderID != nil {
                throw APIError.invalid("folder_id", "must be 0 for a workflow of an app, which lies in the app")
            }
            return try await workflows.create(
                name: input.name, description: input.description ?? "", in: input.workspaceID, app: input.appID,
                folder: input.folderID, owner: call.member, call.actor)
        }
    }

    struct WorkflowInput: Decodable, Sendable {
        var workflowID: ID

        enum CodingKeys: String, CodingKey { case workflowID = "workflow_id" }
    }

    var retrieve: Endpoint<WorkflowInput, WorkflowPlace> {
        Endpoint(
            .get, "/buckle/v1/workflows/{workflow_id}", "Retrieve a workflow's name and place",
            access: .permission("getMetaData")
        ) { input, call in
            try await workflows.find(input.workflowID, visibleTo: call.member)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        var workflowID: ID
        /// The new name, 1 to 50 characters; unchanged if absent.
        var name: String?
        /// The new description, up to 500 characters; unchanged if absent.
        var description: String?
        /// The app it will belong to, of the same workspace; 0 for the library. Unchanged if absent.
        var appID: ID??

        enum CodingKeys: String, CodingKey {
            case workflowID = "workflow_id"
            case name, description
            case appID = "app_id"
        }
    }

    var update: Endpoint<UpdateInput, WorkflowPlace> {
        Endpoint(
            .put, "/buckle/v1/workflows/{workflow_id}", "Rename or move a workflow", access: .permission("edit")
        ) { input, call in
            try Self.check(name: input.name, description: input.description)
            return try await workflows.update(
                input.workflowID, name: input.name, description: input.description, app: input.appID,
                by: call.member, call.actor)
        }
    }

    var delete: Endpoint<WorkflowInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/workflows/{workflow_id}", "Delete a workflow", access: .permission("delete")
        ) { input, call in
            try await workflows.delete(input.workflowID, by: call.member, call.actor)
            return NoData()
        }
    }

    private static func check(name: String?, description: String?) throws(APIError) {
        if let name {
            try Limits.check(name, 1...50, "name")
            try Limits.checkNotBlank(name, "name")
        }
        try Limits.check(description ?? "", 0...500, "description")
    }
}
