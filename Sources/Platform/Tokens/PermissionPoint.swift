/// The permission points of the API. A token carries some of them, or all.
package enum PermissionPoint {
    /// Stands for every point when a token is made.
    package static let everything = "all"

    package static let names: [String] = [
        "Account.listOrganizationPeople", "Account.removeOrganizationPeople", "Account.updateOrganization",
        "Bot.addCollaborator", "Bot.duplicate", "Bot.listVersion", "Bot.removeCollaborator", "Bot.switchDevelopMode",
        "Connector.botUpdateProfile", "Connector.disconnectBot", "Enterprise.batchAddPeople",
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
