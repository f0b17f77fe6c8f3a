import APIKit
import Glibc

/// What can stand behind `is`.
enum TemplateTest: String, Sendable {
    case defined, undefined, none, string, number, integer, float, boolean, mapping, sequence, iterable, odd, even
    case `true`, `false`

    func holds(for value: JSON?) throws -> Bool {
        switch (self, value) {
        case (.defined, _): return value != nil
        case (.undefined, nil), (.none, .null?), (.string, .string?), (.number, .integer?), (.number, .number?),
            (.number, .bool?), (.integer, .integer?), (.float, .number?), (.boolean, .bool?), (.mapping, .object?),
            (.sequence, .string?), (.sequence, .array?), (.sequence, .object?), (.iterable, .string?),
            (.iterable, .array?), (.iterable, .object?), (.true, .bool(true)?), (.false, .bool(false)?):
            return true
        case (.odd, _), (.even, _):
            guard case .integer(let number)? = value?.spelled else { throw TemplateError.type }
            return number.isMultiple(of: 2) == (self == .even)
        default: return false
        }
    }
}

struct TemplateArguments {
    let evaluator: TemplateEvaluator
    let positional: [JSON?]
    var named: [String: JSON?] = [:]

    /// An argument by its place or its name.
    func value(_ place: Int, _ name: String) -> JSON? {
        place < positional.count ? positional[place] : named[name] ?? nil
    }

    func text(_ place: Int, _ name: String) throws -> String? { try value(place, name).map(evaluator.text) }
    func isSet(_ place: Int, _ name: String) -> Bool { TemplateEvaluator.isTrue(value(place, name)) }

    func number(_ place: Int, _ name: String, or standard: Int) throws -> Int {
        guard let value = value(place, name), value != .null else { return standard }
        guard case .integer(let number) = value, (-1_000_000_000...1_000_000_000).contains(number) else {
            throw TemplateError.type
        }
        return Int(number)
    }
}

/// The filters of Jinja2 that there are.
enum TemplateFilter: String, Sendable {
    case abs, capitalize, `default`, escape, first, float, int, items, join, last, length, list, lower, map, replace
    case reverse, round, safe, sort, string, title, tojson, trim, truncate, unique, upper, wordcount

    init?(named name: String) {
        self.init(rawValue: ["d": "default", "count": "length", "e": "escape"][name] ?? name)
    }

    func apply(to value: JSON?, _ arguments: TemplateArguments) throws -> JSON? {
        switch self {
        case .default:
            let isMissing = value == nil || arguments.isSet(1, "boolean") && !TemplateEvaluator.isTrue(value)
            return isMissing ? arguments.value(0, "default_value") ?? .string("") : value
        case .abs, .float, .int, .round: return try applyToNumber(value, arguments)
        case .first, .items, .join, .last, .length, .list, .map, .reverse, .sort, .unique:
            return try applyToItems(of: value, arguments)
        case .tojson:
            guard let value else { throw TemplateError.type }
            let text = try TemplateJSON.text(value, isSafe: true)
            try arguments.evaluator.spend(text.utf8.count)
            return .string(text)
        default: return try applyToText(arguments.evaluator.text(value), arguments)
        }
    }

    private func applyToText(_ text: String, _ arguments: TemplateArguments) throws -> JSON {
        switch self {
        case .upper: return .string(text.uppercased())
        case .lower: return .string(text.lowercased())
        case .capitalize:
            let first = text.unicodeScalars.first?.properties.titlecaseMapping ?? ""
            return .string(first + String(text.unicodeScalars.dropFirst()).lowercased())
        case .title:
            var isStart = true
            return .string(
                text.unicodeScalars.reduce(into: "") { title, scalar in
                    title += isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
                    isStart = scalar.properties.isWhitespace || "-({[<".unicodeScalars.contains(scalar)
                })
        case .trim:
            guard let chars = try arguments.text(0, "chars") else { return .string(text.trimmed()) }
            return .string(text.trimmed(Set(chars.unicodeScalars).contains))
        case .escape:
            let names: [Unicode.Scalar: String] = ["&": "amp", "<": "lt", ">": "gt", "'": "#39", "\"": "#34"]
            return .string(
                text.unicodeScalars.reduce(into: "") { escaped, scalar in
                    escaped += names[scalar].map { "&\($0);" } ?? String(scalar)
                })
        case .wordcount: return .integer(Int64(text.unicodeScalars.split { !$0.isWord }.count))
        case .replace: return .string(try replace(in: text, arguments))
        case .truncate: return .string(try truncate(text, arguments))
        default: return .string(text)
        }
    }

    private func replace(in text: String, _ arguments: TemplateArguments) throws -> String {
        guard let old = try arguments.text(0, "old"), !old.isEmpty, let new = try arguments.text(1, "new") else {
            throw TemplateError.type
        }
        let most = try arguments.number(2, "count", or: -1)
        if text.utf8.count > TemplateLimits.output { throw TemplateError.limit }
        let bytes = Array(text.utf8)
        let found = bytes.ranges(of: Array(old.utf8)).prefix(most < 0 ? .max : most)
        try arguments.evaluator.spend(16 * found.count)
        let starts = [0] + found.map(\.upperBound)
        let ends = found.map(\.lowerBound) + [bytes.count]
        let parts = zip(starts, ends).map { String(decoding: bytes[$0..<$1], as: UTF8.self) }
        return try arguments.evaluator.joined(parts, by: new)
    }

