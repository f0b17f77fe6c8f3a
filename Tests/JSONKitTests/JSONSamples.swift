@testable import JSONKit

/// An object with its members in order.
func object(_ members: (String, JSON)...) -> JSON {
    .object(members.map { JSON.Member(key: $0.0, value: $0.1) })
}

/// The description of the error that is thrown; nil if none is.
func message<T>(_ body: () throws -> T) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return "\(error)"
    }
}

/// The same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

extension JSON {
    /// Any value, with all kinds of characters and numbers.
    static func random(depth: Int, _ generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
        case 0: .null
        case 1: .bool(.random(using: &generator))
        case 2: .integer(Int64(truncatingIfNeeded: generator.next()) >> Int64.random(in: 0..<64, using: &generator))
        case 3: .number(randomDouble(&generator))
        case 4, 5: .string(randomString(&generator))
        case 6, 7:
            .array((0..<Int.random(in: 0..<6, using: &generator)).map { _ in random(depth: depth - 1, &generator) })
        default:
            .object(
                (0..<Int.random(in: 0..<6, using: &generator)).map {
                    Member(key: "\($0)" + randomString(&generator), value: random(depth: depth - 1, &generator))
                })
        }
    }

    private static func randomDouble(_ generator: inout SeededGenerator) -> Double {
        let value = Double(bitPattern: generator.next())
        return value.isFinite ? value : 0.5
    }

    private static func randomString(_ generator: inout SeededGenerator) -> String {
        let alphabet: [ClosedRange<UInt32>] = [
            0x01...0x1F, 0x20...0x7F, 0x20...0x7F, 0x20...0x7F, 0x80...0xFF, 0x2000...0x206F, 0x4E00...0x9FFF,
            0xE000...0xFFFF, 0x1F300...0x1FAFF, 0x10FFF0...0x10FFFF,
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<40, using: &generator) {
            let range = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { text.append(scalar) }
        }
        return String(text)
    }
}
