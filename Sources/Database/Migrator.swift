/// A numbered step of the schema. Once released it is never changed: a later one corrects it.
package struct Migration: Sendable {
    /// 1, 2, 3, … without gaps.
    package let number: Int
    package let name: String
    /// Statements separated by semicolons, in the SQL both databases share. Types are named as in PostgreSQL; for
    /// SQLite `BIGINT` becomes `INTEGER` (so that a primary key is the row id) and `BYTEA` becomes `BLOB`; SQLite's
    /// `WITHOUT ROWID` is left out for PostgreSQL.
    package let sql: String
    /// What only one of the databases needs, such as its own kind of index; runs after `sql`, as it stands.
    package let sqliteSQL: String
    package let postgresSQL: String

    package init(_ number: Int, _ name: String, _ sql: String, sqlite: String = "", postgres: String = "") {
        self.number = number
        self.name = name
        self.sql = sql
        sqliteSQL = sqlite
        postgresSQL = postgres
    }
}

/// Brings a schema up to date.
struct Migrator {
    let migrations: [Migration]

    init(_ migrations: [Migration]) {
        precondition(
            migrations.map(\.number) == Array(1..<migrations.count + 1), "migrations must be numbered 1, 2, 3, …")
        self.migrations = migrations
    }

    /// Runs the migrations the database lacks, all in one transaction.
    func run(on connection: any Connection) throws {
        let isSQLite = connection is SQLiteConnection
        try connection.begin()
        do {
            // Two servers that start at once on one PostgreSQL database must not both migrate it.
            if !isSQLite { _ = try connection.query("SELECT pg_advisory_xact_lock(4242424242)") { _ in } }
            try connection.script(
                "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
            let done = try connection.first("SELECT COALESCE(MAX(number), 0) FROM schema_migration") { $0.int(0) } ?? 0
            guard done <= migrations.count else {
                throw DatabaseError(
                    .tooNew,
                    """
                    the database has schema \(done) and this version of the program knows only up to \(migrations.count): \
                    it was used by a newer version, so use that one, or restore a backup made before the update
                    """)
            }
            for migration in migrations.dropFirst(done) {
                try connection.script(isSQLite ? Self.sqliteText(migration.sql) : Self.postgresText(migration.sql))
                let own = isSQLite ? migration.sqliteSQL : migration.postgresSQL
                if !own.isEmpty { try connection.script(own) }
                try connection.execute(
                    "INSERT INTO schema_migration (number, name) VALUES (\(migration.number), \(migration.name))")
            }
            try connection.commit()
        } catch {
            connection.rollback()
            throw error
        }
    }

    private static func postgresText(_ sql: String) -> String {
        var sql = sql
        sql.replace(" WITHOUT ROWID", with: "")
        return sql
    }

    private static func sqliteText(_ sql: String) -> String {
        let types: [Substring: Substring] = ["BIGINT": "INTEGER", "BYTEA": "BLOB"]
        return sql.split(separator: " ", omittingEmptySubsequences: false).map { types[$0] ?? $0 }.joined(
            separator: " ")
    }
}
