import Crypto

/// Seals texts that the server must be able to read again, such as keys of other services, so that they do not lie
/// open in the database and its copies (AES-GCM with 256 bits).
///
/// The secret lies in the same database. So this guards against reading over a shoulder and against dumps of single
/// tables, not against whoever has the whole database.
package struct Seal: Sendable {
    private let key: SymmetricKey

    /// - Parameter secret: 32 random bytes that only servers of this database know.
    package init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

    /// - Parameter place: where the text is stored, such as a table and an id. It can be opened for this place alone.
    package func close(_ text: String, for place: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(Array(text.utf8), using: key, authenticating: Array(place.utf8))
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    /// - Throws: if it was sealed with another secret or for another place, or was changed.
    package func open(_ sealed: [UInt8], from place: String) throws -> String {
        let box = try AES.GCM.SealedBox(combined: sealed)
        return String(decoding: try AES.GCM.open(box, using: key, authenticating: Array(place.utf8)), as: UTF8.self)
    }
}
