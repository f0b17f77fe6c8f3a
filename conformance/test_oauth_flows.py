"""The flows that bring OAuth apps their tokens, with the SDK as the app and plain HTTP as the person's browser."""

import asyncio
import hashlib
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from cozepy import (
    AsyncCoze, AsyncDeviceOAuthApp, AsyncPKCEOAuthApp, AsyncTokenAuth, AsyncWebOAuthApp, Coze, CozeAPIError,
    CozePKCEAuthError, CozePKCEAuthErrorType, DeviceOAuthApp, PKCEOAuthApp, TokenAuth, WebOAuthApp,
)

from harness import UNKNOWN_ID, Buckle

REDIRECT = "https://notebook.example.com/callback"
PERMISSIONS = ["createConversation", "listBot", "listConversation", "listWorkspace"]
TOKEN = "/api/permission/oauth2/token"
DEVICE_CODE = "/api/permission/oauth2/device/code"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Person:
    """Somebody with an account, a browser they have signed in with, and a personal token."""

    def __init__(self, server):
        owner, self.url = server.api(), server.url
        name, password = f"person-{secrets.token_hex(6)}", secrets.token_hex(12)
        self.id = owner.post("/buckle/v1/accounts", {"user_name": name, "password": password}).ok().data["user_id"]
        self.token = owner.post(f"/buckle/v1/accounts/{self.id}/tokens", {"name": "test"}).ok().data["secret"]
        self.workspace_id = Coze(auth=TokenAuth(self.token), base_url=self.url).workspaces.list().items[0].id
        self.browser = requests.Session()
        self.browser.trust_env = False
        signed_in = self.browser.post(
            f"{self.url}/buckle/v1/sessions", json={"account": name, "password": password}, timeout=30
        ).json()
        assert signed_in["code"] == 0, signed_in
        self.csrf_token = signed_in["data"]["csrf_token"]

    def ask(self, link) -> requests.Response:
        """Follows an app's link, up to where it leads away from the server."""
        response = self.browser.get(link, allow_redirects=False, timeout=30)
        while response.is_redirect and response.headers["Location"].startswith("/"):
            response = self.browser.get(self.url + response.headers["Location"], allow_redirects=False, timeout=30)
        return response

    def answer(self, link, decision="allow", **fields) -> dict:
        """Answers an app's request, and returns what its address is told."""
        page = self.ask(link)
        assert page.status_code == 200, page.text[:500]
        reply = self.browser.post(
            f"{self.url}/oauth/consent", allow_redirects=False, timeout=30,
            data={**query(page.url), "csrf_token": self.csrf_token, "decision": decision, **fields},
        )
        assert reply.status_code == 303, reply.text[:500]
        assert reply.headers["Location"].startswith(f"{REDIRECT}?")
        return query(reply.headers["Location"])

    def answer_device(self, user_code, decision="allow", **fields) -> requests.Response:
        return self.browser.post(
            f"{self.url}/oauth/device", allow_redirects=False, timeout=30,
            data={"user_code": user_code, "csrf_token": self.csrf_token, "decision": decision, **fields},
        )


def query(address) -> dict:
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


@pytest.fixture(scope="module")
def person(server):
    return Person(server)


@pytest.fixture
def make_app(api):
    def make(app_type, **fields):
        if app_type in ("web", "pkce"):
            fields.setdefault("redirect_uris", [REDIRECT])
        fields.setdefault("permissions", PERMISSIONS)
        return api.post(
            "/buckle/v1/oauth_apps", {"name": f"app {secrets.token_hex(4)}", "app_type": app_type, **fields}
        ).ok().data
    return make


@pytest.fixture
def web(server, make_app) -> WebOAuthApp:
    made = make_app("web")
    return WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)


@pytest.fixture
def pkce(server, make_app) -> PKCEOAuthApp:
    return PKCEOAuthApp(make_app("pkce")["client_id"], base_url=server.url)


@pytest.fixture
def device(server, make_app) -> DeviceOAuthApp:
    return DeviceOAuthApp(make_app("device")["client_id"], base_url=server.url)


