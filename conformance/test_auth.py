import json

import pytest
from cozepy import Coze, CozeAPIError, TokenAuth

from harness import UNKNOWN_ID, eventually, refused

UNAUTHENTICATED = 700012006
CONVERSATION = f"/v1/conversations/{UNKNOWN_ID}"
MESSAGE = f"conversation_id={UNKNOWN_ID}&message_id={UNKNOWN_ID}"

ENDPOINTS = [
    # permissions, method, path, body
    (["createConversation"], "POST", "/v1/conversation/create", {}),
    (["retrieveConversation"], "GET", f"/v1/conversation/retrieve?conversation_id={UNKNOWN_ID}", None),
    (["listConversation"], "GET", f"/v1/conversations?bot_id={UNKNOWN_ID}", None),
    (["editConversation"], "PUT", CONVERSATION, {"name": "x"}),
    (["editConversation"], "DELETE", CONVERSATION, None),
    (["editConversation"], "POST", f"{CONVERSATION}/clear", None),
    (["createMessage"], "POST", f"/v1/conversation/message/create?conversation_id={UNKNOWN_ID}", {"role": "user"}),
    (["chat", "listMessage"], "POST", f"/v1/conversation/message/list?conversation_id={UNKNOWN_ID}", {}),
    (["retrieveMessage"], "GET", f"/v1/conversation/message/retrieve?{MESSAGE}", None),
    (["retrieveMessage"], "POST", f"/v1/conversation/message/retrieve?{MESSAGE}", None),
    (["modifyMessage"], "POST", f"/v1/conversation/message/modify?{MESSAGE}", {"meta_data": {"a": "b"}}),
    (["deleteMessage"], "POST", f"/v1/conversation/message/delete?{MESSAGE}", None),
    (["feedback"], "POST", f"{CONVERSATION}/messages/{UNKNOWN_ID}/feedback", {"feedback_type": "like"}),
    (["feedback"], "DELETE", f"{CONVERSATION}/messages/{UNKNOWN_ID}/feedback", None),
    (["createBot"], "POST", "/v1/bot/create", {}),
    (["edit"], "POST", "/v1/bot/update", {"bot_id": UNKNOWN_ID}),
    (["publish"], "POST", "/v1/bot/publish", {"bot_id": UNKNOWN_ID, "connector_ids": ["1024"]}),
    (["disconnectBot", "Connector.disconnectBot"], "POST", f"/v1/bots/{UNKNOWN_ID}/unpublish", {"connector_id": "1"}),
    (["listBot"], "GET", "/v1/bots", None),
    (["getPublishedBot"], "GET", "/v1/space/published_bots_list", None),
    (["getMetadata"], "GET", f"/v1/bots/{UNKNOWN_ID}", None),
    (["getMetadata"], "GET", f"/v1/bot/get_online_info?bot_id={UNKNOWN_ID}", None),
    (["Bot.listVersion"], "GET", f"/v1/bots/{UNKNOWN_ID}/versions", None),
    (["Bot.switchDevelopMode"], "POST", f"/v1/bots/{UNKNOWN_ID}/collaboration_mode", {"collaboration_mode": "single"}),
    (["Bot.addCollaborator"], "POST", f"/v1/bots/{UNKNOWN_ID}/collaborators", {"collaborators": [{"user_id": "1"}]}),
    (["Bot.removeCollaborator"], "DELETE", f"/v1/bots/{UNKNOWN_ID}/collaborators/{UNKNOWN_ID}", None),
    (["listWorkspace"], "GET", "/v1/workspaces", None),
]
every_endpoint = pytest.mark.parametrize(
    "permissions, method, path, body", ENDPOINTS,
    ids=lambda value: value.split("?")[0] if isinstance(value, str) else "",
)


def me(server, token):
    return server.api(token).call("GET", "/v1/users/me")


class TestNoValidToken:
    @pytest.mark.parametrize("header", [
        None, "", "Bearer", "Bearer ", "Basic b3duZXI6c2VjcmV0", "Bearer pat_unknown", "Bearer " + "x" * 5000,
        "Bearer pat_ unknown", "pat_unknown", "Token pat_unknown", "Bearer null",
    ], ids=[
        "no header", "empty", "the scheme alone", "an empty token", "another scheme", "an unknown token", "a long one",
        "two words", "no scheme", "the wrong scheme", "the word null",
    ])
    def test_it_is_refused_with_401(self, server, header):
        api = server.api(token="")
        headers = {} if header is None else {"Authorization": header}
        reply = api.call("GET", "/v1/users/me", headers=headers).refused(UNAUTHENTICATED, status=401)
        assert reply.msg == "access token invalid"

    def test_the_right_token_under_the_wrong_scheme_is_refused(self, server):
        for header in (server.token, f"Basic {server.token}", f"Bearer {server.token}x", f"Bearer {server.token[:-1]}"):
            server.api(token="").call(
                "GET", "/v1/users/me", headers={"Authorization": header}
            ).refused(UNAUTHENTICATED, status=401)

    def test_bytes_that_are_no_text_are_refused(self, server):
        server.api(token="").call(
            "GET", "/v1/users/me", headers={"Authorization": b"Bearer \xe4\xbd\xa0\xff"}
        ).refused(UNAUTHENTICATED, status=401)

    def test_the_sdk_raises_its_error_with_code_message_and_log_id(self, server):
        coze = Coze(auth=TokenAuth("pat_unknown"), base_url=server.url)
        for call in (
            coze.users.me,
            coze.workspaces.list,
            coze.conversations.create,
            lambda: coze.conversations.list(bot_id=UNKNOWN_ID),
            lambda: coze.conversations.messages.list(conversation_id=UNKNOWN_ID),
            lambda: coze.bots.list(space_id=UNKNOWN_ID),
        ):
            with pytest.raises(CozeAPIError) as caught:
                call()
            assert caught.value.code == UNAUTHENTICATED
            assert caught.value.msg == "access token invalid"
            assert caught.value.logid
            assert caught.value.logid in str(caught.value)

    @every_endpoint
    def test_every_endpoint_asks_for_one_before_it_reads_the_body(self, server, permissions, method, path, body):
        reply = server.api(token="").call(
            method, path, data=b"{not json", headers={"Content-Type": "application/json"}
        )
        reply.refused(UNAUTHENTICATED, status=401)


