import asyncio
import base64
import secrets

import pytest
from cozepy import AsyncCoze, AsyncTokenAuth, Coze, TokenAuth, WorkspaceRoleType, WorkspaceType
from cozepy.workspaces.members import WorkspaceMember

from harness import GARBAGE_IDS, UNKNOWN_ID, refused

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""


class Person:
    """Somebody with an account of their own and a token that has every permission."""

    def __init__(self, server, name="person"):
        owner = server.api()
        self.name = f"{name}-{secrets.token_hex(5)}"
        made = owner.post("/buckle/v1/accounts", {"user_name": self.name, "nick_name": name.title()}).ok()
        self.id = made.data["user_id"]
        token = owner.post(f"/buckle/v1/accounts/{self.id}/tokens", {"name": "test", "permissions": ["all"]}).ok()
        self.token = token.data["secret"]
        self.api = server.api(self.token)
        self.coze = Coze(auth=TokenAuth(self.token), base_url=server.url)

    def delete(self, path, body):
        """A DELETE with a body, as the API documents some."""
        return self.api.call("DELETE", path, json=body)

    def make_team(self, **fields) -> str:
        body = {"name": "Team", "description": "For the team", **fields}
        return self.api.post("/v1/workspaces", body).ok().data["id"]

    def members(self, workspace) -> dict:
        items = self.api.get(f"/v1/workspaces/{workspace}/members", page_size=50).ok().data["items"]
        return {item["user_id"]: item["role_type"] for item in items}

    def accept(self, workspace):
        items = self.api.get("/buckle/v1/invitations").ok().data["items"]
        (invitation,) = [item["invitation_id"] for item in items if item["workspace_id"] == workspace]
        self.api.post(f"/buckle/v1/invitations/{invitation}/accept").ok()


def member(person, role=WorkspaceRoleType.MEMBER) -> WorkspaceMember:
    return WorkspaceMember(user_id=person.id, role_type=role)


@pytest.fixture(scope="module")
def boss(server) -> Person:
    return Person(server, "boss")


@pytest.fixture(scope="module")
def friend(server) -> Person:
    return Person(server, "friend")


@pytest.fixture(scope="module")
def outsider(server) -> Person:
    return Person(server, "outsider")


class TestUser:
    def test_the_owner_of_the_token_has_every_field(self, api, coze):
        me = coze.users.me()
        assert int(me.user_id) > 0
        assert me.user_name
        assert me.nick_name
        assert isinstance(me.avatar_url, str)
        assert api.get("/v1/users/me").ok().data["user_id"] == me.user_id

    def test_every_token_of_the_owner_is_the_same_user(self, server, user_id):
        assert server.api(server.create_token()).get("/v1/users/me").ok().data["user_id"] == user_id

    def test_the_asynchronous_client_gets_the_same(self, acoze, coze):
        assert asyncio.run(acoze.users.me()).model_dump() == coze.users.me().model_dump()


class TestWorkspaces:
    def test_the_owner_has_one_personal_workspace_with_every_field(self, own_server):
        page = Coze(auth=TokenAuth(own_server.token), base_url=own_server.url).workspaces.list()
        assert page.total == 1 and not page.has_more
        (workspace,) = page
        assert int(workspace.id) > 0
        assert workspace.name
        assert isinstance(workspace.icon_url, str)
        assert workspace.role_type == WorkspaceRoleType.OWNER
        assert workspace.workspace_type == WorkspaceType.PERSONAL
        assert workspace.enterprise_id == ""

    def test_the_documented_fields_that_the_sdk_leaves_out_are_there_too(self, api, user_id):
        workspace = api.get("/v1/workspaces").ok().data["workspaces"][0]
        assert workspace["owner_uid"] == user_id
        assert isinstance(workspace["admin_uids"], list)
        assert isinstance(workspace["description"], str)
        assert workspace["joined_status"] == "joined"

    def test_a_page_out_of_range_is_empty(self, coze):
        page = coze.workspaces.list(page_num=1000, page_size=50)
        assert page.items == [] and page.total >= 1

    def test_empty_query_values_are_as_good_as_absent(self, api):
        query = {"page_num": "", "page_size": "", "user_id": "", "coze_account_id": "", "enterprise_id": ""}
        assert api.get("/v1/workspaces", **query).ok().data == api.get("/v1/workspaces").ok().data

    @pytest.mark.parametrize("query", [{"user_id": "1"}, {"coze_account_id": "1"}])
    def test_user_and_account_go_only_together(self, api, query):
        api.get("/v1/workspaces", **query).refused(4000)

    def test_a_page_holds_50_at_most(self, api):
        api.get("/v1/workspaces", page_size=51).refused(4000)


