import Glibc

/// Takes a stream of server-sent events apart: bytes cut anywhere go in, the data of each event comes out.
///
/// Lines end with LF, CRLF or CR. Only `data` is looked at; comments and other fields are passed over. Data that lies
/// whole in the bytes given, as nearly all does, is handed on in place.
struct EventStreamDecoder {
    /// How long a line, and the data of an event, may be. Nothing longer is ever kept.
    static let limit = 8 << 20

    /// The beginning of a line whose end has not come yet.
    private var line: [UInt8] = []
    /// The data of an event whose end has not come yet, its lines joined by LF.
    private var data: [UInt8] = []
    private var hasData = false
    /// Whether the last byte was a CR, so that an LF now belongs to it.
    private var followsCarriageReturn = false
    private var isAtStart = true

    typealias Handler = (UnsafeRawBufferPointer) throws(ModelError) -> Void

    /// Hands on the data of all events that end in the bytes.
    mutating func decode(_ bytes: UnsafeRawBufferPointer, _ handle: Handler) throws(ModelError) {
        // The only data line of an event so far, if it lies in the bytes.
        var direct: UnsafeRawBufferPointer?
        var position = 0
        while position < bytes.count {
            if followsCarriageReturn {
                followsCarriageReturn = false
                if bytes[position] == UInt8(ascii: "\n") {
                    position += 1
                    continue
                }
            }
            guard let end = Self.endOfLine(in: bytes, from: position) else {
                try Self.append(UnsafeRawBufferPointer(rebasing: bytes[position...]), to: &line)
                break
            }
            let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            followsCarriageReturn = bytes[end] == UInt8(ascii: "\r")
            position = end + 1
            if line.isEmpty {
                try take(piece, &direct, isInPlace: true, handle)
            } else {
                try Self.append(piece, to: &line)
                try takeLine(&direct, handle)
            }
        }
        try keep(&direct)
    }

    /// Hands on what the end of the stream completes: a last line without its end, an event without its empty line.
    mutating func finish(_ handle: Handler) throws(ModelError) {
        var direct: UnsafeRawBufferPointer?
        if !line.isEmpty { try takeLine(&direct, handle) }
        try dispatch(&direct, handle)
    }

    /// Reads the line that was put together in `line`.
    private mutating func takeLine(_ direct: inout UnsafeRawBufferPointer?, _ handle: Handler) throws(ModelError) {
        // Moved out, as the line is read while the decoder changes.
        var whole: [UInt8] = []
        swap(&whole, &line)
        let result = whole.withUnsafeBytes { bytes in
            Result { () throws(ModelError) in try take(bytes, &direct, isInPlace: false, handle) }
        }
        try result.get()
        if whole.capacity <= 1 << 16 {
            whole.removeAll(keepingCapacity: true)
            swap(&whole, &line)
        }
    }

    private mutating func take(
        _ line: UnsafeRawBufferPointer, _ direct: inout UnsafeRawBufferPointer?, isInPlace: Bool, _ handle: Handler
    ) throws(ModelError) {
        var line = line
        if isAtStart {
            isAtStart = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = UnsafeRawBufferPointer(rebasing: line[3...]) }
        }
        if line.isEmpty {
            try dispatch(&direct, handle)
            return
        }
        guard let value = Self.data(of: line) else { return }
        if isInPlace, direct == nil, !hasData {
            direct = value
            return
        }
        try keep(&direct)
        if hasData {
            guard data.count < Self.limit else { throw Self.tooLarge }
            data.append(UInt8(ascii: "\n"))
        }
        try Self.append(value, to: &data)
        hasData = true
    }

    /// Ends an event.
    private mutating func dispatch(_ direct: inout UnsafeRawBufferPointer?, _ handle: Handler) throws(ModelError) {
        if let value = direct {
            direct = nil
            try handle(value)
        } else if hasData {
            hasData = false
            var whole: [UInt8] = []
            swap(&whole, &data)
            let result = whole.withUnsafeBytes { bytes in
                Result { () throws(ModelError) in try handle(bytes) }
            }
            try result.get()
        }
    }

    /// Copies data that lies in bytes about to go.
    private mutating func keep(_ direct: inout UnsafeRawBufferPointer?) throws(ModelError) {
        guard let value = direct else { return }
        direct = nil
        try Self.append(value, to: &data)
        hasData = true
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to kept: inout [UInt8]) throws(ModelError) {
        guard kept.count + bytes.count <= limit else { throw tooLarge }
        kept.append(contentsOf: bytes)
    }

    /// The value of a line `data: …`; nil for every other line.
    private static func data(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard line.count >= 4, line[0] == UInt8(ascii: "d"), line[1] == UInt8(ascii: "a"),
            line[2] == UInt8(ascii: "t"), line[3] == UInt8(ascii: "a")
        else { return nil }
        if line.count == 4 { return UnsafeRawBufferPointer(rebasing: line[4...]) }
        guard line[4] == UInt8(ascii: ":") else { return nil }
        let start = line.count > 5 && line[5] == UInt8(ascii: " ") ? 6 : 5
        return UnsafeRawBufferPointer(rebasing: line[start...])
    }

    private static func endOfLine(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        func first(_ byte: UInt8, before end: Int) -> Int? {
            memchr(base + start, Int32(byte), end - start).map { UnsafeRawPointer($0) - base }
        }
        let lineFeed = first(UInt8(ascii: "\n"), before: bytes.count)
        return first(UInt8(ascii: "\r"), before: lineFeed ?? bytes.count) ?? lineFeed
    }

    private static var tooLarge: ModelError {
        ModelError(.tooLarge, "an event or a line of it is longer than \(limit >> 20) MB")
    }
}
