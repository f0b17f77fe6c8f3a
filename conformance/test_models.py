"""Models that operators add over the API, beside those of the configuration file."""
import secrets
import time

import pytest
from cozepy import BotModelInfo, ChatStatus, Coze, Message, TokenAuth

from chat import KEY as CONFIGURED_KEY
from chat import MODELS as CONFIGURED
from chat import Stand
from harness import DATABASE, GARBAGE_IDS, UNKNOWN_ID, Buckle, buckle, eventually, refused
from test_audit import execute, records
from test_tokens import make, new_person
from upstream import HELLO_TEXT, Upstream, answer, encoded, refusal

MODELS = "/buckle/v1/models"
TEST = f"{MODELS}/test"
PUBLIC = {"id", "name", "context_length", "capabilities", "source", "is_default"}
FOR_OPERATORS = PUBLIC | {
    "base_url", "model", "has_api_key", "connect_timeout_ms", "first_token_timeout_ms", "idle_timeout_ms", "created_at",
    "updated_at",
}


class ListingUpstream(Upstream):
    """It tells its models as well. `lists` are the requests for that."""

    def __init__(self):
        super().__init__()
        self.names, self.lists = ["plain", "thinking"], []

    async def answer(self, exchange):
        if (exchange.method, exchange.path) != ("GET", "/v1/models"):
            await super().answer(exchange)
            return
        self.lists.append(exchange)
        if self.names is None:
            exchange.refuse(404, "not_found", "no such path")
            return
        body = encoded({"object": "list", "data": [{"id": name, "object": "model"} for name in self.names]})
        exchange.head(200, "application/json", f"Content-Length: {len(body)}")
        exchange.write(body)


def new_key() -> str:
    return f"sk-{secrets.token_hex(16)}"


@pytest.fixture(scope="module")
def listing_upstream():
    with ListingUpstream() as upstream:
        yield upstream


@pytest.fixture
def models_upstream(listing_upstream):
    listing_upstream.clear()
    listing_upstream.lists.clear()
    listing_upstream.names = ["plain", "thinking"]
    return listing_upstream


@pytest.fixture(scope="module")
def house_of_all(tmp_path_factory, listing_upstream):
    """A server that logs all there is to log."""
    stand = Stand(Buckle(tmp_path_factory.mktemp("models")), listing_upstream)
    try:
        stand.server.start(options=("--host", "127.0.0.1", "--port", "0", "--log-level", "trace"))
        yield stand
        assert stand.server.running, f"the server ended during the tests:\n{stand.server.log_tail()}"
        assert stand.server.stop(within=15) == 0, stand.server.log_tail()
    finally:
        stand.server.remove()


@pytest.fixture
def house(house_of_all, models_upstream):
    """A stand whose server has no model but the built-in one, before the test and after it."""
    yield house_of_all
    for model in house_of_all.api.get(MODELS).ok().data["models"]:
        if model["source"] == "database":
            house_of_all.api.delete(f"{MODELS}/{model['id']}").ok()


def add(stand, model="plain", **fields) -> dict:
    return stand.api.post(MODELS, {"base_url": stand.upstream.base_url, "model": model, **fields}).ok().data


def change(stand, model, /, **fields) -> dict:
    return stand.api.put(f"{MODELS}/{model['id']}", fields).ok().data


def listed(api) -> list:
    return api.get(MODELS).ok().data["models"]


def chat(stand, bot, said="good day"):
    return stand.coze.chat.create_and_poll(
        bot_id=bot, user_id="u", additional_messages=[Message.build_user_question_text(said)])


