import APIKit
import Database
import ModelClient
import Platform

/// The files that messages refer to, as far as a model takes them.
struct FileContents: Sendable {
    /// What a file is to a model.
    enum Content: Sendable {
        /// A picture, as a `data:` URL.
        case image(String)
        case text(String)
        /// Nothing; only its name can be told.
        case none
    }

    private var contents: [ID: (name: String, content: Content)] = [:]

    /// The largest picture that is handed to a model, in bytes.
    static let imageLimit = 20 << 20
    /// The largest text, in bytes.
    static let textLimit = 1 << 20

    static let none = FileContents()

    private init() {}

    /// Reads the files that messages of the owner's refer to.
    static func read(
        _ messages: [Message], owner: ID, files: FileStore, storage: Storage
    ) async throws -> FileContents {
        let ids = Set(messages.flatMap { (try? $0.parts) ?? [] }.compactMap(\.fileID))
        if ids.isEmpty { return .none }
        let stored = try await storage.database.read { try FileStore.find(Array(ids), owner: owner, in: $0) }
        return try await files.blobs.onDisk {
            var read = FileContents()
            for file in stored { read.contents[file.id] = (file.fileName, content(of: file, in: files.blobs)) }
            return read
        }
    }

    private static func content(of file: StoredFile, in blobs: BlobDirectory) -> Content {
        if MediaType.isPicture(file.mediaType) {
            guard let bytes = try? blobs.read(file.hash, limit: imageLimit) else { return .none }
            return .image("data:\(file.mediaType);base64,\(Base64.text(bytes))")
        }
        guard MediaType.isText(file.mediaType), let bytes = try? blobs.read(file.hash, limit: textLimit),
            let text = String(validating: bytes, as: UTF8.self)
        else { return .none }
        return .text(text)
    }

    /// Checks that a model takes all that a message of the request holds.
    ///
    /// - Throws: 4000 naming `field`.
    func check(_ message: Message, for model: Model, _ field: String) throws {
        for part in try message.parts {
            switch part.kind {
            case .text: continue
            case .audio: throw APIError.invalid(field, "has an audio part, which the model cannot take")
            case .image:
                guard model.capabilities.contains(.vision) else {
                    throw APIError.invalid(field, "has an image, which the model \(model.id) cannot see")
                }
                guard let id = part.fileID else {
                    guard WebAddress(part.fileURL ?? "")?.isPublic == true else {
                        throw APIError.invalid(field, "has a file_url that is not the address of a public web server")
                    }
                    continue
                }
                guard case .image? = contents[id]?.content else {
                    throw APIError.invalid(
                        field, "has an image part that is not a PNG, JPEG, GIF or WebP picture of at most 20 MB")
                }
            case .file:
                guard let id = part.fileID else {
                    throw APIError.invalid(
                        field, "has a file part with a file_url; upload the file and give its file_id")
                }
                switch contents[id]?.content {
                case .text?: continue
                case .image? where model.capabilities.contains(.vision): continue
                default:
                    throw APIError.invalid(
                        field, "has a file that the model cannot take; text of at most 1 MB and pictures can be")
                }
            }
        }
    }

    /// A message's content for the model. What it cannot take, in messages of earlier turns, becomes its name.
    func parts(of message: Message, for model: Model) -> [ModelContent] {
        guard message.contentType == "object_string", let parts = try? message.parts else {
            return [.text(message.content)]
        }
        return parts.map { part in
            if part.kind == .text { return .text(part.text ?? "") }
            let seesImages = model.capabilities.contains(.vision)
            if let id = part.fileID, let file = contents[id] {
                switch file.content {
                case .image(let url) where seesImages: return .image(url: url)
                case .text(let text): return .text("File \(file.name):\n\n\(text)")
                default: return .text("[\(file.name)]")
                }
            }
            if part.kind == .image, seesImages, let url = part.fileURL { return .image(url: url) }
            return .text("[\(part.fileURL ?? "file")]")
        }
    }
}

/// Binary data as text (RFC 4648).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        let size = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: size) { text in
            var index = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let count = min(3, bytes.count - start)
                var group: UInt32 = 0
                for offset in 0..<3 { group = group << 8 | UInt32(offset < count ? bytes[start + offset] : 0) }
                for offset in 0..<4 {
                    let digit = alphabet[Int(group >> UInt32(18 - 6 * offset) & 63)]
                    text.initializeElement(at: index, to: offset <= count ? digit : UInt8(ascii: "="))
                    index += 1
                }
            }
            return size
        }
    }
}
