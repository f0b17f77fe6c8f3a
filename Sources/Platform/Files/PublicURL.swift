import Synchronization

/// The address that clients reach the server under, such as `https://bots.example.com`. It is not always known before
/// the server listens.
package final class PublicURL: Sendable {
    private let value: Mutex<String>

    package init(_ text: String) { value = Mutex(Self.trimmed(text)) }

    /// The address, without a slash at its end.
    package var text: String { value.withLock { $0 } }

    package func set(_ text: String) { value.withLock { $0 = Self.trimmed(text) } }

    private static func trimmed(_ text: String) -> String { String(text.reversed().drop { $0 == "/" }.reversed()) }
}
