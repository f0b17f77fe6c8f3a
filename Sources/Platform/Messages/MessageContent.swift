import APIKit

/// The checked content of a message.
struct MessageContent: Sendable {
    /// What is stored and returned, as it came.
    let text: String
    /// text or object_string.
    let type: String
    /// The text in it, if there is any.
    let plainText: String?

    /// - Throws: 4000, naming content or content_type with `prefix` before it.
    init(_ text: String, type: String?, _ prefix: String) throws(APIError) {
        guard let type else { throw .invalid(prefix + "content_type", "must be given with content") }
        self.text = text
        self.type = type
        switch type {
        case "text": plainText = text
        case "object_string": plainText = try Self.textPart(of: text, prefix + "content")
        default: throw .invalid(prefix + "content_type", "must be text or object_string")
        }
    }

    /// - Parameter messageType: question or answer.
    /// - Throws: 4000 naming content_type with `prefix` before it, if such a message cannot have this content.
    func check(for messageType: String, _ prefix: String = "") throws(APIError) {
        if messageType == "answer", type != "text" {
            throw .invalid(prefix + "content_type", "must be text for the assistant's messages")
        }
    }

    private struct Part: Decodable {
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

    /// Checks the parts of an object_string and returns the text among them.
    private static func textPart(of json: String, _ field: String) throws(APIError) -> String? {
        let parts: [Part]
        do {
            parts = try StoredJSON.read([Part].self, json)
        } catch {
            throw .invalid(field, "must be a JSON array of parts when content_type is object_string: \(error)")
        }
        let texts = parts.filter { $0.type == "text" }
        if parts.isEmpty { throw .invalid(field, "must have at least one part") }
        if texts.count > 1 { throw .invalid(field, "must have at most one text part") }
        if texts.count == parts.count {
            throw .invalid(field, "must have a file, image or audio part; plain text has content_type text")
        }
        for part in parts where part.type != "text" {
            guard ["file", "image", "audio"].contains(part.type) else {
                throw .invalid(field, "has a part of type \(part.type); known are text, file, image and audio")
            }
            guard part.fileURL != nil || part.fileID != nil else {
                throw .invalid(field, "has a part of type \(part.type) without file_id or file_url")
            }
            // A file_id must name an upload of the caller's own, and this server does not take uploads yet.
            if part.fileID != nil { throw .invalid(field, "names a file_id that is not an upload of yours") }
        }
        if let text = texts.first, text.text == nil { throw .invalid(field, "has a text part without text") }
        return texts.first?.text
    }
}
