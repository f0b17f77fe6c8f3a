"""OAuth apps as those who register them manage them: with plain HTTP, since the SDK knows nothing of it."""

import secrets

import pytest
from cozepy import Coze, TokenAuth
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness import GARBAGE_IDS, UNKNOWN_ID
from jwts import APPS, Person, ServiceApp, fingerprint

REDIRECT = "https://app.example.com/callback"
WEB = {"name": "web", "app_type": "web", "redirect_uris": [REDIRECT]}
SERVICE = {"name": "robot", "app_type": "service"}


@pytest.fixture(scope="module")
def person(server) -> Person:
    return Person(server)


@pytest.fixture
def web(api) -> dict:
    return api.post(APPS, WEB).ok().data


def public_pem(key) -> str:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


class TestRegistering:
    @pytest.mark.parametrize("app_type, more", [
        ("web", {"redirect_uris": [REDIRECT]}), ("device", {}), ("service", {}),
        ("pkce", {"redirect_uris": [REDIRECT, "http://localhost:3000/cb", "myapp://callback"], "is_s256_only": True}),
    ])
    def test_every_type_is_made_and_found_again(self, api, user_id, app_type, more):
        body = {"name": "杭州 🌤", "description": "Takes notes", "app_type": app_type, "permissions": ["listBot"], **more}
        made = api.post(APPS, body).ok().data
        assert len(made["app_id"]) == 19, "libraries take other lengths for the numbers of payment cards"
        suffix = "" if app_type == "service" else ".app.coze"
        assert made["client_id"] == made["app_id"] + suffix
        assert {name: made[name] for name in body} == body
        assert made["owner_user_id"] == user_id and made["is_enabled"] is True
        assert ("client_secret" in made) == (app_type == "web")
        secret = made.pop("client_secret", None)
        found = api.get(f"{APPS}/{made['app_id']}").ok()
        assert found.data == made
        assert secret is None or secret not in found.response.text

    def test_without_permissions_it_asks_for_the_documented_api(self, api):
        points = api.post(APPS, SERVICE).ok().data["permissions"]
        assert {"chat", "listBot", "createWorkspace"} <= set(points)
        assert not [point for point in points if point.startswith(("Buckle.", "Enterprise.", "all"))]

    @pytest.mark.parametrize("field, body", [
        ("name", {**SERVICE, "name": ""}), ("name", {**SERVICE, "name": "x" * 51}), ("name", {**SERVICE, "name": "\t"}),
        ("description", {**SERVICE, "description": "x" * 501}), ("app_type", {**SERVICE, "app_type": "channel"}),
        ("app_type", {"name": "a"}), ("redirect_uris", {**WEB, "redirect_uris": []}),
        ("redirect_uris", {**WEB, "redirect_uris": [f"{REDIRECT}/{number}" for number in range(4)]}),
        ("redirect_uris", {**WEB, "redirect_uris": [REDIRECT, REDIRECT]}),
        ("redirect_uris", {**SERVICE, "redirect_uris": [REDIRECT]}),
        ("permissions", {**SERVICE, "permissions": ["all"]}), ("permissions", {**SERVICE, "permissions": ["nothing"]}),
        ("permissions", {**SERVICE, "permissions": ["Buckle.manageTokens"]}),
        ("permissions", {**SERVICE, "permissions": ["Buckle.manageOAuthApps"]}),
        ("permissions", {**SERVICE, "permissions": ["Buckle.manageAccounts"]}),
        ("permissions", {**SERVICE, "permissions": ["Enterprise.removePeople"]}),
        ("is_s256_only", {**WEB, "is_s256_only": True}), ("is_channel", {**WEB, "is_channel": True}),
        ("connector_id", {**SERVICE, "connector_id": "1"}), ("is_privileged", {**SERVICE, "is_privileged": True}),
    ], ids=lambda value: value if isinstance(value, str) else "")
    def test_what_no_app_may_be_is_refused(self, api, field, body):
        assert field in api.post(APPS, body).refused(4000).msg

    @pytest.mark.parametrize("uri", [
        "http://app.example.com/", "https://", "https:///x", "/callback", "//app.example.com", "app.example.com",
        REDIRECT + "#x", REDIRECT + " ", REDIRECT + "\n", "https://user@app.example.com/",
        "https://a.example\\@b.example/",
        "http://localhost.example.com/", "http://127.0.0.1.example.com/", "https://app.example.com:1x/",
        "javascript:alert(1)", "JAVASCRIPT://a/%0aalert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
        "https://app.example.com;script-src/", "https://*.example.com/", "https://é.example/", "https://a.example/é",
    ])
    def test_unsafe_addresses_are_refused(self, api, uri):
        for app_type in ("web", "pkce"):
            body = {"name": "a", "app_type": app_type, "redirect_uris": [uri]}
            assert "redirect_uris" in api.post(APPS, body).refused(4000).msg

    def test_only_pkce_apps_have_schemes_of_their_own(self, api):
        api.post(APPS, {**WEB, "redirect_uris": ["myapp://callback"]}).refused(4000)
        api.post(APPS, {**WEB, "app_type": "pkce", "redirect_uris": ["myapp://callback"]}).ok()

    def test_an_enterprise_must_be_administered(self, api):
        api.post(APPS, {**SERVICE, "enterprise_id": UNKNOWN_ID}).refused(4200)


