package import APIKit

/// The users who may change a bot, an app or a workflow beside its owner.
package struct Collaborators: Resource {
    package static let tag = "Collaborators"
    let collaborators: CollaboratorStore

    package init(collaborators: CollaboratorStore) { self.collaborators = collaborators }

    package var endpoints: [AnyEndpoint] {
        switchMode(BotKind.self, "/v1/bots/{bot_id}", "a bot", access: .permission("Bot.switchDevelopMode"))
        // There is no point of this name for apps. Whoever may let others in may open the app to them.
        switchMode(AppKind.self, "/buckle/v1/apps/{app_id}", "an app", access: .permission("Project.addCollaborator"))
        switchMode(
            WorkflowKind.self, "/v1/workflows/{workflow_id}", "a workflow",
            access: .permission("Workflow.switchDevelopMode"))
        add(BotKind.self, "/v1/bots/{bot_id}", "a bot", access: .permission("Bot.addCollaborator"))
        add(AppKind.self, "/v1/apps/{app_id}", "an app", access: .permission("Project.addCollaborator"))
        add(
            WorkflowKind.self, "/v1/workflows/{workflow_id}", "a workflow",
            access: .permission("Workflow.addCollaborator"))
        remove(BotKind.self, "/v1/bots/{bot_id}", "a bot", access: .permission("Bot.removeCollaborator"))
        remove(AppKind.self, "/v1/apps/{app_id}", "an app", access: .permission("Project.removeCollaborator"))
        remove(
            WorkflowKind.self, "/v1/workflows/{workflow_id}", "a workflow",
            access: .permission("Workflow.removeCollaborator"))
        list(BotKind.self, "/buckle/v1/bots/{bot_id}", "a bot", access: .permission("getMetadata"))
        list(AppKind.self, "/buckle/v1/apps/{app_id}", "an app", access: .permission("listApp"))
        list(WorkflowKind.self, "/buckle/v1/workflows/{workflow_id}", "a workflow", access: .permission("getMetaData"))
    }

    struct SwitchModeInput<Kind: EntityKind>: Decodable, Sendable {
        var entity: EntityReference<Kind>
        /// single or collaboration. For single all collaborators must be removed first.
        var collaborationMode: CollaborationMode

        enum CodingKeys: String, CodingKey { case collaborationMode = "collaboration_mode" }

        init(from decoder: any Decoder) throws {
            entity = try EntityReference(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            collaborationMode = try container.decode(CollaborationMode.self, forKey: .collaborationMode)
        }
    }

    private func switchMode<Kind: EntityKind>(
        _: Kind.Type, _ path: String, _ what: String, access: Access
    ) -> Endpoint<SwitchModeInput<Kind>, NoData> {
        Endpoint(
            .post, "\(path)/collaboration_mode", "Switch collaboration on \(what) on or off", access: access
        ) { input, call in
            try await collaborators.setMode(
                input.collaborationMode, of: Kind.type, input.entity.id, by: CollaborationCaller(call))
            return NoData()
        }
    }

    struct NewCollaborator: Decodable, Sendable {
        /// A member of the workspace.
        var userID: ID

        enum CodingKeys: String, CodingKey { case userID = "user_id" }
    }

    struct AddInput<Kind: EntityKind>: Decodable, Sendable {
        var entity: EntityReference<Kind>
        /// The user to add: exactly one.
        var collaborators: [NewCollaborator]

        enum CodingKeys: String, CodingKey { case collaborators }

        init(from decoder: any Decoder) throws {
            entity = try EntityReference(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            collaborators = try container.decode([NewCollaborator].self, forKey: .collaborators)
        }
    }

    private func add<Kind: EntityKind>(
        _: Kind.Type, _ path: String, _ what: String, access: Access
    ) -> Endpoint<AddInput<Kind>, NoData> {
        Endpoint(.post, "\(path)/collaborators", "Add a collaborator to \(what)", access: access) { input, call in
            guard input.collaborators.count == 1 else {
                throw APIError.invalid("collaborators", "must have exactly one item")
            }
            try await collaborators.add(
                input.collaborators[0].userID, to: Kind.type, input.entity.id, by: CollaborationCaller(call))
            return NoData()
        }
    }

    struct RemoveInput<Kind: EntityKind>: Decodable, Sendable {
        var entity: EntityReference<Kind>
        /// The user to remove.
        var userID: ID

        enum CodingKeys: String, CodingKey { case userID = "user_id" }

        init(from decoder: any Decoder) throws {
            entity = try EntityReference(from: decoder)
            userID = try decoder.container(keyedBy: CodingKeys.self).decode(ID.self, forKey: .userID)
        }
    }

    private func remove<Kind: EntityKind>(
        _: Kind.Type, _ path: String, _ what: String, access: Access
    ) -> Endpoint<RemoveInput<Kind>, NoData> {
        Endpoint(
            .delete, "\(path)/collaborators/{user_id}", "Remove a collaborator from \(what)", access: access
        ) { input, call in
            try await collaborators.remove(
                input.userID, from: Kind.type, input.entity.id, by: CollaborationCaller(call))
            return NoData()
        }
    }

    struct List: Codable, Sendable {
        /// single or collaboration.
        var collaborationMode: CollaborationMode
        /// The owner, who is none of the collaborators.
        var ownerUserID: ID
        /// The collaborators, in the order in which they were added.
        var collaborators: [Collaborator]

        enum CodingKeys: String, CodingKey {
            case collaborationMode = "collaboration_mode"
            case ownerUserID = "owner_user_id"
            case collaborators
        }
    }

    private func list<Kind: EntityKind>(
        _: Kind.Type, _ path: String, _ what: String, access: Access
    ) -> Endpoint<EntityReference<Kind>, List> {
        Endpoint(.get, "\(path)/collaborators", "List the collaborators of \(what)", access: access) { input, call in
            try await collaborators.list(Kind.type, input.id, visibleTo: call.member)
        }
    }
}

/// A user who may change what another owns.
struct Collaborator: Codable, Sendable {
    /// The user's id.
    var userID: ID
    /// The unique name that the user signs in with.
    var userName: String
    /// The name that others see.
    var nickName: String
    /// A link to the user's picture; empty if there is none.
    var avatarURL: String
    /// When the user was added, in Unix seconds.
    var addedAt: Int64

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case userName = "user_name"
        case nickName = "nick_name"
        case avatarURL = "avatar_url"
        case addedAt = "added_at"
    }
}