    private func truncate(_ text: String, _ arguments: TemplateArguments) throws -> String {
        let length = try arguments.number(0, "length", or: 255)
        let end = try arguments.text(2, "end") ?? "..."
        let scalars = Array(text.unicodeScalars)
        if scalars.count <= length + (try arguments.number(3, "leeway", or: 5)) { return text }
        guard length >= end.unicodeScalars.count else { throw TemplateError.type }
        var kept = scalars[..<(length - end.unicodeScalars.count)]
        if !arguments.isSet(1, "killwords"), let space = kept.lastIndex(of: " ") { kept = kept[..<space] }
        return String(kept) + end
    }

    private func applyToNumber(_ value: JSON?, _ arguments: TemplateArguments) throws -> JSON {
        let number = value?.spelled
        switch (self, number) {
        case (.int, .integer?), (.float, .number?): return number ?? .null
        case (.int, .number(let number)?):
            if let whole = Int64(exactly: number.rounded(.towardZero)) { return .integer(whole) }
            return arguments.value(0, "default") ?? .integer(0)
        case (.int, _): return arguments.value(0, "default") ?? .integer(0)
        case (.float, _):
            return number?.double.map { .number($0) } ?? arguments.value(0, "default") ?? .number(0)
        case (.abs, let number?):
            return try arguments.evaluator.isLess(number, .integer(0))
                ? arguments.evaluator.arithmetic("-", .integer(0), number) : number
        case (.round, let number?): return try round(number, arguments)
        default: throw TemplateError.type
        }
    }

    private func round(_ value: JSON, _ arguments: TemplateArguments) throws -> JSON {
        let places = try arguments.number(0, "precision", or: 0)
        guard (0...15).contains(places), let number = value.double else { throw TemplateError.type }
        let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
        switch try arguments.text(1, "method") ?? "common" {
        case "common":
            if case .integer = value { return value }
            // By its exact binary value and half to even, as Python and the C library do it.
            var text = [CChar](repeating: 0, count: 400)
            _ = withVaList([Int32(places), number]) { vsnprintf(&text, text.count, "%.*f", $0) }
            return .number(strtod(text, nil))
        case "ceil": return .number((number * factor).rounded(.up) / factor)
        case "floor": return .number((number * factor).rounded(.down) / factor)
        default: throw TemplateError.type
        }
    }

    private func applyToItems(of value: JSON?, _ arguments: TemplateArguments) throws -> JSON? {
        let evaluator = arguments.evaluator
        if self == .items {
            guard case .object(let members)? = value else { throw TemplateError.type }
            return try evaluator.list(members.map { .array([.string($0.key), $0.value]) })
        }
        let items = try evaluator.items(of: value)
        switch self {
        case .length: return .integer(Int64(items.count))
        case .first: return items.first
        case .last: return items.last
        case .list: return .array(items)
        case .reverse:
            guard case .string(let text)? = value else { return .array(items.reversed()) }
            return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
        case .join:
            let parts = try attributes(arguments.text(1, "attribute"), of: items, evaluator)
            return .string(try evaluator.joined(parts.map(evaluator.text), by: arguments.text(0, "d") ?? ""))
        case .map:
            guard let attribute = try arguments.text(1, "attribute") else { throw TemplateError.type }
            return try evaluator.list(attributes(attribute, of: items, evaluator))
        default: return try compared(items, arguments)
        }
    }

    /// sort and unique, which do not regard case unless they are told to.
    private func compared(_ items: [JSON], _ arguments: TemplateArguments) throws -> JSON {
        let evaluator = arguments.evaluator
        let place = self == .sort ? 1 : 0
        let hasCase = arguments.isSet(place, "case_sensitive")
        let attributes = try attributes(arguments.text(place + 1, "attribute"), of: items, evaluator)
        var pairs = try zip(attributes, items).map { key, item in
            try evaluator.spend(TemplateEvaluator.size(key))
            if case .string(let text)? = key, !hasCase { return (key: JSON.string(text.lowercased()), item: item) }
            return (key: key ?? .null, item: item)
        }
        if self == .unique {
            var seen: Set<JSON> = []
            return .array(pairs.filter { seen.insert($0.key).inserted }.map(\.item))
        }
        let isDown = arguments.isSet(0, "reverse")
        try pairs.sort { try isDown ? evaluator.isLess($1.key, $0.key) : evaluator.isLess($0.key, $1.key) }
        return .array(pairs.map(\.item))
    }

    /// Of each item what a path such as `user.name` leads to; the items themselves without a path.
    private func attributes(_ path: String?, of items: [JSON], _ evaluator: TemplateEvaluator) throws -> [JSON?] {
        guard let path else { return items }
        let keys = path.split(separator: ".").map { Int64($0).map { .integer($0) } ?? JSON.string(String($0)) }
        return try items.map { item in
            try keys.reduce(item) { value, key in
                try evaluator.spend()
                return try evaluator.element(key, of: value)
            }
        }
    }
}
