"""People who share a workspace, and what lies in it."""

import secrets

from cozepy import Coze, TokenAuth

TYPES = ["bot", "app", "workflow"]
POINTS = {
    "bot": ["Bot.duplicate", "Workspace.createBot"],
    "app": ["Project.copy", "Workspace.createProject"],
    "workflow": ["Workflow.copy", "Workspace.createWorkflow"],
}
"""The permissions that a copy of each needs."""


class Person:
    """Somebody with an account, a personal workspace and a token of all permissions."""

    def __init__(self, server):
        owner, name = server.api(), f"person-{secrets.token_hex(6)}"
        self.id = owner.post("/buckle/v1/accounts", {"user_name": name}).ok().data["user_id"]
        self.name = name
        self.token = owner.post(f"/buckle/v1/accounts/{self.id}/tokens", {"name": "test"}).ok().data["secret"]
        self.api = server.api(self.token)
        self.coze = Coze(auth=TokenAuth(self.token), base_url=server.url)
        self.workspace_id = self.coze.workspaces.list().items[0].id

    def join(self, owner, workspace_id):
        """Becomes a member of another's team workspace."""
        body = {"users": [{"user_id": self.id, "role_type": "member"}]}
        owner.post(f"/v1/workspaces/{workspace_id}/members", body).ok()
        for invitation in self.api.get("/buckle/v1/invitations").ok().data["items"]:
            self.api.post(f"/buckle/v1/invitations/{invitation['invitation_id']}/accept").ok()
        return self


def team(api) -> str:
    """A new team workspace of the caller's."""
    return api.post("/v1/workspaces", {"name": f"team {secrets.token_hex(4)}", "description": "x"}).ok().data["id"]


def make(api, kind, workspace_id, name="thing", **settings) -> str:
    """Makes a bot, an app or a workflow and returns its id."""
    if kind == "bot":
        body = {"space_id": workspace_id, "name": name, **settings}
        return api.post("/v1/bot/create", body).ok().data["bot_id"]
    body = {"workspace_id": workspace_id, "name": name, **settings}
    return api.post(f"/buckle/v1/{kind}s", body).ok().data["id"]


def rename(api, kind, thing, name="new name"):
    """The answer to an edit of what was made."""
    if kind == "bot":
        return api.post("/v1/bot/update", {"bot_id": thing, "name": name})
    return api.put(f"/buckle/v1/{kind}s/{thing}", {"name": name})


def look(api, kind, thing):
    """The answer to a look at what was made, in its draft."""
    if kind == "bot":
        return api.get(f"/v1/bots/{thing}", is_published="false")
    return api.get(f"/buckle/v1/{kind}s/{thing}")
