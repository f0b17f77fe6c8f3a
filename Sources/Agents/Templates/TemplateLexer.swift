import APIKit

/// A part of a template: text, `{{ … }}` or `{% … %}`. Comments and raw blocks are resolved.
enum TemplatePiece {
    case text(String)
    case output([TemplateToken])
    case statement([TemplateToken])
}

enum TemplateToken: Equatable {
    case name(String)
    case literal(JSON)
    case symbol(String)
}

/// Cuts a template into pieces, and what stands inside braces into tokens.
struct TemplateLexer {
    private let source: [Unicode.Scalar]
    private var index = 0
    private var pieces: [TemplatePiece] = []
    /// Whether the last closing mark was `-%}` or the like.
    private var trimsNext = false

    /// - Throws: for marks that are not closed, and characters that mean nothing.
    static func pieces(_ text: String) throws -> [TemplatePiece] {
        var lexer = TemplateLexer(text)
        while lexer.index < lexer.source.count { try lexer.piece() }
        return lexer.pieces
    }

    /// As in Jinja2, newlines become "\n", and one at the very end is dropped.
    private init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        if scalars.last == "\n" || scalars.last == "\r" { scalars.removeLast() }
        source = scalars.map { $0 == "\r" ? "\n" : $0 }
    }

    private mutating func piece() throws {
        let start = index
        while index < source.count, source[index] != "{" || !(at("{{") || at("{%") || at("{#")) { index += 1 }
        let text = source[start..<index]
        guard index < source.count else { return append(text) }
        let mark = source[index + 1]
        index += 2
        append(text, trimmingEnd: takeSign())
        if mark == "{" {
            pieces.append(.output(try tokens(until: "}}")))
        } else if mark == "%" {
            let tokens = try tokens(until: "%}")
            if tokens == [.name("raw")] { try raw() } else { pieces.append(.statement(tokens)) }
        } else {
            let start = index
            while index < source.count, !at("#}") { index += 1 }
            guard index < source.count else { throw TemplateError.syntax }
            trimsNext = source[start..<index].last == "-"
            index += 2
        }
    }

    private mutating func append(_ text: ArraySlice<Unicode.Scalar>, trimmingEnd: Bool = false) {
        var text = text
        if trimsNext { text = text.drop(while: \.properties.isWhitespace) }
        while trimmingEnd, text.last?.properties.isWhitespace ?? false { text.removeLast() }
        trimsNext = false
        if !text.isEmpty { pieces.append(.text(String(text))) }
    }

    /// Takes everything up to `{% endraw %}` as text.
    private mutating func raw() throws {
        let start = index
        let trimsStart = trimsNext
        while index < source.count {
            let end = index
            index += at("{%") ? 2 : 1
            guard index == end + 2 else { continue }
            let trimsEnd = takeSign()
            skipSpace()
            guard source[index...].starts(with: "endraw".unicodeScalars) else { continue }
            index += 6
            skipSpace()
            guard close("%}") else { continue }
            let trimsAfter = trimsNext
            trimsNext = trimsStart
            append(source[start..<end], trimmingEnd: trimsEnd)
            trimsNext = trimsAfter
            return
        }
        throw TemplateError.syntax
    }

    private func at(_ mark: StaticString) -> Bool {
        mark.withUTF8Buffer { mark in
            index + mark.count <= source.count && zip(source[index...], mark).allSatisfy { $0.value == UInt32($1) }
        }
    }

    /// Steps over the sign behind an opening or before a closing mark; true for the one that trims.
    private mutating func takeSign() -> Bool {
        guard index < source.count, source[index] == "-" || source[index] == "+" else { return false }
        index += 1
        return source[index - 1] == "-"
    }

    private mutating func skipSpace() {
        while index < source.count, source[index].properties.isWhitespace { index += 1 }
    }

    private mutating func close(_ mark: StaticString) -> Bool {
        let start = index
        let trims = takeSign()
        guard at(mark) else {
            index = start
            return false
        }
        index += 2
        trimsNext = trims
        return true
    }

    private mutating func tokens(until end: StaticString) throws -> [TemplateToken] {
        var tokens: [TemplateToken] = []
        while true {
            skipSpace()
            if close(end) { return tokens }
            guard index < source.count else { throw TemplateError.syntax }
            let scalar = source[index]
            if scalar == "\"" || scalar == "'" {
                tokens.append(.literal(.string(try string(quote: scalar))))
            } else if scalar.isDigit {
                // In `xs.0.1` there are two indices and no number with a fraction.
                tokens.append(.literal(try number(mayHaveFraction: tokens.last != .symbol("."))))
            } else if scalar.isWord {
                tokens.append(.name(takeAll(\.isWord)))
            } else {
                let isPair = at("==") || at("!=") || at("<=") || at(">=") || at("//")
                guard isPair || "+-*/%~<>=()[].,|".unicodeScalars.contains(scalar) else { throw TemplateError.syntax }
                tokens.append(.symbol(String(source[index..<(index + (isPair ? 2 : 1))])))
                index += isPair ? 2 : 1
            }
        }
    }

    private mutating func takeAll(_ isTaken: (Unicode.Scalar) -> Bool) -> String {
        let taken = source[index...].prefix(while: isTaken)
        index = taken.endIndex
        return String(taken)
    }

    private mutating func string(quote: Unicode.Scalar) throws -> String {
        index += 1
        var text = String.UnicodeScalarView()
        while index < source.count {
            let scalar = source[index]
            index += 1
            if scalar == quote { return String(text) }
            guard scalar == "\\", index < source.count else {
                text.append(scalar)
                continue
            }
            switch source[index] {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case "\\", "'", "\"": text.append(source[index])
            default: text.append(contentsOf: ["\\", source[index]])
            }
            index += 1
        }
        throw TemplateError.syntax
    }

    private mutating func number(mayHaveFraction: Bool) throws -> JSON {
        let digits = takeAll(\.isDigit)
        if mayHaveFraction, at("."), index + 1 < source.count, source[index + 1].isDigit {
            index += 1
            return .number(Double(digits + "." + takeAll(\.isDigit)) ?? 0)
        }
        // As in Python, 007 is no number.
        guard let number = Int64(digits), !digits.hasPrefix("0") || number == 0 else { throw TemplateError.syntax }
        return .integer(number)
    }
}

extension Unicode.Scalar {
    /// Whether it may stand in a name: a letter, digit or underscore of any script.
    var isWord: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            true
        default: self == "_"
        }
    }

    var isDigit: Bool { ("0"..."9").contains(self) }
}

extension String {
    init(_ scalars: ArraySlice<Unicode.Scalar>) { self = String(String.UnicodeScalarView(scalars)) }

    /// Without white space, or other scalars, at both ends.
    func trimmed(_ isTrimmed: (Unicode.Scalar) -> Bool = \.properties.isWhitespace) -> String {
        var rest = unicodeScalars.drop(while: isTrimmed)
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return String(rest)
    }
}
