import Database

extension Migration {
    /// The index for full-text search, and the queue of what it does not yet agree with. And which erasures of an end
    /// user's data were begun.
    ///
    /// Triggers fill the queue, so that no statement can forget to. All that exists is queued here.
    static let search = Migration(
        3, "search", "CREATE TABLE unfinished_erasure (id BIGINT PRIMARY KEY)", sqlite: sqliteSearch,
        postgres: postgresSearch)

    /// SQLite's full-text index keeps no text and so cannot tell what it holds of a document. To take it out, its text
    /// must be given again: the queue keeps what was indexed, from the first change until the index agrees again.
    ///
    /// Documents are numbered without gaps, as the ids are too far apart to be stored closely. A conversation has its
    /// number before it has a name, so that the name takes its place by the conversation's age.
    private static let sqliteSearch = """
        CREATE TABLE search_queue (
            id INTEGER PRIMARY KEY,
            old_content TEXT,
            old_type TEXT
        );
        CREATE TABLE search_document (
            number INTEGER PRIMARY KEY,
            id INTEGER NOT NULL UNIQUE,
            owner_id INTEGER NOT NULL,
            bot_id INTEGER
        );
        CREATE VIRTUAL TABLE search_index USING fts5 (
            tokens, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
        );
        INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0);
        INSERT INTO search_index (search_index, rank) VALUES ('crisismerge', 1000);

        CREATE TRIGGER search_message_added AFTER INSERT ON message
        WHEN NEW.type IN ('question', 'answer')
        BEGIN
            INSERT INTO search_queue (id)
            SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = NEW.id);
        END;
        CREATE TRIGGER search_message_changed AFTER UPDATE OF content, content_type, type ON message
        WHEN OLD.content IS NOT NEW.content OR OLD.content_type IS NOT NEW.content_type OR OLD.type IS NOT NEW.type
        BEGIN
            INSERT INTO search_queue (id, old_content, old_type)
            SELECT OLD.id, OLD.content, OLD.content_type
            WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = OLD.id);
        END;
        CREATE TRIGGER search_message_deleted AFTER DELETE ON message
        WHEN OLD.type IN ('question', 'answer')
        BEGIN
            INSERT INTO search_queue (id, old_content, old_type)
            SELECT OLD.id, OLD.content, OLD.content_type
            WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = OLD.id);
        END;
        CREATE TRIGGER search_conversation_added AFTER INSERT ON conversation
        BEGIN
            INSERT INTO search_queue (id)
            SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = NEW.id);
        END;
        CREATE TRIGGER search_conversation_renamed AFTER UPDATE OF name ON conversation
        WHEN OLD.name IS NOT NEW.name
        BEGIN
            INSERT INTO search_queue (id, old_content, old_type)
            SELECT OLD.id, OLD.name, 'text' WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = OLD.id);
        END;
        CREATE TRIGGER search_conversation_moved AFTER UPDATE OF bot_id ON conversation
        WHEN OLD.bot_id IS NOT NEW.bot_id
        BEGIN
            INSERT INTO search_queue (id, old_content, old_type)
            SELECT OLD.id, OLD.name, 'text' WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = OLD.id);
            INSERT INTO search_queue (id, old_content, old_type)
            SELECT id, content, content_type FROM message
            WHERE conversation_id = OLD.id AND type IN ('question', 'answer')
            AND NOT EXISTS (SELECT 1 FROM search_queue q WHERE q.id = message.id);
        END;
        CREATE TRIGGER search_conversation_deleted AFTER DELETE ON conversation
        BEGIN
            INSERT INTO search_queue (id, old_content, old_type)
            SELECT OLD.id, OLD.name, 'text' WHERE NOT EXISTS (SELECT 1 FROM search_queue WHERE id = OLD.id);
        END;

        INSERT INTO search_queue (id)
        SELECT id FROM conversation UNION ALL SELECT id FROM message WHERE type IN ('question', 'answer');
        """

    /// On PostgreSQL the tokens stand in a table and are indexed there. The queue only grows at its end, so no change
    /// ever waits for another, and the newest of what exists comes first.
    private static let postgresSearch = """
        CREATE TABLE search_queue (
            number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id BIGINT NOT NULL
        );
        CREATE TABLE search_document (
            id BIGINT PRIMARY KEY,
            owner_id BIGINT NOT NULL,
            tokens INTEGER[] NOT NULL
        );
        CREATE INDEX search_document_by_owner ON search_document (owner_id, id);
        CREATE INDEX search_document_by_token ON search_document USING gin (tokens)
            WITH (fastupdate = on, gin_pending_list_limit = 2048);

        CREATE FUNCTION search_note_one() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_queue (id) VALUES (NEW.id);
            RETURN NULL;
        END $$;
        CREATE FUNCTION search_note_gone() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_queue (id) SELECT id FROM gone;
            RETURN NULL;
        END $$;
        CREATE FUNCTION search_note_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_queue (id)
            SELECT NEW.id UNION ALL SELECT id FROM message
            WHERE conversation_id = NEW.id AND type IN ('question', 'answer');
            RETURN NULL;
        END $$;
        CREATE TRIGGER search_message_added AFTER INSERT ON message FOR EACH ROW
            WHEN (NEW.type IN ('question', 'answer')) EXECUTE FUNCTION search_note_one();
        CREATE TRIGGER search_message_changed AFTER UPDATE OF content, content_type, type ON message FOR EACH ROW
            WHEN ((OLD.content, OLD.content_type, OLD.type) IS DISTINCT FROM (NEW.content, NEW.content_type, NEW.type))
            EXECUTE FUNCTION search_note_one();
        CREATE TRIGGER search_message_deleted AFTER DELETE ON message REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION search_note_gone();
        CREATE TRIGGER search_conversation_added AFTER INSERT ON conversation FOR EACH ROW
            WHEN (NEW.name <> '') EXECUTE FUNCTION search_note_one();
        CREATE TRIGGER search_conversation_renamed AFTER UPDATE OF name ON conversation FOR EACH ROW
            WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION search_note_one();
        CREATE TRIGGER search_conversation_moved AFTER UPDATE OF bot_id ON conversation FOR EACH ROW
            WHEN (OLD.bot_id IS DISTINCT FROM NEW.bot_id) EXECUTE FUNCTION search_note_conversation();
        CREATE TRIGGER search_conversation_deleted AFTER DELETE ON conversation REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION search_note_gone();

        -- Documents that have all the tokens, in no order. Asked of the token index whatever the planner thinks: a
        -- scan of the table may be cheaper when there are many, but takes seconds when there are none.
        CREATE FUNCTION search_candidates(wanted INTEGER[], before BIGINT, most BIGINT) RETURNS SETOF BIGINT
        LANGUAGE sql STABLE
        SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
        AS $$ SELECT id FROM search_document WHERE tokens @> wanted AND id + 0 < before LIMIT most $$;

        INSERT INTO search_queue (id)
        SELECT id FROM (
            SELECT id FROM conversation WHERE name <> ''
            UNION ALL SELECT id FROM message WHERE type IN ('question', 'answer')
        ) everything ORDER BY id DESC;
        """
}
