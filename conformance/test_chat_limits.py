"""What a conversation holds is never too much for the server, and what a model is told of it never too much for others."""
import json
import threading
import time
from contextlib import contextmanager

import pytest

from chat import answered, question
from test_files import other_account
from upstream import HELLO_TEXT

CREATE = "/v1/conversation/message/create"
MB = 1 << 20
PNG = bytes.fromhex("89504e470d0a1a0a")


def say(stand, conversation, content, type="text", role="user"):
    stand.api.post(
        CREATE, {"role": role, "content": content, "content_type": type}, conversation_id=conversation).ok()


def parts(*objects, text="look") -> str:
    return json.dumps([{"type": "text", "text": text}, *objects])


def picture(stand, size, start=PNG) -> str:
    """The id of an upload that counts as a picture; it is all zeros but for its start."""
    files = {"file": ("big.png", start + bytes(size - len(start)))}
    return stand.api.call("POST", "/v1/files/upload", files=files).ok().data["id"]


@pytest.fixture
def conversation(stand) -> str:
    return stand.coze.conversations.create().id


class TestPicturesOfTheConversation:
    @pytest.mark.parametrize("address", [
        "http://127.0.0.1:1/secret.png", "http://169.254.169.254/latest/meta-data", "http://printer/a.png",
    ])
    def test_a_private_address_is_not_told(self, stand, conversation, address):
        say(stand, conversation, parts({"type": "image", "file_url": address}), "object_string")
        stand.chat("what do you see?", "seeing", conversation)
        sent = stand.question_of("what do you see?")
        assert address not in json.dumps(sent.body)
        assert "look" in json.dumps(sent.body)
        # Nor where it is the question itself.
        say(stand, conversation, parts({"type": "image", "file_url": address}, text="and this?"), "object_string")
        stand.chat([], "seeing", conversation)
        assert address not in json.dumps(stand.question_of("and this?").body)

    def test_a_public_address_is(self, stand, conversation):
        address = "https://example.com/lake.png"
        say(stand, conversation, parts({"type": "image", "file_url": address}), "object_string")
        stand.chat("what do you see?", "seeing", conversation)
        urls = [part["image_url"]["url"] for one in stand.question_of("what do you see?").messages
                if isinstance(one["content"], list) for part in one["content"] if part["type"] == "image_url"]
        assert urls == [address]

    def test_those_that_are_too_many_are_only_named(self, stand, conversation):
        for number in range(2):
            part = {"type": "image", "file_id": picture(stand, 17 * MB, PNG + bytes([number]))}
            say(stand, conversation, parts(part, text=f"picture {number}"), "object_string")
        stand.chat("what do you see?", "seeing", conversation, within=40)
        old, new, _ = (json.dumps(one) for one in stand.question_of("what do you see?").messages)
        assert "data:image/png" in new and "picture 1" in new
        assert "data:image/png" not in old and "picture 0" in old and "[big.png]" in old


def test_a_question_cannot_bring_more_pictures_than_memory_is_given_for(stand):
    """The same picture counts as often as it is sent."""
    part = {"type": "image", "file_id": picture(stand, 17 * MB)}
    messages = [question(parts(part), content_type="object_string") for _ in range(4)]
    refusal = stand.begin(messages, "seeing").refused(4000)
    assert "additional_messages[3].content" in refusal.msg
    refusal = stand.begin([question(parts(*[part] * 4), content_type="object_string")], "seeing").refused(4000)
    assert "additional_messages[0].content" in refusal.msg


