import APIKit
import Glibc
import Logging

/// Writes each log line as a JSON object to standard error.
struct JSONLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var line: [JSON.Member] = [
            .init(key: "time", value: .number(Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1000)),
            .init(key: "level", value: .string(event.level.rawValue)),
            .init(key: "message", value: .string("\(event.message)")),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line.append(.init(key: key, value: .string("\(value)")))
        }
        guard var bytes = try? JSONOutput.bytes(JSON.object(line)) else { return }
        bytes.append(UInt8(ascii: "\n"))
        // One call, so that lines of several threads do not mix.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
