"""What service apps get for the JWTs that they sign, and what nobody gets."""

import asyncio
import base64
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cozepy import (
    AsyncCoze, AsyncJWTAuth, AsyncJWTOAuthApp, AsyncTokenAuth, Coze, CozeAPIError, JWTAuth, JWTOAuthApp, Scope,
    TokenAuth,
)

from harness import API, UNKNOWN_ID, Buckle, refused
from jwts import APPS, GRANT_TYPE, GRANTS, Person, ServiceApp, encoded, hs256, ps256, refusal, rs256

SUSPENDED = 4100
UNAUTHENTICATED = 700012006


@pytest.fixture(scope="module")
def app(api) -> ServiceApp:
    return ServiceApp(api)


@pytest.fixture(scope="module")
def other_app(api) -> ServiceApp:
    return ServiceApp(api)


@pytest.fixture(scope="module")
def person(server) -> Person:
    return Person(server)


class TestSDK:
    def test_a_token_lasts_as_long_as_it_was_asked_to(self, server, app, user_id):
        for ttl in (1, 900, 86399):
            before = int(time.time())
            token = app.sdk.get_access_token(ttl=ttl)
            assert token.access_token.startswith("czs_") and token.refresh_token == ""
            assert before + ttl <= token.expires_in <= time.time() + ttl + 2
        coze = Coze(auth=TokenAuth(token.access_token), base_url=server.url)
        assert coze.users.me().user_id == user_id

    def test_the_asynchronous_sdk_gets_one_too(self, server, app, user_id):
        async def run():
            client = AsyncJWTOAuthApp(app.client_id, app.private_key, app.kid, base_url=server.url)
            token = await client.get_access_token(ttl=60, session_name="someone")
            coze = AsyncCoze(auth=AsyncTokenAuth(token.access_token), base_url=server.url)
            assert (await coze.users.me()).user_id == user_id

        asyncio.run(run())

    def test_the_sdk_gets_itself_a_new_token_when_one_ends(self, server, app):
        auth = JWTAuth(oauth_app=app.sdk, ttl=1)
        coze = Coze(auth=auth, base_url=server.url)
        seen = set()
        for _ in range(3):
            coze.users.me()
            seen.add(auth._token.access_token)
            time.sleep(2.1)
        assert len(seen) == 3
        lasting = JWTAuth(app.client_id, app.private_key, app.kid, ttl=600, base_url=server.url)
        assert lasting.token == lasting.token

    def test_the_asynchronous_sdk_does_so_too(self, server, app):
        async def run():
            auth = AsyncJWTAuth(app.client_id, app.private_key, app.kid, ttl=1, base_url=server.url)
            coze = AsyncCoze(auth=auth, base_url=server.url)
            await coze.users.me()
            first = auth._token.access_token
            await asyncio.sleep(2.1)
            await coze.users.me()
            return first != auth._token.access_token

        assert asyncio.run(run())

    def test_a_token_that_has_ended_is_refused(self, server, app):
        token = app.sdk.get_access_token(ttl=1).access_token
        api = server.api(token)
        api.get("/v1/users/me").ok()
        time.sleep(2.1)
        api.get("/v1/users/me").refused(UNAUTHENTICATED, status=401)

    @pytest.mark.parametrize("ttl", [0, -1, 86400, 10**12])
    def test_other_durations_are_refused(self, app, ttl):
        with pytest.raises(CozeAPIError) as caught:
            app.sdk.get_access_token(ttl=ttl)
        assert "duration_seconds" in caught.value.msg

    def test_a_wrong_key_id_and_an_unknown_app_are_errors_of_the_sdk(self, server, app):
        for client_id, kid in ((app.client_id, "unknown"), (UNKNOWN_ID, app.kid)):
            with pytest.raises(CozeAPIError) as caught:
                JWTOAuthApp(client_id, app.private_key, kid, base_url=server.url).get_access_token()
            assert caught.value.msg and caught.value.logid

    def test_a_key_of_the_apps_own_works(self, server, api, app):
        own = ServiceApp(api)
        api.delete(f"{own.path}/keys/{own.kid}").ok()
        added = api.post(f"{own.path}/keys", {"public_key": app.public_key}).ok().data
        assert added["kid"] == app.kid and "private_key" not in added
        token = JWTOAuthApp(own.client_id, app.private_key, app.kid, base_url=server.url).get_access_token()
        server.api(token.access_token).get("/v1/users/me").ok()


