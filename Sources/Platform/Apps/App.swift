import APIKit

/// An app: a project of low code that holds workflows.
struct App: Codable, Sendable {
    /// The app's id.
    var id: ID
    /// The workspace it belongs to.
    var workspaceID: ID
    var name: String
    var description: String
    /// A link to its picture; empty if there is none.
    var iconURL: String
    /// The folder it lies in; absent for none.
    var folderID: ID?
    /// The user who owns it.
    var ownerUserID: ID
    /// single or collaboration.
    var collaborationMode: CollaborationMode
    /// Whether it is published anywhere.
    var isPublished: Bool
    /// The channels it is published to.
    var connectorIDs: [String]
    /// When it was last published, in Unix seconds; absent if it is published nowhere.
    var publishedAt: Int64?
    /// When it was made, in Unix seconds.
    var createdAt: Int64
    /// When it was last changed, in Unix seconds.
    var updatedAt: Int64

    enum CodingKeys: String, CodingKey {
        case id, name, description
        case workspaceID = "workspace_id"
        case iconURL = "icon_url"
        case folderID = "folder_id"
        case ownerUserID = "owner_user_id"
        case collaborationMode = "collaboration_mode"
        case isPublished = "is_published"
        case connectorIDs = "connector_ids"
        case publishedAt = "published_at"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

/// What can be set of an app, as clients send it. What is absent stays as it is.
struct AppSettings: Sendable {
    var name: String?
    var description: String?
    var iconFileID: ID?

    /// - Throws: 4000 naming what is out of its limits.
    func check() throws(APIError) {
        if let name {
            try Limits.check(name, 1...50, "name")
            try Limits.checkNotBlank(name, "name")
        }
        try Limits.check(description ?? "", 0...500, "description")
    }
}
