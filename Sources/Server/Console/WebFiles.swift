import APIKit
import Glibc
import NIOCore
import WebAssets

/// What all pages of the server need.
struct Web: Sendable {
    var files = WebFiles()
    /// The sites that may embed the chat.
    var allowedOrigins = AllowedOrigins()
}

/// The scripts, styles and pictures of the server's pages. They lie in the binary.
///
/// Their paths begin with a folder that changes with their contents, so browsers may keep them for ever, and a page never
/// meets the scripts of another version.
package struct WebFiles: Sendable {
    /// Where all files lie.
    let root: String
    private let files: [File]

    /// - Parameter directory: files to serve instead of those in the binary, read anew for each request: for those who
    ///   work on them.
    package init(directory: String? = nil) {
        if let directory {
            root = Self.development
            files = Self.paths(in: directory).map { File(path: $0, content: .directory(directory)) }
        } else {
            root = "/assets/\(Self.fingerprint)"
            files = UnsafeBufferPointer(start: web_assets, count: web_asset_count).map(File.init)
        }
    }

    /// One page for each file, and one for the script that other sites' pages load.
    var pages: [Page] {
        files.map { $0.page(at: path($0.path), caching: isDevelopment ? "no-store" : Self.forEver) }
            + files.filter { $0.path == "embed/sdk.js" }.map {
                // Not for ever: its path is the same in every version.
                $0.page(at: EmbedPages.scriptPath, caching: "public, max-age=300")
            }
    }

    private static let forEver = "public, max-age=31536000, immutable"
    private var isDevelopment: Bool { root == Self.development }
    private static let development = "/assets/development"

    /// Where a file lies.
    func path(_ file: String) -> String { "\(root)/\(file)" }

    /// Whether there is such a file.
    func has(_ file: String) -> Bool { files.contains { $0.path == file } }

    /// The files one folder below a directory.
    private static func paths(in directory: String) -> [String] {
        names(in: directory).flatMap { folder in names(in: "\(directory)/\(folder)").map { "\(folder)/\($0)" } }
            .filter { path in [".js", ".css", ".svg"].contains(where: path.hasSuffix) }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// FNV-1a over all files: it only has to differ from version to version.
    private static let fingerprint: String = {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for asset in UnsafeBufferPointer(start: web_assets, count: web_asset_count) {
            for byte in UnsafeBufferPointer(start: asset.bytes, count: asset.size) {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return String(hash, radix: 16)
    }()

    private struct File: Sendable {
        enum Content: Sendable {
            /// The bytes, and the same compressed.
            case memory([UInt8], OnDemand<[UInt8]?>)
            case directory(String)
        }

        let path: String
        let content: Content

        init(path: String, content: Content) {
            self.path = path
            self.content = content
        }

        init(_ asset: WebAsset) {
            path = String(cString: asset.path)
            let bytes = [UInt8](UnsafeBufferPointer(start: asset.bytes, count: asset.size))
            content = .memory(bytes, OnDemand { Gzip.compressed(bytes) })
        }

        func page(at address: String, caching: String) -> Page {
            Page(path: address) { logID, client in
                var reply = HTTPReply(text: "", contentType: mediaType, logID: logID)
                reply.headers = [
                    ("X-Content-Type-Options", "nosniff"), ("Vary", "Accept-Encoding"), ("Cache-Control", caching),
                    ("Cross-Origin-Resource-Policy", "cross-origin"),
                ]
                switch content {
                case .memory(let bytes, let compressed):
                    if Self.takesGzip(client), let smaller = try await compressed.value {
                        reply.headers.append(("Content-Encoding", "gzip"))
                        reply.body = .whole(ByteBuffer(bytes: smaller))
                    } else {
                        reply.body = .whole(ByteBuffer(bytes: bytes))
                    }
                case .directory(let directory):
                    guard let bytes = Self.read("\(directory)/\(path)") else {
                        throw APIError(.unknownRoute, "There is no file \(path)")
                    }
                    reply.body = .whole(ByteBuffer(bytes: bytes))
                }
                return reply
            }
        }

        private static func takesGzip(_ client: Client) -> Bool {
            client.header("Accept-Encoding")?.split(separator: ",").contains { coding in
                let parts = coding.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
                return parts.first == "gzip" && !parts.contains("q=0")
            } ?? false
        }

        private static func read(_ path: String) -> [UInt8]? {
            guard let file = fopen(path, "r") else { return nil }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
            return bytes
        }

        private var mediaType: String {
            switch path.split(separator: ".").last {
            case "js": "text/javascript; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            default: "image/svg+xml"
            }
        }
    }
}