class TestChats:
    def test_the_sdk_chats_with_a_model_that_was_just_added(self, house):
        key = new_key()
        model = add(house, name="My model", api_key=key, capabilities=["tools"], context_length=8192)
        assert model.keys() == FOR_OPERATORS | {"api_key_hint"}
        assert (model["name"], model["model"], model["source"]) == ("My model", "plain", "database")
        assert (model["has_api_key"], model["api_key_hint"]) == (True, key[-4:])
        assert abs(model["created_at"] - time.time()) < 60

        coze = house.coze
        space = coze.workspaces.list().items[0].id
        bot = coze.bots.create(
            space_id=space, name="b", model_info_config=BotModelInfo(model_id=model["id"])).bot_id
        coze.bots.publish(bot_id=bot)
        polled = chat(house, bot)
        assert polled.chat.status == ChatStatus.COMPLETED
        assert polled.messages[0].content == HELLO_TEXT
        asked = house.question_of("good day")
        assert asked.headers["authorization"] == f"Bearer {key}"

        # What is changed counts for the next chat.
        change(house, model, model="thinking", remove_api_key=True)
        assert chat(house, bot, "once more").messages[0].content == HELLO_TEXT
        asked = house.question_of("once more")
        assert asked.model == "thinking" and "authorization" not in asked.headers

        house.api.delete(f"{MODELS}/{model['id']}").ok()
        with refused(4012):
            chat(house, bot, "are you there?")
        assert house.upstream.about("are you there?") == []

    def test_a_chat_that_runs_is_not_disturbed(self, house):
        model = add(house, "second")
        begun = house.stream("count", bot_id=house.new_bot(model["id"]))
        begun.until("message.delta answer")
        house.api.delete(f"{MODELS}/{model['id']}").ok()
        events = begun.whole()
        assert events[-2].name == "conversation.chat.completed"

    def test_bots_without_a_model_get_the_default_one(self, house):
        bot = house.new_bot()
        assert "demo model" in house.messages(house.chat("hello", bot_id=bot))[0]["content"]
        first, second = add(house, "plain"), add(house, "no_usage")

        def answers() -> str:
            said = secrets.token_hex(8)
            assert house.messages(house.chat(said, bot_id=bot))[0]["content"] == HELLO_TEXT
            return house.question_of(said).model

        assert (first["is_default"], second["is_default"]) == (True, False)
        assert answers() == "plain"
        assert change(house, second, is_default=True)["is_default"]
        assert [model["is_default"] for model in listed(house.api)] == [False, True]
        assert answers() == "no_usage"
        change(house, second, is_default=False)
        assert answers() == "plain"

    def test_timeouts_count(self, house):
        model = add(house, "silent_head", first_token_timeout_ms=300)
        began = time.monotonic()
        ended = house.chat("hello", bot_id=house.new_bot(model["id"]))
        assert (ended["status"], ended["last_error"]["code"]) == ("failed", 4013)
        assert time.monotonic() - began < 10

    def test_models_and_keys_are_there_after_a_start(self, own_server, models_upstream):
        key, stand = new_key(), Stand(own_server, models_upstream)
        model = add(stand, api_key=key, is_default=True)
        assert own_server.stop() == 0
        own_server.start()
        assert listed(stand.api) == [model]
        ended = stand.chat("again", bot_id=stand.new_bot())
        assert ended["status"] == "completed"
        assert stand.question_of("again").headers["authorization"] == f"Bearer {key}"


