import asyncio

import pytest
from cozepy import WorkspaceRoleType, WorkspaceType


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
    def test_the_owner_has_one_personal_workspace_with_every_field(self, coze):
        page = coze.workspaces.list()
        assert page.total == 1 and not page.has_more
        (workspace,) = page
        assert int(workspace.id) > 0
        assert workspace.name
        assert isinstance(workspace.icon_url, str)
        assert workspace.role_type == WorkspaceRoleType.OWNER
        assert workspace.workspace_type == WorkspaceType.PERSONAL
        assert workspace.enterprise_id == ""

    def test_the_documented_fields_that_the_sdk_leaves_out_are_there_too(self, api, user_id):
        data = api.get("/v1/workspaces").ok().data
        assert data["total_count"] == 1
        (workspace,) = data["workspaces"]
        assert workspace["owner_uid"] == user_id
        assert isinstance(workspace["admin_uids"], list)
        assert isinstance(workspace["description"], str)
        assert workspace["joined_status"] == "joined"

    def test_a_page_out_of_range_is_empty(self, coze):
        page = coze.workspaces.list(page_num=2, page_size=1)
        assert page.items == [] and page.total == 1

    def test_empty_query_values_are_as_good_as_absent(self, api):
        query = {"page_num": "", "page_size": "", "user_id": "", "coze_account_id": "", "enterprise_id": ""}
        assert api.get("/v1/workspaces", **query).ok().data == api.get("/v1/workspaces").ok().data

    @pytest.mark.parametrize("query", [{"user_id": "1"}, {"coze_account_id": "1"}])
    def test_user_and_account_go_only_together(self, api, query):
        api.get("/v1/workspaces", **query).refused(4000)

    def test_a_page_holds_50_at_most(self, api):
        more = api.get("/v1/workspaces", page_size=51)
        assert more.code == 4000 or more.ok().data["total_count"] == 1