def memory(server) -> int:
    """What the server occupies, in MB."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


@contextmanager
def watched(stand):
    """Notes how much memory the server takes, and how long others wait for a small answer meanwhile."""
    seen, ended = {"memory": memory(stand.server), "wait": 0.0, "calls": 0}, threading.Event()
    api = stand.server.api()

    def watch():
        while not ended.is_set():
            began = time.monotonic()
            api.get("/v1/users/me").ok()
            seen["wait"] = max(seen["wait"], time.monotonic() - began)
            seen["calls"] += 1
            seen["memory"] = max(seen["memory"], memory(stand.server))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def test_long_messages_of_the_conversation_are_not_all_read(own_stand):
    stand = own_stand
    conversation = stand.coze.conversations.create().id
    for number in range(50):
        say(stand, conversation, f"{number} " + "x" * (10 * MB))
    say(stand, conversation, "short")
    stand.chat("warm up", "plain")
    before = memory(stand.server)
    with watched(stand) as seen:
        stand.chat("and now?", "plain", conversation)
    assert stand.question_of("and now?").said == [("user", "short"), ("user", "and now?")]
    assert seen["calls"]
    assert seen["wait"] < 1
    assert seen["memory"] - before < 300, f"{seen['memory'] - before} MB more"


class TestRounds:
    def test_the_bot_says_how_many_are_told(self, stand, conversation):
        bot = stand.new_bot("plain", model_info_config={"context_round": 1})
        for text in ("one", "two", "three"):
            stand.chat(text, bot_id=bot, conversation=conversation)
        assert stand.question_of("three").said == [("user", "two"), ("assistant", HELLO_TEXT), ("user", "three")]

    def test_with_none_the_question_is_told_even_if_it_was_said_before(self, stand, conversation):
        bot = stand.new_bot("plain", model_info_config={"context_round": 0})
        say(stand, conversation, "long ago")
        say(stand, conversation, "I see", role="assistant")
        say(stand, conversation, "asked before")
        chat = stand.chat([], bot_id=bot, conversation=conversation)
        assert stand.question_of("asked before").said == [("user", "asked before")]
        assert chat.get("inserted_additional_messages") in (None, [])
        assert stand.said(conversation)[-2:] == [("user", "asked before"), ("assistant", HELLO_TEXT)]


def test_calls_of_tools_that_are_handed_in_are_valid_whatever_lacks(stand):
    call = answered(json.dumps({"name": "get_weather", "arguments": {}}), type="function_call")
    output = answered("Sunny.", type="tool_response")
    stand.stream([question("a"), output, call, output, call, call, output, question("and so?"), call], "plain",
                 auto_save_history=False).rest()
    sent = stand.question_of("and so?").messages
    ids = [made["id"] for one in sent for made in one.get("tool_calls") or []]
    assert len(ids) == len(set(ids)) == 4
    assert [one["role"] for one in sent if one["role"] != "system"] == [
        "user", "assistant", "tool", "assistant", "tool", "tool", "user", "assistant", "tool"]
    assert [one["tool_call_id"] for one in sent if one["role"] == "tool"] == ids
    assert [one["content"] for one in sent if one["role"] == "tool"] == ["Sunny.", "Sunny.", "", ""]


class TestNulls:
    """SDKs send null for what their callers left out."""

    def test_in_maps_they_are_as_good_as_nothing(self, stand):
        bot = stand.new_bot("plain", prompt_info={"prompt": "Hello {{name}}{{other}}."})
        chat = stand.chat(
            [question("with nulls", meta_data={"a": None, "b": "c"})], bot_id=bot,
            custom_variables={"name": "Li", "other": None}, meta_data={"x": None, "y": "z"},
            extra_params={"latitude": None, "longitude": None})
        assert chat["status"] == "completed"
        assert chat["meta_data"] == {"y": "z"}
        sent = stand.question_of("with nulls")
        assert sent.instructions == "Hello Li."
        listed = stand.coze.conversations.messages.list(conversation_id=chat["conversation_id"], order="asc")
        assert next(iter(listed)).meta_data == {"b": "c"}

    def test_parameters_that_nobody_knows_are_passed_over(self, stand):
        assert stand.chat("hello", "plain", extra_params={"altitude": "8848"})["status"] == "completed"
        stand.begin("hello", "plain", extra_params={"latitude": "north"}).refused(4000)


def test_what_is_not_saved_does_not_name_the_conversation(stand):
    events = stand.stream("a secret question", "plain", auto_save_history=False).rest()
    conversation = events[0].data["conversation_id"]
    assert stand.coze.conversations.retrieve(conversation_id=conversation).name in (None, "")
    assert stand.said(conversation) == []
    # What is saved later does.
    stand.chat("no secret", "plain", conversation)
    assert stand.coze.conversations.retrieve(conversation_id=conversation).name == "no secret"


def test_somebody_elses_conversation_cannot_be_held_up(own_stand):
    """Not even for a moment: who asks again and again would keep its owner out."""
    stand = own_stand
    stand.bot("plain")
    theirs = stand.server.api(other_account(stand.server))
    chat = stand.begin("running", "long").ok().data
    stand.asked("running", pieces=1)
    body = stand.body("mine?", "plain")
    theirs.post("/v3/chat", body, conversation_id=chat["conversation_id"]).refused(4002)
    theirs.post(f"/buckle/v1/chats/{chat['id']}/regenerate", {
        "conversation_id": chat["conversation_id"]}).refused(4001, 4002)
    stand.cancel(chat).ok()


def test_of_many_regenerations_at_once_one_counts(stand):
    chat = stand.chat("again and again", "plain")
    path = f"/buckle/v1/chats/{chat['id']}/regenerate"
    replies = []

    def regenerate():
        replies.append(stand.server.api().post(path, {"conversation_id": chat["conversation_id"]}))

    threads = [threading.Thread(target=regenerate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.code for one in replies)[0] == 0
    assert {one.code for one in replies} <= {0, 4000, 4016}
    begun = [one.data for one in replies if one.code == 0]
    assert len(begun) == 1, begun
    assert stand.over(begun[0])["status"] == "completed"
    # The answer before it is kept, but not listed.
    assert [role for role, _ in stand.said(chat["conversation_id"])] == ["user", "assistant"]
    assert stand.messages(chat)
