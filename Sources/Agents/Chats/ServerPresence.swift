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

    /// Takes this server's lock, or takes it again if its connection was lost.
    func announce() async throws {
        guard isShared else { return }
        let connect = try Database.connector(storage.database.location)
        try holder.withLock { holder in
            if let holder, holder.connection.isUsable,
                (try? holder.connection.query("SELECT 1") { _ in }) != nil
            {
                return
            }
            let made = Holder(try connect(.readWrite))
            _ = try made.connection.query(
                """
                SELECT pg_try_advisory_lock(CAST(CAST(\(Self.space) AS BIGINT) AS INT),
                CAST(CAST(\(storage.server & 0x7fff_ffff) AS BIGINT) AS INT))
                """
            ) { _ in }
            holder = made
        }
    }

    /// Whether another server is alive.
    func isAlive(_ server: Int64) async -> Bool {
        guard isShared else { return false }
        return holder.withLock { holder in
            guard let connection = holder?.connection else { return true }
            do {
                return try connection.first(
                    """
                    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND classid = CAST(CAST(\(Self.space) AS BIGINT) AS OID)
                    AND objid = CAST(CAST(\(server & 0x7fff_ffff) AS BIGINT) AS OID)
                    """
                ) { _ in true } != nil
            } catch {
                // When in doubt it is alive: its chats are looked at again later.
                return true
            }
        }
    }
}
