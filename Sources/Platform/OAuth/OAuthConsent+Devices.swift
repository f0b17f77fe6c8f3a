package import APIKit
import Database

/// A device that waits for a person to let it.
package struct DeviceRequest: Sendable {
    package let app: OAuthApp
    /// The code as the device shows it.
    package let userCode: String
    /// The one workspace that it asks for; nil for what is the account's.
    package let workspace: ID?
    /// When nobody can let it any more, in Unix seconds.
    package let expiresAt: Int64
    /// The code as it is stored.
    let code: String
}

extension OAuthConsent {
    /// The device whose code a person has typed in; nil if no device with this code waits for an answer. Case, dashes
    /// and spaces make no difference.
    ///
    /// Nobody can go through the codes of others: after ten wrong ones in ten minutes an account is asked to wait.
    /// A code has 34 bits and counts for minutes only.
    ///
    /// - Throws: ``OAuthRequestFault/page(_:)`` with `slow_down` if the account must wait.
    package func device(userCode text: String, by session: BrowserSession) async throws -> DeviceRequest? {
        let user = session.bearer.user
        if let wait = guesses.wait(user) {
            throw OAuthRequestFault.page(
                OAuthError(
                    "slow_down", "There were too many wrong codes; try again later", status: 429, retryAfter: Int(wait))
            )
        }
        guard let code = DeviceStore.code(typed: text), let found = try await devices.waiting(code) else {
            guesses.count(user)
            return nil
        }
        guard found.app.isEnabled else { throw OAuthRequestFault.page(.disabled(found.app)) }
        return DeviceRequest(
            app: found.app, userCode: DeviceStore.shown(code), workspace: found.workspace, expiresAt: found.end,
            code: found.code)
    }

    /// What the page shows.
    ///
    /// - Throws: ``OAuthRequestFault/page(_:)`` if the device is for a workspace that the person is no member of.
    package func details(of device: DeviceRequest, for session: BrowserSession) async throws -> ConsentDetails {
        try await details(app: device.app, workspace: device.workspace, user: session.bearer.user)
    }

    /// Notes that a person lets a device do what its app asks for.
    ///
    /// - Parameters:
    ///   - workspaces: the workspaces it may reach; nil for all. Of no account if it asks for one workspace.
    ///   - shown: the ``ConsentDetails/mark`` of what the person saw.
    /// - Throws: ``ConsentOutdated``; ``OAuthRequestFault/page(_:)`` if it does not wait any more, the app may no longer
    ///   ask, or for a workspace that the person is no member of.
    package func approve(
        _ device: DeviceRequest, by session: BrowserSession, workspaces: [ID]?, shown: String? = nil, actor: AuditActor
    ) async throws {
        try await storage.database.write { connection in
            guard let app = try OAuthAppStore.find(id: device.app.id, in: connection) else {
                throw OAuthRequestFault.page(.unknownClient)
            }
            guard app.isEnabled else { throw OAuthRequestFault.page(.disabled(app)) }
            try ConsentDetails.check(shown, app, device.workspace)
            let grant = try grant(
                app, device.workspace, workspaces, by: session.bearer.user, flow: "device", actor, in: connection)
            guard try devices.answer(device.code, grant: grant, in: connection) else { throw Self.tooLate }
        }
    }

    /// Notes that a person does not let a device.
    ///
    /// - Throws: ``OAuthRequestFault/page(_:)`` if it does not wait any more.
    package func deny(_ device: DeviceRequest) async throws {
        try await storage.database.write { connection in
            guard try devices.answer(device.code, grant: nil, in: connection) else { throw Self.tooLate }
        }
    }

    private static var tooLate: OAuthRequestFault {
        .page(OAuthError("expired_token", "The device does not wait for an answer any more"))
    }
}
