import Glibc
import Synchronization

/// Something a thread can wait for, and a test can open.
package final class Gate: Sendable {
    private let opened = Mutex(false)

    package init() {}

    package var isOpen: Bool { opened.withLock { $0 } }
    package func open() { opened.withLock { $0 = true } }

    /// Blocks the thread until the gate is open.
    package func wait() { while !isOpen { usleep(1_000) } }
}
