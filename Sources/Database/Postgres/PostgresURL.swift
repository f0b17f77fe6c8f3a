#if PostgreSQL
import CPostgres
#endif

/// Where a PostgreSQL server is and who connects: `postgres://user:password@host:port/database?option=value`.
package enum PostgresURL {
    /// Whether the text names a PostgreSQL server rather than a file.
    package static func isOne(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }
}

#if PostgreSQL
extension PostgresURL {
    /// Throws `other` if libpq cannot read the URL, or would read a piece of the password as something else.
    ///
    /// A password with an unescaped `/`, `@` or `%` slides into the host, port or database name, and from there into
    /// libpq's messages and our log. So such a URL is refused here, in words of our own.
    static func check(_ url: String) throws(DatabaseError) {
        let options = PQconninfoParse(url, nil)
        defer { PQconninfoFree(options) }
        guard isOne(url), !url.utf8.contains(0), var option = options else { throw unreadable }
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, isMisplaced(String(cString: value), in: String(cString: keyword)) {
                throw unreadable
            }
            option += 1
        }
    }

    private static func isMisplaced(_ value: String, in keyword: String) -> Bool {
        switch keyword {
        case "port": !value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C }
        // An abstract socket's name begins with "@".
        case "host", "dbname": value.dropFirst().contains("@")
        default: false
        }
    }

    private static let unreadable = DatabaseError(
        .other,
        "the PostgreSQL URL cannot be read; it must look like postgres://user:password@host:port/database, "
            + "with %XX for each special character of the user and the password")
}
#endif
