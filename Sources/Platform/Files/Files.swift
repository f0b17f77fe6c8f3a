package import APIKit

/// Files that users upload, to be used in messages and as pictures of bots.
package struct Files: Resource {
    package static let tag = "Files"
    let files: FileStore
    let links: LinkSigner

    package init(files: FileStore, links: LinkSigner) {
        self.files = files
        self.links = links
    }

    package var endpoints: [AnyEndpoint] {
        upload
        retrieve
        list
        delete
        content
        link
    }

    /// How long the links in replies work, in seconds.
    private static let linkLifetime: Int64 = 24 * 3600

    var upload: UploadEndpoint<File> {
        UploadEndpoint("/v1/files/upload", "Upload a file", access: .permission("uploadFile")) { body, call in
            file(try await files.upload(body, owner: call.user))
        }
    }

    /// The input of whatever needs to know the file alone.
    struct FileInput: Decodable, Sendable {
        /// The file.
        var fileID: ID

        enum CodingKeys: String, CodingKey { case fileID = "file_id" }
    }

    var retrieve: Endpoint<FileInput, File> {
        Endpoint(
            .get, "/v1/files/retrieve", "Retrieve a file's description", access: .permission("retrieveFile")
        ) { input, call in
            file(try await files.find(input.fileID, owner: call.user))
        }
    }

    struct ListInput: Decodable, Sendable {
        /// Only files that stand after this one in the list: the `last_id` of the page before.
        var afterID: ID?
        /// Files to return, 1 to 100; 20 if absent.
        var limit: Int?

        enum CodingKeys: String, CodingKey {
            case afterID = "after_id"
            case limit
        }
    }

    struct FilePage: Codable, Sendable {
        /// The files, newest first.
        var items: [File]
        /// Whether there are more on the next page.
        var hasMore: Bool
        /// The last file's id, to be passed as `after_id` for the next page; empty if there is none.
        var lastID: String

        enum CodingKeys: String, CodingKey {
            case items
            case hasMore = "has_more"
            case lastID = "last_id"
        }
    }

    var list: Endpoint<ListInput, FilePage> {
        Endpoint(
            .get, "/buckle/v1/files", "List the caller's files", access: .permission("retrieveFile")
        ) { input, call in
            let (found, hasMore) = try await files.list(
                owner: call.user, after: input.afterID,
                limit: try Limits.number(input.limit, 1...100, or: 20, "limit"))
            return FilePage(
                items: found.map { file($0) }, hasMore: hasMore, lastID: found.last?.id.description ?? "")
        }
    }

    var delete: Endpoint<FileInput, NoData> {
        Endpoint(
            .delete, "/buckle/v1/files/{file_id}", "Delete a file", access: .permission("uploadFile")
        ) { input, call in
            try await files.delete(input.fileID, owner: call.user)
            return NoData()
        }
    }

    var content: Endpoint<FileInput, Download> {
        Endpoint(
            .get, "/buckle/v1/files/{file_id}/content", "Download a file", access: .permission("retrieveFile")
        ) { input, call in
            try await download(try await files.find(input.fileID, owner: call.user))
        }
    }

    struct LinkInput: Decodable, Sendable {
        /// The file.
        var fileID: ID
        /// The Unix second from which on the link no longer works.
        var expires: Int64
        /// Shows that the server made the link.
        var signature: String

        enum CodingKeys: String, CodingKey {
            case fileID = "file_id"
            case expires, signature
        }
    }

    /// What the links in replies lead to. An expired or forged link is answered like one to a file that does not exist.
    var link: Endpoint<LinkInput, Download> {
        Endpoint(
            .get, "/buckle/v1/links/files/{file_id}", "Download a file by a signed link", access: .open
        ) { input, _ in
            guard links.isValid(input.fileID, until: input.expires, signature: input.signature) else {
                throw FileStore.unknown(input.fileID)
            }
            return try await download(try await files.find(signed: input.fileID))
        }
    }

    private func file(_ stored: StoredFile) -> File {
        File(
            id: stored.id, bytes: stored.bytes, createdAt: stored.createdAt, fileName: stored.fileName,
            url: links.link(to: stored.id, lasting: Self.linkLifetime))
    }

    private func download(_ stored: StoredFile) async throws -> Download {
        try await files.requireContent(of: stored)
        let type = stored.mediaType
        return Download(
            file: files.blobs.file(stored.hash), count: stored.bytes,
            mediaType: MediaType.isInline(type) || MediaType.isText(type) ? type : MediaType.unknown,
            fileName: stored.fileName, isInline: MediaType.isInline(type))
    }
}
