import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from cozepy import Coze, CozeAPIError, Message, TokenAuth

from harness import UNKNOWN_ID, Buckle, Reply, buckle, eventually

ME = "/v1/users/me"
OPTIONS = ("--host", "127.0.0.1", "--port", "0", "--log-level", "warning")


@contextmanager
def limited(directory, **rules):
    """A server with these rate limits."""
    config = directory / "limits.yaml"
    # YAML understands JSON.
    config.write_text(json.dumps({"rate_limits": rules}))
    server = Buckle(directory)
    try:
        yield server.start(options=(*OPTIONS, "--config", str(config)))
    finally:
        server.remove()


def too_many(reply: Reply, code) -> int:
    """Checks a refusal, and returns the seconds it asks to wait."""
    reply.refused(code, status=429)
    wait = reply.headers["Retry-After"]
    assert wait.isdecimal() and int(wait) >= 1
    return int(wait)


def new_bot(server) -> str:
    coze = Coze(auth=TokenAuth(server.token), base_url=server.url)
    bot = coze.bots.create(space_id=coze.workspaces.list().items[0].id, name="limited")
    coze.bots.publish(bot_id=bot.bot_id)
    return bot.bot_id


def chat(api, bot, user) -> Reply:
    return api.post("/v3/chat", {
        "bot_id": bot, "user_id": user,
        "additional_messages": [{"role": "user", "content": "hello", "content_type": "text"}],
    })


def test_nothing_is_limited_unless_it_is_configured(server, api):
    with ThreadPoolExecutor(8) as pool:
        assert {reply.code for reply in pool.map(lambda _: api.get(ME), range(400))} == {0}


class TestToken:
    def test_its_burst_passes_and_the_rest_is_told_when_to_come_again(self, tmp_path):
        with limited(tmp_path, token_per_second=1, token_burst=3) as server:
            token = server.create_token()
            api = server.api(token)
            replies = [api.get(ME) for _ in range(8)]
            assert [reply.code for reply in replies[:3]] == [0, 0, 0]
            refusals = [reply for reply in replies if reply.code]
            assert len(refusals) >= 4
            waits = {too_many(reply, 4008) for reply in refusals}
            assert waits == {1}
            # Other tokens, also of the same account, have their own.
            server.api().get(ME).ok()
            time.sleep(1)
            api.get(ME).ok()

    def test_the_sdk_raises_its_error(self, tmp_path):
        with limited(tmp_path, token_per_second=1) as server:
            coze = Coze(auth=TokenAuth(server.create_token()), base_url=server.url)
            coze.users.me()
            with pytest.raises(CozeAPIError) as caught:
                for _ in range(3):
                    coze.users.me()
            assert caught.value.code == 4008
            assert "too many requests" in caught.value.msg and caught.value.logid

    def test_eight_clients_get_no_more_between_them_than_one(self, tmp_path):
        with limited(tmp_path, token_per_second=1, token_burst=20) as server:
            token = server.create_token()
            apis = [server.api(token) for _ in range(8)]
            start = time.monotonic()
            with ThreadPoolExecutor(8) as pool:
                codes = list(pool.map(lambda number: apis[number % 8].get(ME).code, range(160)))
            elapsed = time.monotonic() - start
            assert set(codes) <= {0, 4008}
            assert 20 <= codes.count(0) <= 20 + elapsed + 1
            assert codes.count(4008) > 0

    def test_refusals_take_nothing_from_the_next_second(self, tmp_path):
        with limited(tmp_path, token_per_second=2) as server:
            api = server.api(server.create_token())
            for _ in range(50):
                api.get(ME)
            time.sleep(1)
            assert [api.get(ME).code for _ in range(2)] == [0, 0]


class TestAddress:
    def test_all_requests_count_also_those_without_a_token(self, tmp_path):
        with limited(tmp_path, address_per_minute=1, address_burst=4) as server:
            guesser = server.api(token="pat_guess")
            for _ in range(4):
                guesser.get(ME).refused(700012006, status=401)
            assert 50 <= too_many(guesser.get(ME), 4020) <= 60
            too_many(server.api().get(ME), 4020)
            # Nobody gets another address by saying so.
            for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
                too_many(server.api().call("GET", ME, headers={header: "203.0.113.9"}), 4020)
            session = requests.Session()
            session.trust_env = False
            for path in ("/health/live", "/health/ready", "/metrics"):
                for _ in range(5):
                    assert session.get(server.url + path, timeout=10).status_code == 200

    def test_a_trusted_proxy_tells_addresses_apart(self, tmp_path):
        config = tmp_path / "limits.yaml"
        config.write_text(json.dumps({
            "rate_limits": {"address_per_minute": 1}, "trusted_proxies": ["127.0.0.1"],
        }))
        server = Buckle(tmp_path)
        try:
            api = server.start(options=(*OPTIONS, "--config", str(config))).api()
            for address in ("203.0.113.1", "203.0.113.2", "2001:db8::1"):
                api.call("GET", ME, headers={"X-Forwarded-For": address}).ok()
                too_many(api.call("GET", ME, headers={"X-Forwarded-For": address}), 4020)
            # One network of IPv6 is one client.
            too_many(api.call("GET", ME, headers={"X-Forwarded-For": "2001:db8::2"}), 4020)
            api.call("GET", ME, headers={"X-Forwarded-For": "2001:db8:0:1::1"}).ok()
        finally:
            server.remove()


