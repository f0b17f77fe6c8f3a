import json
import os
import re
import secrets
import subprocess
import time

import pytest
from cozepy import Coze, TokenAuth

from harness import API, GARBAGE_IDS, UNKNOWN_ID, Reply, binary, eventually, refused

ACCOUNTS = "/buckle/v1/accounts"
SESSIONS = "/buckle/v1/sessions"
ME = "/buckle/v1/users/me"
PASSWORD = "correct horse battery"
FIELDS = {"user_id", "user_name", "nick_name", "email", "is_operator", "is_disabled", "has_password", "created_at"}
OVER_LIMIT = 4008
UNAUTHENTICATED = 700012006


def name() -> str:
    return f"user-{secrets.token_hex(6)}"


def account(server, **fields) -> dict:
    """A fresh account with a password, as the reply tells of it."""
    body = {"user_name": name(), "password": PASSWORD, **fields}
    return server.api().post(ACCOUNTS, body).ok().data


def token_of(server, user, *permissions) -> str:
    arguments = ["token", "create", "--name", name(), "--user", user]
    for permission in permissions:
        arguments += ["--permission", permission]
    made = server.command(*arguments)
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    assert eventually(lambda: server.api(token).get("/v1/users/me").code == 0)
    return token


class Browser(API):
    """Speaks HTTP with cookies, and no token."""

    def __init__(self, server):
        super().__init__(server.url, token=None)

    def sign_in(self, user, password=PASSWORD) -> Reply:
        reply = self.post(SESSIONS, {"account": user, "password": password})
        if reply.code == 0:
            self.session.headers["X-CSRF-Token"] = reply.data["csrf_token"]
        return reply


def signed_in(server, user, password=PASSWORD) -> Browser:
    browser = Browser(server)
    browser.sign_in(user, password).ok()
    return browser


def command(server, *arguments, typed=None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), *arguments, *server.storage], capture_output=True, text=True, timeout=60, input=typed,
        env=dict(os.environ),
    )


