import APIKit
import Crypto
import Database
import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct UploadTests {
    @Test(arguments: DatabaseKind.available)
    func `a file is kept under its hash, byte for byte`(_ kind: DatabaseKind) async throws {
        try await FileBench.with(kind) { bench in
            let content = (0..<50_000).map { _ in UInt8.random(in: 0...255) }
            let form = FileBench.form(content, fileName: "notes.MD")
            let pieces = stride(from: 0, to: form.count, by: 999).map { Array(form[$0..<min($0 + 999, form.count)]) }
            let made = try await bench.files.upload(FileBench.body(pieces, length: form.count), owner: bench.owner)
            let hash = SHA256.hash(data: content).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
            #expect(made.hash == hash)
            #expect(made.bytes == 50_000)
            #expect(made.fileName == "notes.MD")
            #expect(made.mediaType == "text/markdown")
            #expect(bench.contents == ["\(hash.prefix(2))/\(hash.dropFirst(2))"])
            #expect(try bench.files.blobs.read(hash, limit: 50_000) == content)
            #expect(throws: (any Error).self) { try bench.files.blobs.read(hash, limit: 49_999) }
            var found = stat()
            stat(bench.files.blobs.file(hash), &found)
            #expect(found.st_mode & 0o777 == 0o600)
        }
    }

    static let refused: [(String, [UInt8], Int)] = [
        ("application/json", Array("{}".utf8), 4300), ("text/plain", FileBench.form([1]), 4300),
        (type, [], 4304), (type, Array("--frontier--".utf8), 4300), (type, FileBench.form([]), 4300),
        (type, FileBench.form([1], name: "data"), 4300),
        (type, FileBench.form([1]).dropLast(14) + FileBench.form([2]), 4301),
        (type, FileBench.form([1]).dropLast(14) + FileBench.form([2], name: "purpose", fileName: nil), 4301),
        (type, FileBench.form([UInt8](repeating: 7, count: Int(FileBench.sizeLimit) + 1)), 4302),
        (type, FileBench.form([1], fileName: "setup.exe"), 4303),
        (type, FileBench.form([1], fileName: "a.b.SVG"), 4303),
        (type, FileBench.form([1], fileName: String(repeating: "名", count: 252) + ".txt"), 4000),
        (type, FileBench.form([1]).dropLast(5), 4304), (type, Array("no boundary at all".utf8), 4304),
        (type, Array("--frontier\r\n\r\nx\r\n--frontier--".utf8), 4304),
        ("multipart/form-data", FileBench.form([1]), 4304),
        (type, Array("--frontier\r\nX: ".utf8) + [UInt8](repeating: 120, count: 20_000), 4304),
    ]
    private static let type = "multipart/form-data; boundary=frontier"

    @Test(arguments: refused)
    func `an upload that breaks a rule is refused, and nothing of it stays`(
        contentType: String, body: [UInt8], code: Int
    ) async throws {
        try await FileBench.with(.sqlite) { bench in
            let error = await #expect(throws: APIError.self) {
                try await bench.files.upload(FileBench.body([body], contentType: contentType), owner: bench.owner)
            }
            #expect(error?.code.number == code)
            #expect(error?.message.isEmpty == false)
            #expect(bench.contents == [])
            let rows = try await bench.rows()
            #expect(rows == 0)
        }
    }

    @Test func `a body that says it is too large is refused before it comes, an empty one too`() async throws {
        try await FileBench.with(.sqlite) { bench in
            struct WasRead: Error {}
            for (length, code) in [(Int(FileBench.sizeLimit) + (64 << 10) + 1, 4302), (0, 4300)] {
                let body = FileBench.body([], length: length, failure: WasRead())
                let error = await #expect(throws: APIError.self) {
                    try await bench.files.upload(body, owner: bench.owner)
                }
                #expect(error?.code.number == code)
            }
        }
    }

    @Test func `a file may be as large as the limit`() async throws {
        try await FileBench.with(.sqlite) { bench in
            let made = try await bench.upload([UInt8](repeating: 7, count: Int(FileBench.sizeLimit)))
            #expect(made.bytes == FileBench.sizeLimit)
        }
    }

    @Test func `a client that goes leaves nothing behind`() async throws {
        try await FileBench.with(.sqlite) { bench in
            struct Gone: Error {}
            let form = FileBench.form([UInt8](repeating: 7, count: 50_000))
            for count in [0, 10, 90, 30_000, form.count - 3, form.count] {
                let body = FileBench.body([Array(form[..<count])], failure: Gone())
                await #expect(throws: Gone.self) { try await bench.files.upload(body, owner: bench.owner) }
                #expect(bench.contents == [])
            }
            let rows = try await bench.rows()
            #expect(rows == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a row that cannot be written takes its content along, unless another needs it`(
        _ kind: DatabaseKind
    ) async throws {
        try await FileBench.with(kind) { bench in
            let nobody: ID = 12345
            await #expect(throws: DatabaseError.self) { try await bench.upload([1, 2, 3], as: nobody) }
            #expect(bench.contents == [])
            try await bench.upload([1, 2, 3])
            await #expect(throws: DatabaseError.self) { try await bench.upload([1, 2, 3], as: nobody) }
            #expect(bench.contents.count == 1)
        }
    }

    static let names: [(String?, String)] = [
        ("a.txt", "a.txt"), ("upload", "upload"), (nil, "upload"), ("", "upload"), ("..", "upload"), (" ", "upload"),
        ("/etc/passwd", "passwd"), ("../../a.txt", "a.txt"), (#"C:\\Users\\me\\a.txt"#, "a.txt"), ("dir/", "upload"),
        ("杭州 🌤.png", "杭州 🌤.png"), ("a\u{0}\u{7}\u{85}b.txt", "ab.txt"), (".profile", ".profile"), ("a.", "a."),
        ("archive.tar.GZ", "archive.tar.GZ"), ("a.ts", "a.ts"), ("e\u{301}.jpg2", "e\u{301}.jpg2"),
    ]

    @Test(arguments: names)
    func `names lose their folders and what cannot be shown`(given: String?, name: String) async throws {
        try await FileBench.with(.sqlite) { bench in
            let made = try await bench.upload([1], fileName: given)
            #expect(made.fileName == name)
        }
    }

    static let kinds: [(String, [UInt8], String)] = [
        ("a.png", FileBench.picture(), "image/png"), ("upload", FileBench.picture(), "image/png"),
        ("a.txt", FileBench.picture(), "image/png"), ("a.png", Array("<html>".utf8), "application/octet-stream"),
        ("a.pdf", Array("%PDF-1.7".utf8), "application/pdf"), ("a.pdf", [1], "application/octet-stream"),
        ("a.jpg", [0xff, 0xd8, 0xff, 0xe0], "image/jpeg"), ("a.gif", Array("GIF89a".utf8), "image/gif"),
        ("a.webp", Array("RIFF\0\0\0\0WEBPVP8 ".utf8), "image/webp"),
        ("a.wav", Array("RIFF\0\0\0\0WAVEfmt ".utf8), "audio/wav"),
        ("a", Array("RIFF\0\0\0\0AVI ".utf8), "video/x-msvideo"),
        ("a.png", Array("RIFF\0\0\0\0ACON".utf8), "application/octet-stream"),
        ("upload", [0, 0, 0, 24] + Array("ftypM4A ".utf8), "audio/mp4"),
        ("upload", [0, 0, 0, 24] + Array("ftypisom".utf8), "video/mp4"),
        ("a.zip", Array("PK\u{3}\u{4}".utf8), "application/zip"),
        ("upload", Array("PK\u{3}\u{4}".utf8), "application/zip"),
        (
            "a.docx", Array("PK\u{3}\u{4}".utf8),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        ),
        ("a.txt", Array("PK\u{3}\u{4}".utf8), "application/zip"), ("a.html", Array("<html>".utf8), "text/html"),
        ("a.swift", [0, 1], "text/plain"), ("a.csv", Array("a,b".utf8), "text/csv"),
        ("upload", Array("杭州".utf8), "text/plain"),
        ("upload", Array("杭州".utf8).dropLast(1), "application/octet-stream"),
        // Of longer texts the beginning may end within a character.
        ("upload", Array(String(repeating: "州", count: 171).utf8.prefix(512)), "text/plain"),
        ("upload", [0xff, 0xfe, 0x41], "application/octet-stream"), ("upload", [0x41, 0], "application/octet-stream"),
        ("a.mp3", Array("ID3".utf8), "audio/mpeg"), ("a.MP3", [0xff, 0xfb], "audio/mpeg"),
        ("a.json", Array("{}".utf8), "application/json"), ("a.pcd", [1], "application/octet-stream"),
    ]

    @Test(arguments: kinds)
    func `a file's type is what its beginning shows, and else what its name says`(
        name: String, content: [UInt8], type: String
    ) throws {
        #expect(MediaType.of(try FileName(name), head: content) == type)
    }

    @Test func `every documented type may be uploaded`() {
        let documented = """
            DOC DOCX XLS XLSX PPT PPTX PDF Numbers CSV CPP PY JAVA C JPG JPG2 PNG GIF WEBP HEIC HEIF BMP PCD TIFF WAV \
            MP3 FLAC M4A AAC OGG WMA MIDI MP4 AVI MOV 3GP 3GPP FLV WEBM WMV RMVB M4V MKV RAR ZIP 7Z GZ GZIP BZ2
            """
        for name in documented.split(separator: " ") {
            #expect(try! FileName("a.\(name)").pathExtension.map(MediaType.isAccepted) == true, "\(name)")
        }
    }

    @Test(arguments: [(ENOSPC, "disk is full"), (EDQUOT, "disk is full"), (EROFS, "read-only"), (EIO, "failed")])
    func `what the disk refuses is told without the server's paths`(number: Int32, words: String) {
        errno = number
        let error = DiskError("write", "/secret/path").apiError
        #expect(error.code == .internalError)
        #expect(error.message.contains(words))
        #expect(!error.message.contains("secret"))
        #expect(error.description.contains("/secret/path"))
    }
}
