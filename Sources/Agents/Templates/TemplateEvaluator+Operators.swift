import APIKit

/// Operators and look-ups, as in Python. Where Python would refuse a text that spells a number, as all values of a
/// prompt are texts, it counts as that number.
extension TemplateEvaluator {
    /// As it is written out: as Python does, and lists and objects as JSON.
    func text(_ value: JSON?) throws -> String {
        let text =
            switch value {
            case nil: ""
            case .null?: "None"
            case .bool(let value)?: value ? "True" : "False"
            case .string(let text)?: text
            case let value?: try TemplateJSON.text(value)
            }
        try spend(text.utf8.count)
        return text
    }

    /// What a loop goes through: a list's values, an object's names, a text's characters.
    func items(of value: JSON?) throws -> [JSON] {
        switch value {
        case nil: return []
        case .array(let values)?:
            try spend(16 * values.count)
            return values
        case .object(let members)?:
            try spend(16 * members.count)
            return members.map { .string($0.key) }
        case .string(let text)?:
            try spend(16 * text.utf8.count)
            return text.unicodeScalars.map { .string(String($0)) }
        default: throw TemplateError.type
        }
    }

    /// What is undefined has no place in a list, and is null there.
    ///
    /// - Throws: for lists too deep inside one another: whatever goes through them calls itself.
    func list(_ values: [JSON?]) throws -> JSON {
        let list = JSON.array(values.map { $0 ?? .null })
        try spend(Self.size(list))
        if Self.depth(list) > 2 * TemplateLimits.nesting { throw TemplateError.limit }
        return list
    }

    private static func depth(_ value: JSON) -> Int {
        switch value {
        case .array(let values): 1 + (values.lazy.map(depth).max() ?? 0)
        case .object(let members): 1 + (members.lazy.map { depth($0.value) }.max() ?? 0)
        default: 0
        }
    }

    static func size(_ value: JSON?) -> Int {
        switch value {
        case .string(let text)?: text.utf8.count
        case .array(let values)?: values.reduce(16) { $0 + size($1) }
        case .object(let members)?: members.reduce(16) { $0 + $1.key.utf8.count + size($1.value) }
        default: 16
        }
    }

    /// What is not there is undefined, also inside what is not there.
    func element(_ key: JSON?, of value: JSON?) throws -> JSON? {
        switch (value, key) {
        case (.object(let members)?, .string(let name)?):
            try spend(16 * members.count)
            return value?[name]
        case (.array?, .integer(let index)?), (.string?, .integer(let index)?):
            let items = try items(of: value)
            let place = index < 0 ? index &+ Int64(items.count) : index
            return items.indices.contains(Int(place)) ? items[Int(place)] : nil
        default: return nil
        }
    }

    func holds(_ symbol: String, _ left: JSON?, _ right: JSON?) throws -> Bool {
        try spend(Self.size(left) + Self.size(right))
        switch symbol {
        case "==": return Self.isEqual(left, right)
        case "!=": return !Self.isEqual(left, right)
        case "in": return try contains(right, left)
        case "not in": return try !contains(right, left)
        default:
            // Nothing is less or more than what is not there.
            guard let left, let right, left != .null, right != .null else { return false }
            if symbol == "<" || symbol == ">=" { return try isLess(left, right) == (symbol == "<") }
            return try isLess(right, left) == (symbol == ">")
        }
    }

    private static func isEqual(_ left: JSON?, _ right: JSON?) -> Bool {
        if let left = left?.double, let right = right?.double { return left == right }
        return left == right
    }

    func isLess(_ left: JSON, _ right: JSON) throws -> Bool {
        if case .string(let left) = left, case .string(let right) = right {
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        guard let left = left.spelled?.double, let right = right.spelled?.double else { throw TemplateError.type }
        return left < right
    }

    private func contains(_ container: JSON?, _ item: JSON?) throws -> Bool {
        switch (container, item) {
        case (nil, _): return false
        case (.string(let text)?, .string(let part)?):
            return part.isEmpty || Array(text.utf8).firstRange(of: Array(part.utf8)) != nil
        case (.array(let values)?, _): return values.contains { Self.isEqual($0, item) }
        case (.object?, .string(let name)?): return container?[name] != nil
        default: throw TemplateError.type
        }
    }

    func arithmetic(_ symbol: String, _ left: JSON?, _ right: JSON?) throws -> JSON {
        try spend()
        switch (symbol, left, right) {
        case ("~", _, _): return .string(try joined([text(left), text(right)], by: ""))
        case ("+", .string(let left)?, .string(let right)?): return .string(try joined([left, right], by: ""))
        case ("+", .array(let left)?, .array(let right)?): return try list(left + right)
        // To Python these would mean a text many times over, and a text with places to fill in.
        case ("*", .string?, _), ("*", _, .string?), ("%", .string?, _): throw TemplateError.type
        default:
            guard let left = left?.spelled, let right = right?.spelled else { throw TemplateError.type }
            if case .integer(let left) = left, case .integer(let right) = right, symbol != "/" {
                return .integer(try Self.whole(symbol, left, right))
            }
            return .number(try Self.real(symbol, left.double ?? 0, right.double ?? 0))
        }
    }

    private static func whole(_ symbol: String, _ left: Int64, _ right: Int64) throws -> Int64 {
        let (result, isOver): (Int64, Bool)
        switch symbol {
        case "+": (result, isOver) = left.addingReportingOverflow(right)
        case "-": (result, isOver) = left.subtractingReportingOverflow(right)
        case "*": (result, isOver) = left.multipliedReportingOverflow(by: right)
        default:
            // Python rounds down, and a remainder has the sign of the divisor.
            guard right != 0, right != -1 || left != .min else { throw TemplateError.type }
            let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
            let isDown = remainder != 0 && (remainder < 0) != (right < 0)
            result = symbol == "//" ? quotient - (isDown ? 1 : 0) : remainder + (isDown ? right : 0)
            isOver = false
        }
        if isOver { throw TemplateError.limit }
        return result
    }

    private static func real(_ symbol: String, _ left: Double, _ right: Double) throws -> Double {
        let result: Double
        switch symbol {
        case "+": result = left + right
        case "-": result = left - right
        case "*": result = left * right
        case "/": result = left / right
        case "//": result = (left / right).rounded(.down)
        default: result = left - (left / right).rounded(.down) * right
        }
        if !result.isFinite { throw TemplateError.type }
        return result
    }

    func joined(_ texts: [String], by separator: String) throws -> String {
        let size = texts.reduce(0) { $0 + $1.utf8.count } + separator.utf8.count * max(texts.count - 1, 0)
        if size > TemplateLimits.output { throw TemplateError.limit }
        try spend(size)
        return texts.joined(separator: separator)
    }
}

extension JSON {
    /// The value of a number or boolean.
    var double: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The number that this is, or that its text spells as Python reads it.
    var spelled: JSON? {
        switch self {
        case .integer, .number: return self
        case .bool(let value): return .integer(value ? 1 : 0)
        case .string(let text):
            let text = text.trimmed()
            if let number = Int64(text) { return .integer(number) }
            guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text),
                number.isFinite
            else { return nil }
            return .number(number)
        default: return nil
        }
    }
}
