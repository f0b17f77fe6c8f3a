/// The bytes by which files of the common kinds begin.
enum FileSignature {
    /// Types that every file of theirs shows by its beginning.
    static let sure: Set = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "application/pdf"]

    /// The type that a file's first bytes show; nil if they show none.
    static func mediaType(_ head: [UInt8]) -> String? {
        for (signature, type) in signatures where head.starts(with: signature) { return type }
        let kind = head.dropFirst(8).prefix(4)
        if head.starts(with: "RIFF".utf8) {
            return ["WEBP": "image/webp", "WAVE": "audio/wav", "AVI ": "video/x-msvideo"][text(kind)]
        }
        if head.dropFirst(4).starts(with: "ftyp".utf8) { return boxed(text(kind)) }
        // The header that WebM shares with Matroska names the one of the two.
        if head.starts(with: [0x1a, 0x45, 0xdf, 0xa3]) {
            return text(head.prefix(64)).contains("webm") ? "video/webm" : "video/x-matroska"
        }
        return nil
    }

    private static let signatures: [([UInt8], String)] = [
        ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image/png"), ([0xff, 0xd8, 0xff], "image/jpeg"),
        (Array("GIF87a".utf8), "image/gif"), (Array("GIF89a".utf8), "image/gif"),
        (Array("II*\0".utf8), "image/tiff"), (Array("MM\0*".utf8), "image/tiff"),
        (Array("%PDF-".utf8), "application/pdf"), ([0x50, 0x4b, 3, 4], "application/zip"),
        ([0x50, 0x4b, 5, 6], "application/zip"), (Array("Rar!\u{1a}\u{7}".utf8), "application/vnd.rar"),
        ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "application/x-7z-compressed"), ([0x1f, 0x8b, 8], "application/gzip"),
        (Array("ID3".utf8), "audio/mpeg"), (Array("fLaC".utf8), "audio/flac"), (Array("OggS".utf8), "audio/ogg"),
        (Array("MThd".utf8), "audio/midi"),
    ]

    /// The types of the container of MPEG-4 and its kin, by its brand.
    private static func boxed(_ brand: String) -> String {
        switch brand {
        case "M4A ", "M4B ": "audio/mp4"
        case "qt  ": "video/quicktime"
        case "heic", "heix", "heim", "heis": "image/heic"
        case "mif1", "msf1": "image/heif"
        case _ where brand.hasPrefix("3g"): "video/3gpp"
        default: "video/mp4"
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
