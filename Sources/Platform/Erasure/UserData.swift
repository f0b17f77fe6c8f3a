package import APIKit

/// What the server keeps of an end user, and its erasure.
package struct UserData: Resource {
    package static let tag = "User data"
    let store: ErasureStore
    let stopChats: @Sendable (ID, String) async -> Void
    let onFilesDeleted: @Sendable ([String]) async -> Void

    /// - Parameters:
    ///   - stopChats: ends the running chats of an owner's end user, and returns when none of them writes any more.
    ///   - onFilesDeleted: removes the contents with these hashes, to which no file refers any more.
    package init(
        store: ErasureStore, stopChats: @escaping @Sendable (ID, String) async -> Void,
        onFilesDeleted: @escaping @Sendable ([String]) async -> Void
    ) {
        self.store = store
        self.stopChats = stopChats
        self.onFilesDeleted = onFilesDeleted
    }

    package var endpoints: [AnyEndpoint] { erase }

    struct EraseInput: Decodable, Sendable {
        /// The end user, by the name that your chats and variables have for them.
        var userID: String

        enum CodingKeys: String, CodingKey { case userID = "user_id" }
    }

    /// How much was deleted.
    struct Erased: Codable, Sendable, Equatable {
        /// Conversations that were held with this end user alone, and are gone as a whole.
        var conversations = 0
        /// The end user's chats.
        var chats = 0
        /// Messages of the conversations and chats.
        var messages = 0
        /// Uploads that only these messages referred to.
        var files = 0
        /// Values of bots' variables.
        var variables = 0
    }

    /// Deletes what you keep of an end user: chats, their messages and files, and variables. A conversation that was
    /// held with nobody else goes as a whole. Once this is answered, nothing of it is found in the data directory;
    /// that may take a minute. Backups are not touched.
    var erase: Endpoint<EraseInput, Erased> {
        Endpoint(
            .delete, "/buckle/v1/users/{user_id}/data", "Erase an end user's data",
            access: .permissions(["editConversation", "deleteMessage"])
        ) { input, call in
            try Limits.check(input.userID, 1...256, "user_id")
            // A caller who goes away does not stop it.
            return try await Task { [self] in
                var erased = Erased()
                for owner in try await store.owners(of: input.userID, for: call) {
                    erased.add(try await erase(input.userID, owner: owner, by: call))
                }
                return erased
            }.value
        }
    }

    func erase(_ user: String, owner: ID, by call: Call) async throws -> Erased {
        guard var erasure = try await store.begin(user, owner: owner, by: call) else { return Erased() }
        await stopChats(owner, user)
        var erased = Erased()
        while let step = try await store.step(erasure) {
            erased.add(step.erased)
            erasure.place = step.place
            if !step.hashes.isEmpty { await onFilesDeleted(step.hashes) }
        }
        erased.variables = try await store.deleteVariables(erasure)
        try await store.finish()
        return erased
    }
}

extension UserData.Erased {
    fileprivate mutating func add(_ other: Self) {
        conversations += other.conversations
        chats += other.chats
        messages += other.messages
        files += other.files
        variables += other.variables
    }
}