class TestSystem:
    def test_the_whole_server_has_a_ceiling(self, tmp_path):
        with limited(tmp_path, system_per_second=1, system_burst=5) as server:
            apis = [server.api(server.create_token()) for _ in range(4)]
            replies = [apis[number % 4].get(ME) for number in range(12)]
            assert [reply.code for reply in replies[:5]] == [0] * 5
            refusals = [reply for reply in replies if reply.code]
            assert refusals
            for reply in refusals:
                too_many(reply, 4009)


class TestEndUser:
    def test_one_end_user_does_not_use_up_anothers_chats(self, tmp_path):
        with limited(tmp_path, user_per_minute=1, user_burst=2) as server:
            api, bot = server.api(), new_bot(server)
            ids = [chat(api, bot, "ann").ok().data for _ in range(2)]
            assert too_many(chat(api, bot, "ann"), 4020) <= 60
            too_many(chat(server.api(server.create_token()), bot, "ann"), 4020)
            chat(api, bot, "bob").ok()
            # Looking at a chat is no chat.
            for _ in range(30):
                api.get("/v3/chat/retrieve", conversation_id=ids[0]["conversation_id"], chat_id=ids[0]["id"]).ok()

    def test_a_refused_chat_leaves_nothing_behind(self, tmp_path):
        with limited(tmp_path, user_per_minute=1) as server:
            api, bot = server.api(), new_bot(server)
            chat(api, bot, "ann").ok()
            too_many(chat(api, bot, "ann"), 4020)
            coze = Coze(auth=TokenAuth(server.token), base_url=server.url)
            assert len(list(coze.conversations.list(bot_id=bot))) == 1

    def test_answering_anew_counts_as_a_chat_of_the_same_user(self, tmp_path):
        with limited(tmp_path, user_per_minute=1, user_burst=2) as server:
            api, bot = server.api(), new_bot(server)
            made = chat(api, bot, "ann").ok().data
            place = {"conversation_id": made["conversation_id"]}

            def ended(chat_id):
                return api.get("/v3/chat/retrieve", chat_id=chat_id, **place).ok().data["status"] == "completed"

            assert eventually(lambda: ended(made["id"]), within=10)
            anew = api.post(f"/buckle/v1/chats/{made['id']}/regenerate", place).ok().data
            assert eventually(lambda: ended(anew["id"]), within=10)
            too_many(api.post(f"/buckle/v1/chats/{anew['id']}/regenerate", place), 4020)
            chat(api, bot, "bob").ok()

    def test_a_stream_is_refused_before_it_begins(self, tmp_path):
        with limited(tmp_path, user_per_minute=1) as server:
            coze = Coze(auth=TokenAuth(server.token), base_url=server.url)
            bot = new_bot(server)
            question = [Message.build_user_question_text("hello")]
            assert list(coze.chat.stream(bot_id=bot, user_id="ann", additional_messages=question))
            with pytest.raises(CozeAPIError) as caught:
                list(coze.chat.stream(bot_id=bot, user_id="ann", additional_messages=question))
            assert caught.value.code == 4020 and caught.value.logid


class TestPlan:
    def test_each_operation_on_collaborators_has_its_own_limit(self, tmp_path):
        with limited(tmp_path, plan="free") as server:
            api = server.api()
            add = ("POST", f"/v1/bots/{UNKNOWN_ID}/collaborators", {"collaborators": [{"user_id": UNKNOWN_ID}]})
            remove = ("DELETE", f"/v1/bots/{UNKNOWN_ID}/collaborators/{UNKNOWN_ID}", None)
            for method, path, body in (add, remove):
                start = time.monotonic()
                replies = [api.call(method, path, json=body) for _ in range(40)]
                elapsed = time.monotonic() - start
                passed = [reply for reply in replies if reply.code == 4200]
                assert 5 <= len(passed) <= 5 + 5 * elapsed + 1
                for reply in replies:
                    if reply not in passed:
                        too_many(reply, 4008)

    def test_chats_are_limited_for_the_account_and_polling_is_not(self, tmp_path):
        with limited(tmp_path, plan="free") as server:
            # Refused for its bot, which is cheap, but it was a chat that was asked for.
            apis = [server.api(server.create_token()) for _ in range(4)]
            start = time.monotonic()
            with ThreadPoolExecutor(4) as pool:
                codes = list(pool.map(lambda number: chat(apis[number % 4], UNKNOWN_ID, f"u{number}").code, range(200)))
            elapsed = time.monotonic() - start
            passed = sum(code != 4008 for code in codes)
            assert 20 <= passed <= 20 + 20 * elapsed + 1
            api = server.api()
            for _ in range(100):
                reply = api.get("/v3/chat/retrieve", conversation_id=UNKNOWN_ID, chat_id=UNKNOWN_ID)
                assert reply.status == 200 and reply.code != 4008


@pytest.mark.parametrize("rules, sentence", [
    ({"plan": "gold"}, "plan must be one of"), ({"tokens_per_second": 1}, "tokens_per_second is not known"),
    ({"token_per_second": 0}, "from 1 to 1000000"), ({"user_burst": 5}, "needs user_per_minute"),
    (["plan"], "must hold keys and values"),
], ids=str)
def test_a_slip_in_the_file_keeps_the_server_from_starting(tmp_path, rules, sentence):
    config = tmp_path / "limits.yaml"
    config.write_text(json.dumps({"rate_limits": rules}))
    ended = buckle("serve", "--config", config, "--data-dir", tmp_path / "data", "--port", "0")
    assert ended.returncode == 1
    assert sentence in ended.stderr and "rate_limits" in ended.stderr
