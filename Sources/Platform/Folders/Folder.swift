import APIKit
import Database

/// What a folder holds: bots and apps, or workflows.
enum FolderType: String, Codable, Sendable, CaseIterable { case development, library }

extension EntityType {
    /// The type of the folders that such entities lie in.
    var folderType: FolderType {
        switch self {
        case .bot, .app: .development
        case .workflow: .library
        }
    }
}

/// A folder of a workspace.
struct Folder: Codable, Sendable {
    /// The folder's id.
    var id: ID
    var name: String
    var description: String
    /// development for bots and apps, library for workflows.
    var folderType: FolderType
    /// The workspace it belongs to.
    var workspaceID: ID
    /// The user who made it.
    var creatorUserID: ID
    /// The folder it lies in; absent for none.
    var parentFolderID: ID?
    /// How many folders lie in it, without those that lie deeper. Only in lists.
    var childrenCount: Int?

    enum CodingKeys: String, CodingKey {
        case id, name, description
        case folderType = "folder_type"
        case workspaceID = "workspace_id"
        case creatorUserID = "creator_user_id"
        case parentFolderID = "parent_folder_id"
        case childrenCount = "children_count"
    }

    /// What is thrown for a folder that does not exist, and for one that the caller does not see.
    static func unknown(_ id: ID) -> APIError { APIError(.notFound, "The folder \(id) does not exist") }

    /// What the audit log calls it.
    var audited: AuditObject { AuditObject("folder", id, workspace: workspaceID) }
}
