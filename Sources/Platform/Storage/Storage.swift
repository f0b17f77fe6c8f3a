import APIKit
package import Database

/// What every store needs: the database, a source of ids and a clock.
package struct Storage: Sendable {
    package let database: Database
    package let ids: IDSource
    package let clock: Clock
    /// This process's number: greater than that of every process that opened the database before.
    package let server: Int64

    package init(database: Database, ids: IDSource, clock: Clock, server: Int64 = 0) {
        self.database = database
        self.ids = ids
        self.clock = clock
        self.server = server
    }

    /// All steps of the schema, in order.
    package static let migrations: [Migration] = [.foundation, .chats, .search, .identity, .models, .usage, .console]

    /// Opens the database, brings its schema up to date and takes a number for this process's ids.
    package static func open(_ location: Database.Location, clock: Clock = .system) async throws -> Storage {
        let database = try Database(location, migrations: migrations)
        let process = try await database.write(
            """
            INSERT INTO server_start (id, number) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET number = server_start.number + 1 RETURNING number
            """
        ) { $0.int64(0) }
        let ids = IDSource(process: process[0], clock: clock)
        return Storage(database: database, ids: ids, clock: clock, server: process[0])
    }
}
