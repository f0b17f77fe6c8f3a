import APIKit

extension FileStore {
    /// How many bytes a body may have beside the file.
    private static let overhead: Int64 = 64 << 10

    /// Takes the one file of a `multipart/form-data` body. The file is durable when this returns, and nothing of it
    /// stays if it throws.
    ///
    /// - Throws: 4300 to 4304, 4000 for a name that is too long, or what the body throws if the client goes.
    func upload(_ body: RequestBody, owner: ID) async throws -> StoredFile {
        if let length = body.length, length > sizeLimit + Self.overhead { throw APIError(.fileTooLarge) }
        if body.length == 0 { throw APIError(.emptyUpload) }
        do {
            return try await blobs.onDisk { try await receive(body, owner: owner) }
        } catch MultipartError.notMultipart {
            throw APIError(.emptyUpload)
        } catch let error as MultipartError {
            throw APIError(.fileInvalid, "\(APIError.Code.fileInvalid.summary): \(error)")
        } catch let error as DiskError {
            throw error.apiError
        }
    }

    private func receive(_ body: RequestBody, owner: ID) async throws -> StoredFile {
        var reader = try MultipartReader(body)
        guard let part = try await reader.nextPart(), ["file", "Data"].contains(part.name) else {
            throw APIError(.emptyUpload)
        }
        let name = try FileName(part.fileName)
        if let pathExtension = name.pathExtension, !MediaType.isAccepted(pathExtension) {
            throw APIError(.fileTypeUnsupported, "Files of the type .\(pathExtension) are not supported")
        }
        let blob = try blobs.receive()
        defer { blob.discard() }
        while let bytes = try await reader.nextContent() {
            if blob.count + Int64(bytes.count) > sizeLimit { throw APIError(.fileTooLarge) }
            try blob.write(bytes)
        }
        if blob.count == 0 { throw APIError(.emptyUpload, "The uploaded file is empty") }
        if try await reader.nextPart() != nil { throw APIError(.severalFiles) }
        return try await add(blob, named: name, owner: owner)
    }
}
