import APIKit
import Database

/// The end of a membership. What the member owned in the workspace passes to somebody else, so that nothing is left
/// without an owner who sees it.
struct WorkspaceDeparture: Sendable {
    let user: ID
    /// Who takes over what the user owned; the workspace too, if the user owned that.
    let receiver: ID
    /// Unix seconds.
    let now: Int64

    /// In the caller's unit of work.
    func leave(_ workspace: ID, in connection: any Connection) throws {
        let passed = try passResources(in: workspace, connection)
        try endCollaborations(in: workspace, connection)
        try connection.execute(
            "DELETE FROM workspace_invitation WHERE workspace_id = \(workspace) AND inviter_id = \(user)")
        try connection.execute(
            "DELETE FROM workspace_member WHERE workspace_id = \(workspace) AND user_id = \(user)")
        let count = try connection.execute(
            "UPDATE workspace SET owner_id = \(receiver) WHERE id = \(workspace) AND owner_id = \(user)")
        if count > 0 {
            try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(workspace), \(receiver), 'owner', \(now))
                ON CONFLICT (workspace_id, user_id) DO UPDATE SET role_type = 'owner'
                """)
        } else if passed > 0 {
            try connection.execute(
                """
                INSERT INTO workspace_member (workspace_id, user_id, role_type, joined_at)
                VALUES (\(workspace), \(receiver), 'member', \(now))
                ON CONFLICT (workspace_id, user_id) DO NOTHING
                """)
        }
    }

    /// Leaves all workspaces that meet a condition on the columns of `workspace w`, and returns how many there were.
    @discardableResult
    func leaveAll(where condition: SQL, in connection: any Connection) throws -> Int {
        let joined = try connection.query(
            """
            SELECT w.id FROM workspace w JOIN workspace_member m ON m.workspace_id = w.id AND m.user_id = \(user)
            WHERE \(condition) ORDER BY w.id
            """
        ) { $0.id(0) }
        for workspace in joined {
            try WorkspaceStore.lock(workspace, in: connection)
            try leave(workspace, in: connection)
        }
        return joined.count
    }

    private func passResources(in workspace: ID, _ connection: any Connection) throws -> Int {
        let bots = try connection.execute(
            "UPDATE bot SET owner_id = \(receiver) WHERE workspace_id = \(workspace) AND owner_id = \(user)")
        let apps = try connection.execute(
            "UPDATE app SET owner_id = \(receiver) WHERE workspace_id = \(workspace) AND owner_id = \(user)")
        let workflows = try connection.execute(
            "UPDATE workflow SET owner_id = \(receiver) WHERE workspace_id = \(workspace) AND owner_id = \(user)")
        return bots + apps + workflows
    }

    /// Ends what the user took part in, and what the receiver took part in and now owns.
    private func endCollaborations(in workspace: ID, _ connection: any Connection) throws {
        try connection.execute(
            """
            DELETE FROM bot_collaborator
            WHERE (user_id = \(user) AND bot_id IN (SELECT id FROM bot WHERE workspace_id = \(workspace)))
            OR (user_id = \(receiver)
                AND bot_id IN (SELECT id FROM bot WHERE workspace_id = \(workspace) AND owner_id = \(receiver)))
            """)
        try connection.execute(
            """
            DELETE FROM app_collaborator
            WHERE (user_id = \(user) AND app_id IN (SELECT id FROM app WHERE workspace_id = \(workspace)))
            OR (user_id = \(receiver)
                AND app_id IN (SELECT id FROM app WHERE workspace_id = \(workspace) AND owner_id = \(receiver)))
            """)
        try connection.execute(
            """
            DELETE FROM workflow_collaborator
            WHERE (user_id = \(user) AND workflow_id IN (SELECT id FROM workflow WHERE workspace_id = \(workspace)))
            OR (user_id = \(receiver)
                AND workflow_id IN (SELECT id FROM workflow WHERE workspace_id = \(workspace) AND owner_id = \(receiver)))
            """)
    }
}
