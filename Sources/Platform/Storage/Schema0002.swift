import Database

extension Migration {
    /// Chats and their event logs, files, variables of end users, and what bots have beyond the documented settings.
    static let chats = Migration(
        2, "chats",
        """
        CREATE TABLE server_secret (
            name TEXT PRIMARY KEY,
            secret BYTEA NOT NULL
        );
        CREATE TABLE chat (
            id BIGINT PRIMARY KEY,
            conversation_id BIGINT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            bot_id BIGINT NOT NULL,
            section_id BIGINT NOT NULL,
            end_user TEXT NOT NULL,
            status TEXT NOT NULL
                CHECK (status IN ('in_progress', 'requires_action', 'completed', 'failed', 'canceled')),
            meta_data TEXT NOT NULL,
            request TEXT NOT NULL,
            inserted_messages TEXT NOT NULL,
            required_action TEXT,
            error_code BIGINT,
            error_message TEXT,
            input_count BIGINT,
            output_count BIGINT,
            server BIGINT NOT NULL,
            cancel_requested BIGINT NOT NULL DEFAULT 0,
            created_at BIGINT NOT NULL,
            completed_at BIGINT,
            failed_at BIGINT,
            superseded_by BIGINT
        );
        CREATE UNIQUE INDEX chat_running ON chat (conversation_id) WHERE status = 'in_progress';
        CREATE INDEX chat_by_conversation ON chat (conversation_id, id);
        CREATE INDEX chat_by_end_user ON chat (owner_id, end_user);
        CREATE TABLE chat_event (
            chat_id BIGINT NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
            number BIGINT NOT NULL,
            kind BIGINT NOT NULL,
            message_id BIGINT,
            data TEXT NOT NULL,
            PRIMARY KEY (chat_id, number)
        ) WITHOUT ROWID;
        CREATE TABLE chat_journal (
            id BIGINT PRIMARY KEY,
            server BIGINT NOT NULL,
            data TEXT NOT NULL
        );
        CREATE TABLE file (
            id BIGINT PRIMARY KEY,
            owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            file_name TEXT NOT NULL,
            media_type TEXT NOT NULL,
            bytes BIGINT NOT NULL,
            hash TEXT NOT NULL,
            created_at BIGINT NOT NULL
        );
        CREATE INDEX file_by_hash ON file (hash);
        CREATE INDEX file_by_owner ON file (owner_id, id);
        CREATE TABLE message_file (
            message_id BIGINT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            file_id BIGINT NOT NULL REFERENCES file (id) ON DELETE CASCADE,
            PRIMARY KEY (message_id, file_id)
        ) WITHOUT ROWID;
        CREATE INDEX message_file_by_file ON message_file (file_id);
        CREATE TABLE variable (
            owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            bot_id BIGINT NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
            connector_id TEXT NOT NULL,
            connector_uid TEXT NOT NULL,
            keyword TEXT NOT NULL,
            value TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (owner_id, bot_id, connector_id, connector_uid, keyword)
        ) WITHOUT ROWID;
        """)
}