class TestSecrecy:
    def test_a_key_is_told_to_nobody_but_its_server(self, house, tmp_path):
        key, other = new_key(), new_key()
        api, seen = house.api, []

        def call(method, path, body=None):
            response = api.raw(method, path, json=body)
            seen.append(response.text)
            return response.json()

        model = call("POST", MODELS, {"base_url": house.upstream.base_url, "model": "unauthorized", "api_key": key})
        id = model["data"]["id"]
        # This script quotes the key in its refusal.
        ended = house.chat("may I?", bot_id=house.new_bot(id))
        assert ended["last_error"]["code"] == 4013
        assert house.question_of("may I?").headers["authorization"] == f"Bearer {key}"
        seen.append(str(ended))
        seen.append(api.raw("GET", f"/buckle/v1/conversations/{ended['conversation_id']}/export").text)
        tried = call("POST", TEST, {"model_id": id, "model": "unauthorized"})
        assert "[key]" in tried["data"]["error"]["message"]
        call("POST", TEST, {"base_url": house.upstream.base_url, "model": "unauthorized", "api_key": other})
        call("PUT", f"{MODELS}/{id}", {"api_key": other})
        call("PUT", f"{MODELS}/{id}", {"api_key": f"{key}\n"})
        call("PUT", f"{MODELS}/{id}", {"api_key": [key]})
        call("GET", MODELS)
        call("GET", "/buckle/v1/audit?limit=200")
        call("DELETE", f"{MODELS}/{id}")
        told = "\n".join(seen) + house.server.log.read_text() + house.server.output
        for secret in (key, other):
            assert secret not in told

    @pytest.mark.skipif(bool(DATABASE), reason="the files are those of the data directory's own database")
    def test_a_key_does_not_lie_open_in_the_files(self, house, tmp_path):
        key = new_key()
        add(house, api_key=key)
        copy = tmp_path / "copy.backup"
        made = buckle("backup", "--data-dir", house.server.data, copy)
        assert made.returncode == 0, made.stderr
        for file in [copy, *house.server.data.glob("buckle.db*")]:
            assert key.encode() not in file.read_bytes(), file

    def test_changes_are_noted_without_the_key(self, house):
        key = new_key()
        model = add(house, api_key=key, name="noted")
        change(house, model, name="renamed", api_key=new_key(), context_length=4096)
        change(house, model, is_default=True)
        change(house, model, name="renamed")
        house.api.delete(f"{MODELS}/{model['id']}").ok()
        found = records(house.api, object_type="model", object_id=model["id"])[::-1]
        assert [one["action"] for one in found] == ["model.create", "model.update", "model.update", "model.delete"]
        assert found[0]["detail"]["base_url"] == house.upstream.base_url
        assert found[0]["detail"]["has_api_key"] == "true"
        assert found[1]["detail"]["changed"] == "name,context_length,api_key"
        assert found[2]["detail"]["changed"] == "is_default"
        assert found[3]["detail"]["name"] == "renamed"


class TestWhoMay:
    def test_others_see_models_and_change_none(self, house):
        model = add(house, api_key=new_key())
        _, theirs = new_person(house.server)
        assert [one.keys() for one in listed(theirs)] == [PUBLIC]
        path = f"{MODELS}/{model['id']}"
        before = listed(house.api)
        theirs.post(MODELS, {"base_url": "http://a", "model": "m"}).refused(4101)
        theirs.post(TEST, {"base_url": house.upstream.base_url}).refused(4101)
        for id in (model["id"], UNKNOWN_ID):
            theirs.put(f"{MODELS}/{id}", {"name": "x"}).refused(4101)
            theirs.delete(f"{MODELS}/{id}").refused(4101)
        assert listed(house.api) == before
        assert house.upstream.lists == []

        _, weak = make(house.api, "Buckle.manageAccounts", "chat")
        assert [one.keys() for one in listed(house.server.api(weak))] == [PUBLIC]
        house.server.api(weak).put(path, {"name": "x"}).refused(4101)
        _, enough = make(house.api, "Buckle.manageModels")
        assert house.server.api(enough).put(path, {"name": "x"}).ok().data["name"] == "x"

    def test_no_app_is_given_the_right(self, house):
        body = {"name": "a", "app_type": "service", "permissions": ["Buckle.manageModels"]}
        assert "permissions" in house.api.post("/buckle/v1/oauth_apps", body).refused(4000).msg

    @pytest.mark.parametrize("id", [UNKNOWN_ID, *GARBAGE_IDS, "%20", "none"])
    def test_what_does_not_exist_is_not_found(self, house, id):
        house.api.put(f"{MODELS}/{id}", {"name": "x"}).refused(4200)
        house.api.delete(f"{MODELS}/{id}").refused(4200)

    @pytest.mark.parametrize("field, value", [
        ("base_url", ""), ("base_url", "localhost/v1"), ("base_url", "http://a/v1?key=x"), ("base_url", "http://u@a"),
        ("base_url", "http://a\r\nX: y"), ("model", ""), ("model", "x" * 201), ("name", "x" * 101),
        ("context_length", 255), ("context_length", 10**8 + 1), ("capabilities", ["hearing"]), ("api_key", "x" * 4097),
        ("api_key", "a\r\nX-Other: b"), ("connect_timeout_ms", -1), ("idle_timeout_ms", 3600001),
    ], ids=lambda value: str(value)[:20])
    def test_what_makes_no_sense_is_refused_and_not_kept(self, house, field, value):
        body = {"base_url": house.upstream.base_url, "model": "plain", field: value}
        assert field in house.api.post(MODELS, body).refused(4000).msg
        assert [model["source"] for model in listed(house.api)] == ["built_in"]


