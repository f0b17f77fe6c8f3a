import APIKit

/// The hours that a report is about.
struct UsagePeriod: Sendable {
    /// The Unix second at which the first hour begins.
    let first: Int64
    /// No hour that begins then or later is meant.
    let end: Int64
    /// How many seconds the reader's time is ahead of UTC.
    let offset: Int64

    private static let longest = 400
    private static let standard = 30
    /// Unix seconds up to the year 9999.
    private static let seconds = 0...253_402_300_799
    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400

    /// - Parameters:
    ///   - from: the Unix second that the period begins with; 30 days before its end if absent.
    ///   - to: the Unix second that it ends with; now if absent.
    ///   - offset: how many seconds the reader's time is ahead of UTC.
    /// - Throws: 4000 naming the field at fault.
    init(from: Int?, to: Int?, offset: Int?, now: Int64) throws(APIError) {
        self.offset = Int64(try Limits.number(offset, -50_400...50_400, or: 0, "utc_offset"))
        let to = Int64(try Limits.number(to, Self.seconds, or: Int(now), "to"))
        let from = Int64(
            try Limits.number(from, Self.seconds, or: Int(max(0, to - Int64(Self.standard) * Self.day)), "from"))
        guard from < to else { throw .invalid("from", "must be before to") }
        guard to - from <= Int64(Self.longest) * Self.day else {
            throw .invalid("from", "must be at most \(Self.longest) days before to")
        }
        // An hour belongs to where its middle lies, so that periods that follow each other share none. The hour that is
        // not over yet belongs to what ends now.
        first = max(0, (from - Self.hour / 2 + Self.hour - 1) / Self.hour * Self.hour)
        end = to >= now ? .max : to - Self.hour / 2
    }

    /// How many seconds an hour's middle, in the reader's time, lies after its beginning in UTC. The days since 1970
    /// until then are the number of the reader's day that the hour belongs to.
    var shift: Int64 { offset + Self.hour / 2 }

    /// The Unix second at which a day of the reader's begins.
    func start(ofDay number: Int64) -> Int64 { number * Self.day - offset }
}
