import Testing

@testable import APIKit

@Suite struct MultipartParserTests {
    static let contentType = "multipart/form-data; boundary=frontier"

    /// What a body says: parts with their contents, or why it is refused.
    struct Parsed: Equatable {
        var parts: [MultipartPart] = []
        var contents: [String] = []
        var isOver = false
        var error: MultipartError?
    }

    /// Parses a body that comes in these pieces.
    static func parse(_ pieces: [[UInt8]], contentType: String? = contentType) -> Parsed {
        var parsed = Parsed()
        do throws(MultipartError) {
            var parser = try MultipartParser(contentType: contentType)
            for piece in pieces {
                try parser.append(piece)
                try take(from: &parser, into: &parsed)
            }
            try parser.finish()
        } catch {
            parsed.error = error
        }
        return parsed
    }

    private static func take(from parser: inout MultipartParser, into parsed: inout Parsed) throws(MultipartError) {
        while !parsed.isOver, let event = try parser.next() {
            switch event {
            case .part(let part):
                parsed.parts.append(part)
                parsed.contents.append("")
            case .content(let bytes):
                #expect(!bytes.isEmpty)
                parsed.contents[parsed.contents.count - 1] += String(decoding: bytes, as: Unicode.ASCII.self)
            case .partEnd: break
            case .end: parsed.isOver = true
            }
        }
    }

    static func parse(_ body: String, contentType: String? = contentType) -> Parsed {
        parse([Array(body.utf8)], contentType: contentType)
    }

    static func part(_ name: String, _ content: String, fileName: String? = nil) -> String {
        let file = fileName.map { "; filename=\"\($0)\"" } ?? ""
        return "--frontier\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\r\n\r\n\(content)\r\n"
    }

    static let end = "--frontier--\r\n"

    /// Bodies with two parts, and the contents of these.
    static let bodies: [(String, [String])] = [
        (part("a", "hello", fileName: "x.txt") + part("b", "world") + end, ["hello", "world"]),
        ("a preamble\r\n" + part("a", "") + part("b", "x") + "--frontier--an epilogue\r\n--frontier\r\n", ["", "x"]),
        (part("a", "\r\n") + part("b", "\r\n\r\n") + end, ["\r\n", "\r\n\r\n"]),
        (
            part("a", "\r\n--frontie\r\n--frontiers\r\n--\r\r\n") + part("b", "--frontier\n--frontier--\r") + end,
            ["\r\n--frontie\r\n--frontiers\r\n--\r\r\n", "--frontier\n--frontier--\r"]
        ),
        ("\r\n" + part("a", "-") + part("b", "x--frontier--") + "--frontier--", ["-", "x--frontier--"]),
        (
            // The first part has no content and no line break for it, as RFC 2046 allows.
            "--frontier \t\r\ncontent-disposition:form-data;name=a\r\n\r\n--frontier\r\n"
                + "X-More: yes\r\nCONTENT-DISPOSITION: Form-Data ; Name = b \r\n\r\nx\r\n--frontier--", ["", "x"]
        ),
    ]

    @Test(arguments: bodies)
    func `a body says the same in one piece, cut anywhere, and byte by byte`(body: String, contents: [String]) {
        let bytes = Array(body.utf8)
        let whole = Self.parse([bytes])
        #expect(whole.error == nil)
        #expect(whole.isOver)
        #expect(whole.parts.map(\.name) == ["a", "b"])
        #expect(whole.contents == contents)
        for cut in 0...bytes.count {
            #expect(Self.parse([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole, "\(cut)")
        }
        #expect(Self.parse(bytes.map { [$0] }) == whole)
    }

