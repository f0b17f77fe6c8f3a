import APIKit

/// A conversation as Markdown, for reading. What was said is copied as it stands, so that code stays what it was.
struct MarkdownTranscript: Sendable {
    private(set) var bytes: [UInt8] = []
    private var section: ID?
    private let files: [ID: String]
    /// The chats in whose place others answer.
    private let superseded: Set<ID>

    init(_ outline: ConversationArchive) {
        superseded = Set((outline.chats ?? []).filter { $0.supersededBy != nil }.map(\.id))
        files = Dictionary((outline.files ?? []).map { ($0.id, $0.fileName) }) { first, _ in first }
        let name = (outline.conversation.name ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        line("# " + (name.isEmpty ? "Conversation \(outline.conversation.id)" : name))
        line("")
        line("Begun \(UTC.text(outline.conversation.createdAt)), exported \(UTC.text(outline.exportedAt ?? 0)).")
    }

    /// Adds a message. What a bot noted for itself on the way is left out.
    mutating func append(_ entry: ConversationArchive.Entry) {
        guard let speaker = Self.speaker(of: entry) else { return }
        if let chat = entry.chatID, superseded.contains(chat) { return }
        if let section, section != entry.sectionID { paragraph("---\n\n*The context was cleared.*") }
        section = entry.sectionID
        paragraph("## \(speaker), \(UTC.text(entry.createdAt))")
        if let reasoning = entry.reasoningContent, !reasoning.isEmpty {
            let lines = reasoning.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            paragraph(lines.map { $0.isEmpty ? ">" : "> \($0)" }.joined(separator: "\n"))
        }
        switch (entry.type, entry.contentType) {
        case ("question", "object_string"), ("answer", "object_string"): appendParts(of: entry)
        case ("question", "text"), ("answer", "text"): paragraph(Self.closed(entry.content))
        default: paragraph(Self.fenced(entry.content))
        }
    }

    private static func speaker(of entry: ConversationArchive.Entry) -> String? {
        switch entry.type {
        case "question": "User"
        case "answer": "Assistant"
        case "function_call": "Assistant calls a tool"
        case "tool_response", "tool_output": "Tool"
        default: nil
        }
    }

    private mutating func appendParts(of entry: ConversationArchive.Entry) {
        guard let content = try? MessageContent(entry.content, type: entry.contentType) else {
            return paragraph(Self.fenced(entry.content))
        }
        if let text = content.plainText { paragraph(Self.closed(text)) }
        let others = content.parts.filter { $0.kind != .text }.map { part in
            let name = part.fileID.map { files[$0] ?? "file \($0)" }
            return "- \(part.kind.rawValue): \(name ?? part.fileURL.map { "<\($0)>" } ?? "")"
        }
        paragraph(others.joined(separator: "\n"))
    }

    private mutating func paragraph(_ text: String) {
        line("")
        line(text)
    }

    private mutating func line(_ text: String) {
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The text, with the end of a block of code that it leaves open: it must not swallow what follows.
    private static func closed(_ text: String) -> String {
        var fence: String?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let indent = line.prefix { $0 == " " }.count
            let mark = line.dropFirst(indent)
            guard indent < 4, let sign = mark.first, sign == "`" || sign == "~" else { continue }
            let length = mark.prefix { $0 == sign }.count
            let rest = mark.dropFirst(length)
            if let open = fence {
                let isEnd = sign == open.first && length >= open.count && rest.allSatisfy(\.isWhitespace)
                if isEnd { fence = nil }
            } else if length >= 3, sign == "~" || !rest.contains("`") {
                fence = String(repeating: sign, count: length)
            }
        }
        return fence.map { text + "\n" + $0 } ?? text
    }

    /// The text as a block of code, in a fence longer than any in it.
    private static func fenced(_ text: String) -> String {
        var longest = 2
        var length = 0
        for byte in text.utf8 {
            length = byte == UInt8(ascii: "`") ? length + 1 : 0
            longest = max(longest, length)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)\n\(text)\n\(fence)"
    }
}

/// Times for people to read.
enum UTC {
    /// Unix seconds as `2026-01-31 23:59:59 UTC`.
    static func text(_ time: Int64) -> String {
        let (days, second) = (time / 86_400, time % 86_400)
        // Days since 1 March of the year 0, in eras of 400 years, after which the calendar repeats.
        let day = days + 719_468
        let (era, dayOfEra) = (day / 146_097, day % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Months from March, which are 30.6 days long in the mean.
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
        let parts = [month >= 10 ? month - 9 : month + 3, dayOfMonth, second / 3_600, second / 60 % 60, second % 60]
        let two = parts.map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(year)-\(two[0])-\(two[1]) \(two[2]):\(two[3]):\(two[4]) UTC"
    }
}
