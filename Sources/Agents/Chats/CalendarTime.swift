import Glibc

/// A moment in words, such as `Sunday, 2026-11-22 18:05`, in UTC.
struct CalendarTime: Sendable {
    private let second: Int64

    init(_ second: Int64) { self.second = second }

    var text: String {
        var second = time_t(self.second)
        var parts = tm()
        gmtime_r(&second, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%A, %Y-%m-%d %H:%M", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
