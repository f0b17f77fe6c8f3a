/// A header's value with its parameters, such as `form-data; name="file"; filename="a.txt"`.
struct HeaderParameters {
    /// What stands before the first semicolon, in lower case.
    let value: String
    private let parameters: [String: String]

    /// Nil if a quoted text does not end, something follows it, or a parameter is given twice.
    init?(_ text: some Sequence<UInt8>) {
        var rest = Array(text)[...]
        value = Self.text(Self.upTo(";", in: &rest)).lowercased()
        var parameters: [String: String] = [:]
        while !rest.isEmpty {
            rest.removeFirst()
            let name = Self.text(rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }).lowercased()
            rest = rest.drop { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst().drop(while: Self.isBlank)
            let value: String
            if rest.first == UInt8(ascii: "\"") {
                guard let quoted = Self.quoted(&rest) else { return nil }
                value = quoted
            } else {
                value = Self.text(Self.upTo(";", in: &rest))
            }
            guard parameters.updateValue(value, forKey: name) == nil else { return nil }
        }
        self.parameters = parameters
    }

    subscript(name: String) -> String? { parameters[name] }

    /// A parameter that may also be given in the form `name*=UTF-8''percent-encoded` (RFC 8187), which is preferred.
    func extended(_ name: String) -> String? {
        parameters[name + "*"].flatMap(Self.decoded) ?? parameters[name]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Bytes without the blanks around them. What is not UTF-8 is replaced.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var bytes = bytes.drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func upTo(_ end: Unicode.Scalar, in rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let found = rest.prefix { $0 != UInt8(ascii: end) }
        rest = rest[found.endIndex...]
        return found
    }

    /// Takes a text in quotes. A backslash escapes only quotes and backslashes: some clients send Windows' paths.
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var index = rest.startIndex + 1
        while index < rest.endIndex {
            var byte = rest[index]
            if byte == UInt8(ascii: "\"") {
                rest = rest[(index + 1)...].drop(while: isBlank)
                return rest.isEmpty || rest.first == UInt8(ascii: ";") ? String(decoding: bytes, as: UTF8.self) : nil
            }
            if byte == UInt8(ascii: "\\"), index + 1 < rest.endIndex, #""\"#.utf8.contains(rest[index + 1]) {
                index += 1
                byte = rest[index]
            }
            bytes.append(byte)
            index += 1
        }
        return nil
    }

    /// Decodes `charset'language'percent-encoded`; nil if the charset is not UTF-8 or the rest is malformed.
    private static func decoded(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return nil }
        var bytes: [UInt8] = []
        var rest = parts[2].utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
