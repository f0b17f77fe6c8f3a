/// What one field holds, still to be given a type.
enum InputValue {
    /// From a body: strict.
    case json(JSON)
    /// From the path or the query: lenient.
    case text(String)
    /// A name that the query repeats. As anything but an array it counts as its first value.
    case texts([String])
    /// The request as a whole.
    case request(InputRequest)

    /// See ``JSON/isBlank``.
    var isBlank: Bool {
        switch self {
        case .json(let value): value.isBlank
        case .text(let text): text.isEmpty
        case .texts(let texts): texts.allSatisfy(\.isEmpty)
        case .request: false
        }
    }

    var isNull: Bool {
        if case .json(.null) = self { true } else { false }
    }

    /// The value as free-form JSON.
    var json: JSON {
        switch self {
        case .json(let value): value
        case .text(let text): .string(text)
        case .texts(let texts): .array(texts.map { .string($0) })
        case .request(let request): request.body
        }
    }

    /// A value of any type: the ones that are common or special here at once, others by their `init(from:)`.
    ///
    /// Errors name fields relative to this value. Each container on the way out puts its key in front, so that no
    /// path is kept while all goes well.
    func decode<T: Decodable>(_ type: T.Type) throws(InputError) -> T {
        if T.self == String.self { return unsafeBitCast(try string(), to: T.self) }
        if T.self == ID.self { return unsafeBitCast(try id(), to: T.self) }
        if T.self == JSON.self { return Self.cast(json) }
        if T.self == [String].self { return unsafeBitCast(try strings(), to: T.self) }
        if T.self == [String: String].self { return unsafeBitCast(try stringMap(), to: T.self) }
        if T.self == [String: JSON].self { return unsafeBitCast(try valueMap(), to: T.self) }
        if T.self == ID?.self { return Self.cast(isNoID ? nil : try id() as ID?) }
        do {
            return try T(from: InputDecoder(value: self, codingPath: []))
        } catch {
            throw InputError(error, decoding: type)
        }
    }

    /// To a type that is known to be the same.
    private static func cast<From, To>(_ value: From) -> To {
        withUnsafePointer(to: value) { UnsafeRawPointer($0).assumingMemoryBound(to: To.self).pointee }
    }

    // MARK: - Types with a meaning of their own

    /// "0" is how some official SDKs leave an id out.
    var isNoID: Bool {
        switch self {
        case .json(.string("0")), .text("0"): true
        default: isBlank
        }
    }

    private func id() throws(InputError) -> ID {
        let text: String? =
            switch self {
            case .json(.string(let text)): text
            case .json, .request: nil
            case .text(let text): text
            case .texts(let texts): texts.first
            }
        guard let text, let id = ID(text) else { throw .here(ID.rule) }
        return id
    }

    private func strings() throws(InputError) -> [String] {
        switch try elements() {
        case .texts(let texts):
            return texts
        case .json(let values):
            var strings: [String] = []
            strings.reserveCapacity(values.count)
            for (index, value) in values.enumerated() {
                guard case .string(let string) = value else {
                    throw .expected("a string", got: value).within([IndexKey(index)])
                }
                strings.append(string)
            }
            return strings
        }
    }

    private func stringMap() throws(InputError) -> [String: String] {
        let members = try fields()
        var map = [String: String](minimumCapacity: members.count)
        for member in members {
            // Null is as if it had not been sent, here too.
            if case .null = member.value { continue }
            guard case .string(let string) = member.value else {
                throw .expected("a string", got: member.value).within([AnyKey(member.key)])
            }
            map[member.key] = string
        }
        return map
    }

    private func valueMap() throws(InputError) -> [String: JSON] {
        let members = try fields()
        var map = [String: JSON](minimumCapacity: members.count)
        for member in members { map[member.key] = member.value }
        return map
    }

    /// All fields as members of one object, the ones that count last.
    private func fields() throws(InputError) -> [JSON.Member] {
        let members = try members()
        guard case .request(let request) = self else { return members }
        return members
            + request.names.compactMap { name in
                request.text(name).map { JSON.Member(key: name, value: $0.json) }
            }
    }

    // MARK: - Structure

    /// The members of an object; of a request, those of its body.
    func members() throws(InputError) -> [JSON.Member] {
        switch self {
        case .json(.object(let members)): return members
        case .json(let value): throw .expected("an object", got: value)
        case .text, .texts: throw .here("expected an object, got text")
        case .request(let request): return try InputValue.json(request.body).members()
        }
    }

    func elements() throws(InputError) -> InputArray.Elements {
        switch self {
        case .json(.array(let values)): return .json(values)
        case .json(let value): throw .expected("an array", got: value)
        case .text(let text): return .texts(Self.split(text))
        case .texts(let texts): return .texts(texts.flatMap(Self.split))
        case .request(let request): return try InputValue.json(request.body).elements()
        }
    }

    private static func split(_ text: String) -> [String] {
        text.split(separator: ",").map(String.init)
    }
}
