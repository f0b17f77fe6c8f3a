import APIKit

/// What a console needs beyond the documented operations: drafts and versions whole, and deleting.
extension Bots {
    struct BotInput: Decodable, Sendable {
        /// The bot.
        var botID: ID

        enum CodingKeys: String, CodingKey { case botID = "bot_id" }
    }

    /// Deletes a bot with all its versions. Conversations with it stay: those who made them go on reading and renaming
    /// them, but no chat can begin or go on in them with this bot.
    var delete: Endpoint<BotInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/bots/{bot_id}", "Delete a bot with all its versions", access: .permission("delete")
        ) { input, call in
            try await bots.delete(input.botID, by: call)
            return NoData()
        }
    }

    /// The draft in the shape of ``retrieveVersion``, so that the two can be compared field by field.
    var draft: Endpoint<BotInput, BotDraft> {
        Endpoint(
            .get, "/buckle/v1/bots/{bot_id}/draft", "Retrieve a bot's draft with all its settings",
            access: .permission("getMetadata")
        ) { input, call in
            BotDraft(try await bots.draft(of: input.botID, visibleTo: call.member), links)
        }
    }

    struct VersionInput: Decodable, Sendable {
        /// The bot.
        var botID: ID
        /// The version, as it is listed.
        var version: ID

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case version
        }
    }

    var retrieveVersion: Endpoint<VersionInput, BotVersionDetail> {
        Endpoint(
            .get, "/buckle/v1/bots/{bot_id}/versions/{version}", "Retrieve a published version with all its settings",
            access: .permission("getMetadata")
        ) { input, call in
            BotVersionDetail(
                try await versions.find(input.version, of: input.botID, visibleTo: call.member), links)
        }
    }

    /// Replaces all of the draft at once. Other than for ``update``, what is absent is cleared.
    var replaceDraft: Endpoint<BotDraftInput, BotDraft> {
        Endpoint(
            .put, "/buckle/v1/bots/{bot_id}/draft", "Replace a bot's draft", access: .permission("edit")
        ) { input, call in
            try input.check()
            let shown = try await bots.find(input.botID, visibleTo: call.member).draft.iconFileID
            // Whoever saves the draft need not be who has uploaded its picture.
            if let icon = input.iconFileID, icon != shown {
                try await files.requirePicture(icon, owner: call.user, "icon_file_id")
            }
            let ids = bots.storage.ids
            let stored = try await bots.replaceDraft(
                of: input.botID, revision: input.revision, action: "bot.update", by: call
            ) { draft, _ in
                input.applied(to: draft, newID: ids.next)
            }
            return BotDraft(stored, links)
        }
    }

    struct RevertInput: Decodable, Sendable {
        /// The bot whose draft to change.
        var botID: ID
        /// The version that the draft is to be like, as it is listed.
        var version: ID
        /// The revision of the draft that was read. If somebody has changed it since, nothing is replaced; if this is
        /// absent, whatever is there is.
        var revision: String?

        enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case version, revision
        }
    }

    /// What is published stays as it is.
    var revertDraft: Endpoint<RevertInput, BotDraft> {
        Endpoint(
            .post, "/buckle/v1/bots/{bot_id}/draft/revert", "Make a bot's draft what a version is",
            access: .permission("edit")
        ) { input, call in
            let stored = try await bots.replaceDraft(
                of: input.botID, revision: input.revision, action: "bot.revert",
                detail: ["version": input.version.description], by: call
            ) { _, connection in
                try BotVersionStore.configuration(of: input.version, of: input.botID, in: connection)
            }
            return BotDraft(stored, links)
        }
    }
}
