import APIKit
import Logging
import NIOPosix

@testable import Server

extension Call {
    /// A call of a user's, for what is tested without a request.
    static func testing(_ user: ID, owner: ID? = nil) -> Call {
        Call(
            bearer: Bearer(user: user, owner: owner, token: 1, kind: .personal, permissions: .all), logID: "test",
            logger: Logger(label: "test"), lastEventID: nil,
            executor: LoopExecutor(MultiThreadedEventLoopGroup.singleton.any()),
            client: Client(header: { _ in nil }, address: { "" }))
    }
}
