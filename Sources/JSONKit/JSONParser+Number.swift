extension JSONParser {
    /// The number whose first byte, a digit or a minus sign, is the next byte.
    mutating func number() throws(Fault) -> JSON {
        let start = position
        let isNegative = text[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }

        var digits = Digits()
        let wholeStart = position
        guard skipDigits(into: &digits) else { throw fault("expected a digit") }
        if text[wholeStart] == UInt8(ascii: "0"), position - wholeStart > 1 {
            throw fault("a number cannot start with 0", at: wholeStart)
        }

        var isInteger = true
        var exponent = 0
        if position < text.count, text[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            let fractionStart = position
            guard skipDigits(into: &digits) else { throw fault("expected a digit") }
            exponent = fractionStart - position
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            exponent += try readExponent()
        }

        if isInteger, let value = digits.integer(isNegative: isNegative) { return .integer(value) }
        if let value = digits.double(exponent: exponent) { return .number(isNegative ? -value : value) }
        let run = UnsafeBufferPointer(rebasing: text[start..<position])
        guard let value = Double(String(decoding: run, as: UTF8.self)), value.isFinite else {
            throw fault("the number is too large", at: start)
        }
        return .number(value)
    }

    /// False where there is not even one digit.
    @inline(__always)
    private mutating func skipDigits(into digits: inout Digits) -> Bool {
        let start = position
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            digits.append(digit)
            position += 1
        }
        return position > start
    }

    private mutating func readExponent() throws(Fault) -> Int {
        var isNegative = false
        if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        var exponent = 0
        let start = position
        while position < text.count, case let digit = text[position] &- UInt8(ascii: "0"), digit <= 9 {
            // Beyond any double either way; stopping here keeps the sum from overflowing.
            if exponent < 100_000 { exponent = exponent * 10 + Int(digit) }
            position += 1
        }
        guard position > start else { throw fault("expected a digit") }
        return isNegative ? -exponent : exponent
    }
}

/// The significant digits of a number, as long as they fit 64 bits.
private struct Digits {
    private var magnitude: UInt64 = 0
    private var count = 0

    @inline(__always)
    mutating func append(_ digit: UInt8) {
        if count < 19 { magnitude = magnitude &* 10 &+ UInt64(digit) }
        if magnitude != 0 { count += 1 }
    }

    /// Whether `magnitude` holds all digits: nineteen of them cannot exceed 64 bits.
    private var isExact: Bool { count <= 19 }

    func integer(isNegative: Bool) -> Int64? {
        guard isExact else { return nil }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// The value where both factors are exact doubles, so that one rounding gives the nearest double; else nil.
    func double(exponent: Int) -> Double? {
        guard isExact, magnitude <= 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        let value = Double(magnitude)
        return exponent < 0 ? value / Self.powers[-exponent] : value * Self.powers[exponent]
    }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
