import Glibc
import Platform
import Synchronization

/// Counts requests, and prints them with figures of the process as Prometheus text.
final class Metrics: Sendable {
    /// Upper bounds of the latency histogram, in seconds.
    private static let bounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let limits: [Duration] = bounds.map { .seconds($0) }

    private struct Counts: Sendable {
        /// By HTTP status and `code`.
        var outcomes: [Outcome: Int] = [:]
        var buckets = [Int](repeating: 0, count: Metrics.limits.count + 1)
        var total = Duration.zero
    }

    private struct Outcome: Hashable, Sendable {
        let status: UInt
        let code: Int
    }

    /// The figures of one route. A class of its own, so that routes do not wait for each other.
    private final class RouteCounts: Sendable {
        let method: String
        let path: String
        let counts = Mutex(Counts())

        init(_ method: String, _ path: String) {
            self.method = method
            self.path = path
        }
    }

    private let routes: [RouteCounts]
    /// How many of the routes, from the first on, are the API's.
    private let endpointCount: Int
    /// Requests that no route answered.
    private let other = RouteCounts("", "")
    private let streams: OpenStreams
    /// The Unix second at which the server was put together.
    private let startTime = time(nil)

    /// - Parameters:
    ///   - routes: in the router's order, those of the API first.
    ///   - endpointCount: how many of them are the API's.
    init(routes: [(method: String, path: String)], endpointCount: Int, streams: OpenStreams) {
        self.routes = routes.map { RouteCounts($0.method, $0.path) }
        self.endpointCount = endpointCount
        self.streams = streams
    }

    func streamBegins() { streams.begin() }
    func streamEnds() { streams.end() }

    func count(route: Int?, status: UInt, code: Int, _ duration: Duration) {
        let bucket = Self.limits.firstIndex { duration <= $0 } ?? Self.limits.count
        (route.map { routes[$0] } ?? other).counts.withLock { counts in
            counts.outcomes[Outcome(status: status, code: code), default: 0] += 1
            counts.buckets[bucket] += 1
            counts.total += duration
        }
    }

    /// What each route of the API was asked since the start, and what no route answered. What was never asked is left
    /// out.
    func totals() -> [RouteTotal] {
        (routes.prefix(endpointCount) + [other]).compactMap { route in
            let counts = route.counts.withLock { $0 }
            if counts.outcomes.isEmpty { return nil }
            var usage = RequestUsage()
            for (outcome, count) in counts.outcomes {
                usage.requests += Int64(count)
                if outcome.status >= 400 || outcome.code != 0 { usage.errors += Int64(count) }
                if outcome.status >= 500 { usage.serverErrors += Int64(count) }
            }
            for (bucket, count) in zip(Self.usageBuckets, counts.buckets) {
                usage.duration.counts[bucket] += Int64(count)
            }
            usage.duration.sum = counts.total.microseconds
            return RouteTotal(route: route.method.isEmpty ? "" : "\(route.method) \(route.path)", usage: usage)
        }
    }

    /// For each range of the latency histogram, the range of the stored counters that it lies in.
    static let usageBuckets: [Int] = {
        let wide = TimeHistogram.Scale.request.bounds
        return bounds.map { bound in wide.firstIndex { bound * 1_000 <= Double($0) } ?? wide.count } + [wide.count]
    }()

    /// - Parameter commits: how many commits the database made, and of how many units of work.
    func text(commits: (commits: Int, units: Int)) -> String {
        var lines = [
            "# HELP buckle_requests_total Requests by route, HTTP status and code.",
            "# TYPE buckle_requests_total counter",
        ]
        let counted = (routes + [other]).map { ($0, $0.counts.withLock { $0 }) }.filter { !$0.1.outcomes.isEmpty }
        for (route, counts) in counted {
            for (outcome, count) in counts.outcomes.sorted(by: {
                ($0.key.status, $0.key.code) < ($1.key.status, $1.key.code)
            }) {
                let labels = "\(Self.labels(route)),status=\"\(outcome.status)\",code=\"\(outcome.code)\""
                lines.append("buckle_requests_total{\(labels)} \(count)")
            }
        }
        lines += [
            "# HELP buckle_request_duration_seconds Time from the end of a request to the start of its answer.",
            "# TYPE buckle_request_duration_seconds histogram",
        ]
        for (route, counts) in counted {
            var sum = 0
            for (index, count) in counts.buckets.enumerated() {
                sum += count
                let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
                lines.append("buckle_request_duration_seconds_bucket{\(Self.labels(route)),le=\"\(bound)\"} \(sum)")
            }
            let seconds = Double(counts.total.components.seconds) + Double(counts.total.components.attoseconds) / 1e18
            lines.append("buckle_request_duration_seconds_sum{\(Self.labels(route))} \(seconds)")
            lines.append("buckle_request_duration_seconds_count{\(Self.labels(route))} \(sum)")
        }
        lines += Self.metric("buckle_database_commits_total", "counter", "Commits.", commits.commits)
        lines += Self.metric(
            "buckle_database_units_total", "counter", "Units of work, of which a commit holds one or more.",
            commits.units)
        lines += Self.metric(
            "buckle_open_streams", "gauge", "Streams of events that are open.", streams.count)
        lines += process()
        return lines.joined(separator: "\n") + "\n"
    }

    private static func labels(_ route: RouteCounts) -> String { "method=\"\(route.method)\",route=\"\(route.path)\"" }

    private static func metric(_ name: String, _ type: String, _ help: String, _ value: some CustomStringConvertible)
        -> [String]
    {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)", "\(name) \(value)"]
    }

    private func process() -> [String] {
        Self.metric("process_cpu_seconds_total", "counter", "CPU time used.", ProcessFigures.cpuSeconds())
            + Self.metric("process_resident_memory_bytes", "gauge", "Memory in use.", ProcessFigures.residentBytes())
            + Self.metric("process_open_fds", "gauge", "Open file descriptors.", ProcessFigures.openFiles())
            + Self.metric("process_start_time_seconds", "gauge", "When the process started.", startTime)
    }
}

/// What the kernel knows of this process.
enum ProcessFigures {
    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    static func openFiles() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not counted: the two dots and the directory itself.
        return max(0, count - 3)
    }
}
