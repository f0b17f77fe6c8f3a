/// Why a body cannot be read as `multipart/form-data`.
package enum MultipartError: Error, Hashable, CustomStringConvertible {
    /// The request's `Content-Type` is another, or there is none.
    case notMultipart
    /// The `Content-Type` names no boundary, or one that cannot be.
    case invalidBoundary
    /// The headers of a part are longer than ``MultipartParser/headerLimit``.
    case headersTooLong
    /// A part's headers, or what follows a boundary, cannot be read. The text says what, without quoting the client.
    case malformed(String)
    /// The body ends before its last boundary.
    case truncated

    package var description: String {
        switch self {
        case .notMultipart: "the Content-Type is not multipart/form-data"
        case .invalidBoundary: "the Content-Type must name a boundary of 1 to 70 printable characters"
        case .headersTooLong: "the headers of a part are longer than 16 KB"
        case .malformed(let what): what
        case .truncated: "the body ends before its last boundary"
        }
    }
}
