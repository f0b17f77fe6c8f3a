import APIKit

/// What a token allows: permission points, and the workspaces they count in.
struct TokenRights: Sendable {
    /// Names of permission points, or `all`.
    var permissions: [String]
    /// Nil for all.
    var workspaces: [ID]?

    var carried: PermissionSet {
        permissions.contains(PermissionPoint.everything) ? .all : .some(Set(permissions))
    }
    var scope: WorkspaceScope { workspaces.map { .some(Set($0)) } ?? .all }

    init(permissions: [String], workspaces: [ID]?) {
        self.permissions = permissions
        self.workspaces = workspaces
    }

    init(_ bearer: Bearer) {
        switch bearer.permissions {
        case .all: permissions = [PermissionPoint.everything]
        case .some(let points): permissions = points.sorted()
        }
        switch bearer.member.workspaces {
        case .all: workspaces = nil
        case .some(let reached): workspaces = reached.sorted()
        }
    }

    /// Makes of names what is stored: each once, and `all` alone.
    ///
    /// - Throws: 4000 naming the first that is no permission point.
    static func points(_ names: [String]) throws(APIError) -> [String] {
        if names.isEmpty { throw .invalid("permissions", "must not be empty") }
        let known = Set(PermissionPoint.names)
        for (index, name) in names.enumerated() where name != PermissionPoint.everything && !known.contains(name) {
            throw .invalid("permissions[\(index)]", "is no permission point")
        }
        return names.contains(PermissionPoint.everything) ? [PermissionPoint.everything] : Set(names).sorted()
    }

    /// - Throws: 4101 naming the first point that the caller's token does not carry itself.
    static func requireCarried(_ points: [String], by bearer: Bearer) throws(APIError) {
        for point in points where !bearer.permissions.contains([point]) {
            throw APIError(.noPermission, "A token cannot be given the permission \(point), which the caller's lacks")
        }
    }

    /// Checks that a change gives a token nothing that the caller's own lacks: no point, and no point in a workspace.
    /// Otherwise two tokens that each allow little could make one that allows much.
    ///
    /// - Throws: 4101.
    func requireNoGain(over old: TokenRights, by bearer: Bearer) throws(APIError) {
        let added = permissions.filter { !old.carried.contains([$0]) }
        let reachesMore = !scope.isWithin(old.scope)
        if !added.isEmpty || reachesMore, !scope.isWithin(bearer.member.workspaces) {
            throw APIError(.noPermission, "The token would reach workspaces that the caller's does not")
        }
        try Self.requireCarried(reachesMore ? permissions : added, by: bearer)
    }
}

extension WorkspaceScope {
    func isWithin(_ other: WorkspaceScope) -> Bool {
        switch (self, other) {
        case (_, .all): true
        case (.all, .some): false
        case (.some(let own), .some(let others)): own.isSubset(of: others)
        }
    }
}
