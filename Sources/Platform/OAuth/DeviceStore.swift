import APIKit
import Database

/// The table of devices that wait for a person to let them.
struct DeviceStore: Sendable {
    /// Seconds that a device must leave between two questions, at first and at most, and what is added when it does
    /// not.
    static let interval: Int64 = 5
    private static let longestInterval: Int64 = 30
    private static let delay: Int64 = 5
    /// Letters that make no words and are not taken for one another.
    private static let letters = Array("BCDFGHJKLMNPQRSTVWXZ")
    private static let codeLength = 8
    /// How many devices of one app may wait at a time, and for how many seconds one is remembered after its end:
    /// anybody who knows the app's client id can add them.
    private static let mostWaiting = 10_000
    static let memory: Int64 = 3600
    /// What begins the stored code of a device that asks for a workspace that does not exist.
    private static let lost = "!"

    let storage: Storage

    enum Status: String, Sendable {
        case pending, approved, denied, used
    }

    /// What a device gets to ask with, and what a person types in.
    struct Codes: Sendable {
        let device: String
        let user: String
    }

    /// A device that asks again.
    struct Device: Sendable {
        let app: ID
        let status: Status
        let grant: ID?
        let interval: Int64
        /// Unix seconds; nil if it has not asked yet.
        let polledAt: Int64?
        /// Unix seconds.
        let end: Int64
    }

    /// Notes a device that asks for an app.
    ///
    /// Nobody is told whether a workspace exists. A device that asks for one that does not waits like any other, and
    /// whoever types in its code is told what people are told who are no member of a workspace.
    ///
    /// - Parameter lifetime: the seconds in which a person must let it.
    /// - Throws: `slow_down` if too many devices of the app wait.
    func create(for app: OAuthApp, workspace: ID?, lifetime: Int64) async throws -> Codes {
        try await storage.database.write { connection in
            let isLost =
                try workspace.map { workspace in
                    try connection.first("SELECT 1 FROM workspace WHERE id = \(workspace)") { _ in true } == nil
                } ?? false
            try makeRoom(for: app, in: connection)
            let secret = TokenSecret(prefix: "")
            // Two in twenty-five thousand million are seldom the same.
            for _ in 1...8 {
                let code = String((0..<Self.codeLength).map { _ in Self.letters.randomElement()! })
                let made = try connection.execute(
                    """
                    INSERT INTO oauth_device (device_hash, user_code, app_id, workspace_id, status, poll_interval,
                    expires_at)
                    VALUES (\(secret.hash.bytes), \(isLost ? Self.lost + code : code), \(app.id),
                    \(isLost ? nil : workspace), 'pending', \(Self.interval),
                    \(storage.clock.now() + lifetime))
                    ON CONFLICT (user_code) DO NOTHING
                    """)
                if made == 1 { return Codes(device: secret.text, user: Self.shown(code)) }
            }
            throw OAuthError("internal_error", "Service internal error.", status: 500)
        }
    }

    /// Removes some of the devices that nobody needs any more, and checks that there is room for another.
    private func makeRoom(for app: OAuthApp, in connection: any Connection) throws {
        let now = storage.clock.now()
        try connection.execute(
            """
            DELETE FROM oauth_device WHERE device_hash IN
            (SELECT device_hash FROM oauth_device WHERE expires_at < \(now - Self.memory) LIMIT 20)
            """)
        let waiting = try connection.first(
            """
            SELECT COUNT(*) FROM oauth_device
            WHERE expires_at > \(now) AND app_id = \(app.id) AND status = 'pending'
            """
        ) { $0.int(0) }
        if let waiting, waiting >= Self.mostWaiting {
            throw OAuthError("slow_down", "Too many devices wait for an answer; try again later", status: 429)
        }
    }

    /// The device with this code, whatever its state, in the caller's unit of work; nil if there is none.
    static func find(_ hash: TokenHash, in connection: any Connection) throws -> Device? {
        try connection.first(
            """
            SELECT app_id, status, grant_id, poll_interval, polled_at, expires_at
            FROM oauth_device WHERE device_hash = \(hash.bytes)
            """
        ) { row in
            Device(
                app: row.id(0), status: Status(rawValue: row.text(1)) ?? .used, grant: row.optionalID(2),
                interval: row.int64(3), polledAt: row.optionalInt64(4), end: row.int64(5))
        }
    }

    /// Notes that a device asks while nobody has answered, in the caller's unit of work.
    ///
    /// - Returns: whether it asks too soon; it must leave more time then.
    func poll(_ device: Device, _ hash: TokenHash, in connection: any Connection) throws -> Bool {
        let now = storage.clock.now()
        let isEarly = device.polledAt.map { now - $0 < device.interval } ?? false
        let interval = isEarly ? min(device.interval + Self.delay, Self.longestInterval) : device.interval
        try connection.execute(
            """
            UPDATE oauth_device SET polled_at = \(now), poll_interval = \(interval)
            WHERE device_hash = \(hash.bytes)
            """)
        return isEarly
    }

    /// Uses up what a person has let, in the caller's unit of work; false if somebody was faster.
    func use(_ hash: TokenHash, in connection: any Connection) throws -> Bool {
        try connection.execute(
            "UPDATE oauth_device SET status = 'used' WHERE device_hash = \(hash.bytes) AND status = 'approved'") == 1
    }

    /// Notes a person's answer to a device that still waits, in the caller's unit of work; false if it does not wait
    /// any more.
    ///
    /// - Parameter grant: nil if the person does not let it.
    func answer(_ userCode: String, grant: ID?, in connection: any Connection) throws -> Bool {
        let status: Status = grant == nil ? .denied : .approved
        return try connection.execute(
            """
            UPDATE oauth_device SET status = \(status.rawValue), grant_id = \(grant)
            WHERE user_code = \(userCode) AND status = 'pending' AND expires_at > \(storage.clock.now())
            """) == 1
    }

    /// A device that waits for a person's answer.
    struct Waiting: Sendable {
        let app: OAuthApp
        /// 0, which no workspace has, for one that does not exist.
        let workspace: ID?
        /// Unix seconds.
        let end: Int64
        /// The code as it is stored.
        let code: String
    }

    /// The device that waits for the answer of whoever knows this code.
    func waiting(_ userCode: String) async throws -> Waiting? {
        let now = storage.clock.now()
        return try await storage.database.read { connection in
            let found = try connection.first(
                """
                SELECT app_id, workspace_id, expires_at, user_code FROM oauth_device
                WHERE user_code IN (\(userCode), \(Self.lost + userCode)) AND status = 'pending'
                AND expires_at > \(now) ORDER BY user_code DESC
                """
            ) { (app: $0.id(0), workspace: $0.optionalID(1), end: $0.int64(2), code: $0.text(3)) }
            guard let found, let app = try OAuthAppStore.find(id: found.app, in: connection) else { return nil }
            return Waiting(
                app: app, workspace: found.code.hasPrefix(Self.lost) ? 0 : found.workspace, end: found.end,
                code: found.code)
        }
    }

    // MARK: - Codes for people

    /// The code as people read it: `WDJB-MJHT`.
    static func shown(_ code: String) -> String { "\(code.prefix(codeLength / 2))-\(code.dropFirst(codeLength / 2))" }

    /// The code that a person means, however they write it; nil if it can be none.
    static func code(typed text: String) -> String? {
        guard text.utf8.count <= 64 else { return nil }
        let code = String(text.uppercased().filter { $0.isLetter || $0.isNumber })
        return code.count == codeLength && code.allSatisfy(letters.contains) ? code : nil
    }
}
