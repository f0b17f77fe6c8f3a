import Glibc
import Logging
import Synchronization

extension Logger {
    /// The server's logger, which writes to standard error.
    ///
    /// - Throws: if the level is none of swift-log's.
    static func server(_ settings: Settings) throws -> Logger {
        guard let level = Logger.Level(rawValue: settings.logLevel) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw Settings.Fault(description: "log_level must be one of \(levels)")
        }
        var logger = Logger(label: "buckle") { label in
            switch settings.logFormat {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler()
            }
        }
        logger.logLevel = level
        return logger
    }
}