class TestManaging:
    def test_the_list_has_pages_and_nothing_of_others(self, person, api, web):
        made = [person.api.post(APPS, {**SERVICE, "name": f"robot {number}"}).ok().data for number in range(3)]
        newest = [app["app_id"] for app in reversed(made)]
        first = person.api.get(APPS, page_size=2).ok().data
        second = person.api.get(APPS, page_size=2, page_num=2).ok().data
        ids = [app["app_id"] for app in first["items"] + second["items"]]
        assert ids[:3] == newest and web["app_id"] not in ids
        assert first["total"] == second["total"] >= 3
        assert person.api.get(APPS, page_num=1000).ok().data["items"] == []
        for wrong in ({"page_size": 51}, {"page_size": 0}, {"page_num": 0}):
            person.api.get(APPS, **wrong).refused(4000)

    def test_fields_change_one_by_one(self, api, web):
        path = f"{APPS}/{web['app_id']}"
        for change in (
            {"name": "diary"}, {"description": "Keeps secrets"}, {"redirect_uris": ["http://127.0.0.1:9000/"]},
            {"permissions": ["chat", "listBot"]},
        ):
            before = api.get(path).ok().data
            after = api.put(path, change).ok().data
            assert after == {**before, **change, "updated_at": after["updated_at"]}
            assert api.get(path).ok().data == after

    @pytest.mark.parametrize("change", [
        {"name": "x" * 51}, {"redirect_uris": ["javascript:x"]}, {"permissions": ["all"]}, {"permissions": []},
        {"is_s256_only": True}, {"connector_id": "1"}, {"name": 7},
    ], ids=str)
    def test_a_change_that_is_wrong_changes_nothing(self, api, web, change):
        path = f"{APPS}/{web['app_id']}"
        before = api.get(path).ok().data
        api.put(path, {"description": "new", **change}).refused(4000)
        assert api.get(path).ok().data == before

    def test_a_new_secret_is_another_and_shown_once(self, api, web):
        path = f"{APPS}/{web['app_id']}"
        new = api.post(f"{path}/secret").ok().data["client_secret"]
        assert new != web["client_secret"]
        assert new not in api.get(path).response.text
        service = api.post(APPS, SERVICE).ok().data["app_id"]
        api.post(f"{APPS}/{service}/secret").refused(4000)

    def test_disabling_twice_and_enabling_twice_is_no_error(self, api, web):
        path = f"{APPS}/{web['app_id']}"
        for verb, expected in (("disable", False), ("disable", False), ("enable", True), ("enable", True)):
            assert api.post(f"{path}/{verb}").ok().data["is_enabled"] is expected
            assert api.get(path).ok().data["is_enabled"] is expected

    def test_a_deleted_app_is_gone(self, api, web):
        path = f"{APPS}/{web['app_id']}"
        api.delete(path).ok()
        api.get(path).refused(4200)
        api.delete(path).refused(4200)
        assert web["app_id"] not in [app["app_id"] for app in api.get(APPS, page_size=50).ok().data["items"]]

    def test_points_that_are_taken_away_end_the_tokens_that_have_them(self, server, api):
        app = ServiceApp(api, permissions=["listWorkspace", "listBot"])
        token = server.api(app.token())
        token.get("/v1/workspaces").ok()
        api.put(app.path, {"permissions": ["listWorkspace", "listBot", "chat"]}).ok()
        token.get("/v1/workspaces").ok()
        api.put(app.path, {"permissions": ["listBot"]}).ok()
        token.get("/v1/workspaces").refused(700012006, status=401)
        server.api(app.token()).get("/v1/workspaces").refused(4101)


