import APIKit
import Platform

/// What a person is shown before they let an app or a device, and how they answer.
struct ConsentForm {
    struct Workspace {
        let id: String
        let name: String
    }

    /// The path the answer goes to.
    let action: String
    /// The field that names the request, and its value.
    let field: (name: String, value: String)
    let csrfToken: String
    /// What the person is shown, for the server to tell when it has changed.
    let mark: String
    /// What to look at before answering; nil for nothing.
    let warning: String?
    let description: String?
    /// Who made the app.
    let owner: String
    let account: String
    /// Where the answer leads to; nil if it leads nowhere.
    let target: String?
    let permissions: PermissionList
    /// The one workspace that is asked for.
    let workspace: String?
    let canChoose: Bool
    let workspaces: [Workspace]
    /// Whether the answer was that some workspaces may be reached, but none was chosen.
    let lacksWorkspace: Bool
    /// Whether the answer was to something else.
    let isOutdated: Bool

    /// Why the form is shown again.
    enum Fault { case lacksWorkspace, outdated }

    init(
        _ details: ConsentDetails, owner: String, action: String, field: (name: String, value: String),
        warning: String? = nil, target: String? = nil, fault: Fault?, texts: Texts, session: BrowserSession
    ) {
        self.action = action
        self.field = field
        csrfToken = session.csrfToken
        mark = details.mark
        self.warning = warning
        description = details.appDescription.isEmpty ? nil : details.appDescription
        self.owner = owner
        let isOneName = details.nickName.isEmpty || details.nickName == details.userName
        account = isOneName ? details.userName : "\(details.nickName) (\(details.userName))"
        self.target = target
        permissions = PermissionList(details.permissions, texts)
        workspace = details.workspace?.name
        canChoose = !details.workspaces.isEmpty
        workspaces = details.workspaces.map { Workspace(id: $0.id.description, name: $0.name) }
        lacksWorkspace = fault == .lacksWorkspace
        isOutdated = fault == .outdated
    }

    static let template = #"""
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#page.lacksWorkspace}}
        <p class="alert" role="alert">{{texts.chooseWorkspace}}</p>
        {{/page.lacksWorkspace}}
        {{#page.isOutdated}}<p class="alert" role="alert">{{texts.consentOutdated}}</p>{{/page.isOutdated}}
        {{#page.warning}}<p class="note">{{.}}</p>{{/page.warning}}
        {{#page.description}}<p>{{.}}</p>{{/page.description}}
        <dl>
        <dt>{{texts.madeBy}}</dt><dd>{{page.owner}}</dd>
        <dt>{{texts.yourAccount}}</dt><dd>{{page.account}}</dd>
        {{#page.workspace}}<dt>{{texts.workspace}}</dt><dd>{{.}}</dd>{{/page.workspace}}
        {{#page.target}}<dt>{{texts.leadsTo}}</dt><dd>{{.}}</dd>{{/page.target}}
        </dl>
        {{#page.workspace}}<p class="note">{{texts.onlyThisWorkspace}}</p>{{/page.workspace}}
        {{>permissions}}
        <form method="post" action="{{page.action}}">
        <input type="hidden" name="{{page.field.name}}" value="{{page.field.value}}">
        <input type="hidden" name="csrf_token" value="{{page.csrfToken}}">
        <input type="hidden" name="shown" value="{{page.mark}}">
        {{#page.canChoose}}
        <fieldset>
        <legend>{{texts.whichWorkspaces}}</legend>
        <label class="option">
        <input type="radio" name="workspaces" value="all"{{^page.lacksWorkspace}} checked{{/page.lacksWorkspace}}>
        <span>{{texts.allWorkspaces}}</span>
        </label>
        <label class="option">
        <input type="radio" name="workspaces" value="some" id="some"{{#page.lacksWorkspace}} checked{{/page.lacksWorkspace}}>
        <span>{{texts.someWorkspaces}}</span>
        </label>
        <div class="options">
        {{#page.workspaces}}
        <label class="option">
        <input type="checkbox" name="workspace_ids" value="{{id}}">
        <span>{{name}}</span>
        </label>
        {{/page.workspaces}}
        </div>
        </fieldset>
        {{/page.canChoose}}
        <div class="buttons">
        <button class="primary" type="submit" name="decision" value="allow">{{texts.allow}}</button>
        <button type="submit" name="decision" value="deny">{{texts.deny}}</button>
        </div>
        </form>
        {{/content}}{{/layout}}
        """#
}

/// A person's answer, but for what it answers.
struct ConsentAnswer: Decodable, Sendable {
    enum Decision { case allow, deny }

    /// The session's own token, which the page's form carries.
    var csrfToken: String?
    /// What the page's form says it showed; what has changed since must be shown first.
    var shown: String?
    /// `allow` or `deny`.
    var decision: String?
    /// `all` or `some` of the person's workspaces; absent, those in `workspace_ids` count, if there are any.
    var workspaces: String?
    /// The workspaces that may be reached.
    var workspaceIDs: FormValues?

    enum CodingKeys: String, CodingKey {
        case decision, shown, workspaces
        case csrfToken = "csrf_token"
        case workspaceIDs = "workspace_ids"
    }

    /// - Throws: 4000 if it is neither to allow nor to deny.
    func checkedDecision() throws -> Decision {
        switch decision {
        case "allow": .allow
        case "deny": .deny
        default: throw APIError.invalid("decision", "must be allow or deny")
        }
    }

    /// The workspaces that may be reached: nil for all; empty if none was chosen where some were to be.
    ///
    /// - Throws: 4000 for what is no choice, and for more workspaces than a token can name.
    func chosenWorkspaces() throws -> [ID]? {
        let values = workspaceIDs?.values ?? []
        switch workspaces {
        case "all": return nil
        case nil where values.isEmpty: return nil
        case nil, "some": break
        default: throw APIError.invalid("workspaces", "must be all or some")
        }
        let ids = try values.map { text in
            guard let id = ID(text) else { throw APIError.invalid("workspace_ids", "must be ids") }
            return id
        }
        let chosen = Set(ids).sorted()
        try Limits.check(count: chosen.count, atMost: 1000, "workspace_ids")
        return chosen
    }
}

extension Call {
    /// Who acts, when it is not a token that says so but a browser's session.
    func actor(_ session: BrowserSession) -> AuditActor {
        AuditActor(
            user: session.bearer.user, token: session.bearer.token, address: client.address(), logID: logID)
    }
}
