#if PostgreSQL
/// The statements a connection has prepared, by their text. Those used longest ago make room for new ones.
struct PostgresStatements {
    private final class Prepared {
        let name: String
        var lastUse = 0

        init(name: String) { self.name = name }
    }

    private var prepared: [String: Prepared] = [:]
    private var lastNumber = 0
    private var clock = 0
    private let limit: Int

    /// Commands that free what the server still holds of forgotten statements. They travel with the next exchange.
    private(set) var leftovers: [String] = []

    init(limit: Int) { self.limit = max(limit, 1) }

    /// The name under which the server knows the statement, or nil if it does not.
    mutating func name(of text: String) -> String? {
        guard let entry = prepared[text] else { return nil }
        clock += 1
        entry.lastUse = clock
        return entry.name
    }

    /// Names a statement that is about to be prepared.
    mutating func add(_ text: String) -> String {
        if prepared.count >= limit, let oldest = prepared.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            prepared[oldest.key] = nil
            leftovers.append(Self.deallocate(oldest.value.name))
        }
        lastNumber += 1
        clock += 1
        let entry = Prepared(name: "s\(lastNumber)")
        entry.lastUse = clock
        prepared[text] = entry
        return entry.name
    }

    /// Takes back a name, since the server did not prepare the statement.
    mutating func remove(_ text: String, name: String) {
        // In an exchange of many statements it may have made room for another already, or have been named anew.
        if prepared[text]?.name == name { prepared[text] = nil }
        leftovers.removeAll { $0 == Self.deallocate(name) }
    }

    /// Forgets all statements, since their plans may no longer fit the tables.
    mutating func removeAll() {
        if prepared.isEmpty && leftovers.isEmpty { return }
        prepared.removeAll()
        leftovers = ["DEALLOCATE ALL"]
    }

    /// The server has run one of the leftovers.
    mutating func free(_ leftover: String) {
        leftovers.removeAll { $0 == leftover }
    }

    private static func deallocate(_ name: String) -> String { "DEALLOCATE \(name)" }
}
#endif
