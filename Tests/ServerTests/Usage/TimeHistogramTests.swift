import APIKit
import Testing

@testable import Platform
@testable import Server

@Suite struct TimeHistogramTests {
    private static let scale = TimeHistogram.Scale.firstToken

    private static func histogram(_ milliseconds: [Int]) -> TimeHistogram {
        var histogram = TimeHistogram()
        for time in milliseconds { histogram.add(.milliseconds(time), scale) }
        return histogram
    }

    @Test func `a time falls into the first range whose end it does not exceed`() {
        let histogram = Self.histogram([0, 100, 101, 250, 30_000, 30_001, 900_000])
        #expect(histogram.counts == [2, 2, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(histogram.sum == 960_452_000)
    }

    @Test func `percentiles are estimated as if a range's times lay evenly in it`() {
        let even = Self.histogram(Array(repeating: 300, count: 100))
        #expect(even.times(Self.scale) == UsageTimes(average: 300, p50: 375, p95: 487.5))
        let two = Self.histogram(Array(repeating: 50, count: 90) + Array(repeating: 3_000, count: 10))
        #expect(two.times(Self.scale) == UsageTimes(average: 345, p50: 55.556, p95: 3_000))
        #expect(Self.histogram([]).times(Self.scale) == nil)
    }

    @Test func `what is beyond all ranges counts as the last one's lower end`() {
        #expect(Self.histogram([99_000]).times(Self.scale) == UsageTimes(average: 99_000, p50: 30_000, p95: 30_000))
    }

    @Test(arguments: [TimeHistogram.Scale.firstToken, .answer, .request])
    func `every scale has one bound less than there are ranges, in order`(_ scale: TimeHistogram.Scale) {
        #expect(scale.bounds.count == TimeHistogram.size - 1)
        #expect(scale.bounds == Set(scale.bounds).sorted())
    }

    @Test func `no range of the metrics lies in two ranges of the counters`() {
        // 0.5, 1 | 2.5, 5 | 10 | 25 | 50 | 100 | 250, 500 | 1000 | 2500, 5000 | 10000, more
        #expect(Metrics.usageBuckets == [0, 0, 1, 1, 2, 3, 4, 5, 6, 6, 7, 8, 8, 9, 9])
    }

    @Test func `counters become columns and back`() {
        var chats = ChatUsage()
        var run = EndedRun(workspace: 1, bot: 2, model: "m", connector: "c", isFirst: true, end: .failed)
        (run.inputTokens, run.outputTokens) = (7, 11)
        (run.firstToken, run.duration) = (.milliseconds(120), .seconds(4))
        chats.add(run)
        #expect(chats.values.count == ChatUsage.columns.count && ChatUsage(chats.values) == chats)
        #expect(chats.values.prefix(6) == [1, 0, 1, 0, 7, 11])
        var requests = RequestUsage()
        (requests.requests, requests.errors, requests.serverErrors) = (3, 2, 1)
        requests.duration.add(.microseconds(400), .request)
        #expect(requests.values.count == RequestUsage.columns.count && RequestUsage(requests.values) == requests)
    }

    @Test func `a chat counts once, however many runs it has`() {
        var chats = ChatUsage()
        for (isFirst, end) in [(true, nil), (false, nil), (false, EndedRun.End.completed)] {
            var run = EndedRun(workspace: 1, bot: 2, model: "m", connector: "c", isFirst: isFirst, end: end)
            run.inputTokens = 10
            chats.add(run)
        }
        #expect(chats.values.prefix(6) == [1, 1, 0, 0, 30, 0])
    }
}

@Suite struct UsagePeriodTests {
    private static let day = 86_400
    /// 2026-02-01 10:20:00 UTC.
    private static let now: Int64 = 1_769_941_200

    @Test func `without bounds it is the last thirty days, with the hour that is not over`() throws {
        let period = try UsagePeriod(from: nil, to: nil, offset: nil, now: Self.now)
        #expect(period.first == 1_769_941_200 - 1_200 - 30 * 86_400 && period.end == .max)
    }

    @Test func `an hour belongs to where its middle lies`() throws {
        let hour = 1_769_936_400
        for (shift, first) in [(0, 0), (1_800, 0), (1_801, 3_600), (3_599, 3_600)] {
            #expect(
                try UsagePeriod(from: hour + shift, to: nil, offset: nil, now: Self.now).first == Int64(hour + first))
            // What ends there goes on where the next begins: no hour is in both, and none in neither.
            let end = try UsagePeriod(from: 0, to: 1, offset: nil, now: Self.now).first
            #expect(end == 0)
            let before = try UsagePeriod(from: hour - Self.day, to: hour + shift, offset: nil, now: Self.now)
            let includes = { (start: Int) in Int64(start) < before.end }
            #expect(includes(hour) == (first == 3_600))
        }
    }

    @Test func `days are the reader's`() throws {
        for (offset, hour, start) in [
            (0, 1_769_990_400 - 3_600, 1_769_904_000), (0, 1_769_990_400, 1_769_990_400),
            // At half past eleven in India an hour of UTC begins, half of which is in the next day.
            (19_800, 1_769_968_800, 1_769_970_600), (19_800, 1_769_965_200, 1_769_884_200),
            (-18_000, 1_769_922_000, 1_769_922_000), (-18_000, 1_769_918_400, 1_769_835_600),
        ] {
            let period = try UsagePeriod(from: nil, to: nil, offset: offset, now: Self.now)
            #expect(
                period.start(ofDay: (Int64(hour) + period.shift) / 86_400) == Int64(start), "\(offset) \(hour)")
        }
    }

    @Test func `what cannot be is refused by its name`() {
        for (from, to, offset, field) in [
            (nil, nil, 50_401, "utc_offset"), (nil, nil, -50_401, "utc_offset"), (-1, nil, nil, "from"),
            (nil, -1, nil, "to"), (100, 100, nil, "from"), (200, 100, nil, "from"),
            (1_000_000_000, 1_000_000_000 + 400 * Self.day + 1, nil, "from"), (nil, .max, nil, "to"),
        ] as [(Int?, Int?, Int?, String)] {
            #expect {
                try UsagePeriod(from: from, to: to, offset: offset, now: Self.now)
            } throws: { error in
                (error as? APIError)?.code == .invalidParameter
                    && (error as? APIError)?.message.contains("error: \(field):") == true
            }
        }
    }
}
