/// The codes of accounts, tokens, workspaces and enterprises.
extension APIError.Code {
    package static let authenticationInvalid = Self(4100, "The token's account or app is disabled")
    package static let overUserLimit = Self(4008, status: 429, "There are too many requests; try again later")
    package static let overSystemLimit = Self(4009, status: 429, "The server gets too many requests; try again later")
    package static let overRateLimit = Self(4020, status: 429, "There are too many requests; try again later")
    package static let memberExists = Self(4201, "The user is a member already")
    package static let workspaceFull = Self(702_042_018, "The workspace has as many members as it may have")
    package static let notInEnterprise = Self(702_042_162, "The user is not a member of the workspace's enterprise")
    package static let enterpriseFull = Self(777_074_011, "The enterprise has as many members as it may have")
    package static let lastSuperAdmin = Self(777_074_044, "The organization's last super admin cannot leave")
}