def refused(call, message):
    """The SDK must fail with an error of the OAuth endpoints that says this."""
    with pytest.raises(CozeAPIError) as caught:
        call()
    assert caught.value.code is None
    assert message in caught.value.msg


def waiting(call, state):
    with pytest.raises(CozePKCEAuthError) as caught:
        call()
    assert caught.value.error == state


def user_of(server, token):
    """Whom a token stands for; None if it opens nothing."""
    reply = server.api(token).call("GET", "/v1/users/me")
    return reply.data["user_id"] if reply.code == 0 else None


def exchange(server, fields, secret=None, **options) -> requests.Response:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    return server.api(token="").raw("POST", TOKEN, json=fields, headers=headers, **options)


def error(response, code, status=400):
    """The error of an OAuth endpoint, in the words of every SDK."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.headers["x-tt-logid"]
    body = response.json()
    assert body["error_code"] == body["error"] == code, body
    assert body["error_message"] == body["error_description"] != ""
    assert "access_token" not in body and "code" not in body
    return body["error_message"]


class TestWebApps:
    def test_a_code_brings_tokens_that_work(self, server, person, web):
        told = person.answer(web.get_oauth_url(REDIRECT, state="a b&c=ü"))
        assert told["state"] == "a b&c=ü"
        assert told["code"].startswith("code_")
        before = time.time()
        token = web.get_access_token(REDIRECT, told["code"])
        assert token.access_token.startswith("czu_")
        assert token.token_type == "Bearer"
        assert token.refresh_token
        assert 890 < token.expires_in - before < 910, "expires_in is a point in time"
        coze = Coze(auth=TokenAuth(token.access_token), base_url=server.url)
        assert coze.users.me().user_id == person.id
        assert coze.conversations.create().id

    def test_the_body_is_bare_and_is_not_to_be_kept(self, server, person, make_app):
        made = make_app("web")
        link = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url).get_oauth_url(REDIRECT)
        response = exchange(server, {
            "grant_type": "authorization_code", "client_id": made["client_id"], "redirect_uri": REDIRECT,
            "code": person.answer(link)["code"], "code_verifier": None, "refresh_token": "", "scope": None,
        }, made["client_secret"])
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["Cache-Control"] == "no-store"
        assert set(response.json()) == {"access_token", "expires_in", "refresh_token", "token_type"}
        assert isinstance(response.json()["expires_in"], int)

    def test_a_form_does_as_well(self, server, person, make_app):
        made = make_app("web")
        link = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url).get_oauth_url(REDIRECT)
        fields = {
            "grant_type": "authorization_code", "client_id": made["client_id"], "redirect_uri": REDIRECT,
            "code": person.answer(link)["code"], "scope": "openid profile", "duration_seconds": "900",
        }
        response = server.api(token="").raw(
            "POST", TOKEN, data=fields, headers={"Authorization": f"Bearer {made['client_secret']}"})
        assert response.status_code == 200, response.text
        assert user_of(server, response.json()["access_token"]) == person.id

    def test_the_asynchronous_client_gets_and_refreshes_tokens(self, server, person, make_app):
        made = make_app("web")
        app = AsyncWebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)
        code = person.answer(app.get_oauth_url(REDIRECT, state="s"))["code"]

        async def run():
            first = await app.get_access_token(REDIRECT, code)
            second = await app.refresh_access_token(first.refresh_token)
            coze = AsyncCoze(auth=AsyncTokenAuth(second.access_token), base_url=server.url)
            return first, second, await coze.users.me()

        first, second, me = asyncio.run(run())
        assert len({first.access_token, second.access_token}) == 2
        assert me.user_id == person.id

    def test_a_refused_request_brings_no_code(self, person, web):
        told = person.answer(web.get_oauth_url(REDIRECT, state="s"), decision="deny")
        assert told["error"] == "access_denied" and told["state"] == "s" and "code" not in told

    def test_a_code_that_is_used_twice_ends_all_that_came_of_it(self, server, person, web):
        code = person.answer(web.get_oauth_url(REDIRECT))["code"]
        first = web.get_access_token(REDIRECT, code)
        second = web.refresh_access_token(first.refresh_token)
        assert user_of(server, second.access_token) == person.id
        refused(lambda: web.get_access_token(REDIRECT, code), "invalid request: code")
        for token in (first, second):
            assert user_of(server, token.access_token) is None
            refused(lambda token=token: web.refresh_access_token(token.refresh_token), "refresh_token")

    def test_of_many_exchanges_at_once_one_succeeds(self, server, person, make_app):
        made = make_app("web")
        link = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url).get_oauth_url(REDIRECT)
        fields = {
            "grant_type": "authorization_code", "client_id": made["client_id"], "redirect_uri": REDIRECT,
            "code": person.answer(link)["code"],
        }
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: exchange(server, fields, made["client_secret"]), range(12)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 11

    def test_the_secret_must_be_right_and_a_wrong_one_uses_nothing_up(self, server, person, make_app):
        made, other = make_app("web"), make_app("web")
        app = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)
        code = person.answer(app.get_oauth_url(REDIRECT))["code"]
        fields = {
            "grant_type": "authorization_code", "client_id": made["client_id"], "redirect_uri": REDIRECT, "code": code,
        }
        for secret in (None, "", "wrong", other["client_secret"], made["client_secret"][:-1], server.token):
            error(exchange(server, fields, secret), "invalid_client", 401)
        token = app.get_access_token(REDIRECT, code)
        fields = {
            "grant_type": "refresh_token", "client_id": made["client_id"], "refresh_token": token.refresh_token,
        }
        for secret in (None, "", other["client_secret"]):
            error(exchange(server, fields, secret), "invalid_client", 401)
        assert app.refresh_access_token(token.refresh_token).access_token

    def test_the_address_and_the_app_must_be_the_ones_that_asked(self, server, person, web, make_app):
        code = person.answer(web.get_oauth_url(REDIRECT))["code"]
        made = make_app("web")
        other = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)
        for address in (REDIRECT + "/", REDIRECT.upper(), "https://evil.example.com/callback", ""):
            refused(lambda address=address: web.get_access_token(address, code), "redirect_uri")
        refused(lambda: other.get_access_token(REDIRECT, code), "code")
        refused(lambda: web.get_access_token(REDIRECT, code[:-1]), "code")
        token = web.get_access_token(REDIRECT, code)
        refused(lambda: other.refresh_access_token(token.refresh_token), "refresh_token")
        assert web.refresh_access_token(token.refresh_token).access_token

    def test_a_refresh_token_is_good_once_and_a_second_use_ends_the_grant(self, server, person, web):
        first = web.get_access_token(REDIRECT, person.answer(web.get_oauth_url(REDIRECT))["code"])
        second = web.refresh_access_token(first.refresh_token)
        third = web.refresh_access_token(second.refresh_token)
        assert len({token.refresh_token for token in (first, second, third)}) == 3
        for token in (first, second, third):
            assert user_of(server, token.access_token) == person.id, "access tokens last until they expire"
        refused(lambda: web.refresh_access_token(first.refresh_token), "refresh_token")
        for token in (first, second, third):
            assert user_of(server, token.access_token) is None
        refused(lambda: web.refresh_access_token(third.refresh_token), "refresh_token")

    def test_the_permissions_of_the_app_bound_the_token(self, server, person, make_app):
        made = make_app("web", permissions=["listBot"])
        app = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)
        token = app.get_access_token(REDIRECT, person.answer(app.get_oauth_url(REDIRECT))["code"]).access_token
        server.api(token).get("/v1/bots", workspace_id=person.workspace_id).ok()
        server.api(token).post("/v1/conversation/create", {}).refused(4101)

    def test_a_disabled_app_rests_and_loses_nothing(self, server, api, person, make_app):
        made = make_app("web")
        app = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)
        token = app.get_access_token(REDIRECT, person.answer(app.get_oauth_url(REDIRECT))["code"])
        code = person.answer(app.get_oauth_url(REDIRECT))["code"]
        api.post(f"/buckle/v1/oauth_apps/{made['app_id']}/disable").ok()
        message = f"app: {made['name']} is currently deactivated by the owner"
        refused(lambda: app.get_access_token(REDIRECT, code), message)
        refused(lambda: app.refresh_access_token(token.refresh_token), message)
        assert server.api(token.access_token).call("GET", "/v1/users/me").code == 4100
        assert person.ask(app.get_oauth_url(REDIRECT)).status_code >= 400
        api.post(f"/buckle/v1/oauth_apps/{made['app_id']}/enable").ok()
        assert user_of(server, token.access_token) == person.id
        assert app.refresh_access_token(token.refresh_token).access_token
        assert app.get_access_token(REDIRECT, code).access_token


class TestAuthorize:
    @pytest.mark.parametrize("change", [
        {"client_id": UNKNOWN_ID}, {"client_id": ""}, {"redirect_uri": "https://evil.example.com/callback"},
        {"redirect_uri": REDIRECT + "?x=1"}, {"redirect_uri": ""},
    ], ids=lambda change: "{}={}".format(*list(change.items())[0]))
    def test_who_cannot_be_trusted_is_not_redirected_to(self, server, person, web, change):
        fields = {**query(web.get_oauth_url(REDIRECT)), **change}
        link = requests.Request("GET", f"{server.url}/api/permission/oauth2/authorize", params=fields).prepare().url
        response = person.ask(link)
        assert response.status_code >= 400 and "Location" not in response.headers
        assert response.headers["Content-Type"].startswith("text/html")

    def test_other_faults_are_told_to_the_app(self, server, person, web, make_app):
        strict = make_app("pkce", is_s256_only=True)["client_id"]
        lax = make_app("pkce")["client_id"]
        for client, change, code in [
            (web._client_id, {"response_type": "token"}, "unsupported_response_type"),
            (web._client_id, {"code_challenge": "abcd", "code_challenge_method": "md5"}, "invalid_request"),
            (lax, {}, "invalid_request"),
            (strict, {}, "invalid_request"),
            (strict, {"code_challenge": "abcd"}, "invalid_request"),
            (strict, {"code_challenge": "abcd", "code_challenge_method": "plain"}, "invalid_request"),
        ]:
            fields = {
                "response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "state": "x y", **change,
            }
            link = requests.Request("GET", f"{server.url}/api/permission/oauth2/authorize", params=fields).prepare().url
            response = person.ask(link)
            assert response.is_redirect, response.text[:300]
            assert response.headers["Location"].startswith(f"{REDIRECT}?")
            told = query(response.headers["Location"])
            assert (told["error"], told["state"]) == (code, "x y") and told["error_description"]

    def test_only_the_person_s_own_page_can_answer(self, server, person, web):
        page = person.ask(web.get_oauth_url(REDIRECT))
        for csrf_token in (None, "", "wrong"):
            reply = person.browser.post(
                f"{server.url}/oauth/consent", allow_redirects=False, timeout=30,
                data={**query(page.url), "csrf_token": csrf_token, "decision": "allow"},
            )
            assert reply.status_code >= 400 and "Location" not in reply.headers
        forged = {"authorize_key": query(page.url)["authorize_key"][:-2] + "AA"}
        reply = person.browser.post(
            f"{server.url}/oauth/consent", allow_redirects=False, timeout=30,
            data={**forged, "csrf_token": person.csrf_token, "decision": "allow"},
        )
        assert reply.status_code >= 400 and "Location" not in reply.headers

    def test_some_workspaces_can_be_let(self, server, person, web):
        told = person.answer(web.get_oauth_url(REDIRECT), workspaces="some", workspace_ids=person.workspace_id)
        token = web.get_access_token(REDIRECT, told["code"]).access_token
        server.api(token).get("/v1/bots", workspace_id=person.workspace_id).ok()


class TestPKCE:
    @pytest.mark.parametrize("method", ["plain", "S256"])
    def test_a_verifier_brings_tokens(self, server, person, pkce, method):
        verifier = "abcd"
        link = pkce.get_oauth_url(REDIRECT, verifier, method, state="s")
        token = pkce.get_access_token(REDIRECT, person.answer(link)["code"], verifier)
        assert user_of(server, token.access_token) == person.id
        refreshed = pkce.refresh_access_token(token.refresh_token)
        assert user_of(server, refreshed.access_token) == person.id

    def test_the_method_is_plain_if_none_is_said(self, server, person, pkce):
        fields = query(pkce.get_oauth_url(REDIRECT, "abcd"))
        del fields["code_challenge_method"]
        link = requests.Request("GET", f"{server.url}/api/permission/oauth2/authorize", params=fields).prepare().url
        assert pkce.get_access_token(REDIRECT, person.answer(link)["code"], "abcd").access_token

    def test_the_asynchronous_client_gets_and_refreshes_tokens(self, server, person, make_app):
        app = AsyncPKCEOAuthApp(make_app("pkce")["client_id"], base_url=server.url)
        verifier = secrets.token_hex(32)
        code = person.answer(app.get_oauth_url(REDIRECT, verifier, "S256"))["code"]

        async def run():
            token = await app.get_access_token(REDIRECT, code, verifier)
            return await app.refresh_access_token(token.refresh_token)

        assert user_of(server, asyncio.run(run()).access_token) == person.id

    def test_a_wrong_verifier_is_refused_and_the_right_one_still_works(self, server, person, pkce, make_app):
        verifier = secrets.token_hex(16)
        code = person.answer(pkce.get_oauth_url(REDIRECT, verifier, "S256"))["code"]
        other = PKCEOAuthApp(make_app("pkce")["client_id"], base_url=server.url)
        refused(lambda: other.get_access_token(REDIRECT, code, verifier), "code")
        challenge = query(pkce.get_oauth_url(REDIRECT, verifier, "S256"))["code_challenge"]
        for wrong in (verifier + "0", challenge, hashlib.sha256(verifier.encode()).hexdigest(), ""):
            refused(lambda wrong=wrong: pkce.get_access_token(REDIRECT, code, wrong), "code_verifier")
        assert pkce.get_access_token(REDIRECT, code, verifier).access_token

    def test_a_verifier_cannot_be_found_by_trying(self, person, pkce):
        code = person.answer(pkce.get_oauth_url(REDIRECT, "abcd"))["code"]
        for number in range(5):
            refused(lambda number=number: pkce.get_access_token(REDIRECT, code, f"abc{number}"), "code_verifier")
        refused(lambda: pkce.get_access_token(REDIRECT, code, "abcd"), "code")

    def test_an_app_that_wants_s256_gets_it(self, server, person, make_app):
        app = PKCEOAuthApp(make_app("pkce", is_s256_only=True)["client_id"], base_url=server.url)
        code = person.answer(app.get_oauth_url(REDIRECT, "abcd", "S256"))["code"]
        assert app.get_access_token(REDIRECT, code, "abcd").access_token
        response = person.ask(app.get_oauth_url(REDIRECT, "abcd", "plain"))
        assert query(response.headers["Location"])["error"] == "invalid_request"

    def test_a_web_app_may_use_it_beside_its_secret(self, server, person, make_app):
        made = make_app("web")
        link = PKCEOAuthApp(made["client_id"], base_url=server.url).get_oauth_url(REDIRECT, "abcd")
        fields = {
            "grant_type": "authorization_code", "client_id": made["client_id"], "redirect_uri": REDIRECT,
            "code": person.answer(link)["code"],
        }
        error(exchange(server, fields, made["client_secret"]), "invalid_request")
        assert exchange(server, {**fields, "code_verifier": "abcd"}, made["client_secret"]).status_code == 200

    def test_a_verifier_without_a_challenge_is_refused(self, server, person, make_app):
        made = make_app("web")
        app = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)
        fields = {
            "grant_type": "authorization_code", "client_id": made["client_id"], "redirect_uri": REDIRECT,
            "code": person.answer(app.get_oauth_url(REDIRECT))["code"],
        }
        error(exchange(server, {**fields, "code_verifier": "abcd"}, made["client_secret"]), "invalid_request")
        assert exchange(server, fields, made["client_secret"]).status_code == 200


class TestOneWorkspace:
    def test_its_tokens_carry_nothing_of_the_account(self, server, person, pkce):
        link = pkce.get_oauth_url(REDIRECT, "abcd", workspace_id=person.workspace_id)
        token = pkce.get_access_token(REDIRECT, person.answer(link)["code"], "abcd")
        for access in (token.access_token, pkce.refresh_access_token(token.refresh_token).access_token):
            api = server.api(access)
            api.get("/v1/bots", workspace_id=person.workspace_id).ok()
            api.post("/v1/conversation/create", {}).refused(4101)
            api.get("/v1/conversations", bot_id=UNKNOWN_ID).refused(4101)
            api.get("/v1/workspaces").refused(4101)

    def test_nobody_can_let_a_workspace_they_are_no_member_of(self, server, person, pkce, workspace_id):
        for workspace in (workspace_id, UNKNOWN_ID):
            page = person.ask(pkce.get_oauth_url(REDIRECT, "abcd", workspace_id=workspace))
            assert page.status_code >= 400 and "Location" not in page.headers
            reply = person.browser.post(
                f"{server.url}/oauth/consent", allow_redirects=False, timeout=30,
                data={**query(page.url), "csrf_token": person.csrf_token, "decision": "allow"},
            )
            assert reply.status_code >= 400 and "Location" not in reply.headers

    def test_a_device_can_ask_for_it(self, server, person, device):
        code = device.get_device_code(workspace_id=person.workspace_id)
        assert person.answer_device(code.user_code).status_code == 200
        token = device.get_access_token(code.device_code).access_token
        server.api(token).get("/v1/bots", workspace_id=person.workspace_id).ok()
        server.api(token).post("/v1/conversation/create", {}).refused(4101)

    def test_a_device_does_not_learn_which_workspaces_exist(self, server, person, device, workspace_id):
        told = set()
        for workspace in (workspace_id, UNKNOWN_ID):
            code = device.get_device_code(workspace_id=workspace)
            page = person.browser.get(f"{server.url}/oauth/device", params={"user_code": code.user_code}, timeout=30)
            answer = person.answer_device(code.user_code)
            with pytest.raises(CozePKCEAuthError) as caught:
                device.get_access_token(code.device_code)
            told.add((page.status_code, page.text, answer.status_code, answer.text, caught.value.error))
        assert len(told) == 1, told
        assert told.pop()[-1] == CozePKCEAuthErrorType.AUTHORIZATION_PENDING


class TestConsent:
    def test_nobody_grants_what_they_were_not_shown(self, server, api, person, make_app):
        made = make_app("web", permissions=["listBot"])
        web = WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)

        def answer(page):
            shown = re.search(r'name="shown" value="([0-9a-f]+)"', page.text)[1]
            key = re.search(r'name="authorize_key" value="([^"]+)"', page.text)[1]
            return person.browser.post(
                f"{server.url}/oauth/consent", allow_redirects=False, timeout=30,
                data={"authorize_key": key, "csrf_token": person.csrf_token, "decision": "allow", "shown": shown},
            )

        page = person.ask(web.get_oauth_url(REDIRECT))
        api.put(f"/buckle/v1/oauth_apps/{made['app_id']}", {"permissions": ["listBot", "createConversation"]}).ok()
        again = answer(page)
        assert again.status_code == 400 and "has changed" in again.text and "Location" not in again.headers
        assert answer(again).status_code == 303


class TestDevices:
    def test_a_person_lets_a_device(self, server, person, device):
        code = device.get_device_code()
        assert len(code.user_code) == 9 and code.user_code[4] == "-"
        assert not set(code.user_code) & set("AEIOU01")
        assert code.verification_uri == f"{server.url}/oauth/device"
        assert (code.interval, code.expires_in) == (5, 300), "here expires_in is a time span"
        waiting(lambda: device.get_access_token(code.device_code), CozePKCEAuthErrorType.AUTHORIZATION_PENDING)
        page = person.ask(code.verification_url)
        assert page.status_code == 200 and code.user_code in page.text
        assert person.answer_device(code.user_code.lower().replace("-", " ")).status_code == 200
        token = device.get_access_token(code.device_code)
        assert user_of(server, token.access_token) == person.id
        assert user_of(server, device.refresh_access_token(token.refresh_token).access_token) == person.id
        refused(lambda: device.get_access_token(code.device_code), "device_code")

    def test_the_client_polls_until_it_is_let(self, server, person, device):
        code = device.get_device_code()
        timer = threading.Timer(1, lambda: person.answer_device(code.user_code))
        timer.start()
        token = device.get_access_token(code.device_code, poll=True)
        timer.join()
        assert user_of(server, token.access_token) == person.id

    def test_the_asynchronous_client_gets_and_refreshes_tokens(self, server, person, make_app):
        app = AsyncDeviceOAuthApp(make_app("device")["client_id"], base_url=server.url)

        async def run():
            code = await app.get_device_code()
            with pytest.raises(CozePKCEAuthError) as caught:
                await app.get_access_token(code.device_code)
            assert caught.value.error == CozePKCEAuthErrorType.AUTHORIZATION_PENDING
            assert (await asyncio.to_thread(person.answer_device, code.user_code)).status_code == 200
            token = await app.get_access_token(code.device_code)
            return await app.refresh_access_token(token.refresh_token)

        assert user_of(server, asyncio.run(run()).access_token) == person.id

    def test_a_person_refuses_a_device(self, person, device):
        code = device.get_device_code()
        assert person.answer_device(code.user_code, "deny").status_code == 200
        for _ in range(2):
            waiting(lambda: device.get_access_token(code.device_code), CozePKCEAuthErrorType.ACCESS_DENIED)
        assert person.answer_device(code.user_code).status_code >= 400, "an answer stands"

    def test_a_device_that_asks_too_soon_must_slow_down(self, server, device):
        code = device.get_device_code()
        fields = {"grant_type": DEVICE_GRANT, "client_id": device._client_id, "device_code": code.device_code}
        error(exchange(server, fields), "authorization_pending")
        error(exchange(server, fields), "slow_down")
        waiting(lambda: device.get_access_token(code.device_code), CozePKCEAuthErrorType.SLOW_DOWN)

    def test_a_device_that_asks_too_soon_gets_its_token_all_the_same_once_it_is_let(self, person, device):
        code = device.get_device_code()
        waiting(lambda: device.get_access_token(code.device_code), CozePKCEAuthErrorType.AUTHORIZATION_PENDING)
        person.answer_device(code.user_code)
        assert device.get_access_token(code.device_code).access_token

    def test_only_the_app_that_asked_can_use_a_code(self, server, person, device, make_app):
        code = device.get_device_code()
        other = DeviceOAuthApp(make_app("device")["client_id"], base_url=server.url)
        refused(lambda: other.get_access_token(code.device_code), "device_code")
        refused(lambda: device.get_access_token(code.user_code), "device_code")
        person.answer_device(code.user_code)
        refused(lambda: other.get_access_token(code.device_code), "device_code")
        assert device.get_access_token(code.device_code).access_token

    def test_who_guesses_codes_must_wait(self, server, device):
        guesser = Person(server)
        code = device.get_device_code()
        for _ in range(10):
            assert guesser.answer_device("BBBB-BBBB").status_code >= 400
        reply = guesser.answer_device(code.user_code)
        assert reply.status_code == 429
        waiting(lambda: device.get_access_token(code.device_code), CozePKCEAuthErrorType.AUTHORIZATION_PENDING)
        other = Person(server)
        assert other.answer_device(code.user_code).status_code == 200

    def test_a_code_ends(self, tmp_path):
        server = Buckle(tmp_path)
        try:
            server.start(env={"BUCKLE_OAUTH_DEVICE_LIFETIME": "2"})
            made = server.api().post(
                "/buckle/v1/oauth_apps", {"name": "short", "app_type": "device", "permissions": PERMISSIONS}
            ).ok().data
            app = DeviceOAuthApp(made["client_id"], base_url=server.url)
            person, code = Person(server), app.get_device_code()
            assert code.expires_in == 2
            time.sleep(2.1)
            waiting(lambda: app.get_access_token(code.device_code), CozePKCEAuthErrorType.EXPIRED_TOKEN)
            assert person.answer_device(code.user_code).status_code >= 400
            waiting(lambda: app.get_access_token(code.device_code), CozePKCEAuthErrorType.EXPIRED_TOKEN)
        finally:
            server.remove()


class TestErrors:
    @pytest.mark.parametrize("fields, code, status", [
        ({}, "invalid_request", 400),
        ({"grant_type": None}, "invalid_request", 400),
        ({"grant_type": 1}, "invalid_request", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": "authorization_code"}, "invalid_request", 400),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_request", 400),
        ({"grant_type": "refresh_token", "refresh_token": "czr_x"}, "invalid_request", 400),
        ({"grant_type": "refresh_token", "refresh_token": "czr_x", "client_id": UNKNOWN_ID}, "invalid_client", 401),
        ({"grant_type": DEVICE_GRANT}, "invalid_request", 400),
        ({"grant_type": JWT_GRANT}, "invalid_client", 401),
        ({"grant_type": JWT_GRANT, "scope": "all"}, "invalid_request", 400),
        ({"grant_type": JWT_GRANT, "duration_seconds": "soon"}, "invalid_request", 400),
    ], ids=str)
    def test_what_is_wrong_is_said(self, server, fields, code, status):
        error(exchange(server, fields), code, status)

    def test_an_unknown_grant_type_is_named(self, server):
        message = error(exchange(server, {"grant_type": "password"}), "unsupported_grant_type")
        assert message == "not supported grant type: password"

    def test_a_body_that_is_no_json_is_refused(self, server):
        response = server.api(token="").raw(
            "POST", TOKEN, data="{", headers={"Content-Type": "application/json"})
        error(response, "invalid_request")

    def test_every_flow_is_for_its_own_type_of_app(self, server, web, pkce, device):
        for client, fields in [
            (device, {"grant_type": "authorization_code", "code": "code_x"}),
            (web, {"grant_type": DEVICE_GRANT, "device_code": "x"}),
            (pkce, {"grant_type": DEVICE_GRANT, "device_code": "x"}),
        ]:
            response = exchange(server, {"client_id": client._client_id, **fields})
            assert error(response, "access_deny") == "invalid app type"
        for client in (web, pkce):
            response = server.api(token="").raw("POST", DEVICE_CODE, json={"client_id": client._client_id})
            assert error(response, "access_deny") == "invalid app type"

    def test_accounts_and_enterprises_take_jwts_alone(self, server):
        for path in (f"account/{UNKNOWN_ID}", f"enterprise_id/{UNKNOWN_ID}"):
            response = server.api(token="").raw(
                "POST", f"/api/permission/oauth2/{path}/token",
                json={"grant_type": "authorization_code", "client_id": UNKNOWN_ID, "account_id": 1})
            error(response, "unsupported_grant_type")

    def test_a_device_code_needs_a_known_app(self, server, device):
        api = server.api(token="")
        error(api.raw("POST", DEVICE_CODE, json={}), "invalid_request")
        error(api.raw("POST", DEVICE_CODE), "invalid_request")
        error(api.raw("POST", DEVICE_CODE, json={"client_id": UNKNOWN_ID}), "invalid_client", 401)
