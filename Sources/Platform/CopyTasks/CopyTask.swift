import APIKit

/// What became of a copy that was asked for.
struct CopyTask: Codable, Sendable {
    /// The task's id.
    var taskID: ID
    /// bot, app or workflow.
    var entityType: EntityType
    /// in_progress, successful or failed.
    var taskStatus: Status
    /// Why it failed; empty if it did not.
    var failedReasons: [FailedReason]
    /// What was to be copied.
    var sourceEntityID: ID
    /// The copy; absent if there is none.
    var targetEntityID: ID?
    /// The workspace it was to be copied to.
    var targetWorkspaceID: ID

    enum Status: String, Codable, Sendable, CaseIterable {
        case inProgress = "in_progress"
        case successful, failed
    }

    /// Why something could not be copied.
    struct FailedReason: Codable, Sendable {
        /// What could not be copied.
        var entityID: ID
        var entityName: String
        /// bot, app or workflow.
        var entityType: EntityType
        /// A sentence that says why.
        var failedReason: String

        enum CodingKeys: String, CodingKey {
            case entityID = "entity_id"
            case entityName = "entity_name"
            case entityType = "entity_type"
            case failedReason = "failed_reason"
        }
    }

    enum CodingKeys: String, CodingKey {
        case taskID = "task_id"
        case entityType = "entity_type"
        case taskStatus = "task_status"
        case failedReasons = "failed_reasons"
        case sourceEntityID = "source_entity_id"
        case targetEntityID = "target_entity_id"
        case targetWorkspaceID = "target_workspace_id"
    }
}
