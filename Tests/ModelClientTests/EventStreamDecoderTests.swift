import Testing

@testable import ModelClient

@Suite struct EventStreamDecoderTests {
    /// Decodes pieces, each in memory of its own, as reads from a network are.
    private func decode(_ pieces: [ArraySlice<UInt8>], finish: Bool = true) throws -> [String] {
        var decoder = EventStreamDecoder()
        var events: [String] = []
        for piece in pieces {
            let bytes = Array(piece)
            try bytes.withUnsafeBytes { buffer in
                try decoder.decode(buffer) { (data) throws(ModelError) in
                    events.append(String(decoding: data, as: UTF8.self))
                }
            }
        }
        if finish {
            try decoder.finish { (data) throws(ModelError) in events.append(String(decoding: data, as: UTF8.self)) }
        }
        return events
    }

    private func decode(_ text: String, finish: Bool = true) throws -> [String] {
        try decode([Array(text.utf8)[...]], finish: finish)
    }

    private static let stream =
        "\u{FEFF}data: one\n\ndata:two\n\n: a comment\n\ndata: three\r\n\r\nevent: x\rid: 7\rdata: four\r\r"
        + "data: a\ndata:  b\r\ndata\n\nretry: 10\ndatabase: no\ndata: 你好 🌍\n\n\n\ndata:\n\ndata: [DONE]\n\ndata: tail"
    private static let events = [
        "one", "two", "three", "four", "a\n b\n", "你好 🌍", "", "[DONE]", "tail",
    ]

    @Test func `events come out as they went in`() throws {
        #expect(try decode(Self.stream) == Self.events)
    }

    @Test func `input may be cut in two at every byte`() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in 0...bytes.count {
            #expect(try decode([bytes[..<cut], bytes[cut...]]) == Self.events, "cut at \(cut)")
        }
    }

    @Test(arguments: [1, 2, 3, 7])
    func `input may come in small pieces`(_ size: Int) throws {
        let bytes = Array(Self.stream.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        #expect(try decode(pieces) == Self.events)
    }

    @Test func `an event comes out as soon as its empty line is there`() throws {
        #expect(try decode("data: one\n", finish: false).isEmpty)
        #expect(try decode("data: one\n\n", finish: false) == ["one"])
        #expect(try decode("data: one\r\n\r", finish: false) == ["one"])
    }

    @Test func `lines up to 8 MB pass and longer ones are refused, however they come`() throws {
        let most = [UInt8](repeating: UInt8(ascii: "x"), count: EventStreamDecoder.limit - 6)
        let line = Array("data: ".utf8) + most
        #expect(try decode([line[...], Array("\n\n".utf8)[...]]).first?.utf8.count == most.count)
        for pieces in [[(line + [UInt8(ascii: "x")])[...]], [line[...], [UInt8(ascii: "x")][...]]] {
            let error = #expect(throws: ModelError.self) { try decode(pieces) }
            #expect(error?.kind == .tooLarge)
        }
    }

    @Test func `an event of many lines is refused when it grows beyond 8 MB`() throws {
        let line = Array("data: ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + [UInt8(ascii: "\n")]
        let error = #expect(throws: ModelError.self) { try decode(Array(repeating: line[...], count: 9)) }
        #expect(error?.kind == .tooLarge)
    }
}
