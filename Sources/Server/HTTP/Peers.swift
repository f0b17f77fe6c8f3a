import NIOCore
import NIOHTTP1

/// Tells where requests come from. Proxies in front of the server say it in a header, which is believed from those
/// that the operator trusts alone: anyone can send one.
struct Peers: Sendable {
    /// The addresses of trusted proxies.
    private let proxies: Set<String>

    init(trusting proxies: [String]) { self.proxies = Set(proxies) }

    /// The address of a request's client, as text; empty if there is no connection.
    func address(of peer: SocketAddress?, _ headers: HTTPHeaders) -> String {
        guard let address = peer?.ipAddress else { return "" }
        guard proxies.contains(address) else { return address }
        // Each proxy adds whom it heard from at the end, so the last address that is no proxy's is the client's.
        let chain = headers["X-Forwarded-For"].flatMap { $0.split(separator: ",") }.map { entry in
            String(entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        return chain.last { !proxies.contains($0) && Self.isAddress($0) } ?? address
    }

    private static func isAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }
}
