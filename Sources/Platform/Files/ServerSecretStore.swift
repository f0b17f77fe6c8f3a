import Crypto
import Database

/// The table of secrets that the servers of a database share and nobody else learns.
package struct ServerSecretStore: Sendable {
    let storage: Storage

    package init(storage: Storage) { self.storage = storage }

    /// A secret's 256 random bits. It is made when it is first asked for, and never changes.
    package func secret(_ name: String) async throws -> [UInt8] {
        let found = try await storage.database.read { try Self.find(name, in: $0) }
        if let found { return found }
        let made = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return try await storage.database.write { connection in
            try connection.execute(
                "INSERT INTO server_secret (name, secret) VALUES (\(name), \(made)) ON CONFLICT (name) DO NOTHING")
            // Another server may have been first.
            return try Self.find(name, in: connection) ?? made
        }
    }

    /// Tells this database from others, and gives nothing away.
    func fingerprint() async throws -> String {
        Self.fingerprint(of: try await secret("database"))
    }

    /// The fingerprint of the database that a connection reads; nil if nobody has asked for it yet.
    static func fingerprint(in connection: any Connection) throws -> String? {
        try find("database", in: connection).map(fingerprint)
    }

    private static func fingerprint(of secret: [UInt8]) -> String { Hexadecimal.text(SHA256.hash(data: secret)) }

    private static func find(_ name: String, in connection: any Connection) throws -> [UInt8]? {
        try connection.first("SELECT secret FROM server_secret WHERE name = \(name)") { $0.blob(0) }
    }
}
