import Glibc
import Synchronization

/// A queue between threads: any thread sends, worker threads wait for what was sent.
final class Mailbox<Element: Sendable>: @unchecked Sendable {
    // Unchecked because the compiler cannot see that `mutex` guards `waiting` and `isClosed`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Element] = []
    private var isClosed = false
    private var sleepers = 0
    /// How many of those waiting should not have to.
    private var urgent = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds an element; false if the mailbox is closed.
    ///
    /// - Parameter isUrgent: false if it may wait a little for others that come after it.
    func send(_ element: Element, isUrgent: Bool = true) -> Bool {
        pthread_mutex_lock(mutex)
        guard !isClosed else {
            pthread_mutex_unlock(mutex)
            return false
        }
        waiting.append(element)
        if isUrgent { urgent += 1 }
        // Whoever sleeps for lack of work is woken by the first, who waits for company by one that is urgent.
        let mustWake = sleepers > 0 && (isUrgent || waiting.count == 1)
        pthread_mutex_unlock(mutex)
        if mustWake { pthread_cond_signal(condition) }
        return true
    }

    /// Waits for elements and takes up to `limit` of them, oldest first; nil once the mailbox is closed and empty.
    ///
    /// - Parameter patience: how long to wait for more, in nanoseconds, while nothing that waits is urgent.
    func take(upTo limit: Int, patience: Int = 0) -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isClosed { return nil }
            sleepers += 1
            pthread_cond_wait(condition, mutex)
            sleepers -= 1
        }
        if patience > 0, urgent == 0 { waitForUrgent(patience) }
        if waiting.count <= limit {
            urgent = 0
            var taken: [Element] = []
            taken.reserveCapacity(waiting.count)
            swap(&taken, &waiting)
            return taken
        }
        let taken = Array(waiting.prefix(limit))
        waiting.removeFirst(limit)
        return taken
    }

    /// Waits until something urgent is sent, but no longer than some nanoseconds.
    private func waitForUrgent(_ nanoseconds: Int) {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        let (seconds, rest) = (end.tv_nsec + nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        end.tv_sec += seconds
        end.tv_nsec = rest
        sleepers += 1
        while urgent == 0, !isClosed, pthread_cond_timedwait(condition, mutex, &end) == 0 {}
        sleepers -= 1
    }

    /// Waits until the mailbox is closed, but no longer than to a Unix second.
    func waitUntilClosed(atMostTo second: Int) {
        var end = timespec(tv_sec: second, tv_nsec: 0)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isClosed, pthread_cond_timedwait(condition, mutex, &end) == 0 {}
    }

    /// Refuses further elements. What was sent before is still delivered.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
    }
}

/// A thread of the database's own, for calls that block.
struct WorkerThread: Sendable {
    private let finished: Mailbox<Void>

    init(_ body: @escaping @Sendable () -> Void) {
        let finished = Mailbox<Void>()
        self.finished = finished
        let start = ThreadStart {
            body()
            finished.close()
        }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { start in
                Unmanaged<ThreadStart>.fromOpaque(start!).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        precondition(status == 0, "no thread could be made: error \(status)")
        pthread_detach(thread)
    }

    /// Blocks until the threads have ended, but no longer than six seconds: a database server that does not answer
    /// must not keep the program from ending.
    static func join(_ threads: [WorkerThread]) {
        let end = time(nil) + 6
        for thread in threads { thread.finished.waitUntilClosed(atMostTo: end) }
    }
}

private final class ThreadStart {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