class TestTeamWorkspaces:
    def test_a_new_workspace_is_listed_by_the_sdk(self, boss, outsider):
        made = boss.make_team()
        (found,) = [item for item in boss.coze.workspaces.list() if item.id == made]
        assert (found.name, found.enterprise_id) == ("Team", "")
        assert (found.role_type, found.workspace_type) == (WorkspaceRoleType.OWNER, WorkspaceType.TEAM)
        assert made not in [item.id for item in outsider.coze.workspaces.list()]

    def test_pages_end_and_hold_each_workspace_once(self, server):
        person = Person(server)
        made = {person.make_team() for _ in range(3)}
        ids = [item.id for item in person.coze.workspaces.list(page_size=1)]
        assert len(ids) == 4 and len(set(ids)) == 4 and made < set(ids)

    def test_the_asynchronous_client_lists_the_same(self, server, boss):
        acoze = AsyncCoze(auth=AsyncTokenAuth(boss.token), base_url=server.url)

        async def run():
            return [item.id async for item in await acoze.workspaces.list()]

        assert asyncio.run(run()) == [item.id for item in boss.coze.workspaces.list()]

    def test_the_user_and_the_account_of_the_caller_give_the_personal_account(self, boss):
        boss.make_team()
        everything = [item.id for item in boss.coze.workspaces.list()]
        own = [item.id for item in boss.coze.workspaces.list(user_id=boss.id, coze_account_id=boss.id)]
        assert own == everything

    def test_nobody_lists_the_workspaces_of_another(self, boss, outsider):
        for account in (boss.id, outsider.id, UNKNOWN_ID):
            assert list(outsider.coze.workspaces.list(user_id=boss.id, coze_account_id=account)) == []

    def test_a_picture_becomes_the_icon(self, boss, outsider):
        icon = boss.coze.files.upload(file=("icon.png", PICTURE)).id
        made = boss.make_team(icon_file_id=icon)
        (found,) = [item for item in boss.coze.workspaces.list() if item.id == made]
        assert boss.api.session.get(found.icon_url, timeout=30).content == PICTURE
        body = {"name": "Team", "description": "", "icon_file_id": icon}
        outsider.api.post("/v1/workspaces", body).refused(4200)

    @pytest.mark.parametrize(
        "body",
        [
            {"description": ""}, {"name": "a"}, {"name": "", "description": ""}, {"name": " ", "description": ""},
            {"name": "n" * 51, "description": ""}, {"name": "a", "description": "d" * 2001},
            {"name": 1, "description": ""}, {"name": "a", "description": "", "owner_uid": UNKNOWN_ID},
        ],
    )
    def test_a_body_out_of_its_limits_makes_nothing(self, boss, body):
        before = boss.coze.workspaces.list().total
        boss.api.post("/v1/workspaces", body).refused(4000)
        assert boss.coze.workspaces.list().total == before

    def test_the_name_and_description_change_alone_or_together(self, boss, outsider):
        made = boss.make_team()
        boss.api.put(f"/v1/workspaces/{made}", {"name": "New", "description": ""}).ok()
        reply = boss.api.put(f"/v1/workspaces/{made}", {"description": "Other"}).ok()
        assert "data" not in reply.body
        (found,) = [
            item for item in boss.api.get("/v1/workspaces").ok().data["workspaces"] if item["id"] == made
        ]
        assert (found["name"], found["description"]) == ("New", "Other")
        outsider.api.put(f"/v1/workspaces/{made}", {"name": "Mine"}).refused(4200)
        boss.api.put(f"/v1/workspaces/{UNKNOWN_ID}", {"name": "Mine"}).refused(4200)

    def test_a_personal_workspace_keeps_its_name_and_its_owner(self, api, workspace_id, friend):
        api.put(f"/v1/workspaces/{workspace_id}", {"name": "New"}).refused(4000)
        users = {"users": [{"user_id": friend.id, "role_type": "member"}]}
        api.post(f"/v1/workspaces/{workspace_id}/members", users).refused(4000)
        api.delete(f"/buckle/v1/workspaces/{workspace_id}").refused(4000)

    @pytest.mark.parametrize("id", GARBAGE_IDS)
    def test_an_id_that_is_none_is_refused(self, boss, id):
        boss.api.get("/v1/workspaces", enterprise_id=id if id != "0" else "-0").refused(4000)
        boss.api.put(f"/v1/workspaces/{id}", {"name": "New"}).refused(4000)

    def test_a_deleted_workspace_is_gone_for_everybody(self, boss, friend):
        made = boss.make_team()
        boss.coze.workspaces.members.create(workspace_id=made, users=[member(friend)])
        friend.accept(made)
        friend.api.delete(f"/buckle/v1/workspaces/{made}").refused(4101)
        boss.api.delete(f"/buckle/v1/workspaces/{made}").ok()
        for person in (boss, friend):
            person.api.get(f"/v1/workspaces/{made}/members").refused(4200)

    def test_a_service_is_no_member_that_shows_and_ends_with_the_workspace(self, server, boss):
        made = boss.make_team()
        body = {"name": "robot", "permissions": ["listBot", "readMember"]}
        token = boss.api.post(f"/buckle/v1/workspaces/{made}/service_tokens", body).ok().data
        service = server.api(token["secret"])
        hidden = service.get("/v1/users/me").ok().data["user_id"]
        assert boss.members(made) == {boss.id: "owner"}
        assert service.get(f"/v1/workspaces/{made}/members").ok().data["total_count"] == 1
        added = boss.coze.workspaces.members.create(
            workspace_id=made, users=[WorkspaceMember(user_id=hidden, role_type=WorkspaceRoleType.MEMBER)]
        )
        assert added.not_exist_user_ids == [hidden]
        removed = boss.coze.workspaces.members.delete(workspace_id=made, user_ids=[hidden])
        assert removed.not_in_workspace_user_ids == [hidden]
        service.get("/v1/bots", workspace_id=made).ok()
        boss.api.delete(f"/buckle/v1/workspaces/{made}").ok()
        service.get("/v1/bots", workspace_id=made).refused(700012006, status=401)

    def test_a_token_for_some_workspaces_makes_and_joins_none(self, server, boss, friend):
        first, second = boss.make_team(), boss.make_team()
        body = {"name": "scoped", "permissions": ["all"], "workspace_ids": [second]}
        scoped = server.api(boss.api.post("/buckle/v1/tokens", body).ok().data["secret"])
        scoped.post("/v1/workspaces", {"name": "a", "description": ""}).refused(4101)
        data = scoped.get("/v1/workspaces").ok().data
        assert [item["id"] for item in data["workspaces"]] == [second] and data["total_count"] == 1
        scoped.get(f"/v1/workspaces/{first}/members").refused(4200)
        scoped.put(f"/v1/workspaces/{first}", {"name": "a"}).refused(4200)

        users = {"users": [{"user_id": boss.id, "role_type": "member"}]}
        friend.api.post(f"/v1/workspaces/{friend.make_team()}/members", users).ok()
        invitation = boss.api.get("/buckle/v1/invitations").ok().data["items"][-1]["invitation_id"]
        scoped.post(f"/buckle/v1/invitations/{invitation}/accept").refused(4101)
        boss.api.post(f"/buckle/v1/invitations/{invitation}/decline").ok()
        boss.api.post(f"/buckle/v1/invitations/{invitation}/accept").refused(4200)


