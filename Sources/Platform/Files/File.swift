import APIKit

/// An uploaded file, as its owner sees it.
package struct File: Codable, Sendable {
    /// The file's id.
    var id: ID
    /// Its size in bytes.
    var bytes: Int64
    /// When it was uploaded, in Unix seconds.
    var createdAt: Int64
    /// Its name, without folders.
    var fileName: String
    /// A link to its content that works without a token for 24 hours.
    var url: String

    enum CodingKeys: String, CodingKey {
        case id, bytes, url
        case createdAt = "created_at"
        case fileName = "file_name"
    }
}
