package import APIKit

/// Apps: what the console does with them. There are no such operations in the Coze API.
package struct Apps: Resource {
    package static let tag = "Apps"
    let apps: AppStore
    let files: FileStore

    package init(apps: AppStore, files: FileStore) {
        self.apps = apps
        self.files = files
    }

    package var endpoints: [AnyEndpoint] {
        create
        retrieve
        update
        delete
        publish
        unpublish
    }

    struct CreateInput: Decodable, Sendable {
        /// The workspace it will belong to.
        var workspaceID: ID
        /// Its name, 1 to 50 characters.
        var name: String
        /// Up to 500 characters.
        var description: String?
        /// The upload that is its picture.
        var iconFileID: ID?
        /// The folder it will lie in, of the type development; none if absent or 0.
        var folderID: ID?

        enum CodingKeys: String, CodingKey {
            case workspaceID = "workspace_id"
            case name, description
            case iconFileID = "icon_file_id"
            case folderID = "folder_id"
        }
    }

    var create: Endpoint<CreateInput, App> {
        Endpoint(.post, "/buckle/v1/apps", "Create an app", access: .permission("Workspace.createProject")) {
            input, call in
            let settings = AppSettings(
                name: input.name, description: input.description, iconFileID: input.iconFileID)
            try await check(settings, call)
            return try await apps.create(
                settings, in: input.workspaceID, folder: input.folderID, owner: call.member, call.actor)
        }
    }

    struct AppInput: Decodable, Sendable {
        var appID: ID

        enum CodingKeys: String, CodingKey { case appID = "app_id" }
    }

    var retrieve: Endpoint<AppInput, App> {
        Endpoint(.get, "/buckle/v1/apps/{app_id}", "Retrieve an app", access: .permission("listApp")) { input, call in
            try await apps.find(input.appID, visibleTo: call.member)
        }
    }

    struct UpdateInput: Decodable, Sendable {
        var appID: ID
        /// The new name, 1 to 50 characters; unchanged if absent.
        var name: String?
        /// The new description, up to 500 characters; unchanged if absent.
        var description: String?
        /// The upload that is its new picture; unchanged if absent.
        var iconFileID: ID?

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case name, description
            case iconFileID = "icon_file_id"
        }
    }

    var update: Endpoint<UpdateInput, App> {
        Endpoint(.put, "/buckle/v1/apps/{app_id}", "Update an app", access: .permission("edit")) { input, call in
            let settings = AppSettings(
                name: input.name, description: input.description, iconFileID: input.iconFileID)
            try await check(settings, call)
            return try await apps.update(input.appID, settings, by: call.member, call.actor)
        }
    }

    /// - Throws: 4000 naming the field that is out of its limits, 4200 for a picture that is not the caller's.
    private func check(_ settings: AppSettings, _ call: Call) async throws {
        try settings.check()
        if let icon = settings.iconFileID { try await files.requirePicture(icon, owner: call.user, "icon_file_id") }
    }

    var delete: Endpoint<AppInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/apps/{app_id}", "Delete an app and its workflows", access: .permission("delete")
        ) { input, call in
            try await apps.delete(input.appID, by: call.member, call.actor)
            return NoData()
        }
    }

    struct PublishInput: Decodable, Sendable {
        var appID: ID
        /// The channels to publish to; 1024, the API, if absent.
        var connectorIDs: [String]?

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case connectorIDs = "connector_ids"
        }
    }

    var publish: Endpoint<PublishInput, App> {
        Endpoint(.post, "/buckle/v1/apps/{app_id}/publish", "Publish an app", access: .permission("publish")) {
            input, call in
            let connectors = Set(input.connectorIDs ?? [Connector.api]).sorted()
            if connectors.isEmpty { throw APIError.invalid("connector_ids", "must have at least one item") }
            try Limits.check(count: connectors.count, atMost: 100, "connector_ids")
            for connector in connectors where ID(connector) == nil {
                throw APIError.invalid("connector_ids", "must be decimal ids")
            }
            return try await apps.publish(input.appID, to: connectors, by: call.member, call.actor)
        }
    }

    struct UnpublishInput: Decodable, Sendable {
        var appID: ID
        /// The channel to take it offline in.
        var connectorID: String

        enum CodingKeys: String, CodingKey {
            case appID = "app_id"
            case connectorID = "connector_id"
        }
    }

    var unpublish: Endpoint<UnpublishInput, NoData> {
        Endpoint(
            .post, "/buckle/v1/apps/{app_id}/unpublish", "Take an app offline in a channel",
            access: .permission("publish")
        ) { input, call in
            try Limits.check(input.connectorID, 1...64, "connector_id")
            try await apps.unpublish(input.appID, from: input.connectorID, by: call.member, call.actor)
            return NoData()
        }
    }
}
