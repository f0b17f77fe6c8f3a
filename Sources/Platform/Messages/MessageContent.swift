package import APIKit

/// The checked content of a message.
package struct MessageContent: Sendable {
    /// What is stored and returned, as it came.
    package let text: String
    /// text or object_string.
    package let type: String
    /// The uploads it refers to, each once. Whose they are is checked when the message is stored.
    package let fileIDs: [ID]
    /// The parts of an object_string.
    private let objects: [Part]
    /// What errors call it.
    let field: String

    /// One thing of a message.
    package struct Part: Sendable {
        package enum Kind: String, Sendable { case text, file, image, audio }

        package let kind: Kind
        /// Given for a text, and for nothing else.
        package let text: String?
        /// An upload.
        package let fileID: ID?
        /// An address, which was not looked at.
        package let fileURL: String?
    }

    /// The most uploads a message may refer to.
    private static let fileLimit = 100

    /// - Throws: 4000, naming content or content_type with `prefix` before it.
    package init(_ text: String, type: String?, _ prefix: String = "") throws(APIError) {
        guard let type else { throw .invalid(prefix + "content_type", "must be given with content") }
        self.text = text
        self.type = type
        field = prefix + "content"
        switch type {
        case "text": objects = []
        case "object_string": objects = try Self.parts(of: text, field)
        default: throw .invalid(prefix + "content_type", "must be text or object_string")
        }
        var seen: Set<ID> = []
        fileIDs = objects.compactMap(\.fileID).filter { seen.insert($0).inserted }
        try Limits.check(count: fileIDs.count, atMost: Self.fileLimit, field)
    }

    /// What it consists of. A text is one part.
    package var parts: [Part] {
        type == "text" ? [Part(kind: .text, text: text, fileID: nil, fileURL: nil)] : objects
    }

    /// The text in it, if there is any.
    package var plainText: String? { type == "text" ? text : objects.first { $0.kind == .text }?.text }

    /// What a conversation without a name is called by it; nil if it has no text.
    package var conversationName: String? {
        guard let text = plainText, !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else { return nil }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(100)))
    }

    /// - Parameter messageType: question or answer.
    /// - Throws: 4000 naming content_type with `prefix` before it, if such a message cannot have this content.
    func check(for messageType: String, _ prefix: String = "") throws(APIError) {
        if messageType == "answer", type != "text" {
            throw .invalid(prefix + "content_type", "must be text for the assistant's messages")
        }
    }

    /// Checks that what has no text stands right before or after a text.
    ///
    /// - Throws: 4000 naming the content at fault.
    package static func checkNeighbours(_ contents: [MessageContent]) throws(APIError) {
        for (index, content) in contents.enumerated() where content.plainText == nil {
            let neighbours = [index - 1, index + 1].filter(contents.indices.contains)
            guard neighbours.contains(where: { contents[$0].type == "text" }) else {
                throw .invalid(content.field, "has no text, so a text message must stand before or after it")
            }
        }
    }

    /// What is thrown for a file that does not exist, and for one of somebody else's.
    var unknownFile: APIError { Self.unknownFile(field) }

    private static func unknownFile(_ field: String) -> APIError {
        .invalid(field, "names a file_id that is not an upload of yours")
    }

    /// A part as it is written.
    private struct PartInput: Decodable {
        var type: String
        var text: String?
        var fileID: String?
        var fileURL: String?

        enum CodingKeys: String, CodingKey {
            case type, text
            case fileID = "file_id"
            case fileURL = "file_url"
        }
    }

    /// Reads and checks the parts of an object_string.
    private static func parts(of json: String, _ field: String) throws(APIError) -> [Part] {
        let inputs: [PartInput]
        do {
            inputs = try StoredJSON.read([PartInput].self, json)
        } catch {
            throw .invalid(field, "must be a JSON array of parts when content_type is object_string: \(error)")
        }
        let texts = inputs.filter { $0.type == "text" }
        if inputs.isEmpty { throw .invalid(field, "must have at least one part") }
        if texts.count > 1 { throw .invalid(field, "must have at most one text part") }
        if texts.count == inputs.count {
            throw .invalid(field, "must have a file, image or audio part; plain text has content_type text")
        }
        var parts: [Part] = []
        for input in inputs { parts.append(try part(input, field)) }
        return parts
    }

    private static func part(_ input: PartInput, _ field: String) throws(APIError) -> Part {
        guard let kind = Part.Kind(rawValue: input.type) else {
            throw .invalid(field, "has a part of type \(input.type); known are text, file, image and audio")
        }
        if kind == .text {
            guard let text = input.text else { throw .invalid(field, "has a text part without text") }
            return Part(kind: .text, text: text, fileID: nil, fileURL: nil)
        }
        guard input.fileURL != nil || input.fileID != nil else {
            throw .invalid(field, "has a part of type \(input.type) without file_id or file_url")
        }
        let fileID = input.fileID.flatMap { ID($0) }
        if input.fileID != nil, fileID == nil { throw unknownFile(field) }
        return Part(kind: kind, text: nil, fileID: fileID, fileURL: input.fileURL)
    }
}
