import Logging

/// The answer to a request, piece by piece.
///
/// An element is never empty and holds everything that one read from the network brought, so that a burst can be
/// handled at once. While nobody asks for the next element, the upstream is not read for long. Cancelling the task that
/// asks, or dropping the iterator, closes the connection.
package struct ModelStream: AsyncSequence, Sendable {
    package typealias Element = [ModelChunk]
    package typealias Failure = ModelError

    let client: ModelClient
    let request: ModelRequest
    let endpoint: ModelEndpoint
    let logger: Logger

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(reader: ModelStreamReader(self))
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let reader: ModelStreamReader

        package mutating func next() async throws(ModelError) -> [ModelChunk]? {
            try await reader.next(isolation: nil)
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ModelError) -> [ModelChunk]? {
            try await reader.next(isolation: actor)
        }
    }
}
