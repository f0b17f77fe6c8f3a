import APIKit

/// A piece of a template that was read.
indirect enum TemplateNode: Sendable {
    case text(String)
    case output(TemplateExpression)
    /// The first body whose condition holds; a condition that is nil always does.
    case branches([(condition: TemplateExpression?, body: [TemplateNode])])
    /// One round for each item that the condition holds for, or else the other nodes.
    case loop(
        names: [String], items: TemplateExpression, condition: TemplateExpression?, body: [TemplateNode],
        otherwise: [TemplateNode])
    case set(String, TemplateExpression)
}

/// Operators of the same rank, filters and look-ups stand in lists and not inside one another, so that a long chain of
/// them is no deep tree.
indirect enum TemplateExpression: Sendable {
    case literal(JSON)
    case name(String)
    case list([TemplateExpression])
    case all([TemplateExpression])
    case any([TemplateExpression])
    case not(TemplateExpression)
    case negative(TemplateExpression)
    case choice(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
    case comparison(TemplateExpression, [(symbol: String, right: TemplateExpression)])
    case arithmetic(TemplateExpression, [(symbol: String, right: TemplateExpression)])
    case steps(TemplateExpression, [TemplateStep])
}

/// What is done to a value.
enum TemplateStep: Sendable {
    case lookUp(TemplateExpression)
    case filter(TemplateFilter, positional: [TemplateExpression], named: [(name: String, value: TemplateExpression)])
    case test(TemplateTest, isNegated: Bool)
}

/// Reads the pieces of a template as statements.
struct TemplateParser {
    private var pieces: ArraySlice<TemplatePiece>
    private var depth = 0

    /// - Throws: for what is no template, or nested too deeply.
    static func parse(_ text: String) throws -> [TemplateNode] {
        var parser = TemplateParser(pieces: try TemplateLexer.pieces(text)[...])
        let (nodes, end) = try parser.nodes(until: [])
        guard end == nil else { throw TemplateError.syntax }
        return nodes
    }

    /// Nodes up to a statement that begins with one of these words, and that statement.
    private mutating func nodes(
        until ends: Set<String>
    ) throws -> (nodes: [TemplateNode], end: (word: String, rest: TemplateExpressionParser)?) {
        depth += 1
        defer { depth -= 1 }
        if depth > TemplateLimits.nesting { throw TemplateError.limit }
        var nodes: [TemplateNode] = []
        while let piece = pieces.popFirst() {
            switch piece {
            case .text(let text):
                nodes.append(.text(text))
            case .output(let tokens):
                var parser = TemplateExpressionParser(tokens)
                nodes.append(.output(try parser.last()))
            case .statement(let tokens):
                var parser = TemplateExpressionParser(tokens)
                let word = try parser.name()
                if ends.contains(word) { return (nodes, (word, parser)) }
                nodes.append(try statement(word, &parser))
            }
        }
        return (nodes, nil)
    }

    private mutating func statement(
        _ word: String, _ parser: inout TemplateExpressionParser
    ) throws -> TemplateNode {
        switch word {
        case "if": return try branches(&parser)
        case "for": return try loop(&parser)
        case "set":
            let name = try parser.name()
            guard parser.take("=") else { throw TemplateError.syntax }
            return .set(name, try parser.last())
        // Includes and macros among them: a prompt is one text.
        default: throw TemplateError.syntax
        }
    }

    /// Nodes up to one of the words, which must come. Only `elif` may have more behind it.
    private mutating func body(
        until ends: Set<String>
    ) throws -> (nodes: [TemplateNode], word: String, rest: TemplateExpressionParser) {
        let (nodes, end) = try nodes(until: ends)
        guard let end else { throw TemplateError.syntax }
        if end.word != "elif" { try end.rest.end() }
        return (nodes, end.word, end.rest)
    }

    private mutating func branches(_ parser: inout TemplateExpressionParser) throws -> TemplateNode {
        var branches: [(condition: TemplateExpression?, body: [TemplateNode])] = []
        var condition: TemplateExpression? = try parser.last()
        while true {
            var found = try body(until: condition == nil ? ["endif"] : ["elif", "else", "endif"])
            branches.append((condition, found.nodes))
            if found.word == "endif" { return .branches(branches) }
            condition = found.word == "elif" ? try found.rest.last() : nil
        }
    }

    private mutating func loop(_ parser: inout TemplateExpressionParser) throws -> TemplateNode {
        var names = [try parser.name()]
        while parser.take(",") { names.append(try parser.name()) }
        guard parser.take(word: "in") else { throw TemplateError.syntax }
        let items = try parser.expression(mayBeChoice: false)
        let condition = parser.take(word: "if") ? try parser.expression() : nil
        try parser.end()
        let found = try body(until: ["else", "endfor"])
        let otherwise = found.word == "else" ? try body(until: ["endfor"]).nodes : []
        return .loop(names: names, items: items, condition: condition, body: found.nodes, otherwise: otherwise)
    }
}
