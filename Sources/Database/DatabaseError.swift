/// What went wrong in a database. `message` is the driver's own words, for the log and for operators, not for clients.
package struct DatabaseError: Error, CustomStringConvertible {
    package enum Kind: Sendable {
        /// A unique, foreign-key, NOT NULL or CHECK constraint refused the change.
        case constraint
        /// The disk is full.
        case full
        /// The database cannot be written: read-only file, directory or server.
        case readOnly
        /// The connection to the server was lost; whether the last commit took effect is not known.
        case connectionLost
        /// Another transaction was in the way: deadlock or serialization failure. Running the unit again may work.
        case conflict
        /// The database was made by a newer version of the program.
        case tooNew
        /// The database is being closed.
        case closed
        case other
    }

    package let kind: Kind
    package let message: String
    /// The statement that failed, without its values.
    package let statement: String?

    package init(_ kind: Kind, _ message: String, statement: String? = nil) {
        self.kind = kind
        self.message = message
        self.statement = statement
    }

    /// Whether the same work may succeed later: the database was away, or its disk full.
    package var isPassing: Bool {
        switch kind {
        case .connectionLost, .full, .readOnly, .conflict: true
        case .constraint, .tooNew, .closed, .other: false
        }
    }

    /// Whether running other units may still work although this one failed.
    var concernsOneUnit: Bool {
        switch kind {
        case .constraint, .conflict, .other: true
        case .full, .readOnly, .connectionLost, .tooNew, .closed: false
        }
    }

    package var description: String {
        statement.map { "\(message) [\($0)]" } ?? message
    }
}
