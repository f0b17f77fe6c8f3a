package import APIKit

/// Copies of bots, apps and workflows, within a workspace and to another.
package struct CopyTasks: Resource {
    package static let tag = "Copies"
    let tasks: CopyTaskStore

    package init(tasks: CopyTaskStore) { self.tasks = tasks }

    package var endpoints: [AnyEndpoint] {
        create
        retrieve
    }

    struct CreateInput: Decodable, Sendable {
        /// What to copy.
        var entityID: ID
        /// bot, app or workflow. A bot needs the permissions Bot.duplicate and Workspace.createBot, an app Project.copy
        /// and Workspace.createProject, a workflow Workflow.copy and Workspace.createWorkflow.
        var entityType: EntityType
        /// The workspace to copy it to; its own if absent.
        var toWorkspaceID: ID?

        enum CodingKeys: String, CodingKey {
            case entityID = "entity_id"
            case entityType = "entity_type"
            case toWorkspaceID = "to_workspace_id"
        }
    }

    struct Created: Codable, Sendable {
        /// The task to ask what became of the copy; absent for a bot that is copied within its workspace.
        var taskID: ID?
        /// The copy of a bot within its workspace.
        var copiedEntityID: ID?

        enum CodingKeys: String, CodingKey {
            case taskID = "task_id"
            case copiedEntityID = "copied_entity_id"
        }
    }

    var create: Endpoint<CreateInput, Created> {
        // Which permissions are needed depends on what is copied, so the handler checks them.
        Endpoint(.post, "/v1/entities/copy_tasks", "Copy a bot, an app or a workflow", access: .anyToken) {
            input, call in
            let points = Self.points(input.entityType)
            guard call.permissions.contains(points) else {
                throw APIError(
                    .noPermission,
                    "The token lacks the permission \(points.joined(separator: ", ")), which this operation needs")
            }
            return try await tasks.copy(
                input.entityType, input.entityID, to: input.toWorkspaceID, by: call.member, call.actor)
        }
    }

    private static func points(_ type: EntityType) -> [String] {
        switch type {
        case .bot: ["Bot.duplicate", "Workspace.createBot"]
        case .app: ["Project.copy", "Workspace.createProject"]
        case .workflow: ["Workflow.copy", "Workspace.createWorkflow"]
        }
    }

    struct TaskInput: Decodable, Sendable {
        /// The task, of the caller's own.
        var taskID: ID

        enum CodingKeys: String, CodingKey { case taskID = "task_id" }
    }

    var retrieve: Endpoint<TaskInput, CopyTask> {
        Endpoint(
            .get, "/v1/entities/copy_tasks/{task_id}", "Ask what became of a copy", access: .anyToken
        ) { input, call in
            try await tasks.find(input.taskID, of: call.member)
        }
    }
}
