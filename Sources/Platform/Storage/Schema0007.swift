import Database

extension Migration {
    /// What consoles show: notes on versions, what answered a chat, and everybody's conversations in the order in
    /// which they were made.
    ///
    /// No index holds a conversation's name or time of change, so that renaming touches none; and none begins with
    /// the owner and the id, by which PostgreSQL would look for it rather than by its key.
    static let console = Migration(
        7, "console",
        """
        ALTER TABLE bot_version ADD COLUMN changelog TEXT NOT NULL DEFAULT '';
        ALTER TABLE chat ADD COLUMN bot_version BIGINT;
        ALTER TABLE chat ADD COLUMN model_id TEXT;
        ALTER TABLE chat ADD COLUMN log_id TEXT;
        CREATE INDEX conversation_by_owner ON conversation (owner_id, created_at, id);
        CREATE INDEX conversation_by_owner_and_bot ON conversation (owner_id, bot_id, created_at, id);
        """)
}
