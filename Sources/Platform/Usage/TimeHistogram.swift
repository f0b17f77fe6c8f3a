/// How long things took: how many of them fell into each of ten ranges, and the sum of all.
package struct TimeHistogram: Sendable, Equatable {
    /// The ranges of a kind of times. They never change: what was counted before would be in the wrong ones.
    package struct Scale: Sendable {
        /// The upper ends of all ranges but the last, which has none. In milliseconds.
        package let bounds: [Int64]

        /// Until the first piece of an answer.
        static let firstToken = Scale(bounds: [100, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000])
        /// Of whole answers.
        static let answer = Scale(bounds: [500, 1_000, 2_000, 5_000, 10_000, 20_000, 45_000, 90_000, 180_000])
        /// Of requests. These bounds are among those of the server's own metrics.
        package static let request = Scale(bounds: [1, 5, 10, 25, 50, 100, 500, 1_000, 5_000])
    }

    package static let size = 10

    /// How many fell into each range.
    package var counts: [Int64]
    /// Microseconds.
    package var sum: Int64

    package init(counts: [Int64] = Array(repeating: 0, count: size), sum: Int64 = 0) {
        self.counts = counts
        self.sum = sum
    }

    /// How many there were.
    var count: Int64 { counts.reduce(0, +) }

    mutating func add(_ duration: Duration, _ scale: Scale) {
        let time = max(0, duration.microseconds)
        counts[scale.bounds.firstIndex { time <= $0 * 1_000 } ?? scale.bounds.count] += 1
        sum += time
    }

    /// The average, and estimates of the median and of the time that 95 of 100 do not exceed; nil if there were none.
    func times(_ scale: Scale) -> UsageTimes? {
        guard count > 0 else { return nil }
        return UsageTimes(
            average: Self.rounded(Double(sum) / Double(count) / 1_000), p50: percentile(0.5, scale),
            p95: percentile(0.95, scale))
    }

    /// The time that a share does not exceed, in milliseconds, as if the times of a range lay evenly in it. What lies
    /// in the last range counts as its lower end.
    private func percentile(_ share: Double, _ scale: Scale) -> Double {
        let rank = share * Double(count)
        var before = 0.0
        var lower = 0.0
        for (bound, count) in zip(scale.bounds, counts) {
            if count > 0, before + Double(count) >= rank {
                return Self.rounded(lower + (Double(bound) - lower) * (rank - before) / Double(count))
            }
            before += Double(count)
            lower = Double(bound)
        }
        return lower
    }

    private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1_000).rounded() / 1_000 }

    // MARK: Columns

    /// The names of the columns it is kept in.
    static func columns(_ name: String) -> [String] { ["\(name)_us"] + (1...size).map { "\(name)_\($0)" } }

    var values: [Int64] { [sum] + counts }

    /// - Parameter values: as many as it has columns.
    init(_ values: ArraySlice<Int64>) {
        self.init(counts: Array(values.dropFirst()), sum: values.first ?? 0)
    }
}

extension Duration {
    /// Whole microseconds.
    package var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
