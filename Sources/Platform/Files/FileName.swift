import APIKit

/// The name of an uploaded file, without folders. It is only shown, never used as a path.
struct FileName: Sendable {
    /// What a file without a name is called.
    static let standard = "upload"
    static let lengthLimit = 255

    let text: String
    /// What stands after the last dot, in lower case; nil if there is none.
    let pathExtension: String?

    /// - Parameter given: as the client sent it; some send a whole path.
    /// - Throws: 4000 if it is too long.
    init(_ given: String?) throws(APIError) {
        var scalars = (given ?? "").unicodeScalars
        if let slash = scalars.lastIndex(where: { $0 == "/" || $0 == "\\" }) { scalars.removeSubrange(...slash) }
        scalars.removeAll { $0.properties.generalCategory == .control }
        var name = String(scalars)
        if name.unicodeScalars.allSatisfy({ $0 == "." || $0.properties.isWhitespace }) { name = Self.standard }
        if name.unicodeScalars.count > Self.lengthLimit {
            throw .invalid("file", "must have a name of at most \(Self.lengthLimit) characters")
        }
        text = name
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        // A name that begins with its only dot, such as .profile, is all name.
        let hasExtension = parts.count > 2 || parts.count == 2 && !parts[0].isEmpty
        pathExtension = hasExtension && !parts.last!.isEmpty ? parts.last!.lowercased() : nil
    }
}