class TestWorkspaceMembers:
    def test_the_sdk_invites_and_removes(self, boss, friend, outsider):
        made = boss.make_team()
        members = boss.coze.workspaces.members
        added = members.create(
            workspace_id=made,
            users=[
                member(friend, WorkspaceRoleType.ADMIN), member(boss),
                WorkspaceMember(user_id=UNKNOWN_ID, role_type=WorkspaceRoleType.MEMBER),
            ],
        )
        assert added.invited_success_user_ids == [friend.id]
        assert added.already_joined_user_ids == [boss.id]
        assert added.not_exist_user_ids == [UNKNOWN_ID]
        assert added.added_success_user_ids == added.already_invited_user_ids == []
        again = members.create(workspace_id=made, users=[member(friend)])
        assert again.already_invited_user_ids == [friend.id] and again.invited_success_user_ids == []
        assert boss.members(made) == {boss.id: "owner"}

        friend.accept(made)
        assert friend.members(made) == {boss.id: "owner", friend.id: "admin"}
        bot = friend.coze.bots.create(space_id=made, name="helper").bot_id
        removed = members.delete(workspace_id=made, user_ids=[friend.id, boss.id, outsider.id])
        assert removed.removed_success_user_ids == [friend.id]
        assert removed.not_in_workspace_user_ids == [outsider.id]
        assert removed.owner_not_support_remove_user_ids == [boss.id]
        assert boss.members(made) == {boss.id: "owner"}
        listed = boss.api.get("/v1/bots", workspace_id=made, publish_status="all").ok().data["items"]
        assert [(item["id"], item["owner_user_id"]) for item in listed] == [(bot, boss.id)]
        friend.api.get(f"/v1/workspaces/{made}/members").refused(4200)

    def test_the_asynchronous_client_invites_and_removes(self, server, boss, friend):
        made = boss.make_team()
        members = AsyncCoze(auth=AsyncTokenAuth(boss.token), base_url=server.url).workspaces.members

        async def run():
            added = await members.create(workspace_id=made, users=[member(friend)])
            return added, await members.delete(workspace_id=made, user_ids=[friend.id])

        added, removed = asyncio.run(run())
        assert added.invited_success_user_ids == [friend.id]
        assert removed.not_in_workspace_user_ids == [friend.id]

    def test_a_listed_member_has_every_field_and_the_name_that_docs_show_is_there(self, boss, friend):
        made = boss.make_team()
        data = boss.api.get(f"/v1/workspaces/{made}/members").ok().data
        assert data["total_count"] == 1
        (item,) = data["items"]
        assert item["user_unique_name"] == boss.name and item["user_nickname"] == "Boss"
        assert isinstance(item["avatar_url"], str)
        body = {"user_ids": [friend.id]}
        removed = boss.delete(f"/v1/workspaces/{made}/members", body).ok().data
        assert removed["not_in_space_user_ids"] == [friend.id]

    def test_members_do_not_manage_and_strangers_see_nothing(self, boss, friend, outsider):
        made = boss.make_team()
        boss.coze.workspaces.members.create(workspace_id=made, users=[member(friend)])
        friend.accept(made)
        with refused(4101):
            friend.coze.workspaces.members.create(workspace_id=made, users=[member(outsider)])
        with refused(4101):
            friend.coze.workspaces.members.delete(workspace_id=made, user_ids=[friend.id])
        with refused(4200):
            outsider.coze.workspaces.members.create(workspace_id=made, users=[member(outsider)])
        with refused(4200):
            outsider.coze.workspaces.members.delete(workspace_id=made, user_ids=[friend.id])
        assert boss.members(made) == {boss.id: "owner", friend.id: "member"}
        friend.api.post(f"/buckle/v1/workspaces/{made}/leave").ok()
        boss.api.post(f"/buckle/v1/workspaces/{made}/leave").refused(4000)
        assert boss.members(made) == {boss.id: "owner"}

    @pytest.mark.parametrize(
        "users",
        [
            [], [{"user_id": UNKNOWN_ID}], [{"role_type": "member"}], [{"user_id": UNKNOWN_ID, "role_type": "owner"}],
            [{"user_id": "abc", "role_type": "member"}], [{"user_id": 7, "role_type": "member"}],
            [{"user_id": UNKNOWN_ID, "role_type": "member"}] * 21, "x", None,
        ],
    )
    def test_users_out_of_their_limits_are_refused(self, boss, users):
        made = boss.make_team()
        boss.api.post(f"/v1/workspaces/{made}/members", {"users": users}).refused(4000)
        boss.api.delete(f"/buckle/v1/workspaces/{made}").ok()

    @pytest.mark.parametrize("ids", [[], [UNKNOWN_ID] * 6, ["abc"], [7], None])
    def test_ids_out_of_their_limits_are_refused(self, boss, ids):
        made = boss.make_team()
        boss.delete(f"/v1/workspaces/{made}/members", {"user_ids": ids}).refused(4000)
        boss.api.delete(f"/buckle/v1/workspaces/{made}").ok()
