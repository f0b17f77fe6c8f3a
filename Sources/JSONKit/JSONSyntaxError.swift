/// Why and where a text is not JSON.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the parser expected or refused: `expected a value`.
    package let message: String
    /// How many bytes precede the fault.
    package let offset: Int
    /// The fault's line, from 1.
    package let line: Int
    /// The fault's column in characters (Unicode scalars), from 1.
    package let column: Int

    package var description: String { "line \(line), column \(column): \(message)" }

    /// Lines and columns are counted only now, when something went wrong, rather than at every byte.
    init(_ message: StaticString, at offset: Int, in text: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in text[JSONParser.lengthOfByteOrderMark(in: text)..<offset] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1  // a continuation byte belongs to the character before it
            }
        }
        self.message = "\(message)"
        self.offset = offset
        self.line = line
        self.column = column
    }
}

extension JSON {
    /// Reads one JSON text: RFC 8259 without leniency, save for a leading byte order mark, which is skipped. Of
    /// members with the same name the last counts.
    ///
    /// Refused beyond the standard: U+0000 in strings (databases cannot store it), lone surrogates, numbers too
    /// large for a double, and more than 128 levels of nesting.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        let text = bytes.assumingMemoryBound(to: UInt8.self)
        var parser = JSONParser(text)
        do {
            self = try parser.document()
        } catch {
            throw JSONSyntaxError(error.message, at: error.offset, in: text)
        }
    }

    /// Reads one JSON text held in an array.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        self = try bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONSyntaxError) in try JSON(parsing: buffer) }
        }.get()
    }

    /// Reads one JSON text held in a string, as columns of a database hold it.
    package init(parsing text: String) throws(JSONSyntaxError) {
        var text = text
        self = try text.withUTF8 { buffer in
            Result { () throws(JSONSyntaxError) in try JSON(parsing: UnsafeRawBufferPointer(buffer)) }
        }.get()
    }
}
