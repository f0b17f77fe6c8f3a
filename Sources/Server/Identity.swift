import APIKit
import Logging
import Platform

/// The stores and services that say who may do what, and their resources.
struct Identity: Sendable {
    let authority: TokenAuthority
    private let storage: Storage
    private let settings: IdentitySettings
    private let publicURL: PublicURL
    private let signIn: SignIn
    private let accounts: Accounts
    private let consent: OAuthConsent
    private let sweep: OAuthSweep
    private let audit: AuditStore

    /// - Parameter secret: random bytes that only servers of this database know.
    init(storage: Storage, settings: IdentitySettings, publicURL: PublicURL, secret: [UInt8]) {
        self.storage = storage
        self.settings = settings
        self.publicURL = publicURL
        authority = TokenAuthority(tokens: TokenStore(storage: storage), clock: storage.clock)
        signIn = SignIn(storage: storage, passwords: PasswordHasher(), authority: authority)
        accounts = Accounts(signIn: signIn, isRegistrationOpen: settings.isRegistrationOpen)
        consent = OAuthConsent(storage: storage, secret: secret)
        sweep = OAuthSweep(storage: storage)
        audit = AuditStore(storage: storage)
    }

    /// People, and what they let others do.
    var resources: [any Resource] {
        let verifier = JWTVerifier(publicURL: publicURL, audiences: settings.audiences, clock: storage.clock)
        return [
            Users(users: UserStore(storage: storage)),
            accounts,
            Sessions(signIn: signIn, publicURL: publicURL),
            Tokens(tokens: PersonalTokenStore(storage: storage), authority: authority),
            ServiceTokens(tokens: ServiceTokenStore(storage: storage), authority: authority),
            OAuthTokens(
                storage: storage, authority: authority, jwts: JWTExchange(storage: storage, verifier: verifier),
                publicURL: publicURL, deviceLifetime: settings.deviceLifetime),
            OAuthApps(apps: OAuthAppStore(storage: storage), authority: authority),
            OAuthGrants(grants: OAuthGrantStore(storage: storage), authority: authority),
            Audit(audit: audit),
        ]
    }

    /// The places that hold things, and who belongs to them.
    func places(files: FileStore, links: LinkSigner) -> [any Resource] {
        let members = WorkspaceMemberStore(storage: storage)
        let apps = AppStore(storage: storage, links: links)
        return [
            Workspaces(
                workspaces: WorkspaceStore(storage: storage, links: links), members: members, files: files,
                authority: authority),
            WorkspaceMembers(members: members),
            WorkspaceInvitations(invitations: WorkspaceInvitationStore(storage: storage, members: members)),
            Enterprises(enterprises: EnterpriseStore(storage: storage), authority: authority),
            EnterpriseMembers(members: EnterpriseMemberStore(storage: storage), authority: authority),
            Organizations(organizations: OrganizationStore(storage: storage)),
            OrganizationMembers(members: OrganizationMemberStore(storage: storage)),
            Folders(folders: FolderStore(storage: storage)),
            AppList(apps: apps),
            Apps(apps: apps, files: files),
            WorkflowPlaces(workflows: WorkflowPlaceStore(storage: storage)),
            Collaborators(collaborators: CollaboratorStore(storage: storage)),
            CopyTasks(tasks: CopyTaskStore(storage: storage)),
        ]
    }

    /// The pages for people with a browser.
    ///
    /// - Parameter web: their scripts and styles, and who may embed them.
    func pages(_ web: Web) -> [any Resource] {
        let site = Site(authority: authority, accounts: signIn.accounts, publicURL: publicURL, files: web.files)
        let isOpen = settings.isRegistrationOpen
        return [
            AuthorizePages(site: site, consent: consent),
            ConsentPages(site: site, consent: consent),
            DevicePages(site: site, consent: consent),
            SignInPages(site: site, signIn: signIn, isRegistrationOpen: isOpen),
            RegisterPages(site: site, accounts: accounts, signIn: signIn, isRegistrationOpen: isOpen),
            SetupPages(site: site, signIn: signIn),
            LanguagePages(site: site),
            ConsolePages(site: site),
            EmbedPages(site: site, allowedOrigins: web.allowedOrigins),
        ]
    }

    /// Removes every hour what nobody needs any more, until the task is cancelled.
    func keepHouse(_ logger: Logger) async {
        while !Task.isCancelled {
            do {
                try await sweep.run()
                if settings.auditRetention > 0 { try await audit.removeOlder(than: settings.auditRetention) }
            } catch {
                // The database is closed when the server ends.
                if Task.isCancelled { return }
                logger.warning("what has expired cannot be removed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(3600))
        }
    }
}
