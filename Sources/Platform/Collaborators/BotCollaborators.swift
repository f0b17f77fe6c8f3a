package import APIKit

/// The users who may edit a bot beside its owner.
package struct BotCollaborators: Resource {
    package static let tag = "Bot collaborators"
    let collaborators: BotCollaboratorStore

    package init(collaborators: BotCollaboratorStore) { self.collaborators = collaborators }

    package var endpoints: [AnyEndpoint] {
        switchMode
        add
        remove
    }

    enum Mode: String, Codable, Sendable, CaseIterable { case single, collaboration }

    struct SwitchModeInput: Decodable, Sendable {
        var botID: ID
        /// single or collaboration. For single all collaborators must be removed first.
        var collaborationMode: Mode

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case collaborationMode = "collaboration_mode"
        }
    }

    var switchMode: Endpoint<SwitchModeInput, NoData> {
        Endpoint(
            .post, "/v1/bots/{bot_id}/collaboration_mode", "Switch collaboration on a bot on or off",
            access: .permission("Bot.switchDevelopMode")
        ) { input, call in
            try await collaborators.setMode(input.collaborationMode, of: input.botID, owner: call.member)
            return NoData()
        }
    }

    struct AddInput: Decodable, Sendable {
        var botID: ID
        /// The user to add: exactly one, a member of the bot's workspace.
        var collaborators: [Collaborator]

        struct Collaborator: Decodable, Sendable {
            var userID: ID

            enum CodingKeys: String, CodingKey { case userID = "user_id" }
        }

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case collaborators
        }
    }

    var add: Endpoint<AddInput, NoData> {
        Endpoint(
            .post, "/v1/bots/{bot_id}/collaborators", "Add a collaborator to a bot",
            access: .permission("Bot.addCollaborator")
        ) { input, call in
            guard input.collaborators.count == 1 else {
                throw APIError.invalid("collaborators", "must have exactly one item")
            }
            try await collaborators.add(input.collaborators[0].userID, to: input.botID, owner: call.member)
            return NoData()
        }
    }

    struct RemoveInput: Decodable, Sendable {
        var botID: ID
        /// The user to remove.
        var userID: ID

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case userID = "user_id"
        }
    }

    var remove: Endpoint<RemoveInput, NoData> {
        Endpoint(
            .delete, "/v1/bots/{bot_id}/collaborators/{user_id}", "Remove a collaborator from a bot",
            access: .permission("Bot.removeCollaborator")
        ) { input, call in
            try await collaborators.remove(input.userID, from: input.botID, owner: call.member)
            return NoData()
        }
    }
}
