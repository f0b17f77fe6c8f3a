/// The permission points of the API. A token carries some of them, or all.
package enum PermissionPoint {
    /// Stands for every point when a token is made.
    package static let everything = "all"

    /// The points of Buckle's own operations.
    package static let manageTokens = "Buckle.manageTokens"
    package static let manageOAuthApps = "Buckle.manageOAuthApps"
    package static let manageAccounts = "Buckle.manageAccounts"
    package static let manageModels = "Buckle.manageModels"
    package static let manageEnterprises = "Buckle.manageEnterprises"
    package static let manageWorkspaces = "Buckle.manageWorkspaces"
    package static let readAudit = "Buckle.readAudit"
    package static let manageServer = "Buckle.manageServer"
    package static let readUsage = "Buckle.readUsage"

    /// What no OAuth app can be granted: with it, an app could make itself what it was not given, have everybody's
    /// questions sent to a server of its own, or take away all data.
    package static let ungrantable: Set<String> = [
        manageTokens, manageOAuthApps, manageAccounts, manageModels, manageServer,
    ]

    /// Where a point counts.
    package enum Level: Sendable { case account, workspace, enterprise }

    /// Points of account level reach everything the account has, wherever it lies; a token that is bound to one
    /// workspace never carries them, nor those of enterprise level. All others are of workspace level.
    package static func level(of point: String) -> Level {
        if enterpriseLevel.contains(point) { return .enterprise }
        return accountLevel.contains(point) || point.hasPrefix("Buckle.") || point == everything ? .account : .workspace
    }

    /// Whether a point counts for enterprises or OAuth apps. A token that reaches some workspaces only cannot use it,
    /// since neither lies in a workspace.
    package static func reachesEnterprises(_ point: String) -> Bool {
        point == manageEnterprises || point == manageOAuthApps || enterpriseLevel.contains(point)
    }

    private static let enterpriseLevel: Set<String> = [
        "Account.listOrganizationPeople", "Account.removeOrganizationPeople", "Account.updateOrganization",
        "Enterprise.batchAddPeople", "Enterprise.createOrganization", "Enterprise.listOrganization",
        "Enterprise.removePeople", "Enterprise.updatePeople", "batchAddOrganizationPeople", "updateOrganizationPeople",
        "createBenefitLimitation", "listBenefitLimitation", "updateBenefitLimitation",
    ]

    private static let accountLevel: Set<String> = [
        "cancelChat", "chat", "createApiApp", "createBillDownloadTask", "createConversation", "createMessage",
        "createRoom", "createSpeech", "createTranscription", "createVoice", "createVoiceprintFeature",
        "createVoiceprintGroup", "createWorkspace", "deleteApiApp", "deleteMessage", "deleteVoiceprintFeature",
        "deleteVoiceprintGroup", "editConversation", "feedback", "getBenefit", "getChat", "identifyInVoiceprintGroup",
        "listApiApp", "listBillDownloadTask", "listConversation", "listMessage", "listVoice", "listVoiceprintFeature",
        "listVoiceprintGroup", "listWorkspace", "modifyMessage", "retrieveConversation", "retrieveFile",
        "retrieveMessage", "submitToolChat", "subscribeApiAppEvent", "unsubscribeApiAppEvent", "updateApiApp",
        "updateVoiceprintFeature", "updateVoiceprintGroup", "uploadFile",
    ]

    /// All points but `all`.
    package static let names: [String] = [
        "Account.listOrganizationPeople", "Account.removeOrganizationPeople", "Account.updateOrganization",
        manageAccounts, manageEnterprises, manageModels, manageOAuthApps, manageServer, manageTokens, manageWorkspaces,
        readAudit, readUsage,
        "Bot.addCollaborator", "Bot.duplicate", "Bot.listVersion", "Bot.removeCollaborator", "Bot.switchDevelopMode",
        "Connector.botChat", "Connector.botUpdateProfile", "Connector.disconnectBot", "Enterprise.batchAddPeople",
        "Enterprise.createOrganization", "Enterprise.listOrganization", "Enterprise.removePeople",
        "Enterprise.updatePeople", "Plugin.callTool", "Plugin.getPlugin", "Project.addCollaborator", "Project.copy",
        "Project.removeCollaborator", "Workflow.addCollaborator", "Workflow.copy", "Workflow.removeCollaborator",
        "Workflow.switchDevelopMode", "Workspace.createBot", "Workspace.createProject", "Workspace.createWorkflow",
        "Workspace.update", "addMember", "batchAddOrganizationPeople", "bindConnectorConfig", "cancelChat", "chat",
        "createApiApp", "createBenefitLimitation", "createBillDownloadTask", "createBot", "createConversation",
        "createDocument", "createKnowledge", "createMessage", "createRoom", "createSpeech", "createTranscription",
        "createVoice", "createVoiceprintFeature", "createVoiceprintGroup", "createWorkspace", "delete",
        "deleteApiApp", "deleteDocument", "deleteMessage", "deleteVoiceprintFeature", "deleteVoiceprintGroup",
        "disconnectBot", "edit", "editConversation", "feedback", "getBenefit", "getChat", "getMetaData",
        "getMetadata", "getPublishedBot", "identifyInVoiceprintGroup", "installConnector", "listApiApp", "listApp",
        "listBenefitLimitation", "listBillDownloadTask", "listBot", "listConversation", "listDocument", "listFolder",
        "listKnowledge", "listMessage", "listPhoto", "listRunHistory", "listVersion", "listVoice",
        "listVoiceprintFeature", "listVoiceprintGroup", "listWorkflow", "listWorkspace", "modifyMessage", "publish",
        "readDocumentProgress", "readFolder", "readMember", "readVariable", "removeMember", "retrieveConversation",
        "retrieveFile", "retrieveMessage", "run", "submitToolChat", "subscribeApiAppEvent",
        "unsubscribeApiAppEvent", "update", "updateApiApp", "updateBenefitLimitation", "updateDocument",
        "updateOrganizationPeople", "updatePhoto", "updateVariable", "updateVoiceprintFeature",
        "updateVoiceprintGroup", "uploadFile",
    ]
}