class TestExpiry:
    def test_a_token_works_until_it_expires(self, server):
        token = server.create_token(expires_in="2s")
        me(server, token).ok()
        assert eventually(lambda: me(server, token).code == UNAUTHENTICATED, within=4, every=0.1)
        me(server, token).refused(UNAUTHENTICATED, status=401)

    @pytest.mark.parametrize("span", ["90s", "5m", "2h", "30d"])
    def test_a_later_expiry_is_honoured_in_each_unit(self, server, span):
        token = server.create_token(expires_in=span)
        assert eventually(lambda: me(server, token).code == 0)


class TestBesideARunningServer:
    def test_a_new_token_is_accepted_at_once(self, server):
        token = server.create_token()
        assert eventually(lambda: me(server, token).code == 0, within=1)

    def test_a_token_revoked_by_its_name_is_refused_within_a_second(self, server):
        token = server.create_token(name="to be revoked by name")
        assert eventually(lambda: me(server, token).code == 0)
        revoked = server.command("token", "revoke", "--name", "to be revoked by name")
        assert revoked.returncode == 0, revoked.stderr
        assert eventually(lambda: me(server, token).code == UNAUTHENTICATED, within=1)
        me(server, token).refused(UNAUTHENTICATED, status=401)
        me(server, server.token).ok()

    def test_a_token_revoked_by_its_id_is_refused_within_a_second(self, server):
        token = server.create_token(name="to be revoked by id")
        assert eventually(lambda: me(server, token).code == 0)
        listed = json.loads(server.command("token", "list", "--json").stdout)
        (found,) = [t for t in listed if t["name"] == "to be revoked by id"]
        revoked = server.command("token", "revoke", found["id"])
        assert revoked.returncode == 0, revoked.stderr
        assert eventually(lambda: me(server, token).code == UNAUTHENTICATED, within=1)

    def test_a_connection_that_is_already_open_is_no_shelter(self, server):
        token = server.create_token(name="kept alive")
        api = server.api(token)
        assert eventually(lambda: api.get("/v1/users/me").code == 0)
        assert server.command("token", "revoke", "--name", "kept alive").returncode == 0
        assert eventually(lambda: api.get("/v1/users/me").code == UNAUTHENTICATED, within=1)


class TestPermissions:
    @pytest.fixture(scope="class")
    def other_token(self, server):
        """A token that may do one thing that no endpoint here asks for."""
        token = server.create_token("createWorkspace")
        assert eventually(lambda: me(server, token).code == 0)
        return token

    @every_endpoint
    def test_a_token_without_the_permission_is_refused(self, server, other_token, permissions, method, path, body):
        server.api(other_token).call(method, path, json=body).refused(4101)

    @every_endpoint
    def test_the_permission_is_asked_for_before_the_body_is_read(
        self, server, other_token, permissions, method, path, body
    ):
        server.api(other_token).call(
            method, path, data=b"{not json", headers={"Content-Type": "application/json"}
        ).refused(4101)

    @every_endpoint
    def test_a_token_with_just_this_permission_comes_past_the_check(self, server, permissions, method, path, body):
        token = server.create_token(*permissions)
        assert eventually(lambda: me(server, token).code == 0)
        assert server.api(token).call(method, path, json=body).code not in (4101, UNAUTHENTICATED)

    @pytest.mark.parametrize("permission", ["chat", "listMessage"])
    def test_listing_messages_takes_both_of_its_permissions(self, server, permission):
        token = server.create_token(permission)
        assert eventually(lambda: me(server, token).code == 0)
        server.api(token).post("/v1/conversation/message/list", conversation_id=UNKNOWN_ID).refused(4101)

    def test_who_am_i_takes_any_token(self, server, other_token, user_id):
        assert me(server, other_token).ok().data["user_id"] == user_id

    def test_several_permissions_can_be_given(self, server):
        token = server.create_token("createConversation", "retrieveConversation")
        assert eventually(lambda: me(server, token).code == 0)
        coze = Coze(auth=TokenAuth(token), base_url=server.url)
        made = coze.conversations.create()
        assert coze.conversations.retrieve(conversation_id=made.id).id == made.id
        with refused(4101):
            coze.conversations.update(conversation_id=made.id, name="x")
        with refused(4101):
            coze.conversations.delete(conversation_id=made.id)
        assert coze.conversations.retrieve(conversation_id=made.id).name == ""
