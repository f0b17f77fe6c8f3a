/// What the headers of a part say.
package struct MultipartPart: Hashable, Sendable {
    /// The name of the form's field.
    package let name: String
    /// The name of the file, as the client gives it; nil for a field that is no file.
    package let fileName: String?
    /// The part's own `Content-Type`.
    package let contentType: String?
}

extension MultipartPart {
    /// - Parameter headers: whole lines, without the empty one after them.
    init(headers: ArraySlice<UInt8>) throws(MultipartError) {
        var disposition: HeaderParameters?
        var contentType: String?
        for line in Self.lines(headers) {
            // A line that begins with a blank would continue the one before, as was usual in old mail.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                !" \t".utf8.contains(line[line.startIndex])
            else {
                throw .malformed("a header of a part is not a name and a value")
            }
            let value = line[(colon + 1)...]
            switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
            case "content-disposition":
                guard disposition == nil, let parsed = HeaderParameters(value), parsed.value == "form-data" else {
                    throw .malformed("the Content-Disposition of a part cannot be read")
                }
                disposition = parsed
            case "content-type": contentType = HeaderParameters(value)?.value
            default: break
            }
        }
        guard let name = disposition?["name"] else {
            throw .malformed("a part has no Content-Disposition with a name")
        }
        self.name = name
        fileName = disposition?.extended("filename")
        self.contentType = contentType
    }

    private static func lines(_ headers: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = headers.startIndex
        for index in headers.indices.dropFirst() where headers[index] == 10 && headers[index - 1] == 13 {
            lines.append(headers[start..<(index - 1)])
            start = index + 1
        }
        return lines
    }
}
