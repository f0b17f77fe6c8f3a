/// Stores what was counted every few seconds, and removes what is too old every day.
package struct UsageRecorder: Sendable {
    package let meter: UsageMeter
    let store: UsageStore
    /// How many days counters are kept; 0 for ever.
    let retention: Int

    /// What a crash loses at most.
    private static let pause = Duration.seconds(5)

    package init(storage: Storage, retention: Int) {
        meter = UsageMeter(clock: storage.clock)
        store = UsageStore(storage: storage)
        self.retention = retention
    }

    /// Stores what was counted since it was last called, all of it or nothing. What cannot be stored is kept for the
    /// next time.
    ///
    /// - Parameter totals: what each route has been asked since the server's start.
    package func flush(_ totals: [RouteTotal]) async throws {
        meter.count(totals)
        let batch = meter.take()
        if batch.isEmpty { return }
        do {
            try await store.add(batch)
        } catch {
            meter.putBack(batch)
            throw error
        }
    }

    /// Works until the task is cancelled.
    ///
    /// - Parameter onFailure: told why counters cannot be stored, once until they can again.
    package func run(_ totals: @Sendable () -> [RouteTotal], onFailure: @Sendable (any Error) -> Void) async {
        var isFailing = false
        var nextSweep = ContinuousClock.now
        while (try? await Task.sleep(for: Self.pause)) != nil {
            do {
                try await flush(totals())
                if nextSweep <= .now {
                    try await store.removeOlder(than: retention)
                    nextSweep = .now + .seconds(86_400)
                }
                isFailing = false
            } catch {
                // The database is closed when the server ends.
                if Task.isCancelled || isFailing { continue }
                isFailing = true
                onFailure(error)
            }
        }
    }
}