class TestKeyIsForItsServer:
    """An operator who does not know a model's key must not have it sent to a server of their own."""

    def refused(self, house, model, **fields):
        before, log = listed(house.api), records(house.api, limit=1)
        message = house.api.put(f"{MODELS}/{model['id']}", fields).refused(4000).msg
        assert "api_key: the stored key is sent to no other server" in message
        assert (listed(house.api), records(house.api, limit=1)) == (before, log)

    @staticmethod
    def said_key(house, model):
        """What the model's server is sent for a key."""
        said = secrets.token_hex(8)
        assert house.messages(house.chat(said, bot_id=house.new_bot(model["id"])))[0]["content"] == HELLO_TEXT
        return house.question_of(said).headers.get("authorization")

    @pytest.mark.parametrize("old, new", [
        ("http://a.example/v1", "https://a.example/v1"), ("http://a.example/v1", "http://b.example/v1"),
        ("http://a.example/v1", "http://a.example:8080/v1"), ("http://a.example/v1", "http://a.example.evil.example/v1"),
        ("http://a.example:81/v1", "http://a.example/v1"), ("http://[::1]:8000/v1", "http://[::2]:8000/v1"),
    ])
    def test_the_stored_key_stays_with_its_server(self, house, old, new):
        model = add(house, base_url=old, api_key=new_key())
        self.refused(house, model, base_url=new)
        # Neither with other changes, nor with a key that is none, nor with no word about removing it.
        self.refused(house, model, base_url=new, name="Taken", api_key="", remove_api_key=False, is_default=True)
        assert change(house, model, base_url=new, remove_api_key=True)["has_api_key"] is False
        # There is nothing to protect any more.
        assert change(house, model, base_url=old)["base_url"] == old

    def test_another_server_gets_the_key_that_came_with_it(self, house):
        first, second = new_key(), new_key()
        model = add(house, base_url=house.upstream.base_url.replace("127.0.0.1", "localhost"), api_key=first)
        self.refused(house, model, base_url=house.upstream.base_url)
        change(house, model, base_url=house.upstream.base_url, api_key=second)
        assert self.said_key(house, model) == f"Bearer {second}"

    @pytest.mark.parametrize("old, same", [
        ("http://a.example/v1", "http://a.example/api/v1"), ("http://a.example/v1", "http://A.Example:80"),
        ("https://a.example:443/v1", "https://a.example/v1/"), ("http://a.example:0081/v1", "http://a.example:81/v1"),
        ("http://[FD00::1]/v1", "http://[fd00::1]:80/v2"),
    ])
    def test_another_path_of_the_same_server_keeps_the_key(self, house, old, same):
        model = add(house, base_url=old, api_key=new_key())
        kept = change(house, model, base_url=same)
        assert (kept["base_url"], kept["api_key_hint"]) == (same, model["api_key_hint"])

    def test_a_path_that_changed_is_sent_the_key(self, house):
        key = new_key()
        model = add(house, base_url=house.upstream.base_url.removesuffix("/v1"), api_key=key)
        change(house, model, base_url=house.upstream.base_url)
        assert self.said_key(house, model) == f"Bearer {key}"

    def test_a_trial_keeps_to_the_same_rule(self, house):
        key, own = new_key(), house.upstream.base_url
        model = add(house, api_key=key)
        other = own.replace("127.0.0.1", "localhost")
        for address, sent in [(other, None), (f"{own}/", f"Bearer {key}")]:
            tried = house.api.post(TEST, {"model_id": model["id"], "model": "plain", "base_url": address}).ok().data
            assert tried["answer"] == HELLO_TEXT
            assert house.upstream.requests[-1].headers.get("authorization") == sent

    def test_a_key_that_cannot_be_opened_is_treated_alike(self, own_server, models_upstream):
        """As one that came with a database from elsewhere."""
        stand = Stand(own_server, models_upstream)
        model = add(stand, api_key=new_key())
        assert own_server.stop() == 0
        execute(own_server, "UPDATE model SET sealed_key = CAST('not sealed' AS BLOB)" if not DATABASE
                else "UPDATE model SET sealed_key = 'not sealed'::bytea")
        own_server.start()
        assert listed(stand.api)[0]["has_api_key"] is False
        self.refused(stand, model, base_url="http://a.example/v1")
        change(stand, model, base_url="http://a.example/v1", remove_api_key=True)


