#if PostgreSQL
import CPostgres
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A connection to a PostgreSQL server through libpq.
///
/// Every call fails with `connectionLost` from the moment the server is found to be gone. A server that vanishes
/// without a word is found out within about half a minute. How long a statement may run is not limited.
///
/// Unchecked, since libpq's handle and the statements' cache are mutable: one thread at a time uses a connection, and
/// whoever hands it on to another thread orders their uses.
final class PostgresConnection: PipelinedConnection, @unchecked Sendable {
    let handle: OpaquePointer
    var statements: PostgresStatements
    var parameters = PostgresParameters()
    var isLost = false

    /// Connects, and waits `connectTimeout` seconds at most for each address of the server.
    ///
    /// Throws `connectionLost` if the server cannot be reached or refuses, `other` if the URL cannot be read or the
    /// database's encoding is not UTF-8. No error tells the password.
    ///
    /// - Parameters:
    ///   - isReadOnly: whether changes are refused with `readOnly`.
    ///   - statementLimit: how many prepared statements the server keeps for this connection.
    init(
        url: String, isReadOnly: Bool = false, connectTimeout: Int = 10, statementLimit: Int = 512
    ) throws(DatabaseError) {
        try PostgresURL.check(url)
        statements = PostgresStatements(limit: statementLimit)
        handle = try Self.connect(url, timeout: connectTimeout)
        // Without a receiver libpq prints the server's notices to standard error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQparameterStatus(handle, "server_encoding").map({ String(cString: $0) }) == "UTF8" else {
            throw DatabaseError(.other, "the PostgreSQL database's encoding must be UTF8")
        }
        try simple(Self.settings)
        if isReadOnly { try simple("SET default_transaction_read_only = on") }
    }

    deinit { PQfinish(handle) }

    var isInTransaction: Bool {
        if isLost { return false }
        switch PQtransactionStatus(handle) {
        case PQTRANS_INTRANS, PQTRANS_INERROR: return true
        default: return false
        }
    }

    /// Also looks, without waiting, whether the server has closed the connection while it was idle.
    var isUsable: Bool {
        if !isLost && !canStillRead() { isLost = true }
        return !isLost
    }

    /// Throws if a statement cannot be sent any more.
    func requireUsable(_ statement: String?) throws(DatabaseError) {
        if isLost { throw DatabaseError(.connectionLost, "the connection was lost", statement: statement) }
    }

    /// Runs a text without values, which may hold several statements.
    @discardableResult func simple(_ text: String) throws(DatabaseError) -> PostgresResult {
        try requireUsable(text)
        guard let answer = PQexec(handle, text) else { throw lose(text) }
        let result = PostgresResult(answer)
        guard result.isSuccess else { throw failure(result, text) }
        return result
    }

    private static func connect(_ url: String, timeout: Int) throws(DatabaseError) -> OpaquePointer {
        // Of two equal names libpq takes the later, so the URL overrules what stands before it.
        let options = [
            ("application_name", "buckle"), ("connect_timeout", String(max(timeout, 2))),
            ("keepalives", "1"), ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"), ("dbname", url), ("client_encoding", "UTF8"),
        ]
        let keywords = options.map { strdup($0.0) } + [nil]
        let values = options.map { strdup($0.1) } + [nil]
        defer { for text in keywords + values { free(text) } }
        let handle = PQconnectdbParams(keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
        guard let handle, PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }
            throw DatabaseError(.connectionLost, message(of: handle))
        }
        return handle
    }

    /// Literals and binaries in the form this driver reads, whatever the server's configuration says. And commits that
    /// wait for the disk: each setting but `off` does, and whoever chose a stronger one keeps it.
    private static let settings = """
        SET standard_conforming_strings = on;
        SET bytea_output = 'hex';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """
}
#endif
