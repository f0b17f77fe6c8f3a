import Glibc

/// Takes a `multipart/form-data` body apart (RFC 7578, RFC 2046), however it is cut into pieces. It keeps no more than
/// the last piece and what may be the beginning of a boundary or belong to a part's headers.
struct MultipartParser {
    enum Event: Hashable {
        /// A part begins.
        case part(MultipartPart)
        /// More of the part's content. Never empty.
        case content([UInt8])
        case partEnd
        /// The last boundary was read.
        case end
    }

    /// The most bytes of one part's headers. As much may stand before the first boundary and after the last.
    static let headerLimit = 16 << 10

    private enum State {
        /// Before the first boundary.
        case preamble
        /// After `--boundary`.
        case boundary
        case headers
        /// In a part. `skip` bytes of the buffer belong to the headers' end, not to the content.
        case content(skip: Int)
        case epilogue
    }

    /// The line break before the boundary belongs to it.
    private let delimiter: [UInt8]
    private var state = State.preamble
    // A boundary may stand at the very beginning, so a line break is made up before it.
    private var buffer: [UInt8] = [13, 10]
    /// What lies before it in the buffer has been read.
    private var position = 0
    /// How many bytes before the first boundary, or after the last, were passed over.
    private var ignored = 0

    /// - Throws: `notMultipart`, `invalidBoundary`.
    init(contentType: String?) throws(MultipartError) {
        guard let contentType, contentType.utf8.count <= 1024, let parsed = HeaderParameters(contentType.utf8),
            parsed.value == "multipart/form-data"
        else {
            throw .notMultipart
        }
        let boundary = Array((parsed["boundary"] ?? "").utf8)
        guard (1...70).contains(boundary.count), boundary.last != UInt8(ascii: " "),
            boundary.allSatisfy({ (0x20...0x7e).contains($0) })
        else {
            throw .invalidBoundary
        }
        delimiter = [13, 10, UInt8(ascii: "-"), UInt8(ascii: "-")] + boundary
    }

    /// Adds the next bytes of the body. What `next` can give of the bytes before should have been taken.
    mutating func append(_ bytes: [UInt8]) throws(MultipartError) {
        if case .epilogue = state { return try ignore(bytes.count) }
        if position == buffer.count {
            buffer = bytes
        } else {
            buffer.removeFirst(position)
            buffer += bytes
        }
        position = 0
    }

    /// What the bytes so far say next; nil if more are needed.
    mutating func next() throws(MultipartError) -> Event? {
        while true {
            switch state {
            case .preamble:
                let (count, isWhole) = beforeDelimiter()
                try ignore(count)
                position += count
                guard isWhole else { return nil }
                position += delimiter.count
                state = .boundary
            case .boundary:
                guard let isLast = try boundaryEnd() else { return nil }
                if !isLast {
                    state = .headers
                    continue
                }
                state = .epilogue
                ignored = 0
                try ignore(buffer.count - position)
                buffer = []
                position = 0
                return .end
            case .headers:
                guard let part = try headers() else { return nil }
                state = .content(skip: 2)
                return .part(part)
            case .content(let skip):
                let (count, isWhole) = beforeDelimiter()
                if count > 0 {
                    state = .content(skip: 0)
                    let content = take(count, dropping: skip)
                    if content.isEmpty { continue }
                    return .content(content)
                }
                guard isWhole else { return nil }
                position += delimiter.count
                state = .boundary
                return .partEnd
            case .epilogue: return .end
            }
        }
    }

    /// The body has ended.
    func finish() throws(MultipartError) {
        guard case .epilogue = state else { throw .truncated }
    }

    private mutating func ignore(_ count: Int) throws(MultipartError) {
        ignored += count
        if ignored > Self.headerLimit { throw .malformed("the body has too much outside its parts") }
    }

    /// Takes bytes out of the buffer.
    private mutating func take(_ count: Int, dropping skip: Int) -> [UInt8] {
        if position == 0, skip == 0, count == buffer.count {
            var taken: [UInt8] = []
            swap(&taken, &buffer)
            return taken
        }
        defer { position += count }
        return Array(buffer[(position + skip)..<(position + count)])
    }

    /// How many bytes there are before the next delimiter, or before what may yet become one, and whether it is whole.
    private func beforeDelimiter() -> (count: Int, isWhole: Bool) {
        buffer.withUnsafeBytes { buffer in
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[position...])
            guard let start = bytes.baseAddress else { return (0, false) }
            var offset = 0
            // Of the delimiter only the first byte is a carriage return.
            while let found = memchr(start + offset, 13, bytes.count - offset) {
                offset = start.distance(to: UnsafeRawPointer(found))
                let present = min(delimiter.count, bytes.count - offset)
                if memcmp(found, delimiter, present) == 0 {
                    let after = offset + delimiter.count
                    // What follows tells whether it is a boundary or content that begins like one.
                    guard after < bytes.count else { return (offset, false) }
                    if "\r- \t".utf8.contains(bytes[after]) { return (offset, true) }
                }
                offset += 1
            }
            return (bytes.count, false)
        }
    }

    /// Reads what follows a boundary: whether it is the last; nil if more bytes are needed.
    private mutating func boundaryEnd() throws(MultipartError) -> Bool? {
        let rest = buffer[position...]
        if rest.first == UInt8(ascii: "-") {
            guard rest.count >= 2 else { return nil }
            guard rest[position + 1] == UInt8(ascii: "-") else { throw Self.badBoundary }
            position += 2
            return true
        }
        let end = rest.drop { " \t".utf8.contains($0) }
        if end.startIndex - position > Self.headerLimit { throw Self.badBoundary }
        guard end.count >= 2 else {
            if let byte = end.first, byte != 13 { throw Self.badBoundary }
            return nil
        }
        guard end.starts(with: [13, 10]) else { throw Self.badBoundary }
        position = end.startIndex + 2
        return false
    }

    private static let badBoundary = MultipartError.malformed("what follows a boundary is neither a line break nor --")

    /// Reads a part's headers and stops before the empty line after them; nil if more bytes are needed.
    private mutating func headers() throws(MultipartError) -> MultipartPart? {
        // A part without headers begins with the empty line.
        var end = buffer[position...].starts(with: [13, 10]) ? 0 : nil
        let last = min(buffer.count, position + Self.headerLimit + 4) - 4
        if end == nil, last >= position {
            end = (position...last).first { buffer[$0] == 13 && buffer[$0...].starts(with: [13, 10, 13, 10]) }
                .map { $0 + 2 - position }
        }
        guard let end else {
            if buffer.count - position >= Self.headerLimit + 4 { throw .headersTooLong }
            return nil
        }
        let part = try MultipartPart(headers: buffer[position..<(position + end)])
        position += end
        return part
    }
}
