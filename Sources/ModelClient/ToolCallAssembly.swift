import JSONKit

/// Joins the pieces in which calls arrive.
///
/// By the book a call has an index, and its first piece brings id and name. Not all upstreams keep to that: some send
/// whole calls, leave out index or id, give all calls the index 0, or repeat id and name with each piece.
struct ToolCallAssembly {
    private struct Entry {
        let index: Int64?
        var id: String
        var name: String
        var arguments: String
    }

    private var entries: [Entry] = []
    private var size = 0

    var isEmpty: Bool { entries.isEmpty }

    /// Takes one element of `tool_calls`.
    mutating func add(_ piece: JSON) throws(ModelError) {
        guard case .object = piece else {
            throw ModelError(.protocolViolation, "an element of tool_calls is not an object")
        }
        let index: Int64? = if case .integer(let index)? = piece["index"] { index } else { nil }
        let id = piece["id"]?.stringValue ?? ""
        let function = piece["function"]
        let name = function?["name"]?.stringValue ?? ""
        let arguments = Self.arguments(function?["arguments"])
        size += name.utf8.count + arguments.utf8.count
        guard size <= EventStreamDecoder.limit else {
            throw ModelError(.tooLarge, "the arguments of calls are longer than \(EventStreamDecoder.limit >> 20) MB")
        }
        guard let place = place(index: index, id: id, name: name) else {
            entries.append(Entry(index: index, id: id, name: name, arguments: arguments))
            return
        }
        if entries[place].id.isEmpty { entries[place].id = id }
        if entries[place].name != name { entries[place].name += name }
        entries[place].arguments += arguments
    }

    /// Which call a piece continues; nil if it begins one.
    private func place(index: Int64?, id: String, name: String) -> Int? {
        guard let index else {
            if !id.isEmpty { return entries.lastIndex { $0.id == id } }
            return name.isEmpty ? entries.indices.last : nil
        }
        guard let place = entries.lastIndex(where: { $0.index == index }) else { return nil }
        let isAnother = !id.isEmpty && !entries[place].id.isEmpty && entries[place].id != id && !name.isEmpty
        return isAnother ? nil : place
    }

    private static func arguments(_ value: JSON?) -> String {
        switch value {
        case .string(let text): text
        case .object: value.flatMap { try? JSONOutput.text($0) } ?? ""
        default: ""
        }
    }

    /// The calls, whole.
    ///
    /// - Throws: `protocolViolation` if the arguments of one are not JSON.
    func calls() throws(ModelError) -> [ModelToolCall] {
        var calls: [ModelToolCall] = []
        for (number, entry) in entries.enumerated() {
            var arguments = entry.arguments
            // What many write for a function without parameters.
            if arguments.utf8.allSatisfy({ $0 <= 0x20 }) { arguments = "{}" }
            do throws(JSONSyntaxError) {
                _ = try JSON(parsing: arguments)
            } catch {
                throw ModelError(.protocolViolation, "the arguments of a call are not JSON: \(error)")
            }
            let id = entry.id.isEmpty ? Self.makeID(number) : entry.id
            calls.append(ModelToolCall(id: id, name: entry.name, arguments: arguments))
        }
        return calls
    }

    private static func makeID(_ number: Int) -> String {
        "call_\(number)_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    }
}

extension JSON {
    /// The text of a string; nil for everything else.
    var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
