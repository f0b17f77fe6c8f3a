import NIOCore
import NIOHTTP1
import NIOPosix

@testable import Server

extension Application {
    /// The answer to a request with these headers, before its body is written.
    func answer(
        _ method: HTTPMethod, _ uri: String, _ headers: [(String, String)] = [], body: String? = nil
    ) async -> HTTPReply {
        await responder.respond(
            to: HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(headers)),
            body: body.map { .whole(ByteBuffer(string: $0)) } ?? .none,
            executor: LoopExecutor(MultiThreadedEventLoopGroup.singleton.any()))
    }
}

extension HTTPReply {
    /// The text of a body that is whole; empty for any other.
    var text: String { if case .whole(let bytes) = body { String(buffer: bytes) } else { "" } }

    func header(_ name: String) -> String? { HTTPHeaders(headers).first(name: name) }

    /// What tells browsers about other sites, by small names.
    var crossOrigin: [String: String] {
        Dictionary(
            uniqueKeysWithValues: headers.map { ($0.0.lowercased(), $0.1) }.filter { name, _ in
                name.hasPrefix("access-control-") || name == "vary"
            })
    }
}