class TestConfigured:
    def test_models_of_the_file_come_first_and_stay(self, stand):
        api = stand.api
        added = add(stand)
        try:
            models = listed(api)
            assert [model["id"] for model in models] == [*CONFIGURED.values(), added["id"]]
            keyed = CONFIGURED["keyed"]
            (model,) = [one for one in models if one["id"] == keyed]
            assert (model["source"], model["api_key_hint"]) == ("configuration", CONFIGURED_KEY[-4:])
            assert "created_at" not in model
            for body in ({"name": "x"}, {"api_key": "x"}, {"base_url": "http://a"}):
                api.put(f"{MODELS}/{keyed}", body).refused(4000)
            api.delete(f"{MODELS}/{keyed}").refused(4000)
            assert api.put(f"{MODELS}/{CONFIGURED['plain']}", {"is_default": True}).ok().data["is_default"]
            assert [one["id"] for one in listed(api) if one["is_default"]] == [CONFIGURED["plain"]]
            assert listed(api)[0]["is_default"] is False
        finally:
            api.put(f"{MODELS}/{CONFIGURED['plain']}", {"is_default": False}).ok()
            api.delete(f"{MODELS}/{added['id']}").ok()

    def test_the_key_of_the_file_is_sent_to_its_own_address_alone(self, stand):
        keyed, base = CONFIGURED["keyed"], stand.upstream.base_url
        for address, sent in [(None, True), (base, True), (base.replace("127.0.0.1", "localhost"), False)]:
            stand.upstream.clear()
            body = {"model_id": keyed, "model": "plain"} | ({"base_url": address} if address else {})
            assert stand.api.post(TEST, body).ok().data["answer"] == HELLO_TEXT
            (asked,) = stand.upstream.requests
            assert asked.headers.get("authorization") == (f"Bearer {CONFIGURED_KEY}" if sent else None)


