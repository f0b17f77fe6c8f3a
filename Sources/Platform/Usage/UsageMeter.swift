import APIKit
import Synchronization

/// Counts in memory, until somebody takes the counts to store them. To count costs an addition and nothing else.
package final class UsageMeter: Sendable {
    /// What was counted and is not stored yet.
    struct Batch: Sendable {
        var chats: [ChatUsage.Key: ChatUsage] = [:]
        var requests: [RequestUsage.Key: RequestUsage] = [:]

        var isEmpty: Bool { chats.isEmpty && requests.isEmpty }
    }

    private struct State {
        var batch = Batch()
        /// What each route had been asked in all when the requests were last looked at.
        var seen: [String: RequestUsage] = [:]
    }

    private let clock: Clock
    private let state = Mutex(State())

    package init(clock: Clock) { self.clock = clock }

    /// Counts a run in the hour that it ends in.
    package func count(_ run: EndedRun) {
        let key = ChatUsage.Key(
            workspace: run.workspace, hour: hour, bot: run.bot, model: run.model, connector: run.connector)
        state.withLock { $0.batch.chats[key, default: ChatUsage()].add(run) }
    }

    /// Counts the requests that came since this was last called, in this hour.
    ///
    /// - Parameter totals: what each route has been asked since the server's start.
    package func count(_ totals: [RouteTotal]) {
        let hour = hour
        state.withLock { state in
            for total in totals {
                let seen = state.seen[total.route] ?? RequestUsage()
                if total.usage == seen { continue }
                let new = RequestUsage(zip(total.usage.values, seen.values).map(-))
                state.batch.requests[RequestUsage.Key(hour: hour, route: total.route), default: RequestUsage()] += new
                state.seen[total.route] = total.usage
            }
        }
    }

    /// Gives out what was counted, and forgets it.
    func take() -> Batch {
        state.withLock { state in
            defer { state.batch = Batch() }
            return state.batch
        }
    }

    /// Takes back what could not be stored.
    func putBack(_ batch: Batch) {
        state.withLock { state in
            state.batch.chats.merge(batch.chats) { left, right in
                var sum = left
                sum += right
                return sum
            }
            state.batch.requests.merge(batch.requests) { left, right in
                var sum = left
                sum += right
                return sum
            }
        }
    }

    /// The Unix second at which this hour began.
    private var hour: Int64 {
        let now = clock.now()
        return now - now % 3600
    }
}

/// What a route has been asked since the server's start.
package struct RouteTotal: Sendable {
    /// Verb and path, such as `GET /v1/conversations`; empty for requests that no route answered.
    package let route: String
    package let usage: RequestUsage

    package init(route: String, usage: RequestUsage) {
        self.route = route
        self.usage = usage
    }
}
