import Database

extension Migration {
    /// Who may do what: people and their passwords, tokens of every kind, OAuth apps and what was granted to them,
    /// enterprises, organizations, folders, apps, workflows, copies and the audit log.
    static let identity = Migration(4, "identity", accounts + tokens + oauth + places + records)

    /// An account is a person's, a service's (it exists for one service token) or a session's: the part of a person's
    /// conversations that tokens with one `session_name` see. A session belongs to the account that is its parent.
    private static let accounts = """
        ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'person'
            CHECK (kind IN ('person', 'service', 'session'));
        ALTER TABLE account ADD COLUMN parent_id BIGINT REFERENCES account (id) ON DELETE CASCADE;
        ALTER TABLE account ADD COLUMN email TEXT;
        ALTER TABLE account ADD COLUMN password TEXT;
        ALTER TABLE account ADD COLUMN is_operator BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE account ADD COLUMN disabled_at BIGINT;
        CREATE UNIQUE INDEX account_by_email ON account (email);
        CREATE UNIQUE INDEX account_by_name ON account (lower(user_name)) WHERE kind = 'person';
        CREATE INDEX account_by_parent ON account (parent_id);
        UPDATE account SET is_operator = 1 WHERE id = (SELECT MIN(id) FROM account);

        """

    /// `owner_id` is whose conversations a token sees: the account itself, or one of its sessions; NULL for the account.
    /// `workspaces` and `bots` are JSON arrays of ids; NULL means all. Rows outlive what they belong to, since servers
    /// hold tokens in memory and learn from the rows alone that they were revoked.
    private static let tokens = """
        ALTER TABLE token ADD COLUMN kind TEXT NOT NULL DEFAULT 'personal'
            CHECK (kind IN ('personal', 'service', 'oauth', 'jwt', 'session'));
        ALTER TABLE token ADD COLUMN owner_id BIGINT REFERENCES account (id) ON DELETE CASCADE;
        ALTER TABLE token ADD COLUMN workspaces TEXT;
        ALTER TABLE token ADD COLUMN bots TEXT;
        ALTER TABLE token ADD COLUMN connector_id TEXT;
        ALTER TABLE token ADD COLUMN app_id BIGINT;
        ALTER TABLE token ADD COLUMN grant_id BIGINT;
        ALTER TABLE token ADD COLUMN workspace_id BIGINT REFERENCES workspace (id) ON DELETE SET NULL;
        ALTER TABLE token ADD COLUMN last_used_at BIGINT;
        CREATE INDEX token_by_user ON token (user_id, kind);
        CREATE INDEX token_by_grant ON token (grant_id) WHERE grant_id IS NOT NULL;
        CREATE INDEX token_by_app ON token (app_id) WHERE app_id IS NOT NULL;
        CREATE INDEX token_by_workspace ON token (workspace_id) WHERE workspace_id IS NOT NULL;
        CREATE INDEX token_by_end ON token (expires_at) WHERE expires_at IS NOT NULL;

        """

