extension JSONBuffer {
    /// A string in quotes; see ``JSONWriter/string(_:)`` for what is escaped.
    func string(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            // Eight spare bytes, so that whole words can be stored at the end of the text.
            reserve(utf8.count + 10)
            start[count] = UInt8(ascii: "\"")
            count += 1
            if let base = utf8.baseAddress { escape(base, utf8.count) }
            start[count] = UInt8(ascii: "\"")
            count += 1
        }
    }

    /// Copies and looks for special bytes at once, a word at a time. Room for the text, a quote and a spare word has
    /// been reserved, and is again after every escape.
    @inline(__always)
    private func escape(_ text: UnsafePointer<UInt8>, _ length: Int) {
        var index = 0
        var out = start + count
        while true {
            while length - index >= 8 {
                let word = UInt64(littleEndian: UnsafeRawPointer(text + index).loadUnaligned(as: UInt64.self))
                UnsafeMutableRawPointer(out).storeBytes(of: word.littleEndian, as: UInt64.self)
                let found = Self.specials(word)
                let plain = found == 0 ? 8 : found.trailingZeroBitCount / 8
                index += plain
                out += plain
                if found != 0 { break }
            }
            while index < length, !Self.isSpecial(text[index]) {
                out.pointee = text[index]
                index += 1
                out += 1
            }
            count = out - start
            guard index < length else { return }
            index += escapeOne(text + index, length - index)
            out = start + count
        }
    }

    /// The high bit of the first byte that needs a look: see ``ByteWord``.
    @inline(__always)
    private static func specials(_ word: UInt64) -> UInt64 {
        var found = ByteWord.below(0x20, in: word) | ByteWord.equal(0x22, in: word) | ByteWord.equal(0x5C, in: word)
        if word & ByteWord.highs != 0 {
            found |= ByteWord.equal(0xC2, in: word) | ByteWord.equal(0xE2, in: word)
        }
        return found
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0xC2 || byte == 0xE2
    }

    /// Writes the character at the pointer, which is special or begins like one. Gives its length in the text.
    @inline(never)
    private func escapeOne(_ text: UnsafePointer<UInt8>, _ length: Int) -> Int {
        reserve(6 + length + 10)
        switch text[0] {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        case 0xC2:
            guard length > 1, text[1] == 0x85 else { break }
            raw("\\u0085")
            return 2
        case 0xE2:
            guard length > 2, text[1] == 0x80, text[2] == 0xA8 || text[2] == 0xA9 else { break }
            if text[2] == 0xA8 { raw("\\u2028") } else { raw("\\u2029") }
            return 3
        case let control:
            raw("\\u00")
            byte(Self.hexadecimal(control >> 4))
            byte(Self.hexadecimal(control & 15))
            return 1
        }
        if text[0] >= 0x80 { byte(text[0]) }  // the first byte of some other character: the rest follows as plain
        return 1
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    @inline(__always)
    func integer(_ value: some FixedWidthInteger) {
        if let small = Int64(exactly: value) {
            decimal(small.magnitude, isNegative: small < 0)
        } else {
            for digit in String(value).utf8 { byte(digit) }
        }
    }

    func id(_ id: ID) {
        byte(UInt8(ascii: "\""))
        decimal(id.value.magnitude, isNegative: id.value < 0)
        byte(UInt8(ascii: "\""))
    }

    /// Decimal digits. They come from the last to the first, two at a time, into spare room, and are then moved to
    /// their place.
    func decimal(_ magnitude: UInt64, isNegative: Bool) {
        reserve(48)
        if isNegative {
            start[count] = UInt8(ascii: "-")
            count += 1
        }
        let end = start + count + 40
        var out = end
        var rest = magnitude
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            out -= 2
            out.update(from: Self.pairs.utf8Start + Int(truncatingIfNeeded: pair) * 2, count: 2)
            rest = quotient
        }
        if rest >= 10 {
            out -= 2
            out.update(from: Self.pairs.utf8Start + Int(truncatingIfNeeded: rest) * 2, count: 2)
        } else {
            out -= 1
            out.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
        }
        (start + count).update(from: out, count: end - out)
        count += end - out
    }

    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """

    func double(_ value: Double) throws {
        guard value.isFinite else { throw Self.notFinite(value) }
        shortest(value.description)
    }

    func float(_ value: Float) throws {
        guard value.isFinite else { throw Self.notFinite(value) }
        shortest(value.description)
    }

    /// Swift describes finite numbers in JSON's own grammar: 1.0, 1e+20, -0.0, 5e-324.
    private func shortest(_ description: String) {
        for character in description.utf8 { byte(character) }
    }

    private static func notFinite(_ value: any BinaryFloatingPoint) -> EncodingError {
        .invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no \(value)"))
    }
}
