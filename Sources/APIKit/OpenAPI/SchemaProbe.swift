/// Finds a type's schema by running its `init(from:)` once with a decoder that records what it is asked for.
package enum SchemaProbe {
    package static func schema<T: Decodable>(of type: T.Type) throws -> Schema {
        try probe(type, inside: []).schema
    }

    static func probe<T: Decodable>(_ type: T.Type, inside: [String]) throws -> (value: T, schema: Schema) {
        switch type {
        case is ID.Type: return (1 as ID as! T, .id)
        case is JSON.Type: return (JSON.null as! T, .any)
        case is String.Type: return ("" as! T, .string(cases: []))
        case is Bool.Type: return (false as! T, .boolean)
        case is Int.Type: return (0 as! T, .integer)
        case is Int32.Type: return (Int32(0) as! T, .integer)
        case is Int64.Type: return (Int64(0) as! T, .integer)
        case is Double.Type: return (0.0 as! T, .number)
        default: break
        }
        if let enumeration = type as? any CaseIterable.Type, let (first, names) = cases(of: enumeration),
            let first = first as? T
        {
            return (first, .string(cases: names))
        }
        let name = componentName(type)
        let recorder = Recorder(name: name, inside: inside + [name])
        let value = try T(from: recorder)
        return (value, recorder.schema)
    }

    private static func cases(of type: any CaseIterable.Type) -> (Any, [String])? {
        func open<C: CaseIterable>(_: C.Type) -> (Any, [String])? {
            let names = C.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
            return C.allCases.first.map { ($0, names) }
        }
        return open(type)
    }

    /// The type's name without its module, in the letters that OpenAPI allows.
    static func componentName(_ type: Any.Type) -> String {
        let full = String(reflecting: type)
        let modules = ["APIKit.", "Agents.", "Platform.", "Server.", "Swift."]
        let short = modules.reduce(full) { text, module in
            var result = ""
            var rest = Substring(text)
            while let range = rest.firstRange(of: module) {
                result += rest[..<range.lowerBound]
                rest = rest[range.upperBound...]
            }
            return result + rest
        }
        return String(short.map { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" ? $0 : "-" })
            .split(separator: "-").joined(separator: "-")
    }
}

private final class Recorder: Decoder {
    let name: String
    let inside: [String]
    var fields: [Schema.Field] = []
    var leaf: Schema?
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(name: String, inside: [String]) {
        self.name = name
        self.inside = inside
    }

    var schema: Schema { leaf ?? .object(name: name, fields: fields) }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedRecorder<Key>(recorder: self))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer { UnkeyedRecorder(recorder: self) }
    func singleValueContainer() -> any SingleValueDecodingContainer { SingleRecorder(recorder: self) }

    func record<T: Decodable>(_ type: T.Type, _ key: any CodingKey, isRequired: Bool) throws -> T? {
        // An optional field may refer back to a type that is being described; it stops there.
        let name = SchemaProbe.componentName(type)
        defer { keepFirst(key.stringValue) }
        if !isRequired, inside.contains(name) {
            fields.append(.init(name: key.stringValue, schema: .reference(name), isRequired: false))
            return nil
        }
        let (value, schema) = try SchemaProbe.probe(type, inside: inside)
        // A map asks for whatever keys there are; it is given one.
        if key.stringValue == mapKey {
            leaf = .map(schema)
        } else {
            fields.append(
                .init(name: key.stringValue, schema: schema, isRequired: isRequired))
        }
        return value
    }

    /// An input made of two types may ask for a field twice; what it asked first counts.
    private func keepFirst(_ name: String) {
        guard let last = fields.last, last.name == name else { return }
        if fields.dropLast().contains(where: { $0.name == name }) { fields.removeLast() }
    }
}

/// The one key that a map is said to have.
private let mapKey = "*"

private struct KeyedRecorder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: Recorder

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { Key(stringValue: mapKey).map { [$0] } ?? [] }
    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try recorder.record(type, key, isRequired: true)!
    }
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try recorder.record(type, key, isRequired: false)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try recorder.record(type, key, isRequired: false)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try recorder.record(type, key, isRequired: false)
    }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try recorder.record(type, key, isRequired: false)
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try recorder.record(type, key, isRequired: false)
    }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try recorder.record(type, key, isRequired: false)
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try recorder.record(type, key, isRequired: false)
    }
    func nestedContainer<N: CodingKey>(keyedBy _: N.Type, forKey _: Key) -> KeyedDecodingContainer<N> {
        KeyedDecodingContainer(KeyedRecorder<N>(recorder: recorder))
    }
    func nestedUnkeyedContainer(forKey _: Key) -> any UnkeyedDecodingContainer { UnkeyedRecorder(recorder: recorder) }
    func superDecoder() -> any Decoder { recorder }
    func superDecoder(forKey _: Key) -> any Decoder { recorder }
}

private struct UnkeyedRecorder: UnkeyedDecodingContainer {
    let recorder: Recorder
    var currentIndex = 0

    init(recorder: Recorder) { self.recorder = recorder }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }
    mutating func decodeNil() -> Bool { false }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        currentIndex += 1
        let (value, schema) = try SchemaProbe.probe(type, inside: recorder.inside)
        recorder.leaf = .array(schema)
        return value
    }
    mutating func nestedContainer<N: CodingKey>(keyedBy _: N.Type) -> KeyedDecodingContainer<N> {
        KeyedDecodingContainer(KeyedRecorder<N>(recorder: recorder))
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { self }
    mutating func superDecoder() -> any Decoder { recorder }
}

private struct SingleRecorder: SingleValueDecodingContainer {
    let recorder: Recorder
    var codingPath: [any CodingKey] { [] }
    func decodeNil() -> Bool { false }
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let (value, schema) = try SchemaProbe.probe(type, inside: recorder.inside)
        recorder.leaf = schema
        return value
    }
}
