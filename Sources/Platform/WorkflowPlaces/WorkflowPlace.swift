import APIKit

/// A workflow's name and place: what is known of it as long as this server runs no workflows.
struct WorkflowPlace: Codable, Sendable {
    /// The workflow's id.
    var id: ID
    /// The workspace it belongs to.
    var workspaceID: ID
    /// The app it belongs to; absent if it lies in the workspace's library.
    var appID: ID?
    /// The folder it lies in; absent for none.
    var folderID: ID?
    var name: String
    var description: String
    /// The user who owns it.
    var ownerUserID: ID
    /// single or collaboration.
    var collaborationMode: CollaborationMode
    /// When it was made, in Unix seconds.
    var createdAt: Int64
    /// When it was last changed, in Unix seconds.
    var updatedAt: Int64

    enum CodingKeys: String, CodingKey {
        case id, name, description
        case workspaceID = "workspace_id"
        case appID = "app_id"
        case folderID = "folder_id"
        case ownerUserID = "owner_user_id"
        case collaborationMode = "collaboration_mode"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}
