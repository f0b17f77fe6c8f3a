/// What the server keeps of itself: counters and backups.
package struct UpkeepSettings: Sendable {
    /// Days that counters of chats and requests are kept; 0 for ever.
    package var usageRetention = 400
    /// Hours between two backups that the server makes by itself; 0 for none.
    package var backupInterval = 0
    /// How many backups stay when the server has made one by itself.
    package var backupCount = 7

    package init() {}

    mutating func take(_ source: Settings.Source) throws {
        usageRetention = try Self.number(source.usageRetention, 0...36_500, "usage_retention_days") ?? usageRetention
        backupInterval = try Self.number(source.backupInterval, 0...8_760, "backup_every_hours") ?? backupInterval
        backupCount = try Self.number(source.backupCount, 1...10_000, "backup_keep") ?? backupCount
    }

    private static func number(_ number: Int?, _ range: ClosedRange<Int>, _ name: String) throws -> Int? {
        if let number, !range.contains(number) {
            throw Settings.Fault(description: "\(name) must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