class TestWhoMay:
    REQUESTS = [
        ("GET", "", None), ("PUT", "", {"name": "mine"}), ("DELETE", "", None), ("POST", "/enable", None),
        ("POST", "/disable", None), ("POST", "/secret", None), ("POST", "/revoke", None), ("GET", "/keys", None),
        ("POST", "/keys", None), ("DELETE", "/keys/x", None),
    ]

    @pytest.mark.parametrize("method, path, body", REQUESTS)
    def test_anothers_app_looks_like_none(self, api, person, web, method, path, body):
        theirs = person.api.call(method, f"{APPS}/{web['app_id']}{path}", json=body).refused(4200)
        none = person.api.call(method, f"{APPS}/{UNKNOWN_ID}{path}", json=body).refused(4200)
        assert theirs.msg.replace(web["app_id"], UNKNOWN_ID) == none.msg
        assert api.get(f"{APPS}/{web['app_id']}").ok().data["name"] == "web"

    @pytest.mark.parametrize("method, path, body", REQUESTS)
    def test_ids_that_are_none_are_refused(self, api, method, path, body):
        for garbage in GARBAGE_IDS:
            api.call(method, f"{APPS}/{garbage}{path}", json=body).refused(4000)

    @pytest.mark.parametrize("method, path, body", REQUESTS)
    def test_the_permission_is_needed(self, server, web, method, path, body):
        token = server.create_token("Buckle.manageTokens", "chat")
        server.api(token).call(method, f"{APPS}/{web['app_id']}{path}", json=body).refused(4101)

    def test_no_app_manages_apps(self, server, api):
        app = ServiceApp(api)
        token = server.api(app.token())
        token.get(APPS).refused(4101)
        token.post(APPS, SERVICE).refused(4101)
        token.post(f"{app.path}/keys").refused(4101)

    def test_nobody_gives_an_app_what_their_token_lacks(self, server, api):
        narrow = server.api(server.create_token("Buckle.manageOAuthApps", "listBot"))
        assert narrow.post(APPS, SERVICE).ok().data["permissions"] == ["listBot"]
        narrow.post(APPS, {**SERVICE, "permissions": ["listBot", "chat"]}).refused(4101)
        app = ServiceApp(api, permissions=["listBot", "chat"])
        narrow.post(f"{app.path}/keys").refused(4101)
        narrow.put(app.path, {"permissions": ["listBot", "chat", "getChat"]}).refused(4101)
        narrow.put(app.path, {"permissions": ["listBot"]}).ok()


class TestKeys:
    def test_a_pair_from_the_server_is_shown_once(self, api):
        app = ServiceApp(api)
        key = serialization.load_pem_private_key(app.private_key.encode(), password=None)
        assert app.private_key.startswith("-----BEGIN PRIVATE KEY-----") and key.key_size == 2048
        assert public_pem(key).strip() == app.public_key.strip()
        assert app.kid == fingerprint(app.public_key)
        listed = api.get(f"{app.path}/keys").ok()
        assert [item["kid"] for item in listed.data["items"]] == [app.kid]
        assert "PRIVATE" not in listed.response.text

    @pytest.mark.parametrize("size", [2048, 4096])
    def test_a_key_of_ones_own(self, api, size):
        app = api.post(APPS, SERVICE).ok().data["app_id"]
        pem = public_pem(rsa.generate_private_key(65537, size))
        added = api.post(f"{APPS}/{app}/keys", {"public_key": pem}).ok().data
        assert added["kid"] == fingerprint(pem) and "private_key" not in added
        api.post(f"{APPS}/{app}/keys", {"public_key": pem}).refused(4000)

    def test_keys_that_are_none_are_refused(self, api):
        app = api.post(APPS, SERVICE).ok().data["app_id"]
        private = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        elliptic = public_pem(ec.generate_private_key(ec.SECP256R1()))
        small = public_pem(rsa.generate_private_key(65537, 1024))
        empty = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
        for text in ("x", private, elliptic, small, empty, "x" * 10**5):
            reply = api.post(f"{APPS}/{app}/keys", {"public_key": text}).refused(4000)
            assert "public_key" in reply.msg and "AAAA" not in reply.msg
        assert api.get(f"{APPS}/{app}/keys").ok().data["items"] == []

    def test_there_are_three_at_most(self, api):
        app = ServiceApp(api)
        path = f"{app.path}/keys"
        kids = [app.kid] + [api.post(path).ok().data["kid"] for _ in range(2)]
        api.post(path).refused(4000)
        assert {item["kid"] for item in api.get(path).ok().data["items"]} == set(kids)
        api.delete(f"{path}/{kids[1]}").ok()
        api.delete(f"{path}/{kids[1]}").refused(4200)
        api.post(path).ok()
        app.token()

    def test_only_service_apps_have_keys(self, api, web):
        for method, path in (("POST", "keys"), ("GET", "keys"), ("DELETE", f"keys/{secrets.token_hex(8)}")):
            api.call(method, f"{APPS}/{web['app_id']}/{path}").refused(4000)

    def test_the_official_sdk_takes_the_pair_as_it_is(self, server, api, user_id):
        coze = Coze(auth=TokenAuth(ServiceApp(api).sdk.get_access_token().access_token), base_url=server.url)
        assert coze.users.me().user_id == user_id
