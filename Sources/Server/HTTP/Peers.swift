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
        guard let address = peer?.ipAddress.map(Self.plain) else { return "" }
        guard proxies.contains(address) else { return address }
        // Each proxy adds whom it heard from at the end, so the last address that is no proxy's is the client's. What
        // is no address was added by a proxy too: all before it the client may have made up.
        let chain = headers["X-Forwarded-For"].flatMap { $0.split(separator: ",") }.map { entry in
            Self.host(entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        return chain.last { $0.map { !proxies.contains($0) } ?? true }.flatMap(\.self) ?? address
    }

    /// The address in what a proxy adds: some add the port too. Nil if there is none.
    private static func host(_ characters: some Sequence<Character>) -> String? {
        var text = String(characters)
        if !isAddress(text) {
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                text = String(text[text.index(after: text.startIndex)..<end])
            } else {
                text = String(text.prefix { $0 != ":" })
            }
        }
        return isAddress(text) ? plain(text) : nil
    }

    /// An address of IPv4 as it is written by itself, and not as a socket for both kinds shows it.
    private static func plain(_ address: String) -> String {
        let mapped = address.lowercased().hasPrefix("::ffff:") ? String(address.dropFirst(7)) : address
        return mapped.contains(".") ? mapped : address
    }

    private static func isAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }
}