class TestForgeries:
    """None of these may ever give a token, tell more than it must, or be an internal error."""

    def test_the_measure_of_the_others_is_right(self, app):
        assert app.token(app.jwt())
        assert app.token(app.jwt(aud=["api.example.com", app.claims()["aud"]]))
        assert app.token(app.jwt(iss=f"{app.id}.app.coze"))
        assert app.token(app.jwt(iat=int(time.time()) + 30, session_context={"device_info": {"device_id": "1"}}))

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "RS384", "RS512", "PS256", "ES256", "rs256"])
    def test_another_algorithm(self, app, algorithm):
        for sign in (rs256(app.private_key), lambda signed: b"", lambda signed: b"\0" * 256):
            refusal(app.exchange(app.jwt(sign, header={"alg": algorithm})), "invalid_request")

    def test_no_signature(self, app):
        head, body, _ = app.jwt().split(".")
        for text in (f"{head}.{body}.", f"{head}.{body}"):
            refusal(app.exchange(text), "invalid_request")

    def test_the_public_key_as_a_shared_secret(self, app):
        for secret in (app.public_key, app.public_key.strip(), app.kid):
            for algorithm in ("HS256", "RS256"):
                refusal(app.exchange(app.jwt(hs256(secret), header={"alg": algorithm})), "invalid_request")

    def test_another_padding(self, app):
        refusal(app.exchange(app.jwt(ps256(app.private_key))), "invalid_request")

    def test_another_apps_key(self, app, other_app):
        stolen = rs256(other_app.private_key)
        refusal(app.exchange(app.jwt(stolen)), "invalid_request")
        refusal(app.exchange(app.jwt(stolen, header={"kid": other_app.kid})), "invalid_request")
        refusal(app.exchange(app.jwt(iss=other_app.client_id)), "invalid_request")

    def test_a_key_that_comes_with_the_jwt(self, app, other_app):
        for field in ("jwk", "jku", "x5u", "x5c"):
            text = app.jwt(rs256(other_app.private_key), header={field: other_app.public_key})
            refusal(app.exchange(text), "invalid_request")

    @pytest.mark.parametrize("kid", [None, "", "unknown", "../../etc/passwd", "' OR 1=1 --", 7, ["a"], {"a": 1}])
    def test_an_unknown_key(self, app, kid):
        refusal(app.exchange(app.jwt(header={"kid": kid})), "invalid_request")

    def test_what_must_be_understood_is_not(self, app):
        refusal(app.exchange(app.jwt(header={"crit": ["b64"], "b64": False})), "invalid_request")

    def test_a_payload_that_was_changed(self, app):
        head, body, signature = app.jwt().split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        for change in ({"session_name": "admin"}, {"exp": claims["exp"] + 1}, {"jti": "another"}):
            forged = encoded(json.dumps({**claims, **change}).encode())
            refusal(app.exchange(f"{head}.{forged}.{signature}"), "invalid_request")

    def test_every_bit_of_the_signature_counts(self, app):
        head, body, signature = app.jwt().split(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        messages = set()
        for position in (0, 1, 100, 255):
            changed = bytearray(raw)
            changed[position] ^= 1
            messages.add(refusal(app.exchange(f"{head}.{body}.{encoded(bytes(changed))}"), "invalid_request"))
        for changed in (raw[:-1], raw + b"\0", b"\0" + raw, b"\0" * 256, b"\xff" * 256, b"\1"):
            messages.add(refusal(app.exchange(f"{head}.{body}.{encoded(changed)}"), "invalid_request"))
        assert len(messages) == 1, "nobody learns what is wrong with a signature"

    @pytest.mark.parametrize("claims", [
        {"exp": -120}, {"iat": -7200, "exp": -3600}, {"iat": 3600, "exp": 7200}, {"iat": 120}, {"nbf": 120},
        {"exp": 86500}, {"exp": 10**9}, {"iat": 100, "exp": 50}, {"iat": 0, "exp": 0}, {"iat": -10**9},
    ], ids=str)
    def test_the_wrong_time(self, app, claims):
        now = int(time.time())
        refusal(app.exchange(app.jwt(**{name: now + offset for name, offset in claims.items()})), "invalid_request")

    @pytest.mark.parametrize("claims", [
        {"exp": None}, {"iat": None}, {"jti": None}, {"aud": None}, {"jti": ""}, {"jti": "x" * 129}, {"jti": 7},
        {"exp": "soon"}, {"exp": 1e400}, {"exp": -1}, {"iat": 2**63}, {"exp": 2**70}, {"iat": True}, {"exp": [1]},
        {"session_name": "x" * 257}, {"session_name": 7}, {"session_name": {}}, {"iss": None}, {"iss": 7},
    ], ids=str)
    def test_claims_that_are_missing_or_malformed(self, app, claims):
        refusal(app.exchange(app.jwt(**claims)), "invalid_request")

    @pytest.mark.parametrize("audience", [
        "api.coze.com", "api.coze.cn", "", [], ["api.coze.cn"], "127.0.0.1", "http://127.0.0.1", 7, {"a": 1}, [7],
        [None],
    ], ids=str)
    def test_another_servers_jwt(self, app, audience):
        message = refusal(app.exchange(app.jwt(aud=audience)), "invalid_request")
        if audience == "api.coze.cn":
            assert app.claims()["aud"] in message, "whoever sets up a client is told what the server goes by"

    @pytest.mark.parametrize("issuer", [UNKNOWN_ID, "someone", "-1", "0", "' OR 1=1 --", "x" * 1000, "１２"])
    def test_an_unknown_app(self, app, issuer):
        refusal(app.exchange(app.jwt(iss=issuer)), "invalid_client", status=401)

    @pytest.mark.parametrize("text", [
        "", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.e30", "bnVsbA.bnVsbA.AA", "W10.W10.AA", "=.=.=", "A" * 5000,
        "czs_token", "null",
    ])
    def test_what_is_no_jwt(self, app, text):
        reply = app.exchange(text)
        refusal(reply, "invalid_request", "invalid_client", status=reply.status_code)
        assert reply.status_code in (400, 401)

    def test_deep_nesting_and_odd_text(self, app):
        for body in (b"[" * 2000, b'{"iss":"\xff"}', b'{"iss":"\\ud800"}', b"{}", b"", b'{"iss":"a"} {}'):
            text = f"{encoded(json.dumps(app.header()).encode())}.{encoded(body)}.AA"
            refusal(app.exchange(text), "invalid_request")

    def test_no_header_at_all(self, server):
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer "}):
            reply = API(server.url, "").raw(
                "POST", "/api/permission/oauth2/token", json={"grant_type": GRANT_TYPE}, headers=headers)
            refusal(reply, "invalid_client", status=401)

    def test_a_jwt_counts_once(self, app):
        text = app.jwt()
        app.token(text)
        assert "jti" in refusal(app.exchange(text), "invalid_request")

    def test_a_new_jwt_with_an_old_id_is_refused_for_the_same_app_alone(self, app, other_app):
        jti = secrets.token_hex(8)
        app.token(app.jwt(jti=jti))
        refusal(app.exchange(app.jwt(jti=jti, session_name="another")), "invalid_request")
        other_app.token(other_app.jwt(jti=jti))

    def test_of_many_at_once_one_counts(self, app):
        text = app.jwt(session_name=secrets.token_hex(8))
        with ThreadPoolExecutor(16) as pool:
            statuses = [reply.status_code for reply in pool.map(lambda _: app.exchange(text), range(32))]
        assert sorted(statuses) == [200] + [400] * 31

    def test_a_refused_jwt_may_be_sent_again(self, app):
        text = app.jwt()
        refusal(app.exchange(text, duration_seconds=0), "invalid_request")
        refusal(app.exchange(text, place=f"account/{UNKNOWN_ID}/"), "access_deny")
        app.token(text)

    def test_a_jwt_is_no_token(self, server, app):
        server.api(app.jwt()).get("/v1/users/me").refused(UNAUTHENTICATED, status=401)

    def test_ids_outlive_a_restart(self, own_server: Buckle):
        app = ServiceApp(own_server.api())
        text = app.jwt()
        app.token(text)
        port = own_server.port
        own_server.stop()
        own_server.start(("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"))
        assert "jti" in refusal(app.exchange(text), "invalid_request")


class TestSessions:
    def test_names_keep_conversations_apart(self, app, api):
        ann, ben, nobody = app.session("ann"), app.session("ben"), app.session()
        made = {
            name: session.post("/v1/conversation/create").ok().data["id"]
            for name, session in (("ann", ann), ("ben", ben), ("nobody", nobody))
        }
        sees = {"ann": {"ann"}, "ben": {"ben"}, "nobody": {"nobody"}, "ann again": {"ann"}, "account": {"nobody"}}
        sessions = {"ann": ann, "ben": ben, "nobody": nobody, "ann again": app.session("ann"), "account": api}
        for who, session in sessions.items():
            for name, conversation in made.items():
                reply = session.get("/v1/conversation/retrieve", conversation_id=conversation)
                if name in sees[who]:
                    assert reply.ok().data["id"] == conversation
                else:
                    reply.refused(4002)
        ben.delete(f"/v1/conversations/{made['ann']}").refused(4002)
        ann.get("/v1/conversation/retrieve", conversation_id=made["ann"]).ok()

    def test_lists_of_conversations_are_apart(self, app, bot):
        ann, ben = app.session("list-ann"), app.session("list-ben")
        conversation = ann.post("/v1/conversation/create", {"bot_id": bot.bot_id}).ok().data["id"]

        def listed(session):
            found = session.get("/v1/conversations", bot_id=bot.bot_id).ok().data["conversations"]
            return [item["id"] for item in found]

        assert listed(ann) == [conversation]
        assert listed(ben) == []
        assert listed(app.session("list-ann")) == [conversation]

    def test_names_are_taken_letter_by_letter(self, app):
        names = ["zoë", "Zoë", "zoe\u0308", " zoë", "zoë ", "a/b", "x" * 256, "' OR 1=1 --", "🌤"]
        made = {name: app.session(name).post("/v1/conversation/create").ok().data["id"] for name in names}
        for name in names:
            session = app.session(name)
            for other, conversation in made.items():
                code = session.get("/v1/conversation/retrieve", conversation_id=conversation).code
                assert (code == 0) == (name == other), (name, other)

    def test_two_apps_of_an_account_share_its_sessions(self, app, other_app):
        name = secrets.token_hex(8)
        conversation = app.session(name).post("/v1/conversation/create").ok().data["id"]
        other_app.session(name).get("/v1/conversation/retrieve", conversation_id=conversation).ok()

    def test_accounts_do_not(self, app, person):
        name = secrets.token_hex(8)
        conversation = app.session(name).post("/v1/conversation/create").ok().data["id"]
        theirs = ServiceApp(person.api).session(name)
        theirs.get("/v1/conversation/retrieve", conversation_id=conversation).refused(4002)

    def test_a_new_name_may_be_used_by_many_at_once(self, app):
        name = secrets.token_hex(8)
        with ThreadPoolExecutor(8) as pool:
            sessions = list(pool.map(lambda _: app.session(name), range(8)))
        conversation = sessions[0].post("/v1/conversation/create").ok().data["id"]
        for session in sessions:
            session.get("/v1/conversation/retrieve", conversation_id=conversation).ok()


class TestDisabling:
    def test_tokens_rest_and_no_new_ones_are_given(self, server, api):
        app = ServiceApp(api)
        token = app.token()
        coze = Coze(auth=TokenAuth(token), base_url=server.url)
        coze.users.me()
        api.post(f"{app.path}/disable").ok()
        with refused(SUSPENDED):
            coze.users.me()
        message = refusal(app.exchange(), "access_deny")
        assert message == "app: robot is currently deactivated by the owner"
        with pytest.raises(CozeAPIError) as caught:
            app.sdk.get_access_token()
        assert caught.value.msg == message
        api.post(f"{app.path}/enable").ok()
        coze.users.me()
        app.token()

    def test_revoking_kills_tokens_and_leaves_the_app(self, server, api):
        app = ServiceApp(api)
        token = app.token()
        api.post(f"{app.path}/revoke").ok()
        server.api(token).get("/v1/users/me").refused(UNAUTHENTICATED, status=401)
        server.api(app.token()).get("/v1/users/me").ok()

    def test_deleting_kills_both(self, server, api):
        app = ServiceApp(api)
        token = app.token()
        api.delete(app.path).ok()
        server.api(token).get("/v1/users/me").refused(UNAUTHENTICATED, status=401)
        refusal(app.exchange(), "invalid_client", status=401)

    def test_a_removed_key_is_no_key(self, api):
        app = ServiceApp(api)
        api.delete(f"{app.path}/keys/{app.kid}").ok()
        refusal(app.exchange(), "invalid_request")

    def test_apps_of_another_type_sign_nothing(self, api, app):
        web = api.post(APPS, {
            "name": "web", "app_type": "web", "redirect_uris": ["https://app.example.com/"]}).ok().data
        for client_id in (web["client_id"], web["app_id"]):
            reply = app.exchange(app.jwt(iss=client_id))
            if reply.status_code == 400:
                assert refusal(reply, "access_deny") == "invalid app type"
            else:
                refusal(reply, "invalid_client", status=401)


class TestOtherAccounts:
    def test_an_app_acts_for_whoever_lets_it(self, server, api, person):
        app = ServiceApp(api)
        place = f"account/{person.id}/"
        before = refusal(app.exchange(place=place), "access_deny")
        assert before == refusal(app.exchange(place=f"account/{UNKNOWN_ID}/"), "access_deny")
        grant = person.api.post(GRANTS, {"client_id": app.client_id}).ok().data
        assert grant["app"] == {"id": app.id, "name": "robot"}
        theirs = server.api(app.token(place=place))
        assert theirs.get("/v1/users/me").ok().data["user_id"] == person.id
        theirs.get("/v1/bots", workspace_id=person.workspace_id).ok()
        # What the app may not have, nobody can grant it.
        theirs.get("/buckle/v1/oauth_apps").refused(4101)
        theirs.get(GRANTS).refused(4101)

        assert [item["id"] for item in person.api.get(GRANTS).ok().data["items"]] == [grant["id"]]
        api.delete(f"{GRANTS}/{grant['id']}").refused(4200)
        person.api.delete(f"{GRANTS}/{grant['id']}").ok()
        theirs.get("/v1/users/me").refused(UNAUTHENTICATED, status=401)
        refusal(app.exchange(place=place), "access_deny")

    def test_it_may_be_held_to_some_workspaces(self, server, api, person):
        app = ServiceApp(api)
        person.api.post(GRANTS, {"client_id": app.client_id, "workspace_ids": [person.workspace_id]}).ok()
        theirs = server.api(app.token(place=f"account/{person.id}/"))
        theirs.get("/v1/bots", workspace_id=person.workspace_id).ok()
        own = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        person.api.post(GRANTS, {"client_id": app.client_id, "workspace_ids": [own]}).refused(4200)

    def test_the_owner_needs_no_grant(self, server, app, user_id):
        token = app.token(place=f"account/{user_id}/")
        assert server.api(token).get("/v1/users/me").ok().data["user_id"] == user_id

    def test_an_enterprise_lets_its_privileged_app_alone(self, app):
        for enterprise in (UNKNOWN_ID, "volcano_1", "0", "x" * 100):
            refusal(app.exchange(place=f"enterprise_id/{enterprise}/"), "access_deny")


class TestScope:
    def test_a_channels_app_chats_with_the_bots_that_it_names(self, server, api, demo_bots):
        first, second, connector = demo_bots
        app = ServiceApp(api, is_channel=True, connector_id=connector)
        token = app.sdk.get_access_token(scope=Scope.build_bot_chat([first])).access_token
        narrow = server.api(token)
        body = {"user_id": "someone", "additional_messages": [
            {"role": "user", "content": "hello", "content_type": "text"}]}
        narrow.post("/v3/chat", {"bot_id": first, **body}).ok()
        assert narrow.post("/v3/chat", {"bot_id": second, **body}).code != 0
        narrow.get("/v1/workspaces").refused(4101)
        full = server.api(app.sdk.get_access_token().access_token)
        full.post("/v3/chat", {"bot_id": second, **body}).ok()
        full.get("/v1/workspaces").ok()

    def test_nothing_beyond_what_the_app_may_is_given(self, server, api):
        app = ServiceApp(api, permissions=["listWorkspace", "listBot"])
        for points in (["listWorkspace", "chat"], ["all"], ["Buckle.manageTokens"], ["unknown"]):
            scope = {"account_permission": {"permission_list": points}}
            refusal(app.exchange(scope=scope), "invalid_request")
        narrow = server.api(app.token(scope={"account_permission": {"permission_list": ["listWorkspace"]}}))
        workspace = narrow.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        narrow.get("/v1/bots", workspace_id=workspace).refused(4101)

    def test_workspaces_are_held_to(self, server, app, person, workspace_id):
        scope = {"workspace_permission": {"workspace_id_list": [workspace_id], "permission_list": ["listBot"]}}
        server.api(app.token(scope=scope)).get("/v1/bots", workspace_id=workspace_id).ok()
        for foreign in (person.workspace_id, UNKNOWN_ID):
            scope = {"workspace_permission": {"workspace_id_list": [foreign]}}
            refusal(app.exchange(scope=scope), "invalid_request")

    @pytest.mark.parametrize("scope", [
        None, {}, {"account_permission": None, "attribute_constraint": None},
        {"attribute_constraint": {"connector_bot_chat_attribute": None}},
        {"workspace_permission": {"workspace_id_list": None, "permission_list": None}, "workflow_permission": None},
    ], ids=str)
    def test_a_scope_that_says_nothing_narrows_nothing(self, server, app, scope):
        api = server.api(app.token(scope=scope))
        api.get("/v1/workspaces").ok()
        api.post("/v1/conversation/create").ok()

    @pytest.mark.parametrize("scope", [
        {"workflow_permission": {"workflow_id_list": [UNKNOWN_ID]}}, {"account_permission": []},
        {"attribute_constraint": {"connector_bot_chat_attribute": {"bot_id_list": ["x"]}}},
        {"account_permission": {"permission_list": "chat"}}, {"account_permission": {"permission_list": [7]}}, 7, [],
    ], ids=str)
    def test_a_scope_that_cannot_be_held_to_is_refused(self, app, scope):
        refusal(app.exchange(scope=scope), "invalid_request")

    def test_a_channels_app_needs_a_channel(self, api):
        app = ServiceApp(api, is_channel=True)
        assert refusal(app.exchange(), "access_deny") == "connector app should bind connector id"
        api.put(app.path, {"connector_id": "10000999"}).ok()
        app.token()


@pytest.fixture
def demo_bots(coze, workspace_id):
    """Two bots that are published to the API and to a channel of somebody's own, and that channel."""
    connector = "10000999"
    bots = [coze.bots.create(space_id=workspace_id, name=f"bot {secrets.token_hex(4)}") for _ in range(2)]
    for bot in bots:
        coze.bots.publish(bot_id=bot.bot_id, connector_ids=["1024", connector])
    return (*(bot.bot_id for bot in bots), connector)
