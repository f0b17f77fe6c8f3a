/// A reply that is bytes, such as a file, and not JSON.
package struct Download: Sendable, Codable, ReplyShape, StreamedReply {
    package static var layout: ReplyLayout { .download }

    /// Where the bytes are.
    package enum Content: Sendable {
        case bytes([UInt8])
        /// A file's path and how many bytes it has.
        case file(String, count: Int64)
    }

    package let content: Content
    package let mediaType: String
    /// What the file is called where it is saved.
    package let fileName: String
    /// Whether a browser may show it, rather than save it.
    package let isInline: Bool

    package init(file path: String, count: Int64, mediaType: String, fileName: String, isInline: Bool) {
        content = .file(path, count: count)
        self.mediaType = mediaType
        self.fileName = fileName
        self.isInline = isInline
    }

    package init(bytes: [UInt8], mediaType: String, fileName: String, isInline: Bool) {
        content = .bytes(bytes)
        self.mediaType = mediaType
        self.fileName = fileName
        self.isInline = isInline
    }

    package var streamed: EndpointReply? { .download(self) }

    // A download has no JSON form; these exist since every reply type is described by running its decoder.
    package init(from decoder: any Decoder) throws {
        self.init(bytes: [], mediaType: "", fileName: "", isInline: false)
    }
    package func encode(to encoder: any Encoder) throws {}
}
