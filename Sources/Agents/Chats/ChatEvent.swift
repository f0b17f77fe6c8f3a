import APIKit
import Platform

/// One event of a chat's log.
struct ChatEvent: Sendable {
    /// Rises along the log; ids of events on the wire.
    let number: Int64
    let kind: Kind
    /// The message that a delta belongs to.
    let message: ID?
    /// What a delta adds; of other events the whole data, as JSON.
    let text: String

    /// What kind of event. The numbers are stored.
    enum Kind: Int64, Sendable {
        case delta = 0
        case reasoningDelta = 1
        case messageCompleted = 2
        case created = 3
        case inProgress = 4
        case completed = 5
        case failed = 6
        case requiresAction = 7
        case canceled = 8
        /// The server cannot go on, nor say so in the log. Never stored.
        case error = 9

        var isDelta: Bool { self == .delta || self == .reasoningDelta }

        fileprivate var name: StaticString {
            switch self {
            case .delta, .reasoningDelta: "conversation.message.delta"
            case .messageCompleted: "conversation.message.completed"
            case .created: "conversation.chat.created"
            case .inProgress: "conversation.chat.in_progress"
            case .completed: "conversation.chat.completed"
            case .failed: "conversation.chat.failed"
            case .requiresAction: "conversation.chat.requires_action"
            case .canceled: "conversation.chat.canceled"
            case .error: "error"
            }
        }
    }
}

/// Events as they are stored: deltas of one kind and message, one after the other, make a single row.
struct StoredEvents: Sendable {
    /// The number of the first.
    let number: Int64
    let kind: ChatEvent.Kind
    let message: ID?
    /// Of deltas a JSON array of what each adds; of another event its data.
    let data: String

    init(number: Int64, kind: ChatEvent.Kind, message: ID?, data: String) {
        self.number = number
        self.kind = kind
        self.message = message
        self.data = data
    }

    /// The most deltas of a row, so that long answers are read piece by piece.
    private static let groupSize: Int64 = 500

    /// The rows for events that follow each other.
    static func rows(_ events: [ChatEvent]) throws -> [StoredEvents] {
        var rows: [StoredEvents] = []
        var rest = events[...]
        while let first = rest.first {
            guard first.kind.isDelta else {
                rows.append(
                    StoredEvents(number: first.number, kind: first.kind, message: first.message, data: first.text))
                rest.removeFirst()
                continue
            }
            var next = first.number
            let group = rest.prefix { event in
                defer { next += 1 }
                return event.kind == first.kind && event.message == first.message && event.number == next
                    && next < first.number + Self.groupSize
            }
            rows.append(
                StoredEvents(
                    number: first.number, kind: first.kind, message: first.message,
                    data: try JSONOutput.text(group.map(\.text))))
            rest = rest[group.endIndex...]
        }
        return rows
    }

    var events: [ChatEvent] {
        get throws {
            guard kind.isDelta else { return [ChatEvent(number: number, kind: kind, message: message, text: data)] }
            return try StoredJSON.read([String].self, data).enumerated().map { index, text in
                ChatEvent(number: number + Int64(index), kind: kind, message: message, text: text)
            }
        }
    }
}

/// Writes events as the SDKs read them: exactly one line `event:`, one line `data:` and an empty one.
///
/// No comments, no heartbeats, no data over several lines: the official Python SDK fails on each of them. Lines `id:`,
/// on which it fails too, are only written where a reader asks for the log itself.
struct ChatEventWriter: Sendable {
    let chat: ID
    let conversation: ID
    let bot: ID
    let section: ID
    /// Whether each event is preceded by its number.
    let isNumbered: Bool
    /// The data of deltas of one message, up to its content.
    private var prefix: (message: ID, bytes: [UInt8])?

    init(_ chat: Chat, isNumbered: Bool) {
        self.chat = chat.id
        conversation = chat.conversationID
        bot = chat.botID
        section = chat.sectionID
        self.isNumbered = isNumbered
    }

    mutating func write(_ event: ChatEvent, to writer: inout JSONWriter) {
        if isNumbered {
            writer.raw("id:")
            writer.integer(event.number)
            writer.raw("\n")
        }
        writer.raw("event:")
        writer.raw(event.kind.name)
        writer.raw("\ndata:")
        switch event.kind {
        case .delta, .reasoningDelta: writeDelta(event, to: &writer)
        default: writer.raw(event.text.utf8)
        }
        writer.raw("\n\n")
    }

    /// Writes the end of the stream.
    func writeDone(to writer: inout JSONWriter) {
        writer.raw("event:done\ndata:\"[DONE]\"\n\n")
    }

    private mutating func writeDelta(_ event: ChatEvent, to writer: inout JSONWriter) {
        let message = event.message ?? chat
        if prefix?.message != message { prefix = (message, makePrefix(message)) }
        writer.raw(prefix!.bytes)
        if event.kind == .delta {
            writer.string(event.text)
            writer.raw("}")
        } else {
            writer.raw(#""","reasoning_content":"#)
            writer.string(event.text)
            writer.raw("}")
        }
    }

    private func makePrefix(_ message: ID) -> [UInt8] {
        var writer = JSONWriter()
        for (name, id) in [
            (#"{"id":"# as StaticString, message), (#","conversation_id":"#, conversation), (#","bot_id":"#, bot),
            (#","chat_id":"#, chat), (#","section_id":"#, section),
        ] {
            writer.raw(name)
            writer.string(id.description)
        }
        writer.raw(#","role":"assistant","type":"answer","content_type":"text","meta_data":{},"created_at":"#)
        // An id holds the second in which it was made.
        writer.integer(message.value >> 32)
        writer.raw(#","updated_at":"#)
        writer.integer(message.value >> 32)
        writer.raw(#","content":"#)
        return writer.bytes
    }
}
