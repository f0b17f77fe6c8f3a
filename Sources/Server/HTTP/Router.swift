import APIKit
import NIOHTTP1

/// Finds the endpoint for a path and a method.
struct Router: Sendable {
    /// What a path leads to.
    struct Match: Sendable {
        /// The route's number, which metrics are counted by; nil for the wrong method.
        let route: Int?
        /// The text that stands for each name in braces, still percent-encoded.
        let parameters: [(String, Substring)]
        fileprivate let node: Node

        /// The methods the path has.
        var allowed: [HTTPMethod] { node.routes.map(\.method) }
    }

    /// A segment of paths. Fixed once built.
    fileprivate final class Node: Sendable {
        let children: [Substring: Node]
        let parameter: (name: String, node: Node)?
        let routes: [(method: HTTPMethod, route: Int)]

        init(_ entries: [(segments: ArraySlice<Substring>, method: HTTPMethod, route: Int)]) {
            routes = entries.filter(\.segments.isEmpty).map { ($0.method, $0.route) }
            let deeper = Dictionary(grouping: entries.filter { !$0.segments.isEmpty }) { $0.segments.first! }
            var children: [Substring: Node] = [:]
            var parameter: (String, Node)?
            for (segment, entries) in deeper {
                let node = Node(entries.map { ($0.segments.dropFirst(), $0.method, $0.route) })
                if segment.hasPrefix("{") {
                    precondition(parameter == nil, "two names for one segment: \(segment)")
                    parameter = (String(segment.dropFirst().dropLast()), node)
                } else {
                    children[segment] = node
                }
            }
            self.children = children
            self.parameter = parameter
        }

        /// The child for a segment with needlessly percent-encoded letters, which names the same path (RFC 3986, 6.2.2).
        func encodedChild(_ segment: Substring) -> Node? {
            guard segment.utf8.contains(UInt8(ascii: "%")) else { return nil }
            return (try? PercentDecoding.segment(segment)).flatMap { children[$0[...]] }
        }
    }

    private let root: Node

    /// - Parameter routes: method and path, names in braces; a route's number is its place in the list.
    init(_ routes: [(method: HTTPMethod, path: String)]) {
        root = Node(routes.enumerated().map { ($1.path.split(separator: "/")[...], $1.method, $0) })
    }

    /// - Parameter path: starts with a slash and holds no query.
    /// - Returns: nil if no route has the path.
    func match(_ method: HTTPMethod, _ path: Substring) -> Match? {
        var node = root
        var parameters: [(String, Substring)] = []
        var rest = path.dropFirst()
        while path != "/" {
            let end = rest.utf8.firstIndex(of: UInt8(ascii: "/"))
            let segment = rest[..<(end ?? rest.endIndex)]
            if let child = node.children[segment] ?? node.encodedChild(segment) {
                node = child
            } else if let (name, child) = node.parameter, !segment.isEmpty {
                parameters.append((name, segment))
                node = child
            } else {
                return nil
            }
            guard let end else { break }
            rest = rest[rest.utf8.index(after: end)...]
        }
        if node.routes.isEmpty { return nil }
        return Match(
            route: node.routes.first { $0.method == method }?.route, parameters: parameters, node: node)
    }
}
