import Dispatch

/// Runs tasks that wait for the disk on threads of their own, so that they hold up neither connections nor what else
/// shares the threads of Swift's concurrency.
final class DiskExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "buckle.disk", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
