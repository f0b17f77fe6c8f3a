extension JSONBuffer {
    /// Any value.
    ///
    /// Types are told apart by identity, which costs a comparison of pointers; `as?` would look conformances up.
    func value<T: Encodable>(_ value: T) throws {
        if T.self == String.self {
            string(unsafeBitCast(value, to: String.self))
        } else if T.self == ID.self {
            id(unsafeBitCast(value, to: ID.self))
        } else if T.self == JSON.self {
            try json(unsafeBitCast(value, to: JSON.self))
        } else if T.self == Int.self {
            integer(unsafeBitCast(value, to: Int.self))
        } else if T.self == [String: String].self {
            strings(unsafeBitCast(value, to: [String: String].self))
        } else if T.self == [String].self {
            strings(unsafeBitCast(value, to: [String].self))
        } else if T.self == [ID].self {
            ids(unsafeBitCast(value, to: [ID].self))
        } else if T.self == [String: JSON].self {
            try values(unsafeBitCast(value, to: [String: JSON].self))
        } else {
            let level = closers.count
            let before = count
            try value.encode(to: JSONStreamEncoder(buffer: self, level: level))
            close(to: level)
            if count == before { raw("{}") }  // a type without any properties may write nothing
        }
    }

    func json(_ value: JSON) throws {
        switch value {
        case .null: raw("null")
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): try double(value)
        case .string(let value): string(value)
        case .array(let values):
            byte(UInt8(ascii: "["))
            for value in values {
                separator()
                try json(value)
            }
            byte(UInt8(ascii: "]"))
        case .object(let members):
            byte(UInt8(ascii: "{"))
            for member in members {
                separator()
                string(member.key)
                byte(UInt8(ascii: ":"))
                try json(member.value)
            }
            byte(UInt8(ascii: "}"))
        }
    }

    private func strings(_ values: [String]) {
        byte(UInt8(ascii: "["))
        for value in values {
            separator()
            string(value)
        }
        byte(UInt8(ascii: "]"))
    }

    private func ids(_ values: [ID]) {
        byte(UInt8(ascii: "["))
        for value in values {
            separator()
            id(value)
        }
        byte(UInt8(ascii: "]"))
    }

    private func strings(_ map: [String: String]) {
        byte(UInt8(ascii: "{"))
        sorted(map) { key, value in
            separator()
            string(key)
            byte(UInt8(ascii: ":"))
            string(value)
        }
        byte(UInt8(ascii: "}"))
    }

    private func values(_ map: [String: JSON]) throws {
        byte(UInt8(ascii: "{"))
        try sorted(map) { key, value in
            separator()
            string(key)
            byte(UInt8(ascii: ":"))
            try json(value)
        }
        byte(UInt8(ascii: "}"))
    }

    /// The members in the order of their keys, so that the same map is always the same text.
    @inline(__always)
    private func sorted<Value>(_ map: [String: Value], _ write: (String, Value) throws -> Void) rethrows {
        if map.count < 2 {
            for (key, value) in map { try write(key, value) }
        } else {
            for (key, value) in map.sorted(by: { $0.key < $1.key }) { try write(key, value) }
        }
    }
}
