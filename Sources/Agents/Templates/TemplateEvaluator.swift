import APIKit

/// Renders a template once. Values are JSON, and nil where nothing is defined. Everything it does is counted, so that
/// no template keeps a server busy.
final class TemplateEvaluator {
    private let given: [String: String]
    /// The given values that were used, read as JSON where they are.
    private var read: [String: JSON] = [:]
    /// What `set` and loops have named, innermost last.
    private var scopes: [[String: JSON?]] = [[:]]
    private var output = ""
    private var stepsLeft = TemplateLimits.steps

    private init(_ given: [String: String]) { self.given = given }

    /// - Throws: for what cannot be evaluated or is over the limits.
    static func render(_ nodes: [TemplateNode], _ values: [String: String]) throws -> String {
        let evaluator = TemplateEvaluator(values)
        try evaluator.run(nodes)
        return evaluator.output
    }

    /// Counts a step, and more for work on what is long.
    ///
    /// - Parameter size: bytes that are gone through, or 16 for each value.
    func spend(_ size: Int = 0) throws {
        stepsLeft -= 1 + size / 256
        if stepsLeft < 0 || size > 4 * TemplateLimits.output { throw TemplateError.limit }
    }

    // MARK: - Statements

    private func run(_ nodes: [TemplateNode]) throws {
        for node in nodes {
            try spend()
            switch node {
            case .text(let text):
                try write(text)
            case .output(.name(let name)) where scoped(name) == nil:
                try write(given[name] ?? "")
            case .output(let expression):
                try write(text(value(of: expression)))
            case .branches(let branches):
                for branch in branches {
                    guard try branch.condition.map(isTrue) ?? true else { continue }
                    try run(branch.body)
                    break
                }
            case .loop(let names, let items, let condition, let body, let otherwise):
                let rounds = try rounds(names, items, condition)
                for (index, var scope) in rounds.enumerated() {
                    scope["loop"] = .some(Self.loop(index, of: rounds.count))
                    try inScope(scope) { try run(body) }
                }
                if rounds.isEmpty { try inScope([:]) { try run(otherwise) } }
            case .set(let name, let expression):
                scopes[scopes.count - 1][name] = .some(try value(of: expression))
            }
        }
    }

    private func write(_ text: String) throws {
        if output.utf8.count + text.utf8.count > TemplateLimits.output { throw TemplateError.limit }
        output += text
    }

    private func inScope<Result>(_ scope: [String: JSON?], _ run: () throws -> Result) rethrows -> Result {
        scopes.append(scope)
        defer { scopes.removeLast() }
        return try run()
    }

    /// What each round of a loop names.
    private func rounds(
        _ names: [String], _ items: TemplateExpression, _ condition: TemplateExpression?
    ) throws -> [[String: JSON?]] {
        var rounds: [[String: JSON?]] = []
        for item in try self.items(of: value(of: items)) {
            try spend()
            let parts = names.count == 1 ? [item] : try self.items(of: item)
            guard parts.count == names.count else { throw TemplateError.type }
            var scope: [String: JSON?] = [:]
            for (name, part) in zip(names, parts) { scope[name] = .some(part) }
            if let condition, try !inScope(scope, { try isTrue(condition) }) { continue }
            rounds.append(scope)
        }
        return rounds
    }

    private static func loop(_ index: Int, of count: Int) -> JSON {
        let numbers = [("index", index + 1), ("index0", index), ("length", count)]
        let fromEnd = [("revindex", count - index), ("revindex0", count - index - 1)]
        let flags = [("first", index == 0), ("last", index == count - 1)]
        return .object(
            (numbers + fromEnd).map { JSON.Member(key: $0, value: .integer(Int64($1))) }
                + flags.map { JSON.Member(key: $0, value: .bool($1)) })
    }

    // MARK: - Expressions

    func value(of expression: TemplateExpression) throws -> JSON? {
        try spend()
        switch expression {
        case .literal(let value): return value
        case .name(let name): return try value(ofName: name)
        case .list(let expressions): return try list(expressions.map(value(of:)))
        case .all(let parts): return try first(of: parts) { !Self.isTrue($0) }
        case .any(let parts): return try first(of: parts, where: Self.isTrue)
        case .not(let expression): return .bool(try !isTrue(expression))
        case .negative(let expression): return try arithmetic("-", .integer(0), value(of: expression))
        case .choice(let then, let condition, let otherwise):
            if try isTrue(condition) { return try value(of: then) }
            return try otherwise.flatMap(value(of:))
        case .comparison(let first, let rest):
            var left = try value(of: first)
            for (symbol, expression) in rest {
                let right = try value(of: expression)
                guard try holds(symbol, left, right) else { return .bool(false) }
                left = right
            }
            return .bool(true)
        case .arithmetic(let first, let rest):
            return try rest.reduce(value(of: first)) { try arithmetic($1.symbol, $0, value(of: $1.right)) }
        case .steps(let first, let steps):
            return try steps.reduce(value(of: first)) { try take($1, with: $0) }
        }
    }

    private func take(_ step: TemplateStep, with value: JSON?) throws -> JSON? {
        try spend()
        switch step {
        case .lookUp(let key): return try element(self.value(of: key), of: value)
        case .test(let test, let isNegated): return .bool(try test.holds(for: value) != isNegated)
        case .filter(let filter, let positional, let named):
            var arguments = TemplateArguments(evaluator: self, positional: try positional.map(self.value(of:)))
            for (name, expression) in named { arguments.named[name] = .some(try self.value(of: expression)) }
            return try filter.apply(to: value, arguments)
        }
    }

    private func scoped(_ name: String) -> JSON?? {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return nil
    }

    private func value(ofName name: String) throws -> JSON? {
        if let value = scoped(name) { return value }
        if let value = read[name] { return value }
        guard let text = given[name] else { return nil }
        try spend(text.utf8.count)
        let value = Self.value(given: text)
        read[name] = value
        return value
    }

    /// A value that is a JSON object or array can be looked into; all others are texts.
    private static func value(given text: String) -> JSON {
        let start = text.utf8.first { !" \t\r\n".utf8.contains($0) }
        guard start == UInt8(ascii: "{") || start == UInt8(ascii: "["), text.utf8.count <= TemplateLimits.output else {
            return .string(text)
        }
        return (try? JSON(parsing: text)) ?? .string(text)
    }

    /// The first part that decides, or the last: `a or "b"` is a value, as in Python.
    private func first(of parts: [TemplateExpression], where decides: (JSON?) -> Bool) throws -> JSON? {
        var last: JSON?
        for part in parts {
            last = try value(of: part)
            if decides(last) { break }
        }
        return last
    }

    private func isTrue(_ expression: TemplateExpression) throws -> Bool { Self.isTrue(try value(of: expression)) }

    static func isTrue(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null?: false
        case .bool(let value)?: value
        case .integer(let value)?: value != 0
        case .number(let value)?: value != 0
        case .string(let value)?: !value.isEmpty
        case .array(let values)?: !values.isEmpty
        case .object(let members)?: !members.isEmpty
        }
    }
}
