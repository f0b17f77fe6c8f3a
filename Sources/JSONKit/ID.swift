/// The id of anything the server keeps: a positive 64-bit number.
///
/// On the wire it is a decimal string, because JavaScript cannot hold 64-bit integers.
package struct ID: Hashable, Comparable, Sendable, LosslessStringConvertible, ExpressibleByIntegerLiteral {
    package let value: Int64

    package init(_ value: Int64) {
        self.value = value
    }

    package init(integerLiteral value: Int64) {
        self.value = value
    }

    /// Nil unless the text is what ``description`` writes for a positive value: only digits, no leading zero, no
    /// sign, at most `Int64.max`.
    package init?(_ description: String) {
        let digits = description.utf8
        guard let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 19 else { return nil }
        var value: UInt64 = 0  // nineteen digits cannot overflow it
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        guard let value = Int64(exactly: value) else { return nil }
        self.value = value
    }

    package var description: String { String(value) }

    package static func < (left: ID, right: ID) -> Bool { left.value < right.value }

    /// The reason given for whatever is not an id.
    static let rule = "must be a decimal id"
}

extension ID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self), let id = ID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: Self.rule)
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
