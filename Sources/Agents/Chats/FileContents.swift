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
    /// Messages whose files are only named, since those of newer ones are all that memory is given for.
    private var namedOnly: Set<ID> = []

    /// The largest picture that is handed to a model, in bytes.
    static let imageLimit = 20 << 20
    /// The largest text, in bytes.
    static let textLimit = 1 << 20
    /// The most that the files of a query may have together, in bytes. Each counts as often as it is referred to.
    static let queryLimit = 64 << 20
    /// The same for what was said before. Files beyond it are only named.
    static let historyLimit = 32 << 20

    static let none = FileContents()

    private init() {}

    /// Reads the files that messages of the owner's refer to.
    ///
    /// - Parameters:
    ///   - query: the messages a chat is started with.
    ///   - history: those before, oldest first. The files of the latest are read first.
    /// - Throws: 4000 naming the message of the query with which its files exceed ``queryLimit``.
    static func read(
        query: [Message], history: [Message], owner: ID, files: FileStore, storage: Storage
    ) async throws -> FileContents {
        let (query, history) = (query.map(references), history.map(references))
        let ids = Set((query + history).flatMap(\.files))
        if ids.isEmpty { return .none }
        let stored = try await storage.database.read { try FileStore.find(Array(ids), owner: owner, in: $0) }
        let sizes = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, size(of: $0)) })
        func total(_ message: References) -> Int { message.files.reduce(0) { $0 + (sizes[$1] ?? 0) } }

        var read = FileContents()
        var wanted: Set<ID> = []
        var room = queryLimit
        for (index, message) in query.enumerated() {
            room -= total(message)
            if room < 0 {
                throw APIError.invalid(
                    "additional_messages[\(index)].content", "brings the files of the messages to over 64 MB")
            }
            wanted.formUnion(message.files)
        }
        room = historyLimit
        for message in history.reversed() where !message.files.isEmpty {
            if total(message) > room {
                read.namedOnly.insert(message.id)
            } else {
                room -= total(message)
                wanted.formUnion(message.files)
            }
        }
        return await files.blobs.onDisk { [read, wanted] in
            var read = read
            for file in stored {
                let content = wanted.contains(file.id) ? content(of: file, in: files.blobs) : .none
                read.contents[file.id] = (file.fileName, content)
            }
            return read
        }
    }

    /// The files that a message refers to, each as often as it does.
    private struct References {
        var id: ID
        var files: [ID]
    }

    private static func references(_ message: Message) -> References {
        References(id: message.id, files: ((try? message.parts) ?? []).compactMap(\.fileID))
    }

    /// How many bytes of a file are read for a model.
    private static func size(of file: StoredFile) -> Int {
        let limit =
            MediaType.isPicture(file.mediaType) ? imageLimit : MediaType.isText(file.mediaType) ? textLimit : 0
        return file.bytes > limit ? 0 : Int(file.bytes)
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
                switch namedOnly.contains(message.id) ? .none : file.content {
                case .image(let url) where seesImages: return .image(url: url)
                case .text(let text): return .text("File \(file.name):\n\n\(text)")
                default: return .text("[\(file.name)]")
                }
            }
            // Messages that no chat was started with come here unchecked.
            guard let url = part.fileURL, WebAddress(url)?.isPublic == true else { return .text("[file]") }
            return part.kind == .image && seesImages ? .image(url: url) : .text("[\(url)]")
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
