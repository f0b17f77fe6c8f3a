import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cozepy import Coze, TokenAuth

from harness import GARBAGE_IDS, UNKNOWN_ID, eventually, refused

TOKENS = "/buckle/v1/tokens"
ME = "/v1/users/me"
INVALID = 700012006


def new_person(server):
    """The id of another person, and the API with a token of theirs that has every permission."""
    operator = server.api()
    made = operator.post("/buckle/v1/accounts", {"user_name": f"p-{secrets.token_hex(8)}"}).ok().data
    given = operator.post(f"/buckle/v1/accounts/{made['user_id']}/tokens", {"name": "given"}).ok().data
    return made["user_id"], server.api(given["secret"])


def workspace_of(api) -> str:
    return api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]


def make(api, *permissions, **fields):
    """A personal token: its description, and its secret."""
    body = {"name": "made", **({"permissions": list(permissions)} if permissions else {}), **fields}
    made = api.post(TOKENS, body).ok().data
    return made["token"], made["secret"]


def service_path(workspace, token="") -> str:
    return f"/buckle/v1/workspaces/{workspace}/service_tokens" + (f"/{token}" if token else "")


@pytest.fixture(scope="module")
def person(server):
    return new_person(server)


@pytest.fixture(scope="module")
def other_workspace(api) -> str:
    """A second workspace of the owner's."""
    return api.post("/v1/workspaces", {"name": "second", "description": "another"}).ok().data["id"]


