import Glibc

/// The name of a backup that the server has made: `buckle-20260131-235959.backup`, begun at that second of UTC.
struct BackupName: Sendable, Hashable, Comparable {
    let text: String
    /// Unix seconds.
    let createdAt: Int64

    init(at time: Int64) {
        createdAt = time
        var (second, parts) = (time_t(time), tm())
        gmtime_r(&second, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let hour = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Int($0) }
        text = "buckle-\(Self.digits(date))-\(Self.digits(hour)).backup"
    }

    /// Nil unless the text is such a name, letter by letter: it becomes part of a path.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        // Most others are told by their length.
        guard bytes.count == 29 else { return nil }
        let numbers = [7..<11, 11..<13, 13..<15, 16..<18, 18..<20, 20..<22].map { range in
            Int32(String(decoding: bytes[range], as: UTF8.self)) ?? 0
        }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
        let name = BackupName(at: Int64(timegm(&parts)))
        guard name.text.utf8.elementsEqual(bytes) else { return nil }
        self = name
    }

    private static func digits(_ numbers: [Int]) -> String {
        numbers.map { $0 < 10 ? "0\($0)" : String($0) }.joined()
    }

    static func < (left: Self, right: Self) -> Bool { left.createdAt < right.createdAt }
}