    private static let oauth = """
        CREATE TABLE enterprise (
            id BIGINT PRIMARY KEY,
            name TEXT NOT NULL,
            created_at BIGINT NOT NULL
        );
        CREATE TABLE oauth_app (
            id BIGINT PRIMARY KEY,
            owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            enterprise_id BIGINT REFERENCES enterprise (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            app_type TEXT NOT NULL CHECK (app_type IN ('web', 'pkce', 'device', 'service')),
            client_id TEXT NOT NULL UNIQUE,
            secret_hash BYTEA,
            redirect_uris TEXT NOT NULL,
            permissions TEXT NOT NULL,
            is_s256_only BIGINT NOT NULL DEFAULT 0,
            is_channel BIGINT NOT NULL DEFAULT 0,
            is_privileged BIGINT NOT NULL DEFAULT 0,
            connector_id TEXT,
            is_enabled BIGINT NOT NULL DEFAULT 1,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX oauth_app_by_owner ON oauth_app (owner_id, id);
        CREATE TABLE oauth_key (
            app_id BIGINT NOT NULL REFERENCES oauth_app (id) ON DELETE CASCADE,
            kid TEXT NOT NULL,
            public_key TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (app_id, kid)
        );
        CREATE TABLE oauth_grant (
            id BIGINT PRIMARY KEY,
            app_id BIGINT NOT NULL REFERENCES oauth_app (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            workspace_id BIGINT REFERENCES workspace (id) ON DELETE CASCADE,
            permissions TEXT NOT NULL,
            workspaces TEXT,
            created_at BIGINT NOT NULL,
            revoked_at BIGINT
        );
        CREATE INDEX oauth_grant_by_app ON oauth_grant (app_id, user_id);
        CREATE INDEX oauth_grant_by_user ON oauth_grant (user_id, id);
        CREATE TABLE oauth_code (
            hash BYTEA PRIMARY KEY,
            app_id BIGINT NOT NULL REFERENCES oauth_app (id) ON DELETE CASCADE,
            grant_id BIGINT NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
            redirect_uri TEXT NOT NULL,
            challenge TEXT,
            challenge_method TEXT,
            expires_at BIGINT NOT NULL,
            used_at BIGINT
        );
        CREATE INDEX oauth_code_by_end ON oauth_code (expires_at);
        CREATE TABLE oauth_refresh_token (
            hash BYTEA PRIMARY KEY,
            grant_id BIGINT NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
            expires_at BIGINT NOT NULL,
            used_at BIGINT
        );
        CREATE INDEX oauth_refresh_token_by_end ON oauth_refresh_token (expires_at);
        CREATE INDEX oauth_refresh_token_by_grant ON oauth_refresh_token (grant_id);
        CREATE TABLE oauth_device (
            device_hash BYTEA PRIMARY KEY,
            user_code TEXT NOT NULL UNIQUE,
            app_id BIGINT NOT NULL REFERENCES oauth_app (id) ON DELETE CASCADE,
            workspace_id BIGINT REFERENCES workspace (id) ON DELETE CASCADE,
            status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'used')),
            grant_id BIGINT REFERENCES oauth_grant (id) ON DELETE CASCADE,
            poll_interval BIGINT NOT NULL,
            polled_at BIGINT,
            expires_at BIGINT NOT NULL
        );
        CREATE INDEX oauth_device_by_end ON oauth_device (expires_at);
        CREATE TABLE oauth_jwt_id (
            app_id BIGINT NOT NULL REFERENCES oauth_app (id) ON DELETE CASCADE,
            jti TEXT NOT NULL,
            expires_at BIGINT NOT NULL,
            PRIMARY KEY (app_id, jti)
        ) WITHOUT ROWID;
        CREATE INDEX oauth_jwt_id_by_end ON oauth_jwt_id (expires_at);

        """