class TestOperators:
    def test_an_account_has_every_field_and_its_person_can_work(self, server, api):
        made = account(server, nick_name="Ada", email=f"{name()}@Example.com")
        assert made.keys() == FIELDS
        assert made["nick_name"] == "Ada" and made["email"].endswith("@example.com")
        assert (made["is_operator"], made["is_disabled"], made["has_password"]) == (False, False, True)
        assert abs(made["created_at"] - time.time()) < 60
        assert api.get(f"{ACCOUNTS}/{made['user_id']}").ok().data == made

        coze = Coze(auth=TokenAuth(token_of(server, made["user_name"])), base_url=server.url)
        me = coze.users.me()
        assert (me.user_id, me.user_name, me.nick_name) == (made["user_id"], made["user_name"], "Ada")
        (workspace,) = coze.workspaces.list()
        bot = coze.bots.create(space_id=workspace.id, name="helper")
        assert coze.conversations.create(bot_id=bot.bot_id).id
        # Nothing of the owner's is seen.
        with refused(4200, 4002):
            coze.conversations.retrieve(conversation_id=api.post("/v1/conversation/create").ok().data["id"])

    def test_the_list_has_pages(self, server, api):
        made = [account(server, password=None)["user_id"] for _ in range(3)]
        total = api.get(ACCOUNTS, page_size=1).ok().data["total_count"]
        seen = []
        for page in range(1, total // 2 + 2):
            data = api.get(ACCOUNTS, page_num=page, page_size=2).ok().data
            assert data["total_count"] == total
            seen += [item["user_id"] for item in data["items"]]
        assert len(seen) == len(set(seen)) == total
        assert [user for user in seen if user in made] == made
        for query in ({"page_size": 101}, {"page_size": 0}, {"page_num": 0}):
            api.get(ACCOUNTS, **query).refused(4000)

    def test_names_and_addresses_are_unique_whatever_their_case(self, server, api):
        made = account(server, email=f"{name()}@example.com", password=None)
        taken = api.post(ACCOUNTS, {"user_name": made["user_name"].upper()}).refused(4000)
        assert "user_name" in taken.msg
        taken = api.post(ACCOUNTS, {"user_name": name(), "email": made["email"].upper()}).refused(4000)
        assert "email" in taken.msg

    @pytest.mark.parametrize("body", [
        {}, {"user_name": "ab"}, {"user_name": "a b c"}, {"user_name": "杭州杭州"}, {"user_name": "x" * 65},
        {"user_name": "fine-name", "email": "no address"}, {"user_name": "fine-name", "password": "short"},
        {"user_name": "fine-name", "password": "x" * 129}, {"user_name": "fine-name", "password": "FINE-name"},
        {"user_name": "fine-name", "is_operator": "yes"}, {"user_name": 7},
    ])
    def test_what_is_not_acceptable_makes_nothing(self, api, body):
        before = api.get(ACCOUNTS).ok().data["total_count"]
        api.post(ACCOUNTS, body).refused(4000)
        assert api.get(ACCOUNTS).ok().data["total_count"] == before

    def test_changes_are_kept(self, server, api):
        made = account(server, password=None)
        path = f"{ACCOUNTS}/{made['user_id']}"
        changed = api.put(path, {"nick_name": "Neu", "email": f"{made['user_name']}@example.com"}).ok().data
        assert changed == {**made, "nick_name": "Neu", "email": f"{made['user_name']}@example.com"}
        assert api.put(path, {}).ok().data == changed
        assert api.get(path).ok().data == changed

    def test_an_unknown_account_is_not_found(self, api):
        for method, path, body in (
            ("GET", "", None), ("PUT", "", {"nick_name": "x"}), ("POST", "/disable", None), ("POST", "/enable", None),
            ("PUT", "/password", {"password": PASSWORD}),
        ):
            api.call(method, f"{ACCOUNTS}/{UNKNOWN_ID}{path}", json=body).refused(4200)
        for garbage in GARBAGE_IDS:
            api.get(f"{ACCOUNTS}/{garbage}").refused(4000)

    def test_others_are_refused_whatever_the_id(self, server, user_id):
        other = server.api(token_of(server, account(server)["user_name"]))
        for user in (user_id, UNKNOWN_ID, other.get(ME).ok().data["user_id"]):
            for method, path, body in (
                ("GET", "", None), ("PUT", "", {"is_operator": True}), ("POST", "/disable", None),
                ("POST", "/enable", None), ("PUT", "/password", {"password": PASSWORD}),
            ):
                other.call(method, f"{ACCOUNTS}/{user}{path}", json=body).refused(4101)
        other.post(ACCOUNTS, {"user_name": name()}).refused(4101)
        other.get(ACCOUNTS).refused(4101)

    def test_an_operators_token_needs_the_permission(self, server):
        token = server.create_token("chat")
        server.api(token).get(ACCOUNTS).refused(4101)
        server.api(server.create_token("Buckle.manageAccounts")).get(ACCOUNTS).ok()

    def test_an_operator_remains(self, own_server):
        api = own_server.api()
        (owner,) = api.get(ACCOUNTS).ok().data["items"]
        assert owner["is_operator"]
        path = f"{ACCOUNTS}/{owner['user_id']}"
        api.put(path, {"is_operator": False}).refused(4000)
        api.post(f"{path}/disable").refused(4000)
        assert command(own_server, "user", "disable", owner["user_name"]).returncode != 0
        second = account(own_server, is_operator=True, password=None)
        other = own_server.api(token_of(own_server, second["user_name"]))
        other.post(f"{ACCOUNTS}/{second['user_id']}/disable").refused(4000)
        other.post(f"{path}/disable").ok()
        api.get("/v1/users/me").refused(4100)
        other.put(f"{ACCOUNTS}/{second['user_id']}", {"is_operator": False}).refused(4000)


class TestDisabling:
    def test_tokens_are_refused_at_once_and_work_again(self, server, api):
        made = account(server)
        path = f"{ACCOUNTS}/{made['user_id']}"
        person = server.api(token_of(server, made["user_name"]))
        browser = signed_in(server, made["user_name"])
        assert api.post(f"{path}/disable").ok().data["is_disabled"]
        person.get("/v1/users/me").refused(4100)
        with refused(4100):
            Coze(auth=TokenAuth(person.session.headers["Authorization"][7:]), base_url=server.url).users.me()
        assert browser.get(ME).code == UNAUTHENTICATED
        # As if the password were wrong.
        disabled = Browser(server).sign_in(made["user_name"])
        wrong = Browser(server).sign_in(made["user_name"], "wrong horse")
        assert (disabled.status, disabled.code, disabled.msg) == (wrong.status, wrong.code, wrong.msg)
        assert not api.post(f"{path}/enable").ok().data["is_disabled"]
        person.get("/v1/users/me").ok()
        # The session has ended for good.
        assert browser.get(ME).code == UNAUTHENTICATED
        signed_in(server, made["user_name"])


class TestSessions:
    def test_a_cookie_signs_in(self, server):
        made = account(server, email=f"{name()}@example.com")
        browser = Browser(server)
        reply = browser.sign_in(made["email"].upper()).ok()
        assert reply.data["user_id"] == made["user_id"]
        assert abs(reply.data["expires_at"] - time.time() - 14 * 86400) < 60
        cookie = reply.headers["Set-Cookie"]
        assert re.match(r"buckle_session=ses_[0-9a-f]{64};", cookie)
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert f"Max-Age={14 * 86400}" in cookie and "Secure" not in cookie
        assert browser.get(ME).ok().data["user_id"] == made["user_id"]
        current = browser.get(f"{SESSIONS}/current").ok().data
        assert current == {"user_id": made["user_id"], "csrf_token": reply.data["csrf_token"]}

    def test_a_change_needs_the_csrf_token(self, server):
        made = account(server)
        browser = signed_in(server, made["user_name"])
        other = signed_in(server, made["user_name"])
        right = browser.session.headers.pop("X-CSRF-Token")
        for wrong in (None, "", "0" * 64, right[:-1], other.session.headers["X-CSRF-Token"]):
            headers = {} if wrong is None else {"X-CSRF-Token": wrong}
            browser.call("PUT", ME, json={"nick_name": "x"}, headers=headers).refused(4101)
            browser.call("DELETE", f"{SESSIONS}/current", headers=headers).refused(4101)
        assert browser.get(ME).ok().data["nick_name"] == made["nick_name"]
        browser.call("PUT", ME, json={"nick_name": "x"}, headers={"X-CSRF-Token": right}).ok()
        assert browser.get(ME).ok().data["nick_name"] == "x"

    def test_a_form_of_another_site_signs_nobody_in(self, server):
        made = account(server)
        body = {"account": made["user_name"], "password": PASSWORD}
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{server.port + 1}"):
            reply = Browser(server).call("POST", SESSIONS, json=body, headers={"Origin": origin}).refused(4101)
            assert "Set-Cookie" not in reply.headers
        Browser(server).call("POST", SESSIONS, json=body, headers={"Origin": server.url}).ok()

    def test_sessions_are_listed_and_ended(self, server):
        made = account(server)
        first, second = signed_in(server, made["user_name"]), signed_in(server, made["user_name"])
        items = first.get(SESSIONS).ok().data["items"]
        assert [item["is_current"] for item in items] == [True, False]
        for item in items:
            assert item["created_at"] <= time.time() < item["expires_at"]
        stranger = signed_in(server, account(server)["user_name"])
        stranger.delete(f"{SESSIONS}/{items[1]['id']}").refused(4200)
        second.get(ME).ok()
        first.delete(f"{SESSIONS}/{items[1]['id']}").ok()
        assert second.get(ME).code == UNAUTHENTICATED
        ended = first.delete(f"{SESSIONS}/current").ok()
        assert ended.data == {"session_id": items[0]["id"]}
        assert "Max-Age=0" in ended.headers["Set-Cookie"]
        assert not first.session.cookies
        first.get(ME).refused(UNAUTHENTICATED, status=401)

    def test_an_ended_cookie_is_worth_nothing(self, server):
        browser = signed_in(server, account(server)["user_name"])
        cookie = browser.session.cookies["buckle_session"]
        browser.delete(f"{SESSIONS}/current").ok()
        old = Browser(server)
        old.session.cookies.set("buckle_session", cookie)
        old.get(ME).refused(UNAUTHENTICATED, status=401)

    def test_a_token_is_no_session(self, api):
        api.get(f"{SESSIONS}/current").refused(4200)
        api.delete(f"{SESSIONS}/current").refused(4200)

    def test_nothing_tells_who_exists(self, own_server):
        made = account(own_server)
        without = account(own_server, password=None)
        answers = set()
        for user in (made["user_name"], without["user_name"], name(), f"{name()}@example.com", "' OR '1'='1"):
            reply = Browser(own_server).sign_in(user, "wrong horse").refused(4100)
            assert "Set-Cookie" not in reply.headers
            answers.add(reply.msg)
        assert len(answers) == 1

    def test_wrong_passwords_slow_down(self, own_server):
        made, other = account(own_server), account(own_server)
        for _ in range(5):
            Browser(own_server).sign_in(made["user_name"], "wrong horse").refused(4100)
        waits = []
        for _ in range(3):
            early = Browser(own_server).sign_in(made["user_name"]).refused(OVER_LIMIT, status=429)
            wait = int(early.headers["Retry-After"])
            assert "Set-Cookie" not in early.headers
            waits.append(wait)
            time.sleep(wait)
            if len(waits) < 3:
                Browser(own_server).sign_in(made["user_name"], "wrong horse").refused(4100)
        assert waits == [1, 2, 4]
        # Others do not wait, and who waited long enough is let in.
        signed_in(own_server, other["user_name"])
        signed_in(own_server, made["user_name"])
        Browser(own_server).sign_in(made["user_name"], "wrong horse").refused(4100)
        signed_in(own_server, made["user_name"])


class TestOwnAccount:
    def test_a_new_password_ends_the_other_sessions(self, server):
        made = account(server)
        first, second = signed_in(server, made["user_name"]), signed_in(server, made["user_name"])
        token = token_of(server, made["user_name"])
        path = f"{ME}/password"
        wrong = first.put(path, {"current_password": "wrong horse", "new_password": "a new horse"}).refused(4000)
        assert "current_password" in wrong.msg
        assert "current_password" in first.put(path, {"new_password": "a new horse"}).refused(4000).msg
        assert "new_password" in first.put(path, {"current_password": PASSWORD, "new_password": "x"}).refused(4000).msg
        second.get(ME).ok()
        first.put(path, {"current_password": PASSWORD, "new_password": "a new horse"}).ok()
        first.get(ME).ok()
        assert second.get(ME).code == UNAUTHENTICATED
        server.api(token).get(ME).ok()
        Browser(server).sign_in(made["user_name"]).refused(4100)
        signed_in(server, made["user_name"], "a new horse")

    def test_a_token_needs_the_permission(self, server):
        made = account(server)
        narrow = server.api(token_of(server, made["user_name"], "chat"))
        narrow.get(ME).refused(4101)
        narrow.put(ME, {"nick_name": "x"}).refused(4101)
        narrow.put(f"{ME}/password", {"current_password": PASSWORD, "new_password": "a new horse"}).refused(4101)
        narrow.get(SESSIONS).refused(4101)
        wide = server.api(token_of(server, made["user_name"], "Buckle.manageAccounts"))
        assert wide.put(ME, {"nick_name": "y"}).ok().data["nick_name"] == "y"
        wide.put(f"{ME}/password", {"current_password": PASSWORD, "new_password": "a new horse"}).ok()
        signed_in(server, made["user_name"], "a new horse")

    def test_nobody_makes_themselves_an_operator(self, server, api):
        made = account(server)
        browser = signed_in(server, made["user_name"])
        browser.put(ME, {"nick_name": "x", "is_operator": True})
        browser.get(ACCOUNTS).refused(4101)
        assert not api.get(f"{ACCOUNTS}/{made['user_id']}").ok().data["is_operator"]

    def test_people_are_found_by_their_whole_name_or_address(self, server):
        made = account(server, email=f"{name()}@example.com", nick_name="Ada", password=None)
        browser = signed_in(server, account(server)["user_name"])
        expected = {"user_id": made["user_id"], "user_name": made["user_name"], "nick_name": "Ada"}
        for query in ({"user_name": made["user_name"]}, {"email": made["email"]}):
            assert browser.get(f"{ACCOUNTS}/find", **query).ok().data == expected
        browser.get(f"{ACCOUNTS}/find", user_name=made["user_name"][:-1]).refused(4200)
        browser.get(f"{ACCOUNTS}/find").refused(4000)
        codes = [browser.get(f"{ACCOUNTS}/find", user_name=name()).code for _ in range(90)]
        assert codes[:50] == [4200] * 50 and OVER_LIMIT in codes


class TestRegistration:
    BODY = {"user_name": "somebody", "password": PASSWORD}

    def test_it_is_closed(self, server, api):
        before = api.get(ACCOUNTS).ok().data["total_count"]
        reply = Browser(server).post(f"{ACCOUNTS}/register", self.BODY).refused(4101)
        assert "closed" in reply.msg
        assert api.get(ACCOUNTS).ok().data["total_count"] == before

    def test_it_can_be_opened(self, own_server):
        own_server.stop()
        own_server.start(env={"BUCKLE_REGISTRATION": "open"})
        body = {**self.BODY, "is_operator": True}
        made = Browser(own_server).post(f"{ACCOUNTS}/register", body).ok().data
        assert made["user_name"] == "somebody" and not made["is_operator"]
        signed_in(own_server, "somebody").get(ACCOUNTS).refused(4101)
        Browser(own_server).post(f"{ACCOUNTS}/register", self.BODY).refused(4000)
        Browser(own_server).post(f"{ACCOUNTS}/register", {"user_name": "no-password"}).refused(4000)
        # One address makes ten and no more.
        codes = [Browser(own_server).post(f"{ACCOUNTS}/register", self.BODY).code for _ in range(10)]
        assert codes[0] == 4000 and codes[-1] == OVER_LIMIT


class TestCommands:
    def test_create_prints_a_password_that_signs_in(self, server):
        user = name()
        made = command(server, "user", "create", user, "--email", f"{user}@example.com", "--nick-name", "杭州")
        assert made.returncode == 0, made.stderr
        password = re.search(r"not shown again: (\S+)", made.stdout).group(1)
        assert len(password) >= 20
        browser = signed_in(server, user, password)
        me = browser.get(ME).ok().data
        assert (me["email"], me["nick_name"], me["is_operator"]) == (f"{user}@example.com", "杭州", False)
        again = command(server, "user", "create", user.upper())
        assert again.returncode != 0 and "taken" in again.stderr

    def test_a_password_is_read_from_the_standard_input(self, server):
        user = name()
        made = command(server, "user", "create", user, "--operator", "--password-stdin", typed=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
        assert PASSWORD not in made.stdout and "not shown again" not in made.stdout
        signed_in(server, user).get(ACCOUNTS).ok()
        for typed in ("short\n", "", "\n", "x" * 129):
            other = name()
            assert command(server, "user", "create", other, "--password-stdin", typed=typed).returncode != 0
            assert other not in command(server, "user", "list").stdout

    def test_list_tells_of_everybody(self, server, api):
        user = account(server, nick_name="Listed", password=None)
        listed = json.loads(command(server, "user", "list", "--json").stdout)
        assert user in listed
        line = next(line for line in command(server, "user", "list").stdout.splitlines() if user["user_id"] in line)
        assert user["user_name"] in line and "Listed" in line and "user" in line

    def test_a_reset_ends_the_sessions(self, server):
        user = account(server)["user_name"]
        browser = signed_in(server, user)
        reset = command(server, "user", "reset-password", user)
        assert reset.returncode == 0, reset.stderr
        assert eventually(lambda: browser.get(ME).code == UNAUTHENTICATED)
        signed_in(server, user, re.search(r"not shown again: (\S+)", reset.stdout).group(1))
        assert command(server, "user", "reset-password", user, "--password-stdin", typed=PASSWORD).returncode == 0
        signed_in(server, user)

    def test_disable_and_enable_are_honoured_within_a_second(self, server):
        user = account(server)["user_name"]
        person = server.api(token_of(server, user))
        assert command(server, "user", "disable", user).returncode == 0
        assert eventually(lambda: person.get("/v1/users/me").code == 4100)
        assert command(server, "user", "enable", user).returncode == 0
        assert eventually(lambda: person.get("/v1/users/me").code == 0)

    def test_unknown_people_and_bad_names_are_faults(self, server):
        for arguments in (
            ("reset-password", "nobody-here"), ("disable", "nobody-here"), ("enable", "nobody-here"),
            ("create", "a b"), ("create", "ab"), ("create", name(), "--email", "none"),
        ):
            failed = command(server, "user", *arguments)
            assert failed.returncode != 0 and failed.stderr.strip(), arguments

    def test_a_token_can_be_somebodys_and_reach_some_workspaces(self, server, workspace_id):
        made = account(server, password=None)
        token = token_of(server, made["user_name"])
        own = server.api(token).get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        bound = server.command("token", "create", "--name", "x", "--user", made["user_name"], "--workspace", own)
        assert bound.returncode == 0, bound.stderr
        reply = server.api(bound.stdout.strip()).get("/v1/workspaces").ok()
        assert [space["id"] for space in reply.data["workspaces"]] == [own]
        server.api(bound.stdout.strip()).put(ME, {"nick_name": "x"}).refused(4101)
        for arguments in (["--user", made["user_name"], "--workspace", workspace_id], ["--user", "nobody-here"]):
            assert server.command("token", "create", "--name", "x", *arguments).returncode != 0
        # Without --user it is the owner's.
        assert server.api(server.create_token()).get("/v1/users/me").ok().data["user_id"] != made["user_id"]

    def test_passwords_and_secrets_lie_nowhere(self, own_server):
        user = account(own_server)["user_name"]
        browser = signed_in(own_server, user)
        Browser(own_server).sign_in("secret-typed-as-a-name", "another-secret-typed").refused(4100)
        secret = browser.session.cookies["buckle_session"]
        own_server.stop()
        if own_server.database.url:
            stored = subprocess.run(
                ["pg_dump", own_server.database.url], check=True, capture_output=True).stdout
        else:
            stored = b"".join(path.read_bytes() for path in own_server.data.glob("buckle.db*"))
        stored += own_server.log.read_bytes()
        assert b"scrypt$ln=15,r=8,p=3$" in stored
        for text in (PASSWORD, secret, secret[4:], "secret-typed-as-a-name", "another-secret-typed"):
            assert text.encode() not in stored, text
