package import APIKit

/// The apps of a workspace.
package struct AppList: Resource {
    package static let tag = "Apps"
    let apps: AppStore

    package init(apps: AppStore) { self.apps = apps }

    package var endpoints: [AnyEndpoint] { list }

    var list: Endpoint<WorkspaceItems.ListInput, WorkspaceItems.Page> {
        WorkspaceItems.list("/v1/apps", "List the apps of a workspace", access: .permission("listApp")) {
            try await apps.list($0, of: $1, connector: $2, member: $3, $4)
        }
    }
}
