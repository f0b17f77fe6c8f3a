/// Body values are taken strictly, text leniently; see ``InputSource``.
extension InputValue {
    func string() throws(InputError) -> String {
        switch self {
        case .json(.string(let value)): return value
        case .json(let value): throw .expected("a string", got: value)
        case .text(let text): return text
        case .texts(let texts): return texts.first ?? ""
        case .request(let request): return try InputValue.json(request.body).string()
        }
    }

    func bool() throws(InputError) -> Bool {
        switch self {
        case .json(.bool(let value)): return value
        case .json(let value): throw .expected("a boolean", got: value)
        case .request(let request): return try InputValue.json(request.body).bool()
        case .text, .texts:
            switch try string() {
            case "true", "1": return true
            case "false", "0": return false
            default: throw .here("expected true or false")
            }
        }
    }

    /// An integer, also one written with a fraction of zero, provided that it fits the type.
    func integer<T: FixedWidthInteger>(_ type: T.Type) throws(InputError) -> T {
        switch self {
        case .json(.integer(let value)):
            return try Self.narrow(value)
        case .json(.number(let value)):
            // Larger ones have been rounded by the parser: better refused than wrong by one.
            guard abs(value) < 0x1p63 else { throw Self.outOfRange(type) }
            let whole = Int64(value)
            guard Double(whole) == value else { throw .here("expected an integer, got a fraction") }
            return try Self.narrow(whole)
        case .json(let value):
            throw .expected("an integer", got: value)
        case .request(let request):
            return try InputValue.json(request.body).integer(type)
        case .text, .texts:
            let text = try string()
            if let value = T(text) { return value }
            throw Int64(text) == nil ? .here("expected an integer") : Self.outOfRange(type)
        }
    }

    func double() throws(InputError) -> Double {
        switch self {
        case .json(.integer(let value)): return Double(value)
        case .json(.number(let value)): return value
        case .json(let value): throw .expected("a number", got: value)
        case .request(let request): return try InputValue.json(request.body).double()
        case .text, .texts:
            // Swift's own reading would let "nan", "inf" and hexadecimal pass.
            guard let value = try? JSON(parsing: try string()), let number = try? InputValue.json(value).double() else {
                throw .here("expected a number")
            }
            return number
        }
    }

    func float() throws(InputError) -> Float {
        let value = Float(try double())
        guard value.isFinite else { throw .here("the number is too large") }
        return value
    }

    @inline(__always)
    private static func narrow<T: FixedWidthInteger>(_ value: Int64) throws(InputError) -> T {
        guard let value = T(exactly: value) else { throw outOfRange(T.self) }
        return value
    }

    private static func outOfRange<T: FixedWidthInteger>(_ type: T.Type) -> InputError {
        .here("must be between \(T.min) and \(T.max)")
    }
}
