package import APIKit
package import Database

/// Who does something that the audit log notes, and from where.
package struct AuditActor: Sendable {
    /// 0 for whoever runs the program on the server's machine.
    package let user: ID
    package let token: ID
    package let address: String
    package let logID: String

    package init(user: ID, token: ID = 0, address: String, logID: String) {
        self.user = user
        self.token = token
        self.address = address
        self.logID = logID
    }

    /// Whoever runs `buckle` on the server's machine.
    package static let commandLine = AuditActor(user: 0, address: "command line", logID: "")
}

extension Call {
    package var actor: AuditActor { AuditActor(user: user, token: token, address: client.address(), logID: logID) }
}

/// What something is done to.
package struct AuditObject: Sendable {
    package let type: String
    package let id: String
    /// The workspace or enterprise it belongs to, whose owners see what was done to it.
    package let workspace: ID?
    package let enterprise: ID?

    package init(_ type: String, _ id: some CustomStringConvertible, workspace: ID? = nil, enterprise: ID? = nil) {
        self.type = type
        self.id = String(describing: id)
        self.workspace = workspace
        self.enterprise = enterprise
    }
}

extension Storage {
    /// Notes in the audit log what the caller's unit of work does, so that neither is there without the other.
    ///
    /// - Parameters:
    ///   - action: what is done, as `<object>.<verb>`, such as `workspace.update`.
    ///   - detail: what else is worth knowing; never a secret.
    package func audit(
        _ action: String, _ object: AuditObject, by actor: AuditActor, detail: [String: String] = [:],
        in connection: any Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO audit_record (id, created_at, user_id, token_id, action, object_type, object_id, workspace_id,
            enterprise_id, address, log_id, detail)
            VALUES (\(ids.next()), \(clock.now()), \(actor.user), \(actor.token), \(action), \(object.type),
            \(object.id), \(object.workspace), \(object.enterprise), \(actor.address), \(actor.logID),
            \(StoredJSON.text(detail)))
            """)
    }
}