    private static let places = """
        CREATE TABLE enterprise_member (
            enterprise_id BIGINT NOT NULL REFERENCES enterprise (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            role TEXT NOT NULL
                CHECK (role IN ('enterprise_super_admin', 'enterprise_admin', 'enterprise_member', 'enterprise_guest')),
            joined_at BIGINT NOT NULL,
            PRIMARY KEY (enterprise_id, user_id)
        );
        CREATE INDEX enterprise_member_by_user ON enterprise_member (user_id);
        CREATE TABLE organization (
            id BIGINT PRIMARY KEY,
            enterprise_id BIGINT NOT NULL REFERENCES enterprise (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            icon_url TEXT NOT NULL DEFAULT '',
            is_default BIGINT NOT NULL DEFAULT 0,
            created_at BIGINT NOT NULL
        );
        CREATE INDEX organization_by_enterprise ON organization (enterprise_id, id);
        CREATE TABLE organization_member (
            organization_id BIGINT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN
                ('organization_super_admin', 'organization_admin', 'organization_member', 'organization_guest')),
            joined_at BIGINT NOT NULL,
            PRIMARY KEY (organization_id, user_id)
        );
        CREATE INDEX organization_member_by_user ON organization_member (user_id);
        ALTER TABLE workspace ADD COLUMN enterprise_id BIGINT REFERENCES enterprise (id) ON DELETE CASCADE;
        ALTER TABLE workspace ADD COLUMN organization_id BIGINT REFERENCES organization (id) ON DELETE CASCADE;
        ALTER TABLE workspace ADD COLUMN icon_file_id BIGINT;
        CREATE INDEX workspace_by_enterprise ON workspace (enterprise_id) WHERE enterprise_id IS NOT NULL;
        CREATE TABLE workspace_invitation (
            id BIGINT PRIMARY KEY,
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            inviter_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            role_type TEXT NOT NULL CHECK (role_type IN ('admin', 'member')),
            created_at BIGINT NOT NULL,
            UNIQUE (workspace_id, user_id)
        );
        CREATE INDEX workspace_invitation_by_user ON workspace_invitation (user_id, id);
        CREATE TABLE folder (
            id BIGINT PRIMARY KEY,
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            parent_id BIGINT REFERENCES folder (id) ON DELETE CASCADE,
            folder_type TEXT NOT NULL CHECK (folder_type IN ('development', 'library')),
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            creator_id BIGINT NOT NULL REFERENCES account (id),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX folder_by_parent ON folder (workspace_id, folder_type, parent_id, id);
        CREATE INDEX variable_by_bot ON variable (bot_id);
        ALTER TABLE bot ADD COLUMN folder_id BIGINT REFERENCES folder (id) ON DELETE SET NULL;
        CREATE INDEX bot_by_folder ON bot (folder_id) WHERE folder_id IS NOT NULL;
        CREATE TABLE app (
            id BIGINT PRIMARY KEY,
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            owner_id BIGINT NOT NULL REFERENCES account (id),
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            icon_file_id BIGINT,
            folder_id BIGINT REFERENCES folder (id) ON DELETE SET NULL,
            collaboration_mode TEXT NOT NULL DEFAULT 'single' CHECK (collaboration_mode IN ('single', 'collaboration')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX app_by_workspace ON app (workspace_id, updated_at, id);
        CREATE INDEX app_by_folder ON app (folder_id) WHERE folder_id IS NOT NULL;
        CREATE TABLE app_publication (
            app_id BIGINT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
            connector_id TEXT NOT NULL,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            icon_file_id BIGINT,
            published_at BIGINT NOT NULL,
            PRIMARY KEY (app_id, connector_id)
        );
        CREATE TABLE app_collaborator (
            app_id BIGINT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            added_at BIGINT NOT NULL,
            PRIMARY KEY (app_id, user_id)
        );
        CREATE TABLE workflow (
            id BIGINT PRIMARY KEY,
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            app_id BIGINT REFERENCES app (id) ON DELETE CASCADE,
            owner_id BIGINT NOT NULL REFERENCES account (id),
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            folder_id BIGINT REFERENCES folder (id) ON DELETE SET NULL,
            collaboration_mode TEXT NOT NULL DEFAULT 'single' CHECK (collaboration_mode IN ('single', 'collaboration')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX workflow_by_workspace ON workflow (workspace_id, id);
        CREATE INDEX workflow_by_app ON workflow (app_id) WHERE app_id IS NOT NULL;
        CREATE INDEX workflow_by_folder ON workflow (folder_id) WHERE folder_id IS NOT NULL;
        CREATE TABLE workflow_collaborator (
            workflow_id BIGINT NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            added_at BIGINT NOT NULL,
            PRIMARY KEY (workflow_id, user_id)
        );
        CREATE TABLE copy_task (
            id BIGINT PRIMARY KEY,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            entity_type TEXT NOT NULL CHECK (entity_type IN ('bot', 'app', 'workflow')),
            source_entity_id BIGINT NOT NULL,
            target_entity_id BIGINT,
            target_workspace_id BIGINT NOT NULL,
            task_status TEXT NOT NULL CHECK (task_status IN ('in_progress', 'successful', 'failed')),
            failed_reasons TEXT NOT NULL,
            created_at BIGINT NOT NULL
        );

        """

    /// The audit log keeps what was done by and to accounts that are gone, so it refers to nothing.
    private static let records = """
        CREATE TABLE audit_record (
            id BIGINT PRIMARY KEY,
            created_at BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            token_id BIGINT NOT NULL,
            action TEXT NOT NULL,
            object_type TEXT NOT NULL,
            object_id TEXT NOT NULL,
            workspace_id BIGINT,
            enterprise_id BIGINT,
            address TEXT NOT NULL,
            log_id TEXT NOT NULL,
            detail TEXT NOT NULL
        );
        CREATE INDEX audit_record_by_user ON audit_record (user_id, id);
        CREATE INDEX audit_record_by_workspace ON audit_record (workspace_id, id) WHERE workspace_id IS NOT NULL;
        CREATE INDEX audit_record_by_enterprise ON audit_record (enterprise_id, id) WHERE enterprise_id IS NOT NULL;
        """
}
