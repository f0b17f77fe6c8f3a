import Database

extension Migration {
    /// What is counted for each hour: chats, and requests.
    ///
    /// `hour` is the Unix second at which an hour of UTC begins. Of times there are the sum in microseconds and how many
    /// fell into each of ten ranges. A bot's counters stay when it is deleted; a workspace's go with it.
    static let usage = Migration(
        6, "usage",
        """
        CREATE TABLE usage_chat (
            workspace_id BIGINT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
            hour BIGINT NOT NULL,
            bot_id BIGINT NOT NULL,
            model_id TEXT NOT NULL,
            connector_id TEXT NOT NULL,
            chats BIGINT NOT NULL,
            completed BIGINT NOT NULL,
            failed BIGINT NOT NULL,
            canceled BIGINT NOT NULL,
            input_tokens BIGINT NOT NULL,
            output_tokens BIGINT NOT NULL,
            first_token_us BIGINT NOT NULL,
            first_token_1 BIGINT NOT NULL,
            first_token_2 BIGINT NOT NULL,
            first_token_3 BIGINT NOT NULL,
            first_token_4 BIGINT NOT NULL,
            first_token_5 BIGINT NOT NULL,
            first_token_6 BIGINT NOT NULL,
            first_token_7 BIGINT NOT NULL,
            first_token_8 BIGINT NOT NULL,
            first_token_9 BIGINT NOT NULL,
            first_token_10 BIGINT NOT NULL,
            duration_us BIGINT NOT NULL,
            duration_1 BIGINT NOT NULL,
            duration_2 BIGINT NOT NULL,
            duration_3 BIGINT NOT NULL,
            duration_4 BIGINT NOT NULL,
            duration_5 BIGINT NOT NULL,
            duration_6 BIGINT NOT NULL,
            duration_7 BIGINT NOT NULL,
            duration_8 BIGINT NOT NULL,
            duration_9 BIGINT NOT NULL,
            duration_10 BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, hour, bot_id, model_id, connector_id)
        ) WITHOUT ROWID;
        CREATE INDEX usage_chat_by_hour ON usage_chat (hour);
        CREATE TABLE usage_request (
            hour BIGINT NOT NULL,
            route TEXT NOT NULL,
            requests BIGINT NOT NULL,
            errors BIGINT NOT NULL,
            server_errors BIGINT NOT NULL,
            duration_us BIGINT NOT NULL,
            duration_1 BIGINT NOT NULL,
            duration_2 BIGINT NOT NULL,
            duration_3 BIGINT NOT NULL,
            duration_4 BIGINT NOT NULL,
            duration_5 BIGINT NOT NULL,
            duration_6 BIGINT NOT NULL,
            duration_7 BIGINT NOT NULL,
            duration_8 BIGINT NOT NULL,
            duration_9 BIGINT NOT NULL,
            duration_10 BIGINT NOT NULL,
            PRIMARY KEY (hour, route)
        ) WITHOUT ROWID;
        """)
}
