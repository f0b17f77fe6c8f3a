import Database
import Platform
import Synchronization

/// Tells which of the servers that share a database are alive, so that only the chats of dead ones are ended.
///
/// A server holds an advisory lock of PostgreSQL's for as long as it lives: the lock goes with the process, however
/// that ends. SQLite has one server at a time, as the data directory is locked, so all others are dead.
final class ServerPresence: Sendable {
    /// Sets these locks apart from others': "chat" in ASCII.
    private static let space: Int64 = 0x6368_6174
    /// How long PostgreSQL must have been up, in seconds. A restart of it takes the locks of servers that are alive,
    /// which take them again within a second or two.
    private static let settlingTime: Int64 = 15

    private let storage: Storage
    /// Holds this server's lock.
    private let holder = Mutex<Holder?>(nil)

    /// A connection that is used for nothing else. Unchecked, as the mutex around it lets one thread in at a time.
    private final class Holder: @unchecked Sendable {
        let connection: any Connection
        init(_ connection: any Connection) { self.connection = connection }
    }

    init(_ storage: Storage) { self.storage = storage }

    var isShared: Bool { if case .postgres = storage.database.location { true } else { false } }

    /// Takes this server's lock, or takes it again if its connection was lost. Called every second.
    func announce() throws {
        guard isShared else { return }
        let connect = try Database.connector(storage.database.location)
        let number = storage.server & 0x7fff_ffff
        try holder.withLock { holder in
            if let holder, holder.connection.isUsable, (try? holder.connection.query("SELECT 1") { _ in }) != nil {
                return
            }
            holder = nil
            let made = Holder(try connect(.readWrite))
            let isTaken = try made.connection.first(
                """
                SELECT CASE WHEN pg_try_advisory_lock(CAST(CAST(\(Self.space) AS BIGINT) AS INT),
                CAST(CAST(\(number) AS BIGINT) AS INT)) THEN 1 ELSE 0 END
                """
            ) { $0.bool(0) }
            // Otherwise PostgreSQL has not noticed yet that the old connection is gone: it is tried again.
            if isTaken == true { holder = made }
        }
    }

    /// Whether another server is alive, as far as can be told. When in doubt it is.
    func isAlive(_ server: Int64) async -> Bool {
        guard isShared else { return false }
        let number = server & 0x7fff_ffff
        let found = try? await storage.database.scan { connection in
            try connection.first(
                """
                SELECT CAST(EXTRACT(EPOCH FROM now() - pg_postmaster_start_time()) AS BIGINT),
                (SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND classid = CAST(CAST(\(Self.space) AS BIGINT) AS OID)
                    AND objid = CAST(CAST(\(number) AS BIGINT) AS OID))
                """
            ) { (uptime: $0.int64(0), locks: $0.int64(1)) }
        }
        guard let found else { return true }
        return found.locks > 0 || found.uptime < Self.settlingTime
    }
}
