import Database

extension Migration {
    /// Language models that operators add, and the one that answers for bots that name none.
    ///
    /// `revision` grows with every change, so that other servers see in one number whether there is something new.
    /// `default_model` may also be the id of a model in the configuration file, so it refers to no table. Timeouts are
    /// in milliseconds.
    static let models = Migration(
        5, "models",
        """
        CREATE TABLE model (
            id BIGINT PRIMARY KEY,
            name TEXT NOT NULL,
            base_url TEXT NOT NULL,
            upstream_name TEXT NOT NULL,
            sealed_key BYTEA,
            context_length BIGINT NOT NULL,
            capabilities TEXT NOT NULL,
            connect_timeout BIGINT,
            first_token_timeout BIGINT,
            idle_timeout BIGINT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        );
        CREATE TABLE model_catalog (
            id BIGINT PRIMARY KEY CHECK (id = 1),
            revision BIGINT NOT NULL,
            default_model TEXT
        );
        INSERT INTO model_catalog (id, revision) VALUES (1, 1);
        """)
}
