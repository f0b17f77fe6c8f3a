"""Upstreams that refuse, hang, break off, and talk nonsense: each ends the chat in one way, and in time."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat import KEY, NORMAL, completed, only_terminal, outlines, text
from harness import eventually
from upstream import HELLO, HELLO_TEXT, SCRIPTS, WEATHER, after, answer, calls, silent

# The code of the error, how often the upstream may be asked, and the seconds that it may take.
BEFORE_THE_ANSWER = {
    "unauthorized": (4013, 1, 5),
    "not_found": (4012, 1, 5),
    "unknown": (4012, 1, 5),
    "no_balance": (4022, 1, 5),
    "no_quota": (4022, 1, 5),
    "too_long": (4010, 1, 5),
    "bad_request": (4013, 1, 5),
    "rate_limited": (4020, 5, 15),
    "broken": (4013, 5, 15),
    "cut_at_once": (4013, 5, 15),
    "other_language": (4013, 5, 15),
    "web_page": (4013, 5, 15),
    "refused": (4013, 0, 15),
    "hanging": (4013, 0, 15),
    "nowhere": (4013, 0, 30),
    "silent": (4013, 5, 15),
    "silent_head": (4013, 5, 15),
}
# The same for those that have begun to answer: they are never asked again.
IN_THE_ANSWER = {
    "stalled": 4013, "cut": 4013, "half": 4013, "garbage": 4013, "error_inside": 4013, "ends_in_the_middle": 4013,
}


def check_failed(stand, events, code):
    """The end of a stream, and what is found of the chat afterwards."""
    end = only_terminal(events)
    assert end.name == "conversation.chat.failed", end
    error = end.data["last_error"]
    assert error["code"] == code, error
    assert error["msg"]
    chat = stand.retrieve(end.data)
    assert (chat["status"], chat["last_error"]) == ("failed", error)
    assert chat["failed_at"] == end.data["failed_at"] and not chat.get("completed_at")
    return error["msg"]


@pytest.mark.parametrize("model, code, most, seconds", [(name, *rest) for name, rest in BEFORE_THE_ANSWER.items()],
                         ids=BEFORE_THE_ANSWER)
def test_before_the_answer(stand, model, code, most, seconds):
    stream = stand.stream("hello", model)
    events = stream.rest()
    assert time.monotonic() - stream.sent_at < seconds
    assert outlines(events) == ["chat.created", "chat.in_progress", "chat.failed", "done"]
    check_failed(stand, events, code)
    assert len(stand.upstream.requests) <= most
    assert bool(stand.upstream.requests) == bool(most)
    assert stand.messages(events[0].data) == []


@pytest.mark.parametrize("model, code", IN_THE_ANSWER.items(), ids=IN_THE_ANSWER)
def test_in_the_answer(stand, model, code):
    """What was said until then is shown, is kept, and is not said twice."""
    stream = stand.stream("hello", model)
    events = stream.rest()
    assert time.monotonic() - stream.sent_at < 5
    said = "".join(HELLO[:2])
    assert text(events) == said
    assert outlines(events)[:3] == NORMAL[:3]
    check_failed(stand, events, code)
    assert len(stand.upstream.requests) == 1
    assert [one["content"] for one in stand.messages(events[0].data) if one["type"] == "answer"] == [said]


@pytest.mark.parametrize("model", ["broken", "too_long", "stalled", "silent", "cut", "tool_call_cut"])
def test_a_chat_that_is_not_streamed_fails_alike(stand, model):
    begun = stand.begin("hello", model).ok().data
    assert begun["status"] == "in_progress"
    ended = stand.over(begun)
    assert ended["status"] == "failed"
    assert ended["last_error"]["code"] == (4010 if model == "too_long" else 4013)


@pytest.mark.parametrize("model", ["tool_call_cut", "tool_call_broken"])
def test_half_a_call_of_a_tool_is_not_handed_to_the_client(stand, model):
    events = stand.stream("how is the weather?", model).rest()
    check_failed(stand, events, 4013)
    assert completed(events, "function_call") == []
    assert len(stand.upstream.requests) == 1


def test_a_line_of_ten_megabytes_is_no_disaster(stand):
    events = stand.stream("hello", "long_line").rest()
    assert only_terminal(events).name in ("conversation.chat.completed", "conversation.chat.failed")
    assert outlines(stand.stream("hello", "plain").rest()) == NORMAL


def test_a_line_without_an_end_is_not_kept(stand):
    def memory():
        with open(f"/proc/{stand.server.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

    stand.chat("warm up", "long_line", within=30)
    before = memory()
    chat = stand.begin("hello", "endless_line").ok().data
    most, deadline = before, time.monotonic() + 20
    while stand.retrieve(chat)["status"] == "in_progress" and time.monotonic() < deadline:
        most = max(most, memory())
        time.sleep(0.05)
    ended = stand.retrieve(chat)
    if ended["status"] == "in_progress":
        stand.cancel(chat)
    assert (ended["status"], (ended["last_error"] or {}).get("code")) == ("failed", 4013)
    assert most - before < 200, f"{most - before} MB more"
    assert eventually(lambda: stand.upstream.requests[-1].closed_at)


def test_a_refusal_that_passes_is_not_noticed(stand):
    """A rate limit says when to come back, and one more try is cheaper than a failed chat."""
    events = stand.stream("hello", "rate_limited_once").rest()
    assert outlines(events) == NORMAL
    assert text(events) == HELLO_TEXT
    first, second = stand.upstream.requests
    assert second.received_at - first.received_at >= 0.95


def test_the_next_chat_after_a_failure_is_as_good_as_any(stand, upstream):
    conversation = stand.coze.conversations.create().id
    for fault in ("broken", "cut", "garbage"):
        upstream.queue.extend([SCRIPTS[fault]] * (5 if fault == "broken" else 1))
        assert stand.chat("try", "queue", conversation)["status"] == "failed"
        upstream.queue.clear()
        assert stand.chat("again", "queue", conversation)["status"] == "completed"


def test_the_words_of_the_upstream_are_for_the_log_and_the_key_for_nobody(stand, upstream):
    chat = stand.chat("hello", "bad_request")
    assert "temperature" not in chat["last_error"]["msg"]
    assert "temperature is out of range" in stand.server.log_tail(1000)
    chat = stand.chat("hello", "unauthorized")
    assert upstream.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in chat["last_error"]["msg"]
    assert "Incorrect API key" in stand.server.log_tail(1000)
    assert KEY not in stand.server.log_tail(1000)


def test_silence_before_the_first_token_and_in_the_middle_are_told_apart(stand, upstream):
    """`late` is silent for two seconds with an idle timeout of one; that one counts from the first token."""
    assert stand.chat("hello", "late")["status"] == "completed"
    stream = stand.stream("hello", "stalled")
    last = stream.until("message.delta answer").at
    events = stream.rest()
    assert 0.7 < next(event.at for event in events if event.outline == "chat.failed") - last < 3


def test_an_upstream_that_fails_leaves_no_connection_behind(stand):
    for model in ("silent", "stalled"):
        stand.chat("hello", model)
        assert eventually(lambda: all(one.closed_at for one in stand.upstream.of_model(model)), within=2)


def test_many_faults_at_once_harm_nobody(stand, upstream):
    faults = ["cut", "half", "garbage", "stalled", "silent", "other_language", "unauthorized", "tool_call_cut"]

    def one(number):
        model = "second" if number % 2 else faults[number // 2 % len(faults)]
        events = stand.stream(f"hello {number}", model).rest()
        return model, only_terminal(events).name

    with ThreadPoolExecutor(40) as pool:
        ends = list(pool.map(one, range(64)))
    assert {name for model, name in ends if model == "second"} == {"conversation.chat.completed"}
    assert {name for model, name in ends if model != "second"} == {"conversation.chat.failed"}


@pytest.mark.parametrize("script, ending", [
    (answer(*HELLO), "chat.completed"), (calls(WEATHER), "chat.requires_action"), (after(2, silent), "chat.canceled"),
], ids=["completed", "requires_action", "canceled"])
def test_no_ending_comes_twice(stand, upstream, script, ending):
    upstream.queue.append(script)
    stream = stand.stream("hello", "queue")
    if ending == "chat.canceled":
        stream.until("message.delta answer")
        time.sleep(0.2)
        stand.cancel(stream.chat).ok()
    events = stream.whole()
    endings = [event.outline for event in events
               if event.outline.startswith("chat.") and event.outline not in ("chat.created", "chat.in_progress")]
    assert endings == [ending]
    assert [event.outline for event in stand.log(stream.chat).rest() if event.outline == ending] == [ending]
