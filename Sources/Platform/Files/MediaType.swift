/// Tells of what kind a file is, and what may be done with it. What the client says of it does not count.
package enum MediaType {
    static let unknown = "application/octet-stream"

    /// The type of a file, from how it begins and, where that does not tell, from its name.
    ///
    /// - Parameter head: the first bytes, ``IncomingBlob/headSize`` if there are as many.
    static func of(_ name: FileName, head: [UInt8]) -> String {
        let named = name.pathExtension.flatMap { byExtension[$0] }
        guard let begun = FileSignature.mediaType(head) else {
            // What only claims to be a picture may be anything.
            if let named, FileSignature.sure.contains(named) { return unknown }
            return named ?? (isUTF8(head) ? "text/plain" : unknown)
        }
        // Books, and documents of office programs, are zip archives.
        if begun == "application/zip", let named, named != unknown, named.hasPrefix("application/") { return named }
        return begun
    }

    /// Whether files with this extension may be uploaded.
    static func isAccepted(_ pathExtension: String) -> Bool { byExtension[pathExtension] != nil }

    /// Whether the type is one of pictures that every browser shows.
    package static func isPicture(_ type: String) -> Bool {
        ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(type)
    }

    /// Whether a file of this type is text.
    package static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || ["application/json", "application/xml", "application/yaml"].contains(type)
    }

    /// Whether a browser may show the file under the server's own address: it runs no code of the file's.
    static func isInline(_ type: String) -> Bool {
        isPicture(type) || type.hasPrefix("audio/") || type.hasPrefix("video/")
    }

    /// Whether bytes are UTF-8 without control characters. Where there are more of them, the last character may be cut.
    private static func isUTF8(_ head: [UInt8]) -> Bool {
        if head.contains(where: { $0 < 32 && ![9, 10, 12, 13, 27].contains($0) || $0 == 127 }) { return false }
        let cut = head.count < IncomingBlob.headSize ? 0 : 3
        return (0...cut).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
    }

    private static let byExtension: [String: String] = {
        var types = ["rtf": "text/rtf", "csv": "text/csv", "tsv": "text/tab-separated-values", "html": "text/html"]
        types.merge(
            [
                "htm": "text/html", "xhtml": "text/html", "md": "text/markdown", "markdown": "text/markdown",
                "css": "text/css", "vtt": "text/vtt", "json": "application/json", "xml": "application/xml",
                "yaml": "application/yaml", "yml": "application/yaml",
            ], uniquingKeysWith: { $1 })
        let plain = """
            bat c cc cfg conf cpp cs dart env go gradle h hpp ini ipynb java js jsonl jsx kt kts lua m mjs php pl proto \
            properties ps1 py r rb rs rst scala scss sh sql srt swift tex text toml ts tsx txt vue log
            """
        for name in plain.split(separator: " ") { types[String(name)] = "text/plain" }
        types.merge(documents) { $1 }
        types.merge(media) { $1 }
        return types
    }()

    private static let documents = [
        "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pdf": "application/pdf", "numbers": "application/vnd.apple.numbers", "epub": "application/epub+zip",
        "zip": "application/zip", "rar": "application/vnd.rar", "7z": "application/x-7z-compressed",
        "gz": "application/gzip", "gzip": "application/gzip", "bz2": "application/x-bzip2", "pcd": unknown,
    ]

    private static let media = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpg2": "image/jp2", "jp2": "image/jp2", "png": "image/png",
        "gif": "image/gif", "webp": "image/webp", "heic": "image/heic", "heif": "image/heif", "bmp": "image/bmp",
        "tiff": "image/tiff", "tif": "image/tiff", "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac",
        "m4a": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg", "wma": "audio/x-ms-wma", "midi": "audio/midi",
        "mid": "audio/midi", "mp4": "video/mp4", "avi": "video/x-msvideo", "mov": "video/quicktime",
        "3gp": "video/3gpp", "3gpp": "video/3gpp", "flv": "video/x-flv", "webm": "video/webm", "wmv": "video/x-ms-wmv",
        "rmvb": "application/vnd.rn-realmedia-vbr", "m4v": "video/mp4", "mkv": "video/x-matroska",
    ]
}
