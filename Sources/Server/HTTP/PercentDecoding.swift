import APIKit

/// Reads what is percent-encoded in a request's target.
enum PercentDecoding {
    /// The pairs of a query, in their order.
    ///
    /// - Throws: 4000 for what is no UTF-8 text.
    static func query(_ query: Substring) throws(APIError) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let separator = pair.firstIndex(of: UInt8(ascii: "="))
            let name = try decode(pair[..<(separator ?? pair.endIndex)], isQuery: true)
            let value = separator.map { pair[pair.index(after: $0)...] } ?? pair[pair.endIndex...]
            pairs.append((name, try decode(value, isQuery: true)))
        }
        return pairs
    }

    /// A segment of a path.
    ///
    /// - Throws: 4000 for what is no UTF-8 text.
    static func segment(_ segment: Substring) throws(APIError) -> String {
        try decode(segment.utf8, isQuery: false)
    }

    private static func decode(_ encoded: Substring.UTF8View, isQuery: Bool) throws(APIError) -> String {
        guard encoded.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") || $0 >= 0x80 }) else {
            return String(Substring(encoded))
        }
        var bytes: [UInt8] = []
        var rest = encoded[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), isQuery {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    throw .invalid(isQuery ? "query" : "path", "has a % that is not followed by two hexadecimal digits")
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw .invalid(isQuery ? "query" : "path", "is not UTF-8 text")
        }
        return text
    }

    /// Text for a header's extended parameter (RFC 8187): all but letters, digits and a few marks is encoded.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
