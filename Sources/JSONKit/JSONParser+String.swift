extension JSONParser {
    /// The string whose opening quote is the next byte.
    mutating func string() throws(Fault) -> String {
        position += 1
        let start = position
        var highBits: UInt64 = 0
        skipPlain(&highBits)
        guard position < text.count else { throw fault("unterminated string") }
        guard text[position] == UInt8(ascii: "\"") else { return try stringWithEscapes(from: start, highBits) }
        let run = UnsafeBufferPointer(rebasing: text[start..<position])
        position += 1
        return try decoded(run, start: start, highBits: highBits)
    }

    /// Makes a string and refuses what is not UTF-8.
    ///
    /// `String(validating:as:)` would do both, at a fixed price of 100 ns. This one repairs faults instead, so that
    /// a faulty text comes out different from what went in. A text without high bits is ASCII and cannot be faulty.
    @inline(__always)
    private func decoded(
        _ bytes: UnsafeBufferPointer<UInt8>, start: Int, highBits: UInt64
    ) throws(Fault) -> String {
        var string = String(decoding: bytes, as: UTF8.self)
        if highBits & ByteWord.highs != 0 {
            let isFaithful = string.withUTF8 { $0.count == bytes.count && ByteWord.areEqual($0, bytes) }
            guard isFaithful else { throw invalidUTF8(from: start) }
        }
        return string
    }

    /// Goes on to the next quote, backslash or control character, eight bytes at a time. Collects the bits of all bytes
    /// passed, and perhaps of some behind them.
    @inline(__always)
    private mutating func skipPlain(_ bits: inout UInt64) {
        guard let base = text.baseAddress else { return }
        let end = text.count
        var index = position
        while end - index >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
            let found = ByteWord.below(0x20, in: word) | ByteWord.equal(0x22, in: word) | ByteWord.equal(0x5C, in: word)
            bits |= word
            if found != 0 {
                position = index + found.trailingZeroBitCount / 8
                return
            }
            index += 8
        }
        while index < end {
            let byte = base[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { break }
            bits |= UInt64(byte)
            index += 1
        }
        position = index
    }

    /// The rest of a string whose first special byte is at `position`.
    private mutating func stringWithEscapes(from start: Int, _ bitsBefore: UInt64) throws(Fault) -> String {
        var highBits = bitsBefore
        scratch.removeAll(keepingCapacity: true)
        var runStart = start
        while true {
            guard position < text.count else { throw fault("unterminated string") }
            scratch.append(contentsOf: UnsafeBufferPointer(rebasing: text[runStart..<position]))
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                return try scratch.withUnsafeBufferPointer { run in
                    Result { () throws(Fault) in try decoded(run, start: start, highBits: highBits) }
                }.get()
            case UInt8(ascii: "\\"):
                try escape()
            case 0:
                throw fault("a string cannot contain the NUL character (U+0000)")
            default:
                throw fault("a control character in a string must be escaped")
            }
            runStart = position
            skipPlain(&highBits)
        }
    }

    /// Appends what the escape at `position` stands for.
    private mutating func escape() throws(Fault) {
        let start = position
        guard position + 1 < text.count else { throw fault("unterminated string", at: text.count) }
        let letter = text[position + 1]
        position += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(letter)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "u"): try unicodeEscape(from: start)
        default: throw fault("unknown escape in a string", at: start)
        }
    }

    private mutating func unicodeEscape(from start: Int) throws(Fault) {
        var code = try hexadecimal()
        if code == 0 { throw fault("a string cannot contain the NUL character (U+0000)", at: start) }
        if code >= 0xD800 && code < 0xE000 {
            guard code < 0xDC00, text.count - position >= 2,
                text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u")
            else { throw fault("half of a surrogate pair", at: start) }
            position += 2
            let low = try hexadecimal()
            guard low >= 0xDC00 && low < 0xE000 else { throw fault("half of a surrogate pair", at: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair", at: start) }
        scratch.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    /// Four hexadecimal digits.
    private mutating func hexadecimal() throws(Fault) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < text.count else { throw fault("unterminated string") }
            let digit: UInt8
            switch text[position] {
            case let byte where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case let byte where byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f"):
                digit = byte - UInt8(ascii: "a") + 10
            case let byte where byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "F"):
                digit = byte - UInt8(ascii: "A") + 10
            default: throw fault("expected four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    /// The fault of a string that turned out not to be UTF-8: looks for the first wrong sequence from its start.
    private func invalidUTF8(from start: Int) -> Fault {
        var decoder = UTF8()
        var bytes = text[start...].makeIterator()
        var offset = start
        while case .scalarValue(let scalar) = decoder.decode(&bytes) { offset += UTF8.width(scalar) }
        return fault("invalid UTF-8", at: min(offset, text.count))
    }
}

/// Tests on eight bytes at once. In the result the high bit of the lowest byte that passes is exact; bits above it
/// may be false alarms.
enum ByteWord {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highs: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    static func equal(_ byte: UInt8, in word: UInt64) -> UInt64 {
        let difference = word ^ (ones &* UInt64(byte))
        return (difference &- ones) & ~difference & highs
    }

    @inline(__always)
    static func below(_ byte: UInt8, in word: UInt64) -> UInt64 {
        (word &- ones &* UInt64(byte)) & ~word & highs
    }

    /// Whether two texts of the same length are the same.
    static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let left = UnsafeRawBufferPointer(left).baseAddress else { return true }
        let bytes = UnsafeRawBufferPointer(right)
        var index = 0
        while bytes.count - index >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word == (left + index).loadUnaligned(as: UInt64.self) else { return false }
            index += 8
        }
        while index < bytes.count {
            guard bytes[index] == (left + index).load(as: UInt8.self) else { return false }
            index += 1
        }
        return true
    }
}