class TestPersonalTokens:
    def test_the_sdk_works_with_one_until_it_is_revoked(self, server, api, workspace_id):
        token, secret = make(api, "listBot", "createBot", "getMetadata")
        assert secret.startswith("pat_") and len(secret) > 40
        coze = Coze(auth=TokenAuth(secret), base_url=server.url)
        bot = coze.bots.create(space_id=workspace_id, name="by a token")
        assert coze.bots.retrieve(bot_id=bot.bot_id, is_published=False, use_api_version=2).bot_id == bot.bot_id
        with refused(4101):
            coze.conversations.create()
        api.delete(f"{TOKENS}/{token['id']}").ok()
        for call in (coze.users.me, coze.conversations.create):
            with refused(INVALID):
                call()

    def test_its_description_has_every_field_and_never_the_secret(self, api, user_id, workspace_id):
        before = int(time.time())
        token, secret = make(api, "listBot", workspace_ids=[workspace_id], expires_in=3600)
        assert set(token) == {
            "id", "user_id", "name", "kind", "permissions", "workspace_ids", "created_at", "expires_at", "state",
        }
        assert (token["user_id"], token["kind"], token["state"]) == (user_id, "personal", "valid")
        assert before <= token["created_at"] <= time.time()
        assert 3600 <= token["expires_at"] - token["created_at"] <= 3601
        found = api.get(f"{TOKENS}/{token['id']}").ok()
        assert found.data == token
        listed = api.get(TOKENS, page_size=100).ok()
        assert token in listed.data["tokens"]
        assert secret[4:] not in found.response.text and secret[4:] not in listed.response.text

    def test_tokens_of_the_command_line_are_listed_too(self, server, api):
        name = f"typed {secrets.token_hex(4)}"
        server.create_token("listBot", name=name)
        assert [t["permissions"] for t in api.get(TOKENS).ok().data["tokens"] if t["name"] == name] == [["listBot"]]

    def test_one_that_was_revoked_is_still_listed(self, api):
        token, _ = make(api)
        for _ in range(2):
            api.delete(f"{TOKENS}/{token['id']}").ok()
        found = api.get(f"{TOKENS}/{token['id']}").ok().data
        assert found["state"] == "revoked" and found["revoked_at"] >= token["created_at"]
        api.put(f"{TOKENS}/{token['id']}", {"name": "again"}).refused(4000)

    def test_a_token_can_revoke_itself(self, server, api):
        token, secret = make(api)
        own = server.api(secret)
        own.delete(f"{TOKENS}/{token['id']}").ok()
        own.get(ME).refused(INVALID, status=401)

    def test_when_it_was_last_used_appears_within_seconds(self, server, api):
        token, secret = make(api)
        assert "last_used_at" not in token
        used = int(time.time())
        server.api(secret).get(ME).ok()
        found = eventually(
            lambda: api.get(f"{TOKENS}/{token['id']}").ok().data.get("last_used_at"), within=25, every=0.5)
        assert found and used <= found <= time.time()

    def test_requests_under_way_see_the_revocation_by_the_next_one(self, server, api):
        token, secret = make(api)
        apis = [server.api(secret) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert {r.code for r in pool.map(lambda a: a.get(ME), apis)} == {0}
            api.delete(f"{TOKENS}/{token['id']}").ok()
            assert {(r.code, r.status) for r in pool.map(lambda a: a.get(ME), apis)} == {(INVALID, 401)}

    @pytest.mark.parametrize("body", [
        {}, {"name": ""}, {"name": " \n"}, {"name": "x" * 101}, {"name": 5}, {"name": "x", "permissions": []},
        {"name": "x", "permissions": ["nonsense"]}, {"name": "x", "permissions": "all"},
        {"name": "x", "permissions": [1]}, {"name": "x", "expires_in": 59}, {"name": "x", "expires_in": -1},
        {"name": "x", "expires_in": 315360001}, {"name": "x", "expires_in": "60"}, {"name": "x", "expires_in": 2**63},
        *({"name": "x", "workspace_ids": [id]} for id in GARBAGE_IDS), {"name": "x", "workspace_ids": [7]},
    ], ids=str)
    def test_what_makes_no_sense_makes_no_token(self, api, body):
        before = api.get(TOKENS).ok().data["total_count"]
        api.post(TOKENS, body).refused(4000, 4200)
        assert api.get(TOKENS).ok().data["total_count"] == before


class TestNobodyGivesMoreThanTheyHave:
    def test_a_weak_token_makes_none_that_is_stronger(self, server, api, workspace_id, other_workspace):
        _, secret = make(api, "Buckle.manageTokens", "listBot", workspace_ids=[workspace_id])
        weak = server.api(secret)
        before = api.get(TOKENS).ok().data["total_count"]
        for permissions in (["all"], ["createBot"], ["listBot", "Buckle.manageAccounts"]):
            weak.post(TOKENS, {"name": "x", "permissions": permissions}).refused(4101)
        for workspace in (other_workspace, UNKNOWN_ID):
            weak.post(TOKENS, {"name": "x", "workspace_ids": [workspace]}).refused(4200)
        assert api.get(TOKENS).ok().data["total_count"] == before
        child, grown = make(weak)
        assert child["permissions"] == ["Buckle.manageTokens", "listBot"]
        assert child["workspace_ids"] == [workspace_id]
        server.api(grown).get("/v1/bots", workspace_id=other_workspace).refused(4200)

    def test_it_does_not_widen_itself_or_another(self, server, api, workspace_id, other_workspace):
        token, secret = make(api, "Buckle.manageTokens", "listBot", workspace_ids=[workspace_id])
        bare, _ = make(api, "listWorkspace")
        strong, _ = make(api, "all", workspace_ids=[workspace_id])
        weak = server.api(secret)
        for target in (token, bare, strong):
            for change in ({"permissions": ["all"]}, {"workspace_ids": [workspace_id, other_workspace]}):
                before = api.get(f"{TOKENS}/{target['id']}").ok().data
                weak.put(f"{TOKENS}/{target['id']}", {"name": "wider", **change}).refused(4101, 4200)
                assert api.get(f"{TOKENS}/{target['id']}").ok().data == before
        # It reaches one workspace, so it does not let the other token list the bots of all.
        weak.put(f"{TOKENS}/{bare['id']}", {"permissions": ["listBot"]}).refused(4101)

    def test_two_that_each_allow_little_do_not_make_one_that_allows_much(
        self, server, api, workspace_id, other_workspace
    ):
        strong_here, _ = make(api, "all", workspace_ids=[workspace_id])
        _, secret = make(api, "Buckle.manageTokens")
        server.api(secret).put(
            f"{TOKENS}/{strong_here['id']}", {"workspace_ids": [workspace_id, other_workspace]}).refused(4101)

    def test_without_the_permission_nothing_can_be_managed(self, server, api):
        token, secret = make(api, "chat")
        weak = server.api(secret)
        for reply in (
            weak.get(TOKENS), weak.get(f"{TOKENS}/{token['id']}"), weak.post(TOKENS, {"name": "x"}),
            weak.put(f"{TOKENS}/{token['id']}", {"name": "x"}), weak.delete(f"{TOKENS}/{token['id']}"),
        ):
            reply.refused(4101)

    def test_anothers_token_is_like_one_that_does_not_exist(self, api, person):
        _, theirs = person
        token, _ = make(api)
        for call in (theirs.get, lambda path: theirs.put(path, {"name": "mine"}), theirs.delete):
            found, absent = call(f"{TOKENS}/{token['id']}"), call(f"{TOKENS}/{UNKNOWN_ID}")
            found.refused(4200)
            assert found.msg.replace(token["id"], UNKNOWN_ID) == absent.msg
        assert api.get(f"{TOKENS}/{token['id']}").ok().data == token
        assert token["id"] not in theirs.get(TOKENS).ok().response.text

    def test_only_operators_make_tokens_for_others(self, api, person, user_id):
        id, theirs = person
        for target in (user_id, id, UNKNOWN_ID):
            theirs.post(f"/buckle/v1/accounts/{target}/tokens", {"name": "x"}).refused(4101)
        api.post(f"/buckle/v1/accounts/{UNKNOWN_ID}/tokens", {"name": "x"}).refused(4200)


class TestAWorkspaceOfATokensOwn:
    def test_it_sees_nothing_of_another_workspaces_bots(self, server, api, workspace_id, other_workspace):
        owner = Coze(auth=TokenAuth(server.token), base_url=server.url)
        bot = owner.bots.create(space_id=other_workspace, name="over there")
        _, secret = make(api, workspace_ids=[workspace_id])
        coze = Coze(auth=TokenAuth(secret), base_url=server.url)
        with refused(4200):
            coze.bots.retrieve(bot_id=bot.bot_id, is_published=False, use_api_version=2)
        with refused(4200):
            coze.bots.update(bot_id=bot.bot_id, name="stolen")
        with refused(4200):
            coze.bots.create(space_id=other_workspace, name="x")
        limited = server.api(secret)
        limited.get("/v1/bots", workspace_id=other_workspace).refused(4200)
        listed = limited.get("/v1/workspaces").ok().data["workspaces"]
        assert [w["id"] for w in listed] == [workspace_id]
        assert bot.bot_id not in limited.get(
            "/v1/bots", workspace_id=workspace_id, publish_status="all", page_size=100).ok().response.text

    def test_narrowing_counts_from_the_next_request_on(self, server, api, workspace_id, other_workspace):
        token, secret = make(api, "listBot")
        limited = server.api(secret)
        limited.get("/v1/bots", workspace_id=other_workspace).ok()
        for _ in range(5):
            api.put(f"{TOKENS}/{token['id']}", {"workspace_ids": [workspace_id]}).ok()
            limited.get("/v1/bots", workspace_id=other_workspace).refused(4200)
            api.put(f"{TOKENS}/{token['id']}", {"workspace_ids": [workspace_id, other_workspace]}).ok()
            limited.get("/v1/bots", workspace_id=other_workspace).ok()


class TestServiceTokens:
    def test_a_service_is_nobody_else(self, server, api, workspace_id, user_id):
        made = api.post(service_path(workspace_id), {
            "name": "the robot", "permissions": ["createBot", "listBot", "createConversation", "listConversation"],
        }).ok().data
        assert made["secret"].startswith("sat_")
        assert made["token"]["kind"] == "service" and made["token"]["workspace_ids"] == [workspace_id]
        coze = Coze(auth=TokenAuth(made["secret"]), base_url=server.url)
        me = coze.users.me()
        assert me.user_id == made["token"]["user_id"] != user_id
        assert (me.user_name, me.nick_name) == (f"service-{me.user_id}", "the robot")
        bot = coze.bots.create(space_id=workspace_id, name="the robot's")
        conversation = coze.conversations.create(bot_id=bot.bot_id)
        # Conversations are those of the service, not of who made it.
        api.get("/v1/conversation/retrieve", conversation_id=conversation.id).refused(4002)

        update = {"bot_id": bot.bot_id, "name": "taken over"}
        api.post("/v1/bot/update", update).refused(4101)
        api.delete(service_path(workspace_id, made["token"]["id"])).ok()
        with refused(INVALID):
            coze.users.me()
        api.post("/v1/bot/update", update).ok()

    def test_services_are_not_among_people(self, server, api, workspace_id):
        made = api.post(service_path(workspace_id), {"name": "hidden", "permissions": ["listBot"]}).ok().data
        for path in ("/buckle/v1/accounts", f"/v1/workspaces/{workspace_id}/members"):
            assert made["token"]["user_id"] not in api.get(path, page_size=50).response.text

    @pytest.mark.parametrize("permissions", [
        ["all"], ["listBot", "Buckle.manageTokens"], ["Buckle.manageAccounts"], ["createWorkspace"], ["nonsense"], [],
    ], ids=str)
    def test_some_permissions_are_for_people_alone(self, api, workspace_id, permissions):
        api.post(service_path(workspace_id), {"name": "x", "permissions": permissions}).refused(4000)

    def test_its_end_can_be_moved(self, server, api, workspace_id):
        made = api.post(
            service_path(workspace_id), {"name": "x", "permissions": ["listBot"], "expires_in": 60}).ok().data
        path = service_path(workspace_id, made["token"]["id"])
        later = api.put(path, {"expires_in": 86400}).ok().data
        assert later["expires_at"] - made["token"]["expires_at"] > 86000
        assert "expires_at" not in api.put(path, {"expires_in": 0}).ok().data
        server.api(made["secret"]).get(ME).ok()
        assert api.get(path).ok().data["state"] == "valid"

    def test_only_those_who_manage_the_workspace_see_its_tokens(self, api, person, workspace_id):
        _, theirs = person
        made = api.post(service_path(workspace_id), {"name": "x", "permissions": ["listBot"]}).ok().data["token"]
        for workspace, id in ((workspace_id, made["id"]), (UNKNOWN_ID, UNKNOWN_ID)):
            theirs.get(service_path(workspace)).refused(4200)
            theirs.post(service_path(workspace), {"name": "x", "permissions": ["listBot"]}).refused(4200)
            theirs.get(service_path(workspace, id)).refused(4200)
            theirs.put(service_path(workspace, id), {"name": "x"}).refused(4200)
            theirs.delete(service_path(workspace, id)).refused(4200)
        theirs.get(service_path(workspace_of(theirs), made["id"])).refused(4200)
        assert api.get(service_path(workspace_id, made["id"])).ok().data == made
