import Database

extension Migration {
    /// Users, workspaces, tokens, bots, conversations and messages.
    static let foundation = Migration(
        1, "foundation",
        """
        CREATE TABLE server_start (
            id BIGINT PRIMARY KEY CHECK (id = 1),
            number BIGINT NOT NULL
        );
        CREATE TABLE account (
            id BIGINT PRIMARY KEY,
            user_name TEXT NOT NULL UNIQUE,
            nick_name TEXT NOT NULL,
            avatar_url TEXT NOT NULL DEFAULT '',
            created_at BIGINT NOT NULL
        );
        CREATE TABLE workspace (
            id BIGINT PRIMARY KEY,
            name TEXT NOT NULL,
            description TEXT NOT NULL DEFAULT '',
            icon_url TEXT NOT NULL DEFAULT '',
            workspace_type TEXT NOT NULL CHECK (workspace_type IN ('personal', 'team')),
            owner_id BIGINT NOT NULL REFERENCES account (id),
            created_at BIGINT NOT NULL
        );
        CREATE TABLE workspace_member (
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            role_type TEXT NOT NULL CHECK (role_type IN ('owner', 'admin', 'member')),
            joined_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, user_id)
        );
        CREATE INDEX workspace_member_by_user ON workspace_member (user_id);
        CREATE TABLE token (
            id BIGINT PRIMARY KEY,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            hash BYTEA NOT NULL UNIQUE,
            permissions TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            revoked_at BIGINT,
            revision BIGINT NOT NULL
        );
        CREATE TABLE token_revision (
            id BIGINT PRIMARY KEY CHECK (id = 1),
            latest BIGINT NOT NULL
        );
        INSERT INTO token_revision (id, latest) VALUES (1, 0);
        CREATE INDEX token_by_revision ON token (revision);
        CREATE TABLE bot (
            id BIGINT PRIMARY KEY,
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            owner_id BIGINT NOT NULL REFERENCES account (id),
            draft TEXT NOT NULL,
            collaboration_mode TEXT NOT NULL DEFAULT 'single' CHECK (collaboration_mode IN ('single', 'collaboration')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX bot_by_workspace ON bot (workspace_id, updated_at, id);
        CREATE TABLE bot_version (
            bot_id BIGINT NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
            version BIGINT NOT NULL,
            configuration TEXT NOT NULL,
            creator_id BIGINT NOT NULL REFERENCES account (id),
            created_at BIGINT NOT NULL,
            PRIMARY KEY (bot_id, version)
        );
        CREATE TABLE bot_publication (
            bot_id BIGINT NOT NULL,
            connector_id TEXT NOT NULL,
            version BIGINT NOT NULL,
            is_online BIGINT NOT NULL,
            PRIMARY KEY (bot_id, connector_id, version),
            FOREIGN KEY (bot_id, version) REFERENCES bot_version (bot_id, version) ON DELETE CASCADE
        );
        CREATE UNIQUE INDEX bot_online ON bot_publication (bot_id, connector_id) WHERE is_online = 1;
        CREATE TABLE bot_collaborator (
            bot_id BIGINT NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            added_at BIGINT NOT NULL,
            PRIMARY KEY (bot_id, user_id)
        );
        CREATE TABLE conversation (
            id BIGINT PRIMARY KEY,
            owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            bot_id BIGINT,
            connector_id TEXT NOT NULL,
            name TEXT NOT NULL,
            meta_data TEXT NOT NULL,
            last_section_id BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX conversation_by_bot ON conversation (owner_id, bot_id, connector_id, id);
        CREATE TABLE message (
            id BIGINT PRIMARY KEY,
            conversation_id BIGINT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            section_id BIGINT NOT NULL,
            bot_id BIGINT,
            chat_id BIGINT,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            type TEXT NOT NULL,
            content_type TEXT NOT NULL,
            content TEXT NOT NULL,
            reasoning_content TEXT,
            meta_data TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE INDEX message_by_conversation ON message (conversation_id, id);
        CREATE TABLE message_feedback (
            message_id BIGINT PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            feedback_type TEXT NOT NULL CHECK (feedback_type IN ('like', 'unlike')),
            reason_types TEXT NOT NULL,
            comment TEXT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        """)
}
