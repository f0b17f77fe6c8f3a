import APIKit

/// Reads the tokens inside one pair of braces as an expression, with the ranks that Jinja2 gives to operators.
struct TemplateExpressionParser {
    private static let reserved: Set<String> = ["and", "or", "not", "in", "is", "if", "else"]
    private var tokens: ArraySlice<TemplateToken>
    private var depth = 0

    init(_ tokens: [TemplateToken]) { self.tokens = tokens[...] }

    /// - Throws: if there are tokens left.
    func end() throws {
        if !tokens.isEmpty { throw TemplateError.syntax }
    }

    mutating func take(_ symbol: String) -> Bool { take(.symbol(symbol)) }
    mutating func take(word: String) -> Bool { take(.name(word)) }

    private mutating func take(_ token: TemplateToken) -> Bool {
        guard tokens.first == token else { return false }
        tokens.removeFirst()
        return true
    }

    private mutating func takeAny(_ symbols: [String]) -> String? { symbols.first { take($0) } }

    mutating func name() throws -> String {
        guard case .name(let name)? = tokens.popFirst() else { throw TemplateError.syntax }
        return name
    }

    /// An expression with nothing behind it.
    mutating func last() throws -> TemplateExpression {
        let value = try expression()
        try end()
        return value
    }

    /// - Parameter mayBeChoice: whether `a if b else c` is one expression.
    mutating func expression(mayBeChoice: Bool = true) throws -> TemplateExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > TemplateLimits.nesting { throw TemplateError.limit }
        let value = try or()
        guard mayBeChoice, take(word: "if") else { return value }
        let condition = try or()
        return .choice(value, condition: condition, otherwise: take(word: "else") ? try expression() : nil)
    }

    private mutating func or() throws -> TemplateExpression {
        var parts = [try and()]
        while take(word: "or") { parts.append(try and()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func and() throws -> TemplateExpression {
        var parts = [try not()]
        while take(word: "and") { parts.append(try not()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func not() throws -> TemplateExpression {
        var count = 0
        while take(word: "not") { count += 1 }
        let value = try comparison()
        if count == 0 { return value }
        return count % 2 == 1 ? .not(value) : .not(.not(value))
    }

    private mutating func comparison() throws -> TemplateExpression {
        let first = try sum()
        var rest: [(symbol: String, right: TemplateExpression)] = []
        while true {
            let before = tokens
            if let symbol = takeAny(["==", "!=", "<=", ">=", "<", ">"]) {
                rest.append((symbol, try sum()))
            } else if take(word: "in") {
                rest.append(("in", try sum()))
            } else if take(word: "not"), take(word: "in") {
                rest.append(("not in", try sum()))
            } else {
                tokens = before
                return rest.isEmpty ? first : .comparison(first, rest)
            }
        }
    }

    private mutating func sum() throws -> TemplateExpression {
        try chain(["+", "-"]) { try $0.chain(["~"]) { try $0.chain(["*", "//", "/", "%"]) { try $0.signed() } } }
    }

    private mutating func chain(
        _ symbols: [String], _ operand: (inout Self) throws -> TemplateExpression
    ) throws -> TemplateExpression {
        let first = try operand(&self)
        var rest: [(symbol: String, right: TemplateExpression)] = []
        while let symbol = takeAny(symbols) { rest.append((symbol, try operand(&self))) }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    /// A value with its sign, look-ups and filters. Look-ups come before the sign, filters after it.
    private mutating func signed() throws -> TemplateExpression {
        var minuses = 0
        while let sign = takeAny(["-", "+"]) { minuses += sign == "-" ? 1 : 0 }
        var value = try primary()
        var steps: [TemplateStep] = []
        while let step = try lookUp() { steps.append(step) }
        if minuses > 0 {
            value = .negative(steps.isEmpty ? value : .steps(value, steps))
            if minuses % 2 == 0 { value = .negative(value) }
            steps = []
        }
        while let step = try filterOrTest() { steps.append(step) }
        return steps.isEmpty ? value : .steps(value, steps)
    }

    private mutating func primary() throws -> TemplateExpression {
        switch tokens.popFirst() {
        case .literal(let value): return .literal(value)
        case .name("true"), .name("True"): return .literal(.bool(true))
        case .name("false"), .name("False"): return .literal(.bool(false))
        case .name("none"), .name("None"): return .literal(.null)
        case .name(let name) where !Self.reserved.contains(name): return .name(name)
        case .symbol("["): return .list(try list(until: "]"))
        case .symbol("("):
            let items = try list(until: ")")
            // A comma makes one value a tuple, but that is nothing a prompt needs.
            return items.count == 1 ? items[0] : .list(items)
        default: throw TemplateError.syntax
        }
    }

    private mutating func list(until end: String) throws -> [TemplateExpression] {
        var items: [TemplateExpression] = []
        while !take(end) {
            if !items.isEmpty, !take(",") { throw TemplateError.syntax }
            if take(end) { break }
            items.append(try expression())
        }
        return items
    }

    private mutating func lookUp() throws -> TemplateStep? {
        if take("[") {
            let key = try expression()
            guard take("]") else { throw TemplateError.syntax }
            return .lookUp(key)
        }
        guard take(".") else { return nil }
        switch tokens.popFirst() {
        case .literal(.integer(let index)): return .lookUp(.literal(.integer(index)))
        case .name(let name):
            guard take("(") else { return .lookUp(.literal(.string(name))) }
            // The one method there is, for loops over names and values.
            guard name == "items", take(")") else { throw TemplateError.syntax }
            return .filter(.items, positional: [], named: [])
        default: throw TemplateError.syntax
        }
    }

    private mutating func filterOrTest() throws -> TemplateStep? {
        if take(word: "is") {
            let isNegated = take(word: "not")
            guard let test = TemplateTest(rawValue: try name().lowercased()) else { throw TemplateError.syntax }
            return .test(test, isNegated: isNegated)
        }
        guard take("|") else { return nil }
        guard let filter = TemplateFilter(named: try name()) else { throw TemplateError.syntax }
        var positional: [TemplateExpression] = []
        var named: [(name: String, value: TemplateExpression)] = []
        guard take("(") else { return .filter(filter, positional: [], named: []) }
        while !take(")") {
            if !(positional.isEmpty && named.isEmpty), !take(",") { throw TemplateError.syntax }
            if case .name(let name)? = tokens.first, tokens.dropFirst().first == .symbol("=") {
                tokens.removeFirst(2)
                named.append((name, try expression()))
            } else {
                positional.append(try expression())
            }
        }
        return .filter(filter, positional: positional, named: named)
    }
}
