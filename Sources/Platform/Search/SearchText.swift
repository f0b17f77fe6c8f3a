import APIKit

/// A text as search compares it: letters in lower case, full-width forms as their ordinary ones.
///
/// Each scalar of the text has one folded scalar, so places in one are places in the other.
struct SearchText: Sendable {
    /// More of a text is not searched, so that no single one holds up the writer of the index.
    static let limit = 100_000

    /// The text as it is written.
    let scalars: [Unicode.Scalar]
    let folded: [UInt32]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars.prefix(Self.limit))
        folded = scalars.map(Self.fold)
    }

    /// How a scalar takes part in search.
    enum Kind: Sendable {
        case separator
        /// Part of a word, in a script that separates words.
        case word
        /// Part of a run of text without spaces between words, such as Chinese.
        case run
        /// A sign that stands for itself, such as an emoji.
        case symbol
    }

    static func fold(_ scalar: Unicode.Scalar) -> UInt32 {
        switch scalar.value {
        case 0x41...0x5A: return scalar.value | 0x20
        case ..<0xC0: return scalar.value
        case 0x3C2: return 0x3C3  // A sigma at the end of a word is a sigma.
        case 0x3000: return 0x20
        // The full-width forms of ASCII.
        case 0xFF01...0xFF5E: return fold(Unicode.Scalar(scalar.value - 0xFEE0)!)
        // Scripts without upper case, which make up most of what is not ASCII.
        case 0x2E80...0xA4CF, 0xAC00...0xD7FF, 0xF900...0xFAFF, 0x20000...0x3FFFF: return scalar.value
        default:
            let properties = scalar.properties
            guard properties.changesWhenLowercased else { return scalar.value }
            return properties.lowercaseMapping.unicodeScalars.first?.value ?? scalar.value
        }
    }

    static func kind(_ folded: UInt32) -> Kind {
        switch folded {
        case 0x61...0x7A, 0x30...0x39: return .word
        case ..<0xAA: return .separator
        // Han, kana, bopomofo and Hangul; the middle dot between kana separates.
        case 0x4E00...0x9FFF, 0x3005...0x3007, 0x3021...0x3029, 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA,
            0x30FC...0x30FF, 0x3105...0x312F, 0x3131...0x318E, 0x31A0...0x31BF, 0x31F0...0x31FF, 0x3400...0x4DBF,
            0x1100...0x11FF, 0xAC00...0xD7FF, 0xF900...0xFAFF, 0xFF66...0xFFDC, 0x2E80...0x2FDF, 0x1AFF0...0x1B16F,
            0x20000...0x3FFFF:
            return .run
        // Thai, Lao, Burmese and Khmer.
        case 0x0E01...0x0EFF, 0x1000...0x109F, 0x1780...0x17D3: return .run
        // Selectors of how the character before them looks.
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF: return .separator
        default:
            guard let scalar = Unicode.Scalar(folded) else { return .separator }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
                .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
                return .word
            case .otherSymbol: return .symbol
            default: return .separator
            }
        }
    }

    static func isSpace(_ folded: UInt32) -> Bool {
        if folded < 0x80 { return folded == 0x20 || 0x09...0x0D ~= folded }
        return Unicode.Scalar(folded)?.properties.isWhitespace ?? false
    }
}

extension SearchText {
    /// What is searched of a message: the text, or for object_string the text among its parts. Other contents are not
    /// for reading.
    init(content: String, type: String) {
        switch type {
        case "text": self.init(content)
        case "object_string": self.init(Self.textPart(of: content))
        default: self.init("")
        }
    }

    private static func textPart(of content: String) -> String {
        guard case .array(let parts)? = try? JSON(parsing: content) else { return "" }
        for part in parts {
            if part["type"] == .string("text"), case .string(let text)? = part["text"] { return text }
        }
        return ""
    }
}