    @Test(arguments: bodies)
    func `every beginning of a body is refused as cut off`(body: String, contents: [String]) {
        let bytes = Array(body.utf8)
        let last = bytes.indices.last { bytes[$0...].starts(with: "--frontier--".utf8) }!
        let end = last + "--frontier--".utf8.count
        for count in 0..<end { #expect(Self.parse([Array(bytes[..<count])]).error == .truncated, "\(count)") }
        #expect(Self.parse([Array(bytes[..<end])]).error == nil)
    }

    static let names: [(String, String?)] = [
        ("filename=\"a.txt\"", "a.txt"), ("filename=a.txt", "a.txt"), ("filename = a b.txt ; x=y", "a b.txt"),
        (#"filename="a \"b\" \\ c.txt""#, #"a "b" \ c.txt"#), (#"filename="C:\new\a.txt""#, #"C:\new\a.txt"#),
        ("filename=\"a;b=c.txt\"", "a;b=c.txt"), ("filename=\"杭州 🌤.png\"", "杭州 🌤.png"), ("filename=\"\"", ""),
        ("filename*=UTF-8''%E6%9D%AD%e5%b7%9e.png", "杭州.png"), ("filename*=utf-8'en'a%20b.png", "a b.png"),
        ("filename=\"plain.txt\"; filename*=UTF-8''%E6%9D%AD.txt", "杭.txt"),
        ("filename*=UTF-8''%E6%9D%AD.txt; filename=\"plain.txt\"", "杭.txt"),
        // What cannot be decoded gives way to the plain name.
        ("filename=\"plain.txt\"; filename*=UTF-8''%E6%9.txt", "plain.txt"),
        ("filename=\"plain.txt\"; filename*=UTF-8''%ff.txt", "plain.txt"),
        ("filename=\"plain.txt\"; filename*=latin1''a.txt", "plain.txt"), ("filename*=nothing", nil),
        ("filename", nil), ("FileName=\"a.txt\"", "a.txt"), (";; filename=a.txt;;", "a.txt"),
    ]

    @Test(arguments: names)
    func `a file's name is read in every form that clients write`(parameter: String, name: String?) {
        let body = "--frontier\r\nContent-Disposition: form-data; name=\"file\"; \(parameter)\r\n\r\nx\r\n--frontier--"
        let parsed = Self.parse(body)
        #expect(parsed.error == nil)
        #expect(parsed.parts == [MultipartPart(name: "file", fileName: name, contentType: nil)])
    }

    @Test func `a name that is not UTF-8 is read as well as it can be`() {
        let head = Array("--frontier\r\nContent-Disposition: form-data; name=f; filename=\"".utf8)
        let parsed = Self.parse([head, [0xba, 0xbc], Array(".txt\"\r\n\r\nx\r\n--frontier--".utf8)])
        #expect(parsed.error == nil)
        #expect(parsed.parts.first?.fileName == "\u{fffd}\u{fffd}.txt")
    }

    @Test(arguments: [
        "multipart/form-data; boundary=frontier", "Multipart/Form-Data;BOUNDARY=\"frontier\"",
        "multipart/form-data; charset=utf-8; boundary=frontier; x", "multipart/form-data ;\tboundary = frontier ",
    ])
    func `the boundary is found in every form of the header`(contentType: String) {
        #expect(Self.parse(Self.part("a", "x") + Self.end, contentType: contentType).contents == ["x"])
    }

    @Test func `a boundary may have 70 characters, all printable ones among them`() {
        let boundary = String(repeating: "0", count: 57) + "'()+_,-./:=? x"
        #expect(boundary.utf8.count == 71)
        for (boundary, error) in [(String(boundary.dropFirst()), nil), (boundary, MultipartError.invalidBoundary)] {
            var body = Self.part("a", "x") + Self.end
            body.replace("frontier", with: boundary)
            let parsed = Self.parse(body, contentType: "multipart/form-data; boundary=\"\(boundary)\"")
            #expect(parsed.error == error)
            #expect(parsed.contents == (error == nil ? ["x"] : []))
        }
    }

    static let wrongTypes: [(String?, MultipartError)] = [
        (nil, .notMultipart), ("", .notMultipart), ("application/json", .notMultipart), ("text/plain", .notMultipart),
        ("multipart/mixed; boundary=frontier", .notMultipart), ("multipart/form-data-x; boundary=a", .notMultipart),
        ("multipart/form-data; boundary=\"a", .notMultipart), ("multipart/form-data; boundary=\"a\"b", .notMultipart),
        ("multipart/form-data; boundary=a; boundary=b", .notMultipart),
        ("multipart/form-data; boundary=" + String(repeating: "a", count: 2000), .notMultipart),
        ("multipart/form-data", .invalidBoundary), ("multipart/form-data; boundary=", .invalidBoundary),
        ("multipart/form-data; boundary=\"\"", .invalidBoundary),
        ("multipart/form-data; boundary=\"a \"", .invalidBoundary),
        ("multipart/form-data; boundary=a\u{1}b", .invalidBoundary),
        ("multipart/form-data; boundary=é", .invalidBoundary),
    ]

    @Test(arguments: wrongTypes)
    func `a content type without a usable boundary is refused`(contentType: String?, error: MultipartError) {
        #expect(Self.parse(Self.part("a", "x") + Self.end, contentType: contentType).error == error)
    }

    /// What stands between the boundary and the content.
    static let badHeads = [
        "\r\n\r\nx", "\r\nContent-Type: text/plain\r\n\r\nx", "\r\nContent-Disposition: form-data\r\n\r\nx",
        "\r\nContent-Disposition: attachment; name=a\r\n\r\nx", "\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx",
        "\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx", "\r\nContent-Disposition\r\n\r\nx",
        "\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx",
        "\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx", "\r\n: x\r\n\r\nx", "-\r\n", "-x", " x", "\t\tx",
        "\rx",
        "\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\nx",
    ]

    @Test(arguments: badHeads)
    func `what does not follow the rules is refused, cut anywhere`(head: String) {
        let bytes = Array(("--frontier" + head + "\r\n--frontier--").utf8)
        let whole = Self.parse([bytes])
        guard case .malformed = whole.error else {
            Issue.record("\(whole)")
            return
        }
        #expect(whole.contents == [])
        #expect(Self.parse(bytes.map { [$0] }) == whole)
    }

    @Test func `a line break that is a line feed alone is none`() {
        var body = Self.part("a", "x") + Self.end
        body.replace("\r\n", with: "\n")
        #expect(Self.parse(body).error == .truncated)
        #expect(Self.parse(body).parts == [])
    }

    @Test func `headers end at 16 KB`() {
        func body(_ size: Int) -> String {
            let line = "Content-Disposition: form-data; name=a\r\nX: "
            return "--frontier\r\n" + line + String(repeating: "x", count: size - line.utf8.count) + "\r\n\r\n"
                + "content\r\n--frontier--"
        }
        let limit = MultipartParser.headerLimit
        #expect(Self.parse(body(limit)).contents == ["content"])
        #expect(Self.parse(body(limit + 1)).error == .headersTooLong)
        // The end of the headers need not come for this to be seen.
        #expect(Self.parse(String(body(limit + 100).prefix(limit + 50))).error == .headersTooLong)
    }

    @Test func `what stands before the first boundary and after the last is limited`() {
        let ignored = String(repeating: "x", count: MultipartParser.headerLimit - 4)
        let much = ignored + "xxxxx"
        let body = Self.part("a", "x") + "--frontier--"
        #expect(Self.parse(ignored + "\r\n" + body + ignored).contents == ["x"])
        #expect(Self.parse(ignored + "\r\n" + body + ignored).error == nil)
        for body in [much + "\r\n" + body, body + much] {
            for size in [1, 1000, 100_000] {
                let bytes = Array(body.utf8)
                let pieces = stride(from: 0, to: bytes.count, by: size).map {
                    Array(bytes[$0..<min($0 + size, bytes.count)])
                }
                guard case .malformed = Self.parse(pieces).error else {
                    Issue.record("\(Self.parse(pieces))")
                    continue
                }
            }
        }
    }

    @Test func `content comes out as it comes in, but for what may begin a boundary`() throws {
        var parser = try MultipartParser(contentType: Self.contentType)
        try parser.append(Array("--frontier\r\nContent-Disposition: form-data; name=a\r\n\r\n".utf8))
        guard case .part? = try parser.next() else { throw MultipartError.truncated }
        var source = SystemRandomNumberGenerator()
        var (given, taken): ([UInt8], [UInt8]) = ([], [])
        for _ in 0..<500 {
            let piece = (0..<Int.random(in: 1...300, using: &source)).map { _ in
                UInt8([13, 10, 45, 102, 0].randomElement()!)
            }
            given += piece
            try parser.append(piece)
            while case .content(let bytes)? = try parser.next() { taken += bytes }
            #expect(given.count - taken.count < "\r\n--frontier".utf8.count)
            #expect(given.starts(with: taken))
        }
    }

    @Test func `damaged bodies never trap, and say the same however they are cut`() {
        let valid = Array(Self.bodies.map(\.0).joined().utf8)
        var (refused, read) = (0, 0)
        for _ in 0..<3000 {
            var bytes = Array(valid[Int.random(in: 0..<valid.count)...].prefix(Int.random(in: 0...300)))
            if Bool.random() { bytes = Array("--frontier\r\nContent-Disposition: form-data; name=a\r\n".utf8) + bytes }
            for _ in 0..<Int.random(in: 0...4) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count)
                if Bool.random() {
                    bytes[place] = "\r\n-: ;=\"f*'%\\".utf8.randomElement()!
                } else {
                    bytes.remove(at: place)
                }
            }
            let whole = Self.parse([bytes])
            #expect(Self.parse(bytes.map { [$0] }) == whole)
            if whole.error == nil { read += 1 } else { refused += 1 }
        }
        #expect(refused > 100 && read > 100)
    }
}