class TestTrial:
    def trial(self, house, **fields) -> dict:
        fields.setdefault("base_url", house.upstream.base_url)
        return house.api.post(TEST, fields).ok().data

    def test_a_server_tells_its_models_and_one_answers(self, house):
        before = records(house.api, limit=1)
        found = self.trial(house, model="plain", api_key="sk-other")
        assert found.keys() == {"reachable", "models", "answer", "first_token_ms", "duration_ms"}
        assert (found["reachable"], found["models"]) == (True, ["plain", "thinking"])
        assert found["answer"] == HELLO_TEXT
        assert 0 <= found["first_token_ms"] <= found["duration_ms"] < 20000
        (asked,), (list,) = house.upstream.requests, house.upstream.lists
        assert asked.headers["authorization"] == list.headers["authorization"] == "Bearer sk-other"
        assert asked.body["stream"] is True and asked.body["max_tokens"] <= 32
        assert [model["source"] for model in listed(house.api)] == ["built_in"]
        assert records(house.api, limit=1) == before

    def test_without_a_model_only_the_list_is_asked_for(self, house):
        house.upstream.names = [f"m{number}" for number in range(700)]
        found = self.trial(house)
        assert found.keys() == {"reachable", "models", "duration_ms"}
        assert found["models"] == house.upstream.names[:500]
        assert house.upstream.requests == []

    def test_a_server_without_a_list_may_answer_all_the_same(self, house):
        house.upstream.names = None
        found = self.trial(house, model="thinking")
        assert (found["reachable"], found["models"], found["answer"]) == (True, [], HELLO_TEXT)
        assert "error" not in found
        assert "no such path" in self.trial(house)["error"]["message"]

    def test_the_key_of_a_model_is_taken_unless_another_is_given(self, house):
        key = new_key()
        model = add(house, api_key=key)
        for more, sent in [({}, key), ({"api_key": "sk-another"}, "sk-another")]:
            found = house.api.post(TEST, {"model_id": model["id"], **more}).ok().data
            assert found["models"] == ["plain", "thinking"]
            assert house.upstream.lists[-1].headers["authorization"] == f"Bearer {sent}"
        house.api.post(TEST, {"model_id": UNKNOWN_ID}).refused(4200)
        # The built-in model is not there where there are others.
        house.api.post(TEST, {"model_id": "demo"}).refused(4200)
        house.api.post(TEST, {"model": "plain"}).refused(4000)

    @pytest.mark.parametrize("model, words", [
        ("no-such-model", "no such model"), ("unauthorized", "asks for a key"), ("no_balance", "no balance"),
        ("rate_limited", "too many requests"), ("bad_request", "temperature is out of range"),
        ("broken", "internal error"), ("garbage", "not what such a server must answer"),
        ("web_page", "not what such a server must answer"), ("ends_in_the_middle", "ended before the answer did"),
        ("endless_line", "too long"), ("stalled", "did not answer in time"),
    ])
    def test_what_goes_wrong_is_a_result_with_a_reason(self, house, model, words):
        began = time.monotonic()
        found = self.trial(house, model=model)
        assert time.monotonic() - began < 25
        assert found["reachable"] is True and found["models"] == ["plain", "thinking"]
        assert "answer" not in found and "first_token_ms" not in found
        assert words in found["error"]["message"]

    def test_a_server_that_is_not_there_is_not_reached(self, house, dead_ports):
        for port, words in ((dead_ports.closed, "nothing listens"), (dead_ports.full, "")):
            began = time.monotonic()
            found = self.trial(house, base_url=f"http://127.0.0.1:{port}/v1", model="plain")
            assert (found["reachable"], found["models"]) == (False, [])
            assert "cannot be reached" in found["error"]["message"] and words in found["error"]["message"]
            assert time.monotonic() - began < 15

    @pytest.mark.parametrize("address, words", [
        ("http://no-such-host.invalid/v1", "name is not known"), ("https", "cannot be reached"),
    ])
    def test_why_it_is_not_reached_is_said_plainly(self, house, address, words):
        if address == "https":
            address = house.upstream.base_url.replace("http:", "https:")
        assert words in self.trial(house, base_url=address)["error"]["message"]

    def test_an_answer_is_not_waited_for_without_end(self, house):
        house.upstream.queue.append(answer(*(["x" * 1000] * 1000), pace=0.01))
        found = self.trial(house, model="queue")
        assert found["answer"] == "x" * 4000
        (asked,) = house.upstream.requests
        assert eventually(lambda: asked.closed_at, within=5)

    def test_models_that_know_the_limit_under_another_name_are_asked_without_it(self, house):
        house.upstream.queue.append(refusal(
            400, "unsupported_parameter", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."))
        assert self.trial(house, model="queue")["answer"] == HELLO_TEXT
        first, second = house.upstream.requests
        assert "max_tokens" in first.body and "max_tokens" not in second.body

    def test_a_client_of_no_account_learns_nothing(self, house):
        reply = house.server.api("pat_unknown").post(TEST, {"base_url": house.upstream.base_url})
        assert reply.status == 401 and house.upstream.lists == []


def test_what_changes_behind_the_servers_back_counts_soon(own_server, models_upstream):
    """As another server of the same database would change it."""
    stand = Stand(own_server, models_upstream)
    model = add(stand)
    execute(own_server, """
        UPDATE model SET name = 'from elsewhere';
        UPDATE model_catalog SET revision = revision + 1;
    """)
    assert eventually(lambda: listed(stand.api)[0]["name"] == "from elsewhere", within=3)
    execute(own_server, f"DELETE FROM model WHERE id = {model['id']}; UPDATE model_catalog SET revision = revision + 1;")
    assert eventually(lambda: [one["source"] for one in listed(stand.api)] == ["built_in"], within=3)
