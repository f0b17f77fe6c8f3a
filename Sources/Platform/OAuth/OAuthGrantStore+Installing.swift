import APIKit
import Database

extension OAuthGrantStore {
    /// Lets a service app act for the caller.
    ///
    /// - Parameter workspaces: the only workspaces that the app may reach; nil for all that the caller's token does.
    /// - Throws: 4200 if there is no such app, or the token does not reach one of the workspaces; 4000 if the app is of
    ///   another type or disabled; 4101 if it asks for more than the caller's token carries.
    func install(
        _ clientID: String, workspaces: [ID]?, by bearer: Bearer, _ actor: AuditActor
    ) async throws -> (grant: OAuthGrant, appName: String) {
        try await storage.database.write { connection in
            guard let app = try OAuthAppStore.find(clientID: clientID, in: connection) else {
                throw APIError(.notFound, "The OAuth app \(clientID.prefix(100)) does not exist")
            }
            guard app.type == .service else {
                throw APIError.invalid("client_id", "names an app of type \(app.type.rawValue), which asks by itself")
            }
            guard app.isEnabled else { throw APIError.invalid("client_id", "names an app that is disabled") }
            try TokenRights.requireCarried(app.permissions(bound: false), by: bearer)
            let id = try create(
                app: app, user: bearer.user, workspace: nil,
                workspaces: try Self.reached(workspaces, by: bearer.member), in: connection)
            try audit("create", id, app.id, by: actor, in: connection)
            return (try find(id, in: connection).orThrow(.notFound), app.name)
        }
    }

    /// Nobody grants what their own token does not reach.
    private static func reached(_ asked: [ID]?, by member: Member) throws -> [ID]? {
        guard let asked else {
            guard case .some(let reached) = member.workspaces else { return nil }
            return reached.sorted()
        }
        if let unknown = asked.first(where: { !member.workspaces.contains($0) }) {
            throw WorkspaceStore.unknown(unknown)
        }
        return Set(asked).sorted()
    }

    /// - Throws: 4200 if the user has no such grant.
    func revoke(_ id: ID, of user: ID, by actor: AuditActor) async throws {
        try await storage.database.write { connection in
            guard let grant = try revoke(id, of: user, in: connection) else {
                throw APIError(.notFound, "The grant \(id) does not exist")
            }
            try audit("revoke", id, grant.appID, by: actor, in: connection)
        }
    }

    private func audit(
        _ verb: String, _ id: ID, _ app: ID, by actor: AuditActor, in connection: any Connection
    ) throws {
        try storage.audit(
            "oauth_grant." + verb, AuditObject("oauth_grant", id), by: actor, detail: ["app_id": app.description],
            in: connection)
    }
}
